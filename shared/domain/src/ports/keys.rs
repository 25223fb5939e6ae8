use super::{Page, PortError};
use crate::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash},
    time::{Day, Minute, Timestamp},
};

/// API keys, and counts of their requests.
pub trait Keys: Send + Sync {
    /// The key with this hash, even if it has expired. Sees every write that was answered before: a
    /// key works from the moment when it was shown until it is revoked.
    fn key(&self, hash: &KeyHash)
    -> impl Future<Output = Result<Option<ApiKey>, PortError>> + Send;

    fn store_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The user's keys, newest first, at most `limit` (1–100), after `after`. A new key may be
    /// missing for some seconds; listed keys are in their present state. A page may have fewer keys
    /// than `limit` although there is a next page.
    fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> impl Future<Output = Result<Page<ApiKey, KeyId>, PortError>> + Send;

    /// Revokes the user's key: after the answer, no look-up finds it. Returns whether it existed.
    /// For some seconds after its creation a key may seem not to exist, and then nothing changes.
    fn revoke_key(
        &self,
        user: &UserId,
        id: KeyId,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Deletes the key with this hash: after the answer, no look-up finds it. Unlike
    /// [`Self::revoke_key`], it also finds a key that was stored just now.
    fn delete_key(&self, hash: &KeyHash) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Notes that the key was used on `day`, unless that or a later day is noted. Does not create a
    /// key.
    fn note_key_use(
        &self,
        hash: &KeyHash,
        day: Day,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The user's sessions, newest first, by their hashes: among at most `limit` (1–100) keys and sessions after `after`.
    /// A new session may be missing for some seconds.
    fn list_sessions(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> impl Future<Output = Result<Page<KeyHash, KeyId>, PortError>> + Send;

    /// Moves the end of a session from `end` to `later`. Changes nothing if it has another end by now, or is gone.
    fn move_end(
        &self,
        hash: &KeyHash,
        end: Timestamp,
        later: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Adds `requests` to the user's count of this minute and returns the total. Must not be
    /// repeated: if the response was lost, they may have been added.
    fn count_requests(
        &self,
        user: &UserId,
        minute: Minute,
        requests: u32,
    ) -> impl Future<Output = Result<u32, PortError>> + Send;
}
