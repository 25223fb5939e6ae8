//! Event types: what is known, and what the deployment says of it.

use crate::{Call, Client, List, call::path};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An event type.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventType {
    /// Its name, for example `lead.created`.
    pub name: String,
    /// What it tells of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Whether it is built in.
    pub built_in: bool,
    /// What its data must be like: a JSON Schema, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Box<RawValue>>,
    /// What its data may look like, as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Box<RawValue>>,
    /// When the deployment first said something of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it last did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// All that is said of an event type. What is left out is not said any more.
#[derive(Debug, Clone, Default, Serialize)]
pub struct EventTypeChange {
    /// What it tells of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// What its data must be like: a JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Box<RawValue>>,
    /// What its data may look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Box<RawValue>>,
}

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

    /// Says of a type what is to be said: an [`EventTypeChange`], or other JSON of one. It takes the
    /// admin key.
    pub fn put_event_type(&self, name: &str, change: &impl Serialize) -> Call<EventType> {
        self.call_with(Method::PUT, path(&["api", "event-types", name]), change)
    }

    /// Forgets what was said of a type. It takes the admin key.
    pub fn delete_event_type(&self, name: &str) -> Call<()> {
        self.call(Method::DELETE, path(&["api", "event-types", name]))
    }
}
