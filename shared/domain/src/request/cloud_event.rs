//! An event in the form of CloudEvents 1.0, in structured mode.
//!
//! Grapnel allows free text in an event's names, and CloudEvents does not: text that the standard
//! does not allow is converted, only in this format.

use super::uri_reference;
use crate::{event::EventContent, ids::EventId, time::Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The content type of this format.
pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json";

#[derive(Serialize)]
pub(super) struct CloudEvent<'a> {
    specversion: &'static str,
    id: EventId,
    source: Cow<'a, str>,
    #[serde(rename = "type")]
    event_type: Cow<'a, str>,
    time: Timestamp,
    datacontenttype: &'static str,
    data: &'a RawValue,
}

impl<'a> CloudEvent<'a> {
    pub(super) fn new(id: EventId, event: &'a EventContent, data: &'a RawValue) -> Self {
        Self {
            specversion: "1.0",
            id,
            source: uri_reference::encode(&event.source),
            event_type: text(&event.event_type),
            time: event.time,
            datacontenttype: "application/json",
            data,
        }
    }
}

/// A text with characters that an attribute may have: all except control characters and Unicode's
/// noncharacters. These are replaced by U+FFFD.
fn text(text: &str) -> Cow<'_, str> {
    let is_no_character = |c: char| {
        let code = u32::from(c);
        (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
    };
    let is_refused = |c: char| c.is_control() || is_no_character(c);
    match text.contains(is_refused) {
        true => text.replace(is_refused, "\u{fffd}").into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The attributes in the specification: the required ones and those that are sent.
    fn specification() -> Value {
        // None of its texts has a control character or a noncharacter.
        let text = r"^[^\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]+$";
        json!({
            "type": "object",
            "required": ["specversion", "id", "source", "type"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "pattern": text},
                "source": {"type": "string", "pattern": text, "format": "uri-reference"},
                "type": {"type": "string", "pattern": text},
                "time": {"type": "string", "format": "date-time"},
                "datacontenttype": {"type": "string", "pattern": "^[a-z]+/[a-z]+$"},
                "data": true,
            },
            "additionalProperties": false,
        })
    }

    proptest! {
        #[test]
        fn every_event_is_a_cloud_event(
            source in ".{1,20}|[\\x00-\\x20:/%#\\[\\]]{1,8}",
            event_type in ".{1,20}|[\\x00-\\x20\u{7f}-\u{9f}\u{fffe}]{1,8}",
            millis in -62_167_219_200_000_i64..253_402_300_800_000,
        ) {
            let time = Timestamp::from_millis(millis);
            let event = EventContent { event_type, source, time, data: r#"{"n":1.0}"#.into() };
            let id = EventId::from_uuid(uuid::Uuid::from_u128(1));
            let data: &RawValue = serde_json::from_str(&event.data).expect("JSON");
            let written = serde_json::to_value(CloudEvent::new(id, &event, data)).expect("written");
            let checker = jsonschema::options().should_validate_formats(true);
            let checker = checker.build(&specification()).expect("a schema");
            let faults: Vec<_> = checker.iter_errors(&written).map(|it| it.to_string()).collect();
            prop_assert!(faults.is_empty(), "{faults:?}");
        }
    }

    #[test]
    fn what_is_fit_stays_as_it_is() {
        let event = EventContent {
            event_type: "lead.created – neu".into(),
            source: "my shop".into(),
            time: Timestamp::from_millis(0),
            data: r#"{"n":1.0}"#.into(),
        };
        let id = EventId::from_uuid(uuid::Uuid::from_u128(1));
        let data: &RawValue = serde_json::from_str(&event.data).expect("JSON");
        assert_eq!(
            serde_json::to_string(&CloudEvent::new(id, &event, data)).expect("written"),
            r#"{"specversion":"1.0","id":"evt_00000000-0000-0000-0000-000000000001","source":"my%20shop","type":"lead.created – neu","time":"1970-01-01T00:00:00.000Z","datacontenttype":"application/json","data":{"n":1.0}}"#
        );
        assert_eq!(text("a\tb\u{85}c\u{1fffe}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }
}
