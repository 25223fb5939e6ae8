use super::PortError;
use crate::key::{ApiKey, KeyHash, PortalLink};

/// Portal links, and the sessions that are made of them.
pub trait PortalLinks: Send + Sync {
    /// Stores a new link under the hash of its token.
    fn store_link(
        &self,
        hash: &KeyHash,
        link: &PortalLink,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The link whose token has this hash, whether or not its time is over. Sees every exchange that
    /// was answered before.
    fn link(
        &self,
        hash: &KeyHash,
    ) -> impl Future<Output = Result<Option<PortalLink>, PortError>> + Send;

    /// Takes the link away and stores its session's key, both or neither. Whether it did: of several
    /// exchanges of a link one does.
    fn exchange_link(
        &self,
        link: &KeyHash,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
