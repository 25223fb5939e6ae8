use super::{Memory, Operation};
use grapnel_domain::ports::{ApiKey, KeyHash, PortError, ReadKeys, StoreKeys};

impl ReadKeys for Memory {
    async fn key(&self, hash: &KeyHash) -> Result<Option<ApiKey>, PortError> {
        self.run(Operation::Key, |state| Ok(state.keys.get(hash.as_str()).cloned())).await
    }
}

impl StoreKeys for Memory {
    async fn store_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), PortError> {
        self.run(Operation::StoreKey, |state| {
            state.keys.entry(hash.as_str().to_owned()).or_insert_with(|| key.clone());
            Ok(())
        })
        .await
    }
}
