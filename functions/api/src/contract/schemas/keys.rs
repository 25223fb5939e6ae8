//! API keys.

use super::{for_user, page, schemas};
use crate::contract::shape::{
    Fields, Shape, exactly_one, is, line, matching, null, object, only_true, set, time, whole,
    with_example,
};
use serde_json::{Value, json};

fn about(fields: Fields) -> Fields {
    fields
        .required("userId", is("UserId"), "For whom it acts.")
        .maybe("name", line(100), "What its owner calls it.")
        .maybe("description", line(500), "What it is for.")
        .required("scopes", set(is("Scope"), 0..=6), "What it may do.")
        .required("createdAt", is("Instant"), "When it was made.")
        .maybe("expiresAt", is("Instant"), "From when on it is none; absent if it has no end.")
        .maybe("portal", only_true(), "It is the session of a portal link.")
}

/// A key may be given an end by either of two fields.
fn new_key() -> Shape {
    let fields = || {
        for_user(object("What a new key is to be."))
            .optional("name", line(100), "What to call it.")
            .optional("description", line(500), "What it is for.")
            .optional(
                "scopes",
                set(is("Scope"), 1..=6),
                "What it may do: left out, all but `admin`.",
            )
    };
    let days = "Its end, in days from now.";
    let until = "Its end: later than now, by ten years at most.";
    let mut first = fields()
        .optional("expiresInDays", whole(1..=3653), days)
        .maybe("expiresAt", null(), "Not beside `expiresInDays`.")
        .done();
    first.title = Some("For some days, or without an end".to_owned());
    let mut second = fields()
        .required("expiresAt", time(), until)
        .maybe("expiresInDays", null(), "Not beside `expiresAt`.")
        .done();
    second.title = Some("Until a time".to_owned());
    let example = json!({
        "userId": "demo",
        "name": "Reporting",
        "scopes": ["webhooks:read", "deliveries:read"],
        "expiresInDays": 90,
    });
    with_example(exactly_one([first.into(), second.into()]), example)
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
