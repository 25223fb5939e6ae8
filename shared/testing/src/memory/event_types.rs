use super::{Memory, Operation};
use grapnel_domain::{
    catalogue::{EventTypeName, OwnType},
    ports::{EventTypes, Page, PortError},
    webhook::EventPattern,
};

impl EventTypes for Memory {
    async fn first_event_type(&self, pattern: &EventPattern) -> Result<Option<OwnType>, PortError> {
        self.run(Operation::FirstEventType, |state| {
            let mut all = state.tables.event_types.values();
            Ok(all.find(|own| pattern.matches(own.name.as_str())).cloned())
        })
        .await
    }

    async fn event_types(&self, names: &[EventTypeName]) -> Result<Vec<OwnType>, PortError> {
        self.run(Operation::EventTypes, |state| {
            let found = names.iter().filter_map(|name| state.tables.event_types.get(name));
            Ok(found.cloned().collect())
        })
        .await
    }

    async fn list_event_types(
        &self,
        limit: usize,
        after: Option<&EventTypeName>,
    ) -> Result<Page<OwnType, EventTypeName>, PortError> {
        self.run(Operation::ListEventTypes, |state| {
            let all = state.tables.event_types.values();
            let mut rest = all.filter(|own| after.is_none_or(|after| own.name > *after));
            let items: Vec<OwnType> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|own| own.name.clone());
            Ok(Page { items, next })
        })
        .await
    }

    async fn count_event_types(&self) -> Result<usize, PortError> {
        self.run(Operation::CountEventTypes, |state| Ok(state.tables.event_types.len())).await
    }

    async fn store_event_type(&self, event_type: &OwnType) -> Result<(), PortError> {
        self.run(Operation::StoreEventType, |state| {
            state.tables.event_types.insert(event_type.name.clone(), event_type.clone());
            Ok(())
        })
        .await
    }

    async fn delete_event_type(&self, name: &EventTypeName) -> Result<bool, PortError> {
        self.run(Operation::DeleteEventType, |state| {
            Ok(state.tables.event_types.remove(name).is_some())
        })
        .await
    }
}
