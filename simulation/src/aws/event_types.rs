//! The deployment's event types. A run has those of its plan.

use super::Aws;
use crate::{plan::Part, sim::Sim, task::at_once};
use grapnel_domain::{
    catalogue::{EventTypeName, OwnType},
    ports::{EventTypes, Page, PortError},
    webhook::EventPattern,
};

impl EventTypes for Aws {
    async fn first_event_type(&self, pattern: &EventPattern) -> Result<Option<OwnType>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().first_event_type(pattern));
        self.read(Part::Tables, "read event type", effect).await
    }

    async fn event_types(&self, names: &[EventTypeName]) -> Result<Vec<OwnType>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().event_types(names));
        self.read(Part::Tables, "read event types", effect).await
    }

    async fn list_event_types(
        &self,
        limit: usize,
        after: Option<&EventTypeName>,
    ) -> Result<Page<OwnType, EventTypeName>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().list_event_types(limit, after));
        self.read(Part::Tables, "list event types", effect).await
    }

    async fn count_event_types(&self) -> Result<usize, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().count_event_types());
        self.read(Part::Tables, "count event types", effect).await
    }

    async fn store_event_type(&self, event_type: &OwnType) -> Result<(), PortError> {
        let event_type = event_type.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().store_event_type(&event_type));
        self.write(Part::Tables, "store event type", effect).await
    }

    async fn delete_event_type(&self, name: &EventTypeName) -> Result<bool, PortError> {
        let name = name.clone();
        let effect = move |sim: &Sim| at_once(sim.memory().delete_event_type(&name));
        self.write(Part::Tables, "delete event type", effect).await
    }
}
