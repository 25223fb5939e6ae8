//! The event types that the platform publishes, each with a sample of its data.

/// An event type and what its data looks like.
#[derive(Debug, Clone, Copy)]
pub struct EventType {
    /// Its name, for example `lead.created`.
    pub name: &'static str,
    /// A complete sample event as EventBridge hands it over (JSON); its `detail` is the data.
    pub sample: &'static str,
}

macro_rules! catalogue {
    ($($name:literal),+ $(,)?) => {
        &[$(EventType {
            name: $name,
            sample: include_str!(concat!("../../../events/", $name, ".json")),
        }),+]
    };
}

/// Every event type that a webhook may name.
pub const EVENT_TYPES: &[EventType] = catalogue![
    "workflow.completed",
    "workflow.failed",
    "agent.completed",
    "agent.failed",
    "lead.created",
    "lead.enriched",
    "email.received",
    "email.sent",
    "task.completed",
    "task.failed",
];

/// Looks an event type up by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static EventType> {
    EVENT_TYPES.iter().find(|known| known.name == name)
}
