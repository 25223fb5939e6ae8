//! API keys.

use super::{for_user, page, schemas};
use crate::contract::shape::{
    Fields, is, line, list, matching, not_both, object, only_true, time, whole,
};
use serde_json::{Value, json};
use utoipa::openapi::{Object, Type};

fn about(fields: Fields) -> Fields {
    fields
        .required("userId", is("UserId"), "For whom it acts.")
        .maybe("name", line(100), "What its owner calls it.")
        .maybe("description", line(500), "What it is for.")
        .required("scopes", list(is("Scope"), 0..=6), "What it may do.")
        .required("createdAt", is("Instant"), "When it was made.")
        .maybe("expiresAt", is("Instant"), "From when on it is none; absent if it has no end.")
        .maybe("portal", only_true(), "It is the session of a portal link.")
}

/// A new key may expire by either of two fields.
fn new_key() -> Object {
    let meaning = "A new key. It expires by `expiresInDays` or by `expiresAt`, not both; without them it \
                   does not expire.";
    let fields = for_user(object(meaning))
        .optional("name", line(100), "A name for the key.")
        .optional("description", line(500), "What the key is for.")
        .optional(
            "scopes",
            list(is("Scope"), 1..=6),
            "What the key may do; each scope once. Default: all but `admin`.",
        )
        .optional("expiresInDays", whole(1..=3653), "Days until the key expires.")
        .optional(
            "expiresAt",
            time(),
            "When the key expires: in the future, and at most ten years ahead.",
        )
        .example(json!({
            "userId": "demo",
            "name": "Reporting",
            "scopes": ["webhooks:read", "deliveries:read"],
            "expiresInDays": 90,
        }));
    not_both(fields, ("expiresInDays", Type::Integer), ("expiresAt", Type::String))
}

fn example() -> Value {
    json!({
        "id": "key_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "userId": "demo",
        "name": "Reporting",
        "scopes": ["webhooks:read", "deliveries:read"],
        "createdAt": "2026-11-24T06:24:00.000Z",
        "expiresAt": "2027-02-22T06:24:00.000Z",
        "lastUsedOn": "2026-11-25",
    })
}

schemas! {
    /// What a new key is to be.
    NewKey = new_key();
    /// A key as it is listed.
    Key = about(object("A key, without what it is used by.").required("id", is("KeyId"), "Its id."))
        .maybe("lastUsedOn", matching(r"^\d{4}-\d{2}-\d{2}$"), "The day of its last use, in UTC.")
        .example(example());
    /// A key that was just made.
    CreatedKey = about(
        object("A new key, the one time that it is shown.")
            .required("id", is("KeyId"), "Its id.")
            .required("key", matching("^g(k|ps)_[A-Za-z0-9_-]{43}$"), "The key itself."),
    )
    .example(json!({
        "id": "key_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "key": "gk_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
        "userId": "demo",
        "scopes": ["webhooks:read"],
        "createdAt": "2026-11-24T06:24:00.000Z",
    }));
    /// A page of keys.
    KeyPage = page("Key", example());
}
