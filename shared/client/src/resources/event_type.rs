//! Event types: what is known, and what the deployment says of it.

use crate::{Call, Client, List, call::path};
use grapnel_wire::event_type::EventType;
use reqwest::Method;
use serde::Serialize;

impl Client {
    /// The catalogue, by name.
    pub fn event_types(&self) -> List<EventType> {
        List::new(self.clone(), path(&["api", "event-types"]))
    }

    /// Those whose names fit: a name, a group such as `lead.*`, or `*`.
    pub fn event_types_named(&self, names: Option<&str>) -> List<EventType> {
        self.event_types().only("name", names)
    }

    /// One event type.
    pub fn event_type(&self, name: &str) -> Call<EventType> {
        self.call(Method::GET, path(&["api", "event-types", name]))
    }

    /// Says of a type what is to be said: an [`EventTypeDraft`](crate::EventTypeDraft), or other JSON of one. It takes the
    /// admin key.
    pub fn put_event_type(&self, name: &str, change: &impl Serialize) -> Call<EventType> {
        self.call_with(Method::PUT, path(&["api", "event-types", name]), change)
    }

    /// Forgets what was said of a type. It takes the admin key.
    pub fn delete_event_type(&self, name: &str) -> Call<()> {
        self.call(Method::DELETE, path(&["api", "event-types", name]))
    }
}
