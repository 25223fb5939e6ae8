//! The catalogue of event types.

#[cfg(feature = "read")]
use crate::limits::*;
use crate::time::Timestamp;
use serde_json::value::RawValue;

answer! {
    #[derive(Debug)]
    EventType: "An event type." {
        required name: String = is("EventTypeName"), "Name.";
        optional description: String = lines(EVENT_TYPE_DESCRIPTION_CHARS), "What the event means.";
        required deprecated: bool = flag(), "Whether the event type is deprecated. It still works.";
        required built_in: bool = flag(), "Whether the event type is built in.";
        optional schema: Box<RawValue> = free(), "JSON Schema of the data, as it was saved.";
        optional sample: Box<RawValue> = free(), "Example of the data, as it was saved.";
        optional created_at: Timestamp = is("Instant"), "When the deployment first described it. Absent for an unchanged built-in type.";
        optional updated_at: Timestamp = is("Instant"), "When the description last changed. Absent for an unchanged built-in type.";
    }
    example serde_json::json!({
        "name": "invoice.paid",
        "description": "An invoice was paid.",
        "deprecated": false,
        "builtIn": false,
        "schema": { "type": "object", "required": ["amount"], "properties": { "amount": { "type": "number" } } },
        "sample": { "amount": 120.5 },
        "createdAt": "2026-11-24T06:24:00.000Z",
        "updatedAt": "2026-11-24T06:24:00.000Z",
    });
}

request! {
    #[derive(Debug, Default)]
    EventTypeDraft: "The whole description of an event type. Omitted fields are removed." {
        optional description: String = lines(EVENT_TYPE_DESCRIPTION_CHARS), "What the event means.";
        optional deprecated: bool = default(flag(), false), "Whether the event type is deprecated.";
        optional schema: Box<RawValue> = json_schema(), "JSON Schema (draft 2020-12) of the data, at most 32 KiB.";
        optional sample: Box<RawValue> = sample(SAMPLE_BYTES), "Example of the data, at most 32 KiB. It must satisfy the schema.";
        ignored name;
        ignored built_in;
        ignored created_at;
        ignored updated_at;
    }
    example serde_json::json!({
        "description": "An invoice was paid.",
        "schema": { "type": "object", "required": ["amount"] },
        "sample": { "amount": 120.5 },
    });
}

/// A page of a list.
pub type EventTypePage = crate::page::Page<EventType>;
