//! The `headers` part of a draft.
//!
//! A header is a string, or `{"value": "…", "sensitive": true}`, which is read back without its
//! value. Sent back like that, it keeps the value that is stored.

use super::rules::Purpose;
use crate::webhook::headers::{HeaderValue, Headers, check, field};
use grapnel_wire::{read::Read, webhook::NewWebhook};
use serde_json::{Map, Value};

pub(super) fn headers(read: &mut Read<NewWebhook>, purpose: Purpose<'_>) -> Headers {
    let given = read.value.headers.take().unwrap_or_default();
    let given = Headers::read(given, read.faults());
    let mut headers = Headers::default();
    for (name, given) in given.iter() {
        let value = match given {
            Value::String(text) => Ok(HeaderValue::plain(text)),
            Value::Object(given) => described(name, given, purpose),
            _ => Err(r#"must be a string, or {"value": "…", "sensitive": true}"#.to_owned()),
        };
        match value {
            Ok(value) => headers.insert(name, value),
            Err(message) => read.fault(field(name), message),
        }
    }
    check(&headers, read.faults());
    headers
}

fn described(
    name: &str,
    given: &Map<String, Value>,
    purpose: Purpose<'_>,
) -> Result<HeaderValue, String> {
    if given.keys().any(|key| key != "value" && key != "sensitive") {
        return Err("known are value, sensitive".to_owned());
    }
    let sensitive = match given.get("sensitive") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(sensitive)) => *sensitive,
        Some(_) => return Err("`sensitive` must be true or false".to_owned()),
    };
    match given.get("value") {
        Some(Value::String(text)) => Ok(HeaderValue { text: text.clone(), sensitive }),
        None | Some(Value::Null) if sensitive => stored(name, purpose)
            .ok_or_else(|| "`value` is required: no sensitive one is stored".to_owned()),
        None | Some(Value::Null) => Err("`value` is required".to_owned()),
        Some(_) => Err("`value` must be a string".to_owned()),
    }
}

/// The sensitive value that the webhook has under this name. One that was not sensitive is not
/// kept: its owner would have sent it.
fn stored(name: &str, purpose: Purpose<'_>) -> Option<HeaderValue> {
    let Purpose::Replace(existing) = purpose else { return None };
    existing.headers.get(name).filter(|value| value.sensitive).cloned()
}
