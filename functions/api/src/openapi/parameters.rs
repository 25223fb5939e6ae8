//! Parameters that a handler names in its annotation.

use grapnel_wire::limits::EVENT_NAME_BYTES;
use grapnel_wire::parts::event_types;
use grapnel_wire::shape::{self, Shape, is, matching, one_of, text, text_of, whole};
use grapnel_wire::stats::StatsBy;
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

/// A parameter of the query that must be there.
fn required(name: &str, shape: impl Into<Shape>, meaning: &str) -> Parameter {
    let mut parameter = query(name, shape, meaning);
    parameter.required = Required::True;
    parameter
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
        query("limit", limit(), "Maximum number of items in a page."),
        query("cursor", matching("^[A-Za-z0-9_-]+$"), "`nextCursor` of the previous page, unchanged."),
    ];
    /// Which webhooks.
    WebhookFilter = [
        query("status", is("WebhookStatus"), "Only items with this status."),
        query("event", event_types(), "Only webhooks that subscribe to one of these event types."),
        query("name", text(), "Name prefix, case-insensitive."),
    ];
    /// Which events.
    EventFilter = [
        query("type", event_types(), "Only events of these types."),
        query("since", shape::time(), "Only events that arrived at or after this time."),
        query("until", shape::time(), "Only events that arrived before this time."),
        query("source", text_of(1..=EVENT_NAME_BYTES), "Source of the event. Use it together with `sourceId` and no other filter."),
        query("sourceId", text_of(1..=EVENT_NAME_BYTES), "The id that the source gave the event: its `id` when it was published over HTTP, or `detail.id` over EventBridge, or else EventBridge's own id."),
    ];
    /// Which event types.
    EventTypeFilter = [
        query("name", event_types(), "Only event types with these names."),
    ];
    /// Which deliveries.
    DeliveryFilter = [
        query("status", is("DeliveryStatus"), "Only items with this status."),
        query("waitingFor", is("WaitingFor"), "Only deliveries whose next attempt waits for this."),
        query("event", event_types(), "Only deliveries of events of these types."),
        query("statusCode", matching("^([1-9][0-9]{2}|[1-5]xx|none)$"), "Only deliveries whose last response had this status: a status code, a class such as `5xx`, or `none` for no response."),
        query("since", shape::time(), "Only deliveries of events that arrived at or after this time."),
        query("until", shape::time(), "Only deliveries of events that arrived before this time."),
    ];
    /// Which webhook to explain.
    OfWebhook = [
        required("webhook", is("WebhookId"), "The webhook."),
    ];
    /// Which figures.
    Stats = [
        query("from", shape::time(), "Begin with the hour of this time. Default: 24 hours before `to`."),
        query("to", shape::time(), "End with the hour before this time, or the hour of this time if it is not a full hour. Default: now."),
        query("last", matching("^(([1-9]|[1-8][0-9]|90)d|([1-9][0-9]{0,2}|1[0-9]{3}|20[0-9]{2}|21[0-5][0-9]|2160)h)$"), "In place of `from` and `to`: the last hours, such as `24h`, or days, such as `7d`, up to and with the present hour."),
        query("by", one_of(StatsBy::WORDS), "The periods. Default: hours if the request is for 48 hours or less, otherwise days in UTC. Hours can be asked for 31 days, days for 90."),
        query("webhook", is("WebhookId"), "Only this webhook. Default: all webhooks."),
        query("event", event_types(), "Only deliveries of events of these types."),
    ];
    /// That nobody else changed it.
    IfMatch = [
        optional("If-Match", ParameterIn::Header, matching(r#"^(\*|(W/)?"[^"]*"( *, *(W/)?"[^"]*")*)$"#), "The `ETag` that you read. If the webhook has changed since, the response is 412."),
    ];
    /// What makes a repeat harmless.
    IdempotencyKey = [
        optional("Idempotency-Key", ParameterIn::Header, matching("^[!-~]{1,255}$"), "For 24 hours, a repeat with the same key and body publishes nothing new and returns the same events."),
    ];
    /// The same for what is created.
    CreationKey = [
        optional("Idempotency-Key", ParameterIn::Header, matching("^[!-~]{1,255}$"), "For 24 hours, a repeat with the same key and body creates nothing new and returns the same webhook."),
    ];
    /// That the answer may wait.
    PreferWait = [
        optional("Prefer", ParameterIn::Header, text(), "`wait=5`: how many seconds to wait for the attempt, at most 10 (RFC 7240)."),
    ];
}
