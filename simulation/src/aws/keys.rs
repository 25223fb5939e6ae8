//! Keys to the API, portal links and echoes.

use super::Aws;
use crate::{plan::Part, sim::Sim, task::at_once};
use grapnel_domain::{
    echo::{Echo, EchoedRequest},
    ids::{EchoId, KeyId, UserId},
    key::{ApiKey, KeyHash, PortalLink},
    ports::{Echoes, Keys, Page, PortError, PortalLinks},
    time::{Day, Minute, Timestamp},
};

impl Keys for Aws {
    async fn key(&self, hash: &KeyHash) -> Result<Option<ApiKey>, PortError> {
        self.read(Part::Tables, "read key", |sim: &Sim| at_once(sim.memory().key(hash))).await
    }

    async fn store_key(&self, hash: &KeyHash, key: &ApiKey) -> Result<(), PortError> {
        let (hash, key) = (hash.clone(), key.clone());
        let effect = move |sim: &Sim| at_once(sim.memory().store_key(&hash, &key));
        self.write(Part::Tables, "store key", effect).await
    }

    async fn note_key_use(&self, hash: &KeyHash, day: Day) -> Result<(), PortError> {
        let hash = hash.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().note_key_use(&hash, day));
        self.write(Part::Tables, "note key use", effect).await
    }

    async fn count_requests(
        &self,
        user: &UserId,
        minute: Minute,
        requests: u32,
    ) -> Result<u32, PortError> {
        let user = user.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().count_requests(&user, minute, requests));
        self.write(Part::Tables, "count requests", effect).await
    }

    async fn list_keys(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<ApiKey, KeyId>, PortError> {
        let look = |sim: &Sim| at_once(sim.memory().list_keys(user, limit, after));
        self.read(Part::Tables, "list keys", look).await
    }

    async fn revoke_key(&self, user: &UserId, id: KeyId) -> Result<bool, PortError> {
        let user = user.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().revoke_key(&user, id));
        self.write(Part::Tables, "revoke key", effect).await
    }

    async fn delete_key(&self, hash: &KeyHash) -> Result<(), PortError> {
        let hash = hash.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().delete_key(&hash));
        self.write(Part::Tables, "delete key", effect).await
    }

    async fn list_sessions(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<KeyId>,
    ) -> Result<Page<KeyHash, KeyId>, PortError> {
        let look = |sim: &Sim| at_once(sim.memory().list_sessions(user, limit, after));
        self.read(Part::Tables, "list sessions", look).await
    }

    async fn move_end(
        &self,
        hash: &KeyHash,
        end: Timestamp,
        later: Timestamp,
    ) -> Result<(), PortError> {
        let hash = hash.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().move_end(&hash, end, later));
        self.write(Part::Tables, "move end of session", effect).await
    }
}

impl PortalLinks for Aws {
    async fn store_link(&self, hash: &KeyHash, link: &PortalLink) -> Result<(), PortError> {
        let (hash, link) = (hash.clone(), link.clone());
        let effect = move |sim: &Sim| at_once(sim.memory().store_link(&hash, &link));
        self.write(Part::Tables, "store portal link", effect).await
    }

    async fn link(&self, hash: &KeyHash) -> Result<Option<PortalLink>, PortError> {
        let look = |sim: &Sim| at_once(sim.memory().link(hash));
        self.read(Part::Tables, "read portal link", look).await
    }

    async fn exchange_link(
        &self,
        link: &KeyHash,
        hash: &KeyHash,
        key: &ApiKey,
    ) -> Result<bool, PortError> {
        let (link, hash, key) = (link.clone(), hash.clone(), key.clone());
        let effect = move |sim: &Sim| at_once(sim.memory().exchange_link(&link, &hash, &key));
        self.write(Part::Tables, "exchange portal link", effect).await
    }
}

impl Echoes for Aws {
    async fn store_echo(&self, echo: &Echo) -> Result<(), PortError> {
        let echo = echo.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().store_echo(&echo));
        self.write(Part::Tables, "store echo", effect).await
    }

    async fn echo(&self, id: EchoId) -> Result<Option<Echo>, PortError> {
        self.read(Part::Tables, "read echo", |sim: &Sim| at_once(sim.memory().echo(id))).await
    }

    async fn record_request(
        &self,
        id: EchoId,
        request: &EchoedRequest,
    ) -> Result<Option<usize>, PortError> {
        let request = request.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().record_request(id, &request));
        self.write(Part::Tables, "record echoed request", effect).await
    }

    async fn delete_echo(&self, id: EchoId) -> Result<bool, PortError> {
        let effect = move |sim: &Sim| at_once(sim.memory().delete_echo(id));
        self.write(Part::Tables, "delete echo", effect).await
    }
}
