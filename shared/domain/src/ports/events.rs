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

/// Reads events.
pub trait ReadEvents: Send + Sync {
    /// The event, if this user has it.
    fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Event>, PortError>> + Send;
}

/// Writes events.
pub trait StoreEvents: Send + Sync {
    /// Stores the event unless it exists, and answers the event as first stored: the given one, or
    /// the one that was there.
    fn store_event(&self, event: &Event) -> impl Future<Output = Result<Event, PortError>> + Send;
}

/// What users see and may erase of their events, and the list of their replays.
pub trait EventLog: Send + Sync {
    /// A user's events of a span of time, newest first, at most `limit` (1–100), behind `after`.
    fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> impl Future<Output = Result<Page<ListedEvent, EventPlace>, PortError>> + Send;

    /// Takes the event's data away for good and notes `at` as the time, in one write. The rest of the
    /// event stays. Data that was erased before stays so, with the time noted then. Answers that
    /// time; `None` if there is no such event, or nobody has decided yet whom it goes to.
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
