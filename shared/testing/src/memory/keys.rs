use super::{Memory, Operation, State, whole_second};
use grapnel_domain::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash},
    ports::{Consistency, Keys, Page, PortError},
    time::{Day, Minute, Timestamp},
};

impl Keys for Memory {
    async fn key(&self, hash: &KeyHash) -> Result<Option<ApiKey>, PortError> {
        self.run(Operation::Key, |state| Ok(state.tables.keys.get(hash.as_str()).cloned())).await
    }

    async fn store_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), PortError> {
        self.run(Operation::StoreKey, |state| {
            let row = ApiKey { expires_at: key.expires_at.map(whole_second), ..key.clone() };
            state.tables.keys.entry(hash.as_str().to_owned()).or_insert(row);
            Ok(())
        })
        .await
    }

    async fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, PortError> {
        self.run(Operation::ListKeys, |state| {
            let Page { items, next } = rows_of(state, user, limit, after);
            Ok(Page { items: items.into_iter().map(|(_, key)| key).collect(), next })
        })
        .await
    }

    async fn list_sessions(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<KeyHash, KeyId>, PortError> {
        self.run(Operation::ListSessions, |state| {
            let Page { items, next } = rows_of(state, user, limit, after);
            let sessions = items.into_iter();
            let sessions = sessions.filter(|(_, key)| key.is_of_portal() || key.is_of_console());
            Ok(Page { items: sessions.filter_map(|(hash, _)| hash.parse().ok()).collect(), next })
        })
        .await
    }

    async fn move_end(
        &self,
        hash: &KeyHash,
        end: Timestamp,
        later: Timestamp,
    ) -> Result<(), PortError> {
        self.run(Operation::MoveEnd, |state| {
            let found = state.tables.keys.get_mut(hash.as_str());
            if let Some(key) = found.filter(|key| key.expires_at == Some(whole_second(end))) {
                key.expires_at = Some(whole_second(later));
            }
            Ok(())
        })
        .await
    }

    async fn revoke_key(&self, user: &UserId, id: KeyId) -> Result<bool, PortError> {
        self.run(Operation::RevokeKey, |state| {
            let mut indexed = state.seen(Consistency::Eventual).keys.iter();
            let found = indexed.find(|(_, key)| key.user_id == *user && key.id == id);
            let hash = found.map(|(hash, _)| hash.clone());
            Ok(hash.is_some_and(|hash| state.tables.keys.remove(&hash).is_some()))
        })
        .await
    }

    async fn delete_key(&self, hash: &KeyHash) -> Result<(), PortError> {
        self.run(Operation::DeleteKey, |state| {
            state.tables.keys.remove(hash.as_str());
            Ok(())
        })
        .await
    }

    async fn note_key_use(&self, hash: &KeyHash, day: Day) -> Result<(), PortError> {
        self.run(Operation::NoteKeyUse, |state| {
            if let Some(key) = state.tables.keys.get_mut(hash.as_str()) {
                key.last_used_on = key.last_used_on.max(Some(day));
            }
            Ok(())
        })
        .await
    }

    async fn count_requests(
        &self,
        user: &UserId,
        minute: Minute,
        requests: u32,
    ) -> Result<u32, PortError> {
        self.run(Operation::CountRequests, |state| {
            let count = state.tables.requests.entry((user.clone(), minute)).or_default();
            *count += requests;
            Ok(*count)
        })
        .await
    }
}

/// A user's keys and sessions with their hashes, newest first. An index says which there are, the table what
/// they are like.
fn rows_of(
    state: &State,
    user: &UserId,
    limit: usize,
    after: Option<KeyId>,
) -> Page<(String, ApiKey), KeyId> {
    let indexed = state.seen(Consistency::Eventual).keys.iter();
    let mut indexed: Vec<(KeyId, String)> = indexed
        .filter(|(_, key)| key.user_id == *user && after.is_none_or(|after| key.id < after))
        .map(|(hash, key)| (key.id, hash.clone()))
        .collect();
    indexed.sort_unstable_by(|one, other| other.cmp(one));
    let more = indexed.len() > limit;
    indexed.truncate(limit);
    let next = indexed.last().filter(|_| more).map(|(id, _)| *id);
    let found = indexed.into_iter();
    let found = found.filter_map(|(_, hash)| {
        let key = state.tables.keys.get(&hash)?.clone();
        Some((hash, key))
    });
    Page { items: found.collect(), next }
}
