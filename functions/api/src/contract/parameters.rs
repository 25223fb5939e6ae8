//! Parameters that a handler names in its annotation.

use super::{
    schemas::event_types,
    shape::{self, Shape, is, matching, text, text_of, whole},
};
use grapnel_domain::event::inbound::{MAX_NAME_BYTES, MAX_SOURCE_ID_BYTES};
use serde_json::json;
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterIn},
    },
};

/// A parameter that may be left out.
fn optional(name: &str, place: ParameterIn, shape: impl Into<Shape>, meaning: &str) -> Parameter {
    let mut parameter = Parameter::new(name);
    parameter.parameter_in = place;
    parameter.required = Required::False;
    parameter.schema = Some(shape.into());
    parameter.description = Some(meaning.to_owned());
    parameter
}

fn query(name: &str, shape: impl Into<Shape>, meaning: &str) -> Parameter {
    optional(name, ParameterIn::Query, shape, meaning)
}

/// Declares a set of parameters.
macro_rules! parameters {
    ($($(#[$doc:meta])* $name:ident = [$($parameter:expr),* $(,)?];)*) => {
        $(
            $(#[$doc])*
            pub(crate) enum $name {}

            impl IntoParams for $name {
                fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                    vec![$($parameter),*]
                }
            }
        )*
    };
}

fn limit() -> utoipa::openapi::Object {
    let mut limit = whole(1..=100);
    limit.default = Some(json!(50));
    limit
}

parameters! {
    /// Which page of a list.
    Paging = [
        query("limit", limit(), "Most items of a page."),
        query("cursor", matching("^[A-Za-z0-9_-]+$"), "The `nextCursor` of the page before, as it was given."),
    ];
    /// Which webhooks.
    WebhookFilter = [
        query("status", is("WebhookStatus"), "Of this status."),
        query("event", event_types(), "That get events of one of these types."),
        query("name", text(), "Whose name begins like this, in any case of its letters."),
    ];
    /// Which events.
    EventFilter = [
        query("type", event_types(), "Of these types."),
        query("since", shape::time(), "That arrived from then on."),
        query("until", shape::time(), "That arrived before then."),
        query("source", text_of(1..=MAX_NAME_BYTES), "Whose source this is: with `sourceId`, and without any other parameter."),
        query("sourceId", text_of(1..=MAX_SOURCE_ID_BYTES), "What the source calls the event: the `id` that it was published with, or over EventBridge `detail.id`, else EventBridge's own id."),
    ];
    /// Which event types.
    EventTypeFilter = [
        query("name", event_types(), "Of these names."),
    ];
    /// Which deliveries.
    DeliveryFilter = [
        query("status", is("DeliveryStatus"), "Of this status."),
        query("waitingFor", is("WaitingFor"), "Whose next attempt waits for this."),
        query("event", event_types(), "Of events of these types."),
        query("statusCode", matching("^([1-9][0-9]{2}|[1-5]xx|none)$"), "Whose last attempt was answered like this: a status, a class of them, or `none`."),
        query("since", shape::time(), "Of events that arrived from then on."),
        query("until", shape::time(), "Of events that arrived before then."),
    ];
    /// That nobody else changed it.
    IfMatch = [
        optional("If-Match", ParameterIn::Header, matching(r#"^(\*|(W/)?"[^"]*"( *, *(W/)?"[^"]*")*)$"#), "The `ETag` that was read: 412 if it is another one now."),
    ];
    /// What makes a repeat harmless.
    IdempotencyKey = [
        optional("Idempotency-Key", ParameterIn::Header, matching("^[!-~]{1,255}$"), "For a day, the same key and the same body publish the same events."),
    ];
    /// That the answer may wait.
    PreferWait = [
        optional("Prefer", ParameterIn::Header, text(), "`wait=5`: for how many seconds to wait for the attempt, 10 at most (RFC 7240)."),
    ];
}
