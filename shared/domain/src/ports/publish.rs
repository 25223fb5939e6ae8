use super::PortError;
use crate::{
    event::{
        inbound::PublishedEvent,
        publish::{Claim, IdempotencyKey},
    },
    ids::UserId,
    time::Timestamp,
};

/// Sends published events to the events queue.
pub trait PublishEvents: Send + Sync {
    /// Sends every event to fan-out, in as few calls as the service allows, and answers for each in
    /// order. A batch can be taken in part: one failure says nothing of its neighbours.
    fn publish_events(
        &self,
        events: Vec<PublishedEvent>,
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + Send;
}

/// Keeps requests by their idempotency keys.
pub trait ClaimKeys: Send + Sync {
    /// Puts a request on record unless its key stands for one already, in one conditional write, and
    /// answers the request that the key stands for: the given one, or the one that was there.
    fn claim_key(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> impl Future<Output = Result<Claim, PortError>> + Send;

    /// The request that a key stands for, by a consistent read.
    fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Claim>, PortError>> + Send;
}
