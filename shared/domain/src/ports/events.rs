use super::{Consistency, PortError};
use crate::{
    event::Event,
    ids::{EventId, UserId},
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
