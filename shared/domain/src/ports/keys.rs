use super::{Page, PortError};
use crate::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash},
    time::{Day, Minute},
};

/// API keys, and counts of the requests made with them.
pub trait Keys: Send + Sync {
    /// The key with this hash, whether or not its time is over. Sees every write that was answered
    /// before: a key works from the moment it was shown, and not after it was revoked.
    fn key(&self, hash: &KeyHash)
    -> impl Future<Output = Result<Option<ApiKey>, PortError>> + Send;

    /// Stores a new key.
    fn store_key(
        &self,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The user's keys, newest first, at most `limit` (1–100), after `after`. A key may be missing
    /// for some seconds after it was made; what is listed is as it stands now. A page may hold less
    /// than `limit` though there is a next one.
    fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> impl Future<Output = Result<Page<ApiKey, KeyId>, PortError>> + Send;

    /// Ends the user's key: from the answer on, no look-up finds it. Whether there was one; for some
    /// seconds after it was made a key may seem not to be there, and then nothing is changed.
    fn revoke_key(
        &self,
        user: &UserId,
        id: KeyId,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Notes that the key was used on `day`, unless that or a later day is noted. A key that is not
    /// there stays so.
    fn note_key_use(
        &self,
        hash: &KeyHash,
        day: Day,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Adds `requests` to the user's count of this minute and answers what it comes to. Not to be
    /// repeated: if the answer is lost, they may have been added.
    fn count_requests(
        &self,
        user: &UserId,
        minute: Minute,
        requests: u32,
    ) -> impl Future<Output = Result<u32, PortError>> + Send;
}
