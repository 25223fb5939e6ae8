use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    ids::{KeyId, UserId},
    key::{ApiKey, KeyHash},
    ports::{Consistency, Keys, Page, PortError},
    time::{Day, Minute},
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
            // An index says which keys there are, the table what they are like.
            let indexed = state.seen(Consistency::Eventual).keys.iter();
            let mut indexed: Vec<(KeyId, &String)> = indexed
                .filter(|(_, key)| key.user_id == *user && after.is_none_or(|after| key.id < after))
                .map(|(hash, key)| (key.id, hash))
                .collect();
            indexed.sort_unstable_by(|one, other| other.cmp(one));
            let more = indexed.len() > limit;
            indexed.truncate(limit);
            let next = indexed.last().filter(|_| more).map(|(id, _)| *id);
            let found = indexed.iter().filter_map(|(_, hash)| state.tables.keys.get(*hash));
            Ok(Page { items: found.cloned().collect(), next })
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
