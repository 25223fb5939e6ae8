//! What a body says of the events that it publishes.

use super::super::{event_types::not_carried, samples::fault};
use crate::body::{Object, raw_fields};
use grapnel_domain::{
    event::{
        EventContent, MAX_DATA_BYTES,
        inbound::{MAX_NAME_BYTES, MAX_SOURCE_ID_BYTES, OWN_SOURCE, PublishedEvent},
        publish::{MAX_EVENTS, source_id},
    },
    fault::{Faults, FieldFault},
    ids::{EventId, UserId},
    time::Timestamp,
};
use serde_json::{Map, Value, value::RawValue};
use std::collections::HashMap;

/// What may be said of an event.
const FIELDS: &[&str] = &["type", "data", "id", "source", "time"];
/// The source of what names none.
const DEFAULT_SOURCE: &str = "api";
/// Longest part of an unknown field's name that an error repeats.
const SHOWN_CHARS: usize = 64;

/// An event as it was asked for.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// Where it stands in the body: nothing, or `events[3].`.
    pub(super) path: String,
    pub(super) event_type: &'a str,
    /// As it came.
    pub(super) data: &'a str,
    id: Option<&'a str>,
    source: &'a str,
    time: Option<Timestamp>,
}

impl Draft<'_> {
    /// The id of the event, if it brings what its id derives from.
    pub(super) fn own_id(&self, user: &UserId) -> Option<EventId> {
        self.id.map(|id| EventId::derive(user, self.source, id))
    }

    /// The event, of this user and at this place of its request.
    pub(super) fn event(
        &self,
        user: &UserId,
        seed: &str,
        place: usize,
        now: Timestamp,
    ) -> PublishedEvent {
        PublishedEvent {
            user_id: user.clone(),
            source_id: self.id.map_or_else(|| source_id(seed, place), str::to_owned),
            content: EventContent {
                event_type: self.event_type.to_owned(),
                source: self.source.to_owned(),
                time: self.time.unwrap_or(now),
                data: self.data.to_owned(),
            },
        }
    }
}

/// Reads one event, or those of the list `events`.
///
/// # Errors
/// Every fault of every event.
pub(super) fn parse(input: &Object) -> Result<Vec<Draft<'_>>, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let Some(events) = input.get("events") else {
        refuse_others(input.fields(), "", &["userId"], &mut faults);
        let text = std::str::from_utf8(input.text()).ok();
        let draft = event(input.fields(), text, String::new(), &mut faults);
        return finish(draft.into_iter().collect(), faults);
    };
    input.refuse_others(&["events"], &mut faults);
    let Some(list) = events.as_array().filter(|list| (1..=MAX_EVENTS).contains(&list.len())) else {
        faults.add("events", format!("must be a list of 1 to {MAX_EVENTS} events"));
        return Err(faults.into_vec());
    };
    let texts: Vec<&RawValue> =
        input.raw("events").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut drafts = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let Some(fields) = entry.as_object() else {
            faults.add(format!("events[{index}]"), "must be an event: an object");
            continue;
        };
        let path = format!("events[{index}].");
        refuse_others(fields, &path, &[], &mut faults);
        let text = texts.get(index).map(|text| text.get());
        drafts.extend(event(fields, text, path, &mut faults));
    }
    refuse_repeats(&drafts, &mut faults);
    finish(drafts, faults)
}

fn finish(drafts: Vec<Draft<'_>>, faults: Faults) -> Result<Vec<Draft<'_>>, Vec<FieldFault>> {
    if faults.is_empty() { Ok(drafts) } else { Err(faults.into_vec()) }
}

fn refuse_others(fields: &Map<String, Value>, path: &str, more: &[&str], faults: &mut Faults) {
    let known = [FIELDS, more].concat();
    for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
        let shown: String = name.chars().take(SHOWN_CHARS).collect();
        faults.add(
            format!("{path}{shown}"),
            format!("unknown field; known are {}", known.join(", ")),
        );
    }
}

/// One event of these fields, whose text is `text`.
fn event<'a>(
    fields: &'a Map<String, Value>,
    text: Option<&'a str>,
    path: String,
    faults: &mut Faults,
) -> Option<Draft<'a>> {
    let before = faults.len();
    let event_type = name(fields, "type", &path, MAX_NAME_BYTES, faults);
    if fields.get("type").is_none_or(Value::is_null) {
        faults.add(format!("{path}type"), "is required");
    }
    let id = name(fields, "id", &path, MAX_SOURCE_ID_BYTES, faults);
    let source = name(fields, "source", &path, MAX_NAME_BYTES, faults);
    if source == Some(OWN_SOURCE) {
        faults.add(format!("{path}source"), format!("must not be `{OWN_SOURCE}`"));
    }
    let time = match fields.get("time").filter(|value| !value.is_null()) {
        None => None,
        Some(value) => {
            let time = value.as_str().and_then(|text| text.parse().ok());
            if time.is_none() {
                let message = "must be a time as in RFC 3339, like 2026-11-24T06:24:00Z";
                faults.add(format!("{path}time"), message);
            }
            time
        }
    };
    let data = data(fields, text, &path, faults);
    if faults.len() > before {
        return None;
    }
    let (event_type, data) = (event_type?, data?);
    Some(Draft { path, event_type, data, id, source: source.unwrap_or(DEFAULT_SOURCE), time })
}

/// A text that names something.
fn name<'a>(
    fields: &'a Map<String, Value>,
    field: &str,
    path: &str,
    most: usize,
    faults: &mut Faults,
) -> Option<&'a str> {
    let value = fields.get(field).filter(|value| !value.is_null())?;
    let text = value
        .as_str()
        .filter(|text| (1..=most).contains(&text.len()) && !text.contains(char::is_control));
    let field = format!("{path}{field}");
    match text {
        None => {
            let message = format!("must be a text of 1 to {most} bytes without control characters");
            faults.add(field, message);
        }
        Some(text) => {
            faults.found(not_carried(&field, text).map_or(Ok(()), |fault| Err(vec![fault])));
        }
    }
    text
}

fn data<'a>(
    fields: &Map<String, Value>,
    text: Option<&'a str>,
    path: &str,
    faults: &mut Faults,
) -> Option<&'a str> {
    let field = format!("{path}data");
    let is_object = fields.get("data").is_some_and(Value::is_object);
    let text = text.filter(|_| is_object).and_then(raw_fields);
    let Some(data) = text.and_then(|fields| fields.get("data").map(|data| data.get())) else {
        faults.found::<()>(Err(fault(&field, "must be the data of an event: an object")));
        return None;
    };
    if data.len() > MAX_DATA_BYTES {
        let message = format!("may have {MAX_DATA_BYTES} bytes, not {}", data.len());
        faults.add(field, message);
        return None;
    }
    faults.found(not_carried(&field, data).map_or(Ok(()), |fault| Err(vec![fault])))?;
    Some(data)
}

/// Two of the same source and id would be one event: which of the two is not ours to guess.
fn refuse_repeats(drafts: &[Draft<'_>], faults: &mut Faults) {
    let mut first: HashMap<(&str, &str), &str> = HashMap::new();
    for draft in drafts {
        let Some(id) = draft.id else { continue };
        if let Some(earlier) = first.get(&(draft.source, id)) {
            let earlier = earlier.trim_end_matches('.');
            faults.add(format!("{}id", draft.path), format!("names the same event as {earlier}"));
        } else {
            first.insert((draft.source, id), &draft.path);
        }
    }
}
