use super::PortError;
use crate::key::{ApiKey, KeyHash, PortalLink};

/// Portal links, and their sessions.
pub trait PortalLinks: Send + Sync {
    /// Stores a new link under the hash of its token.
    fn store_link(
        &self,
        hash: &KeyHash,
        link: &PortalLink,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The link with this token's hash, even if it has expired. Sees every exchange that was
    /// answered before.
    fn link(
        &self,
        hash: &KeyHash,
    ) -> impl Future<Output = Result<Option<PortalLink>, PortError>> + Send;

    /// Deletes the link and stores its session's key, both or neither. Returns whether it did: of
    /// several exchanges of a link, one succeeds.
    fn exchange_link(
        &self,
        link: &KeyHash,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
