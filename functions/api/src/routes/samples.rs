//! Which event type somebody tries a webhook with, and what data such an event has.

use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use grapnel_domain::{
    catalogue::{self, Entry, EventTypeName, OwnType},
    ports::EventTypes,
    webhook::{EventPattern, Webhook},
};
use grapnel_wire::read::Read;

/// The data of a type that has no sample.
const NOTHING: &str = "{}";

/// An event type that is tried.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) name: String,
    own: Option<OwnType>,
}

impl Tried {
    fn entry(&self) -> Option<Entry<'_>> {
        Entry::of(&self.name, self.own.as_ref())
    }

    /// The data of its sample, as it is written; an empty object if it has none.
    pub(super) fn sample(&self) -> &str {
        self.entry().and_then(|entry| entry.sample()).unwrap_or(NOTHING)
    }

    /// Whether that is the sample that is built in, which names a user and an id of its own.
    pub(super) fn has_built_in_sample(&self) -> bool {
        self.entry().is_some_and(|entry| entry.has_built_in_sample())
    }
}

/// The named event type, else the first that the webhook asks for; its faults are noted. The
/// table is asked for what is not built in, and for the sample where that is `wanted`.
///
/// # Errors
/// 503 or 500 as the store says.
pub(super) async fn tried<P: Ports, T>(
    api: &Api<P>,
    event: Option<String>,
    webhook: &Webhook,
    wanted: bool,
    read: &mut Read<T>,
) -> Result<Option<Tried>, Problem> {
    if !read.is_sound("event") {
        return Ok(None);
    }
    let found = match event {
        Some(name) => named(api, &name, wanted).await?,
        None => first(api, webhook, wanted).await?,
    };
    if found.is_none() {
        read.fault("event", "must be a known event type; `GET /api/event-types` lists them");
    }
    Ok(found)
}

async fn named<P: Ports>(api: &Api<P>, name: &str, wanted: bool) -> Result<Option<Tried>, Problem> {
    let name = name.parse::<EventTypeName>().ok();
    let Some(name) = name.map(|name| name.to_string()) else { return Ok(None) };
    let is_built_in = catalogue::find(&name).is_some();
    let own = if is_built_in && !wanted {
        None
    } else {
        api.event_types.first_event_type(&EventPattern::Exact(name.clone())).await?
    };
    Ok((is_built_in || own.is_some()).then_some(Tried { name, own }))
}

async fn first<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
    wanted: bool,
) -> Result<Option<Tried>, Problem> {
    for pattern in &webhook.events {
        if let Some(known) = catalogue::first(pattern) {
            return named(api, known.name, wanted).await;
        }
        if let Some(own) = api.event_types.first_event_type(pattern).await? {
            return Ok(Some(Tried { name: own.name.to_string(), own: Some(own) }));
        }
    }
    Ok(None)
}
