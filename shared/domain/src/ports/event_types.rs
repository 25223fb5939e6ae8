use super::{Page, PortError};
use crate::{
    catalogue::{EventTypeName, OwnType},
    webhook::EventPattern,
};

/// The event types that a deployment defines. Every read is consistent: it sees what was just written.
pub trait EventTypes: Send + Sync {
    /// The first of them, by name, that the pattern matches.
    fn first_event_type(
        &self,
        pattern: &EventPattern,
    ) -> impl Future<Output = Result<Option<OwnType>, PortError>> + Send;

    /// Those with these names that are there, in no order. At most 100 names, none twice.
    fn event_types(
        &self,
        names: &[EventTypeName],
    ) -> impl Future<Output = Result<Vec<OwnType>, PortError>> + Send;

    /// By name, at most `limit` (1–100), after `after`; consistently.
    fn list_event_types(
        &self,
        limit: usize,
        after: Option<&EventTypeName>,
    ) -> impl Future<Output = Result<Page<OwnType, EventTypeName>, PortError>> + Send;

    /// How many there are, consistently.
    fn count_event_types(&self) -> impl Future<Output = Result<usize, PortError>> + Send;

    /// Stores it, over what is there.
    fn store_event_type(
        &self,
        event_type: &OwnType,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Removes it. Answers whether it was there.
    fn delete_event_type(
        &self,
        name: &EventTypeName,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
