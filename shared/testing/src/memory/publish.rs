use super::{Effect, Memory, Operation, hooks::Side, whole_second};
use grapnel_domain::{
    event::{
        inbound::PublishedEvent,
        publish::{Claim, IdempotencyKey},
    },
    ids::UserId,
    ports::{ClaimKeys, PortError, PublishEvents},
    time::Timestamp,
};
use std::time::Duration;

impl PublishEvents for Memory {
    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        tokio::task::yield_now().await;
        self.meet(Side::Before, Operation::PublishEvent).await;
        let sent = self.publish_all(&events);
        self.meet(Side::After, Operation::PublishEvent).await;
        sent
    }
}

impl Memory {
    fn publish_all(&self, events: &[PublishedEvent]) -> Vec<Result<(), PortError>> {
        let mut state = self.state();
        let mut send = |event: &PublishedEvent| {
            state.faults.count(Operation::PublishEvent);
            let fault = state.faults.take(Operation::PublishEvent);
            if !matches!(fault, Some((_, Effect::Before))) {
                let body = event.to_json().map_err(|rejection| {
                    PortError::Unusable(format!("a published event: {rejection}"))
                })?;
                self.events_queue.send(body, event.user_id.as_str(), Duration::ZERO);
            }
            fault.map_or(Ok(()), |(error, _)| Err(error))
        };
        events.iter().map(&mut send).collect()
    }
}

impl ClaimKeys for Memory {
    async fn claim_key(&self, claim: &Claim, now: Timestamp) -> Result<Claim, PortError> {
        self.run(Operation::ClaimKey, |state| {
            let key = (claim.user_id.clone(), claim.key.clone());
            if let Some(first) = state.tables.claims.get(&key).filter(|first| first.is_live(now)) {
                return Ok(first.clone());
            }
            let row = Claim { expires_at: whole_second(claim.expires_at), ..claim.clone() };
            state.tables.claims.insert(key, row);
            Ok(claim.clone())
        })
        .await
    }

    async fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Claim>, PortError> {
        self.run(Operation::Claimed, |state| {
            let found = state.tables.claims.get(&(user.clone(), key.clone()));
            Ok(found.filter(|claim| claim.is_live(now)).cloned())
        })
        .await
    }
}
