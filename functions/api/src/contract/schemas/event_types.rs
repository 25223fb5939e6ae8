//! The catalogue of event types.

use super::{event_type, page, schemas};
use crate::contract::shape::{anything, flag, free, is, lines, object};
use grapnel_domain::catalogue::MAX_DESCRIPTION_CHARS;
use serde_json::{Value, json};

fn example() -> Value {
    json!({
        "name": "invoice.paid",
        "description": "Money came in.",
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
        .required("name", is("EventTypeName"), "Its name.")
        .maybe("description", lines(MAX_DESCRIPTION_CHARS), "What it tells of.")
        .required("deprecated", flag(), "Whether it should not be used any more. It works all the same.")
        .required("builtIn", flag(), "Whether it is built in.")
        .maybe("schema", free(), "What its data must be like: a JSON Schema, as it was written.")
        .maybe("sample", free(), "What its data may look like, as it was written.")
        .maybe("createdAt", is("Instant"), "When the deployment first said something of it.")
        .maybe("updatedAt", is("Instant"), "When it last did.")
        .example(example());
    /// What is to be said of one.
    EventTypeDraft = object("All that is said of a type: what is left out is not said any more.")
        .optional("description", lines(MAX_DESCRIPTION_CHARS), "What it tells of.")
        .default("deprecated", flag(), &json!(false), "Whether it should not be used any more.")
        .optional("schema", free(), "What its data must be like: a JSON Schema (draft 2020-12), at most 32 KiB.")
        .optional("sample", free(), "What its data may look like, at most 32 KiB. It satisfies the schema.")
        .optional("name", anything(), "Read only: ignored.")
        .optional("builtIn", anything(), "Read only: ignored.")
        .optional("createdAt", anything(), "Read only: ignored.")
        .optional("updatedAt", anything(), "Read only: ignored.")
        .example(json!({
            "description": "Money came in.",
            "schema": { "type": "object", "required": ["amount"] },
            "sample": { "amount": 120.5 },
        }));
    /// A page of them.
    EventTypePage = page("EventType", example());
}
