use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    key::{ApiKey, KeyHash, PortalLink},
    ports::{PortError, PortalLinks},
};

impl PortalLinks for Memory {
    async fn store_link(&self, hash: &KeyHash, link: &PortalLink) -> Result<(), PortError> {
        self.run(Operation::StoreLink, |state| {
            let row = PortalLink { expires_at: whole_second(link.expires_at), ..link.clone() };
            state.tables.links.entry(hash.as_str().to_owned()).or_insert(row);
            Ok(())
        })
        .await
    }

    async fn link(&self, hash: &KeyHash) -> Result<Option<PortalLink>, PortError> {
        self.run(Operation::Link, |state| Ok(state.tables.links.get(hash.as_str()).cloned())).await
    }

    async fn exchange_link(
        &self,
        link: &KeyHash,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> Result<bool, PortError> {
        self.run(Operation::ExchangeLink, |state| {
            if state.tables.links.remove(link.as_str()).is_none() {
                return Ok(false);
            }
            let row = ApiKey { expires_at: key.expires_at.map(whole_second), ..key.clone() };
            state.tables.keys.insert(hash.as_str().to_owned(), row);
            Ok(true)
        })
        .await
    }
}
