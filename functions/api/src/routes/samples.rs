//! Which event type somebody tries a webhook with, and what data such an event has.

use crate::{
    body::Object,
    ports::{Api, Ports},
    problem::Problem,
};
use grapnel_domain::{
    catalogue::{self, Entry, EventTypeName, OwnType},
    fault::{Faults, FieldFault},
    ports::ReadEventTypes,
    webhook::{EventPattern, Webhook},
};
use serde_json::Value;

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

/// The type named in the body, else the first that the webhook asks for; its faults are noted. The
/// table is asked for what is not built in, and for the sample where that is `wanted`.
///
/// # Errors
/// 503 or 500 as the store says.
pub(super) async fn tried<P: Ports>(
    api: &Api<P>,
    input: &Object,
    webhook: &Webhook,
    wanted: bool,
    faults: &mut Faults,
) -> Result<Option<Tried>, Problem> {
    let found = match input.get("event") {
        Some(value) => named(api, value, wanted).await?,
        None => first(api, webhook, wanted).await?,
    };
    if found.is_none() {
        faults.add("event", "must be a known event type; `GET /api/event-types` lists them");
    }
    Ok(found)
}

async fn named<P: Ports>(
    api: &Api<P>,
    value: &Value,
    wanted: bool,
) -> Result<Option<Tried>, Problem> {
    let name = value.as_str().and_then(|text| text.parse::<EventTypeName>().ok());
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
            return named(api, &Value::from(known.name), wanted).await;
        }
        if let Some(own) = api.event_types.first_event_type(pattern).await? {
            return Ok(Some(Tried { name: own.name.to_string(), own: Some(own) }));
        }
    }
    Ok(None)
}

/// The `data` of the body as it came, if it is there; its faults are noted.
pub(super) fn given_data<'a>(input: &'a Object, faults: &mut Faults) -> Option<&'a str> {
    input.get("data")?;
    needed_data(input, faults)
}

/// The same, where it is a fault to leave it out.
pub(super) fn needed_data<'a>(input: &'a Object, faults: &mut Faults) -> Option<&'a str> {
    let data = input.get("data").filter(|data| data.is_object()).and_then(|_| input.raw("data"));
    if data.is_none() {
        faults.add("data", "must be the data of an event: an object");
    }
    data
}

/// One fault.
pub(super) fn fault(field: &str, message: &str) -> Vec<FieldFault> {
    vec![FieldFault { field: field.to_owned(), message: message.to_owned() }]
}
