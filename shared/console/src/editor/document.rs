//! What the API takes of a form: a whole new webhook, or a merge patch of what was changed.

use super::typed::Typed;
use serde_json::{
    Map, Number, Value, json,
    value::{RawValue, to_raw_value},
};
use std::collections::{BTreeMap, HashSet};

/// The field of the API that is JSON of the user's own, whose digits are kept.
const FILTER: &str = "filter";

/// A number, if the text is one; else the text, about which the API says what it should be.
fn number(text: &str) -> Value {
    match text.trim() {
        "" => Value::Null,
        text => match serde_json::from_str::<Number>(text) {
            Ok(number) => Value::Number(number),
            Err(_) => text.into(),
        },
    }
}

fn text_or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// Every field but the filter; `null` is the API's default.
fn settings(typed: &Typed) -> Map<String, Value> {
    let headers = typed.headers.iter().map(|row| {
        let value = match (row.is_sensitive, row.value.is_empty(), row.is_stored) {
            (true, true, _) => json!({ "sensitive": true }),
            (true, false, _) => json!({ "sensitive": true, "value": row.value }),
            // What is stored cannot be shown from now on: the API asks for a value.
            (false, true, true) => json!({ "sensitive": false }),
            (false, _, _) => json!(row.value),
        };
        (row.name.clone(), value)
    });
    let metadata = typed.metadata.iter().map(|(name, value)| (name.clone(), json!(value)));
    let (delays, backoff) = if typed.grows() {
        let backoff = json!({
            "initialSeconds": number(&typed.initial), "multiplier": number(&typed.multiplier),
            "maxSeconds": number(&typed.longest),
        });
        (Value::Null, backoff)
    } else {
        let delays: Vec<Value> = typed.delays().into_iter().map(number).collect();
        (if delays.is_empty() { Value::Null } else { delays.into() }, Value::Null)
    };
    let mut all = Map::new();
    all.insert("name".into(), typed.name.as_str().into());
    all.insert("url".into(), typed.url.trim().into());
    all.insert("description".into(), text_or_null(&typed.description));
    all.insert("events".into(), typed.events().into());
    all.insert("headers".into(), Value::Object(headers.collect()));
    all.insert("metadata".into(), Value::Object(metadata.collect()));
    let retry = json!({
        "maxAttempts": number(&typed.max_attempts), "timeoutSeconds": number(&typed.timeout),
        "delaysSeconds": delays, "backoff": backoff,
    });
    all.insert("retryConfig".into(), retry);
    all.insert("transform".into(), transform(typed));
    if !typed.has_transform() {
        all.insert("payloadFormat".into(), text_or_null(&typed.body));
    }
    all.insert("rateLimit".into(), number(&typed.rate_limit));
    all.insert("secret".into(), text_or_null(typed.secret.trim()));
    all
}

/// The transform, if the body is one.
pub(crate) fn transform(typed: &Typed) -> Value {
    if !typed.has_transform() {
        return Value::Null;
    }
    let content_type = text_or_null(typed.content_type.trim());
    json!({ "template": typed.template, "contentType": content_type })
}

/// The filter as JSON. Text that is no JSON becomes a JSON string, which the API refuses with every other
/// fault.
pub(crate) fn filter(typed: &Typed) -> Option<Box<RawValue>> {
    let text = typed.filter.trim();
    if text.is_empty() {
        return None;
    }
    let raw = serde_json::from_str::<Box<RawValue>>(text);
    raw.or_else(|_| to_raw_value(text)).ok()
}

/// What is wrong with a filter that is no JSON.
pub(crate) fn filter_fault(typed: &Typed) -> Option<String> {
    let text = typed.filter.trim();
    let fault = serde_json::from_str::<Box<RawValue>>(text).err();
    fault.filter(|_| !text.is_empty()).map(|fault| format!("is no JSON: {fault}"))
}

/// Faults that the API cannot see, since JSON and a patch have a name once: names that are there twice.
pub(crate) fn faults(typed: &Typed) -> Vec<(String, String)> {
    let headers =
        typed.headers.iter().map(|row| ("headers", row.name.to_ascii_lowercase(), &row.name));
    let metadata = typed.metadata.iter().map(|(name, _)| ("metadata", name.clone(), name));
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    let filter = serde_json::from_str::<Value>(&typed.filter).unwrap_or_default();
    if let Some(name) = null_within(&filter) {
        // In a patch it would take the field away.
        faults
            .push((FILTER.to_owned(), format!("`{name}` must not be null; a list may have null")));
    }
    // A patch has each name once.
    let ambiguity = crate::json::ambiguity(&typed.filter);
    faults.extend(ambiguity.map(|fault| (FILTER.to_owned(), fault)));
    for (field, key, name) in headers.chain(metadata) {
        if !seen.insert((field, key)) {
            faults.push((format!("{field}.{name}"), "is there twice".to_owned()));
        }
    }
    faults
}

/// The first field that is `null` itself.
fn null_within(filter: &Value) -> Option<&str> {
    let fields = filter.as_object().into_iter().flatten();
    let mut found = fields.filter_map(|(name, value)| match value {
        Value::Null => Some(name.as_str()),
        inner => null_within(inner),
    });
    found.next()
}

/// Without `null`, which a new object has no use for.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

fn body(settings: Map<String, Value>, filter: Option<Box<RawValue>>) -> String {
    let parts =
        settings.iter().filter_map(|(name, value)| Some((&**name, to_raw_value(value).ok()?)));
    let mut all: BTreeMap<&str, Box<RawValue>> = parts.collect();
    all.extend(filter.map(|filter| (FILTER, filter)));
    // Names and JSON text can always be written.
    serde_json::to_string(&all).unwrap_or_default()
}

/// The body that creates the webhook.
pub(crate) fn new_webhook(typed: &Typed) -> String {
    match without_nulls(Value::Object(settings(typed))) {
        Value::Object(all) => body(all, filter(typed)),
        _ => String::new(),
    }
}

/// The body that changes what is stored to what was typed; `None` if that is the same.
pub(crate) fn patch(stored: &Typed, typed: &Typed) -> Option<String> {
    let changes = changes(stored, typed);
    let filter = filter_change(stored, typed);
    if changes.is_empty() && filter.is_none() { None } else { Some(body(changes, filter)) }
}

/// The fields of which the form has another value than the store, with the stored one as text.
pub(crate) fn differences(stored: &Typed, typed: &Typed) -> Vec<(String, String)> {
    let before = settings(stored);
    let shown = |name: &String| match before.get(name) {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => {
            serde_json::to_string_pretty(&without_nulls(other.clone())).unwrap_or_default()
        }
    };
    let changes = changes(stored, typed);
    let mut all: Vec<_> = changes.keys().map(|name| (name.clone(), shown(name))).collect();
    if filter_change(stored, typed).is_some() {
        let filter = if stored.filter.is_empty() { "nothing" } else { &stored.filter };
        all.push((FILTER.to_owned(), filter.to_owned()));
    }
    all
}

fn changes(stored: &Typed, typed: &Typed) -> Map<String, Value> {
    let (before, mut after) = (settings(stored), settings(typed));
    // Their order means nothing.
    if sorted(before.get("events")) == sorted(after.get("events")) {
        after.extend(before.get("events").map(|events| ("events".to_owned(), events.clone())));
    }
    if let Some(Value::Object(headers)) = after.get_mut("headers") {
        let spelled = std::mem::take(headers).into_iter().map(|(name, value)| {
            let known = stored.headers.iter().find(|row| row.name.eq_ignore_ascii_case(&name));
            (known.map_or(name, |row| row.name.clone()), value)
        });
        headers.extend(spelled);
    }
    if typed.has_transform() {
        // A template takes the place of the format, which stays for the time after it.
        let kept = before.get("payloadFormat").cloned();
        after.extend(kept.map(|format| ("payloadFormat".to_owned(), format)));
    }
    match difference(&Value::Object(before), &Value::Object(after)) {
        Some(Value::Object(changes)) => changes,
        _ => Map::new(),
    }
}

fn sorted(events: Option<&Value>) -> Vec<&str> {
    let events = events.and_then(Value::as_array).into_iter().flatten();
    let mut events: Vec<&str> = events.filter_map(Value::as_str).collect();
    events.sort_unstable();
    events
}

/// The merge patch (RFC 7396) from one value to another; `None` if they are the same.
fn difference(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| without_nulls(after.clone()));
    };
    let mut patch = Map::new();
    for (name, value) in new {
        let change = difference(old.get(name).unwrap_or(&Value::Null), value);
        patch.extend(change.map(|change| (name.clone(), change)));
    }
    let gone = old.iter().filter(|(name, value)| !new.contains_key(*name) && !value.is_null());
    patch.extend(gone.map(|(name, _)| (name.clone(), Value::Null)));
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// The same for the filter, over its text.
fn filter_change(stored: &Typed, typed: &Typed) -> Option<Box<RawValue>> {
    match (filter(stored), filter(typed)) {
        (None, None) => None,
        (Some(_), None) => RawValue::from_string("null".to_owned()).ok(),
        (None, Some(new)) => Some(new),
        (Some(old), Some(new)) => raw_difference(old.get(), &new),
    }
}

fn raw_difference(before: &str, after: &RawValue) -> Option<Box<RawValue>> {
    type Fields = BTreeMap<String, Box<RawValue>>;
    let fields = |text: &str| serde_json::from_str::<Fields>(text).ok();
    let (Some(old), Some(new)) = (fields(before), fields(after.get())) else {
        let same = crate::json::compact(before) == crate::json::compact(after.get());
        return (!same).then(|| after.to_owned());
    };
    let mut patch: Fields = BTreeMap::new();
    for (name, value) in &new {
        let change = match old.get(name) {
            None => Some(value.clone()),
            Some(old) => raw_difference(old.get(), value),
        };
        patch.extend(change.map(|change| (name.clone(), change)));
    }
    let null = RawValue::from_string("null".to_owned()).ok()?;
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    patch.extend(gone.map(|name| (name.clone(), null.clone())));
    if patch.is_empty() { None } else { to_raw_value(&patch).ok() }
}
