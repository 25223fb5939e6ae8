//! The catalogue of event types.

use super::{event_type, page, schemas};
use crate::contract::shape::{anything, flag, free, is, lines, object};
use grapnel_domain::catalogue::MAX_DESCRIPTION_CHARS;
use serde_json::{Value, json};

fn example() -> Value {
    json!({
        "name": "invoice.paid",
        "description": "An invoice was paid.",
        "deprecated": false,
        "builtIn": false,
        "schema": { "type": "object", "required": ["amount"], "properties": { "amount": { "type": "number" } } },
        "sample": { "amount": 120.5 },
        "createdAt": "2026-11-24T06:24:00.000Z",
        "updatedAt": "2026-11-24T06:24:00.000Z",
    })
}

schemas! {
    /// Names one.
    EventTypeName = event_type();
    /// One of them.
    EventType = object("An event type.")
        .required("name", is("EventTypeName"), "Name.")
        .maybe("description", lines(MAX_DESCRIPTION_CHARS), "What the event means.")
        .required("deprecated", flag(), "Whether the event type is deprecated. It still works.")
        .required("builtIn", flag(), "Whether the event type is built in.")
        .maybe("schema", free(), "JSON Schema of the data, as it was saved.")
        .maybe("sample", free(), "Example of the data, as it was saved.")
        .maybe("createdAt", is("Instant"), "When the deployment first described it. Absent for an unchanged built-in type.")
        .maybe("updatedAt", is("Instant"), "When the description last changed. Absent for an unchanged built-in type.")
        .example(example());
    /// What is to be said of one.
    EventTypeDraft = object("The whole description of an event type. Omitted fields are removed.")
        .optional("description", lines(MAX_DESCRIPTION_CHARS), "What the event means.")
        .default("deprecated", flag(), &json!(false), "Whether the event type is deprecated.")
        .optional("schema", free(), "JSON Schema (draft 2020-12) of the data, at most 32 KiB.")
        .optional("sample", free(), "Example of the data, at most 32 KiB. It must satisfy the schema.")
        .optional("name", anything(), "Read-only; ignored.")
        .optional("builtIn", anything(), "Read-only; ignored.")
        .optional("createdAt", anything(), "Read-only; ignored.")
        .optional("updatedAt", anything(), "Read-only; ignored.")
        .example(json!({
            "description": "An invoice was paid.",
            "schema": { "type": "object", "required": ["amount"] },
            "sample": { "amount": 120.5 },
        }));
    /// A page of them.
    EventTypePage = page("EventType", example());
}
