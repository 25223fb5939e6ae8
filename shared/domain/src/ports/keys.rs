use super::{Page, PortError};
use crate::{
    ids::{KeyId, UserId},
    scope::Scope,
    time::{Day, Minute, Timestamp},
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

/// Looks keys up.
pub trait ReadKeys: Send + Sync {
    /// The key with this hash, whether or not its time is over. Sees every write that was answered
    /// before: a key works from the moment it was shown, and not after it was revoked.
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

/// Lists keys.
pub trait ListKeys: Send + Sync {
    /// The user's keys, newest first, at most `limit` (1–100), after `after`. A key may be missing
    /// for some seconds after it was made; what is listed is as it stands now. A page may hold less
    /// than `limit` though there is a next one.
    fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> impl Future<Output = Result<Page<ApiKey, KeyId>, PortError>> + Send;
}

/// Takes keys away.
pub trait RevokeKeys: Send + Sync {
    /// Ends the user's key: from the answer on, no look-up finds it. Whether there was one; for some
    /// seconds after it was made a key may seem not to be there, and then nothing is changed.
    fn revoke_key(
        &self,
        user: &UserId,
        id: KeyId,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}

/// Counts requests.
pub trait CountRequests: Send + Sync {
    /// Adds `requests` to the user's count of this minute and answers what it comes to. Not to be
    /// repeated: if the answer is lost, they may have been added.
    fn count_requests(
        &self,
        user: &UserId,
        minute: Minute,
        requests: u32,
    ) -> impl Future<Output = Result<u32, PortError>> + Send;
}

/// Notes that keys are in use.
pub trait NoteKeyUse: Send + Sync {
    /// Notes that the key was used on `day`, unless that or a later day is noted. A key that is not
    /// there stays so.
    fn note_key_use(
        &self,
        hash: &KeyHash,
        day: Day,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
