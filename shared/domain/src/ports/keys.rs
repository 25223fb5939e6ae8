use super::PortError;
use crate::{
    ids::{KeyId, UserId},
    scope::Scope,
    time::Timestamp,
};
use sha2::{Digest, Sha256};
use std::fmt;

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
    /// Whom it acts for.
    pub user_id: UserId,
    /// What it may do; sorted, without repetition.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Looks keys up.
pub trait ReadKeys: Send + Sync {
    /// The key with this hash.
    fn key(&self, hash: &KeyHash)
    -> impl Future<Output = Result<Option<ApiKey>, PortError>> + Send;
}

/// Writes keys.
pub trait StoreKeys: Send + Sync {
    /// Stores a new key.
    fn store_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
