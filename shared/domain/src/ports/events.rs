use super::{Consistency, Page, PortError};
use crate::{
    event::{Event, EventPlace, EventSpan, ListedEvent},
    ids::{EventId, UserId},
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

/// Lists events, from an index that lags behind its table.
pub trait ListEvents: Send + Sync {
    /// A user's events of a span of time, newest first, at most `limit` (1–100), behind `after`.
    fn list_events(
        &self,
        span: &EventSpan,
        limit: usize,
        after: Option<EventPlace>,
    ) -> impl Future<Output = Result<Page<ListedEvent, EventPlace>, PortError>> + Send;
}

/// Writes events.
pub trait StoreEvents: Send + Sync {
    /// Stores the event unless it exists, and answers the event as first stored: the given one, or
    /// the one that was there.
    fn store_event(&self, event: &Event) -> impl Future<Output = Result<Event, PortError>> + Send;
}

/// Erases the data of events.
pub trait ErasePayloads: Send + Sync {
    /// Takes the event's data away for good and notes `at` as the time, in one write. The rest of the
    /// event stays. Data that was erased before stays so, with the time noted then. Answers that
    /// time; `None` if there is no such event, or nobody has decided yet whom it goes to.
    fn erase_payload(
        &self,
        user: &UserId,
        id: EventId,
        at: Timestamp,
    ) -> impl Future<Output = Result<Option<Timestamp>, PortError>> + Send;
}
