use super::{ApiKey, KeyHash, PortError};
use crate::{ids::UserId, scope::Scope, time::Timestamp};
use std::time::Duration;

/// What a portal link opens, once. Of its token only the hash is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalLink {
    /// Whom its session acts for.
    pub user_id: UserId,
    /// What its session may do; sorted, without repetition.
    pub scopes: Vec<Scope>,
    /// How long its session lasts, in whole seconds.
    pub session: Duration,
    /// From when on it opens nothing any more, to the second; it may be dropped after that.
    pub expires_at: Timestamp,
}

/// Makes portal links.
pub trait StorePortalLinks: Send + Sync {
    /// Stores a new link under the hash of its token.
    fn store_link(
        &self,
        hash: &KeyHash,
        link: &PortalLink,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Makes sessions of portal links.
pub trait ExchangePortalLinks: Send + Sync {
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
