use super::{Page, PortError};
use crate::{
    catalogue::{EventTypeName, OwnType},
    webhook::EventPattern,
};

/// The deployment's event types. Every read is consistent: it sees the latest write.
pub trait EventTypes: Send + Sync {
    /// The first event type, by name, that the pattern matches.
    fn first_event_type(
        &self,
        pattern: &EventPattern,
    ) -> impl Future<Output = Result<Option<OwnType>, PortError>> + Send;

    /// The event types with these names that exist, in no order. At most 100 different names.
    fn event_types(
        &self,
        names: &[EventTypeName],
    ) -> impl Future<Output = Result<Vec<OwnType>, PortError>> + Send;

    /// By name, at most `limit` (1–100), after `after`.
    fn list_event_types(
        &self,
        limit: usize,
        after: Option<&EventTypeName>,
    ) -> impl Future<Output = Result<Page<OwnType, EventTypeName>, PortError>> + Send;

    fn count_event_types(&self) -> impl Future<Output = Result<usize, PortError>> + Send;

    /// Stores it, also over an existing one.
    fn store_event_type(
        &self,
        event_type: &OwnType,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Deletes it. Returns whether it existed.
    fn delete_event_type(
        &self,
        name: &EventTypeName,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
