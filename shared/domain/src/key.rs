//! API keys, and the portal links that become keys.

use crate::{
    ids::{KeyId, UserId},
    scope::Scope,
    time::{Day, Timestamp},
};
use sha2::{Digest, Sha256};
use std::{fmt, time::Duration};

/// SHA-256 of an API key, in lower-case hex. The key itself is not stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of a presented key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(hex::encode(Sha256::digest(key.as_bytes())))
    }

    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({}…)", &self.0[..8])
    }
}

/// The stored data of an API key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: KeyId,
    /// The user that it acts for. A key with [`Scope::Admin`] acts for any user: this is its
    /// holder.
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Sorted, without duplicates.
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// When it stops working, to the second. It may be removed after that.
    pub expires_at: Option<Timestamp>,
    /// The last day on which it was used. May be too early if a note failed.
    pub last_used_on: Option<Day>,
    /// Whether it is the session of a portal link.
    pub portal: bool,
}

impl ApiKey {
    /// A key without a name and an expiry that was never used.
    #[must_use]
    pub fn new(id: KeyId, user_id: UserId, scopes: Vec<Scope>, created_at: Timestamp) -> Self {
        Self {
            id,
            user_id,
            name: None,
            description: None,
            scopes,
            created_at,
            expires_at: None,
            last_used_on: None,
            portal: false,
        }
    }

    /// Whether it still works.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// A portal link, which can be used once. Only the hash of its token is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalLink {
    /// The user that its session acts for.
    pub user_id: UserId,
    /// The scopes of its session; sorted, without duplicates.
    pub scopes: Vec<Scope>,
    /// The duration of its session, in whole seconds.
    pub session: Duration,
    /// When it stops working, to the second. It may be removed after that.
    pub expires_at: Timestamp,
}
