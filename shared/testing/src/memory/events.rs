use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    event::Event,
    ids::{EventId, UserId},
    ports::{Consistency, ErasePayloads, PortError, ReadEvents, StoreEvents},
    time::Timestamp,
};

impl ReadEvents for Memory {
    async fn event(
        &self,
        user: &UserId,
        id: EventId,
        consistency: Consistency,
    ) -> Result<Option<Event>, PortError> {
        self.run(Operation::Event, |state| {
            Ok(state.seen(consistency).events.get(&(user.clone(), id)).cloned())
        })
        .await
    }
}

impl StoreEvents for Memory {
    async fn store_event(&self, event: &Event) -> Result<Event, PortError> {
        self.run(Operation::StoreEvent, |state| {
            let key = (event.user_id.clone(), event.id);
            if let Some(first) = state.tables.events.get(&key) {
                return Ok(first.clone());
            }
            let row = Event { expires_at: whole_second(event.expires_at), ..event.clone() };
            state.tables.events.insert(key, row);
            Ok(event.clone())
        })
        .await
    }
}

impl ErasePayloads for Memory {
    async fn erase_payload(
        &self,
        user: &UserId,
        id: EventId,
        at: Timestamp,
    ) -> Result<Option<Timestamp>, PortError> {
        self.run(Operation::ErasePayload, |state| {
            let found = state.tables.events.get_mut(&(user.clone(), id));
            Ok(found.filter(|event| event.audience.is_some()).map(|event| {
                event.content.data.clear();
                *event.payload_erased_at.get_or_insert(at)
            }))
        })
        .await
    }
}
