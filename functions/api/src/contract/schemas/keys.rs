//! API keys.

use super::{for_user, page, schemas};
use crate::contract::shape::{
    Fields, is, line, list, matching, not_both, object, only_true, time, whole,
};
use serde_json::{Value, json};
use utoipa::openapi::{Object, Type};

fn about(fields: Fields) -> Fields {
    fields
        .required("userId", is("UserId"), "The user that the key acts for.")
        .maybe("name", line(100), "Name, for people.")
        .maybe("description", line(500), "Description, for people.")
        .required("scopes", list(is("Scope"), 0..=6), "Scopes: what the key may do.")
        .required("createdAt", is("Instant"), "When it was created.")
        .maybe("expiresAt", is("Instant"), "When the key expires. Absent if it does not expire.")
        .maybe("portal", only_true(), "Whether the key is the session of a portal link.")
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
            "Scopes of the key, each once. Default: all but `admin`.",
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
    Key = about(object("A key, without its secret value.").required("id", is("KeyId"), "Id."))
        .maybe("lastUsedOn", matching(r"^\d{4}-\d{2}-\d{2}$"), "Day of its last use, in UTC.")
        .example(example());
    /// A key that was just made.
    CreatedKey = about(
        object("A new key. It is shown only once.")
            .required("id", is("KeyId"), "Id.")
            .required("key", matching("^g(k|ps)_[A-Za-z0-9_-]{43}$"), "The key. Send it as `Authorization: Bearer`."),
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
