//! What requests and answers look like, one file per resource, and what several of them share.
//!
//! A name stands for a schema: routes refer to it in their annotations, and the document keeps it
//! under that name. Requests are read by hand, so that every fault is named at once; their schemas
//! are written by hand too, and the tests hold both against each other.

pub(crate) mod deliveries;
pub(crate) mod echoes;
pub(crate) mod event_types;
pub(crate) mod events;
pub(crate) mod keys;
pub(crate) mod portal;
pub(crate) mod problem;
pub(crate) mod replays;
pub(crate) mod webhooks;

use super::shape::{self, Shape, matching, one_of, text, text_of};
use grapnel_domain::{event::TypeFilter, scope::Scope as Rights};
use serde_json::json;
use utoipa::openapi::{Object, schema::SchemaFormat};

/// Declares names for schemas, and lists them all.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident = $shape:expr;)*) => {
        $(
            $(#[$doc])*
            pub(crate) enum $name {}

            impl utoipa::PartialSchema for $name {
                fn schema() -> $crate::contract::shape::Shape {
                    $shape.into()
                }
            }

            impl utoipa::ToSchema for $name {
                fn name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*

        /// Every schema of this file, with its name.
        pub(in crate::contract) fn all() -> Vec<(&'static str, $crate::contract::shape::Shape)> {
            vec![$((stringify!($name), <$name as utoipa::PartialSchema>::schema())),*]
        }
    };
}
pub(crate) use schemas;

/// A UUID as it is written.
const UUID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/// `whsec_` and base64 of 24 to 64 bytes.
const SECRET: &str = "^whsec_(?:[A-Za-z0-9+/]{4}){8,20}(?:(?:[A-Za-z0-9+/]{4})?(?:[A-Za-z0-9+/][AQgw]==)?|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)$";

/// A secret that nobody has.
const SECRET_EXAMPLE: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A signing secret.
fn secret() -> Object {
    let mut secret = matching(SECRET);
    secret.examples = vec![json!(SECRET_EXAMPLE)];
    secret
}

fn id(prefix: &str, example: &str) -> Object {
    let mut id = matching(format!("^{prefix}{UUID}$"));
    id.examples = vec![json!(example)];
    id
}

fn formatted(mut text: Object, format: &str) -> Object {
    text.format = Some(SchemaFormat::Custom(format.to_owned()));
    text
}

/// An instant as answers write it.
fn instant() -> Object {
    let mut time = shape::time();
    time.pattern = Some(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$".to_owned());
    time.examples = vec![json!("2026-11-24T06:24:00.000Z")];
    time
}

/// A page of a list.
fn page(item: &str, example: serde_json::Value) -> Object {
    shape::object("One page of a list.")
        .required("items", shape::list_of_any_length(shape::is(item)), "Items of this page.")
        .maybe(
            "nextCursor",
            matching("^[A-Za-z0-9_-]+$"),
            "Send it as `cursor` to get the next page. Absent on the last page.",
        )
        .example(json!({ "items": [example], "nextCursor": "djE6d2hfMDE5MzhkMmU" }))
}

/// The field by which the admin names a user.
fn for_user(fields: shape::Fields) -> shape::Fields {
    fields.optional(
        "userId",
        shape::is("UserId"),
        "The user to act for, here or in the query. Needed with the admin key; a user's key may only name its own user.",
    )
}

/// Names of event types that a webhook can ask for.
fn event_pattern() -> Object {
    let pattern = r"^(\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?)$";
    let mut text = formatted(text_of(1..=128), "event-pattern");
    text.pattern = Some(pattern.to_owned());
    text.examples = vec![json!("lead.*")];
    text
}

/// Event types to filter by.
pub(super) fn event_types() -> Object {
    let mut text = formatted(text_of(1..=TypeFilter::MAX_CHARS), "event-type-filter");
    text.pattern = Some(r"^(\*|[^*]+|[^*.]+(\.[^*.]+)*\.\*)$".to_owned());
    let meaning = "An event type such as `lead.created`, a group such as `lead.*`, or `*` for all.";
    text.description = Some(meaning.to_owned());
    text.examples = vec![json!("lead.*")];
    text
}

/// The name of a known event type.
fn event_type() -> Object {
    let mut text = formatted(matching(r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"), "event-type");
    text.max_length = Some(128);
    text.examples = vec![json!("lead.created")];
    text
}

fn scope_names(scopes: &[Rights]) -> Object {
    let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    one_of(&names)
}

schemas! {
    /// A platform's name for its user.
    UserId = {
        let mut user = matching("^[!-~]{1,128}$");
        user.description = Some("Id of a user, chosen by your platform: 1 to 128 visible ASCII characters.".to_owned());
        user.examples = vec![json!("demo")];
        user
    };
    /// Names a webhook.
    WebhookId = id("wh_", "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab");
    /// Names an event.
    EventId = id("evt_", "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab");
    /// Names a delivery.
    DeliveryId = id("dlv_", "dlv_01938d2e-7b1c-8c3a-9f00-1234567890ab");
    /// Names a key.
    KeyId = id("key_", "key_01938d2e-7b1c-7c3a-9f00-1234567890ab");
    /// Names an echo.
    EchoId = id("echo_", "echo_01938d2e-7b1c-7c3a-9f00-1234567890ab");
    /// Names a replay.
    ReplayId = id("rpl_", "rpl_01938d2e-7b1c-7c3a-9f00-1234567890ab");
    /// An instant in an answer.
    Instant = instant();
    /// Names event types.
    EventPattern = {
        let mut pattern = event_pattern();
        pattern.description = Some("An event type, a group of types (`lead.*`), or all types (`*`).".to_owned());
        pattern
    };
    /// A right of a key.
    Scope = scope_names(&Rights::ALL);
    /// That the function runs.
    Health = shape::object("The API runs.")
        .required("status", one_of(&["ok"]), "Always `ok`.")
        .required("version", text(), "The version of this API.")
        .example(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }));
}

/// Everything that the document keeps under a name.
pub(super) fn everything() -> Vec<(&'static str, Shape)> {
    [
        all(),
        deliveries::all(),
        echoes::all(),
        event_types::all(),
        events::all(),
        keys::all(),
        portal::all(),
        problem::all(),
        replays::all(),
        webhooks::all(),
        webhooks::comparisons(),
        webhooks::tries::all(),
    ]
    .concat()
}
