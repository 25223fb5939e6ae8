//! API keys, and the portal links that become keys.

use crate::{
    ids::{KeyId, UserId},
    scope::Scope,
    time::{Day, Timestamp},
};
use sha2::{Digest, Sha256};
use std::{fmt, time::Duration};

/// SHA-256 of an API key, in lower-case hex: all that is stored of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of a key as its bearer presents it.
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

/// What is known of an API key. The key itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Names the key.
    pub id: KeyId,
    /// Whom it acts for. One with [`Scope::Admin`] acts for anybody: this is who has it.
    pub user_id: UserId,
    /// What its owner calls it.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it may do; sorted, without repetition.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is none any more, to the second; it may be dropped after that.
    pub expires_at: Option<Timestamp>,
    /// The last day on which it was used. May lag behind if noting it failed.
    pub last_used_on: Option<Day>,
    /// Whether it is the session of a portal link.
    pub portal: bool,
}

impl ApiKey {
    /// A key without a name or an end that was never used.
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

    /// Whether it still is a key.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

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
