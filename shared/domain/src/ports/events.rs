use super::{Consistency, Page, PortError};
use crate::{
    event::{
        Event, EventPlace, EventSpan, ListedEvent,
        publish::{Claim, IdempotencyKey},
    },
    ids::{EventId, ReplayId, UserId},
    replay::Replay,
    time::Timestamp,
};

pub trait ReadEvents: Send + Sync {
    /// The event, if it is this user's.
    fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Event>, PortError>> + Send;
}

pub trait StoreEvents: Send + Sync {
    /// Stores the event unless it exists, and returns the event as it was first stored: the given
    /// one, or the existing one.
    fn store_event(&self, event: &Event) -> impl Future<Output = Result<Event, PortError>> + Send;
}

/// The events that users see, and erasures; and the list of their replays.
pub trait EventLog: Send + Sync {
    /// A user's events in a span of time, newest first, at most `limit` (1–100), behind `after`.
    fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> impl Future<Output = Result<Page<ListedEvent, EventPlace>, PortError>> + Send;

    /// Removes the event's data for good and notes `at` as the time, in one write. The rest of the
    /// event stays. If the data was erased before, the earlier time stays. Returns the noted time;
    /// `None` if there is no such event, or its webhooks are not decided yet.
    fn erase_payload(
        &self,
        user: &UserId,
        id: EventId,
        at: Timestamp,
    ) -> impl Future<Output = Result<Option<Timestamp>, PortError>> + Send;

    /// The user's replays, newest first, at most `limit` (1–100), after `after`.
    fn list_replays(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<ReplayId>,
    ) -> impl Future<Output = Result<Page<Replay, ReplayId>, PortError>> + Send;
}

/// Stores requests by their idempotency keys.
pub trait ClaimKeys: Send + Sync {
    /// Records a request unless its key identifies another request already, in one conditional
    /// write, and returns the request of the key: the given one, or the existing one.
    fn claim_key(
        &self,
        claim: &Claim,
        now: Timestamp,
    ) -> impl Future<Output = Result<Claim, PortError>> + Send;

    /// The request of a key, by a consistent read.
    fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Claim>, PortError>> + Send;
}
