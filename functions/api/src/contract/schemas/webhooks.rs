//! Webhooks and their secrets.

mod filter;
mod parts;
mod retries;
pub(in crate::contract) mod tries;

pub(crate) use tries::{FilterTest, FilterVerdict, TestOrder, TransformPreview, TransformedBody};

use super::{SECRET_EXAMPLE, for_user, page, secret};
use crate::contract::shape::{
    Fields, Shape, anything, at_least, either, flag, free, is, line, lines, list, object, one_of,
    or_null, text, whole,
};
use grapnel_domain::{
    limit::RateLimit,
    webhook::{
        MAX_PREVIOUS_SECRETS,
        draft::{MAX_EVENTS, MAX_NAME_CHARS},
    },
};
use parts::{MASKED, given_header, given_headers, metadata, patched_header, shown_headers, url};
use serde_json::{Value, json};
use utoipa::openapi::{Array, Object};

fn rate_limit() -> Object {
    let (least, most) = (*RateLimit::PER_SECOND.start(), *RateLimit::PER_SECOND.end());
    whole(least as usize..=most as usize)
}

fn events() -> Shape {
    list(is("EventPattern"), 1..=MAX_EVENTS).into()
}

/// What no webhook goes without.
fn needed(fields: Fields) -> Fields {
    fields
        .required("name", line(MAX_NAME_CHARS), "Name, for people.")
        .required("url", url(), "URL that requests are sent to: https, with a public host.")
        .required("events", events(), "Event types that the webhook subscribes to: types, groups such as `lead.*`, or `*` for all.")
}

/// What a webhook may be given beside that.
fn options(fields: Fields, keeps_headers: bool) -> Fields {
    let headers = given_headers(given_header(keeps_headers));
    fields
        .optional("filter", is("Filter"), "Filter on the data of these events.")
        .optional("headers", headers, "Headers to add to each request.")
        .optional("description", lines(1000), "Description, for people.")
        .optional(
            "metadata",
            metadata(lines(512)),
            "Free key-value pairs for your own programs, at most 4,096 bytes.",
        )
        .optional("retryConfig", is("RetryConfig"), "When to try again, and how long to wait.")
        .default(
            "payloadFormat",
            is("PayloadFormat"),
            &json!("envelope"),
            "Format of the request body.",
        )
        .optional(
            "transform",
            is("Transform"),
            "Template that produces the request body, in place of `payloadFormat`.",
        )
        .optional("rateLimit", rate_limit(), "Maximum requests per second. Default: no limit.")
}

/// What is shown and may be sent back, but not changed.
fn ignored(fields: Fields) -> Fields {
    let names = ["id", "secret", "health", "createdAt", "updatedAt"];
    names.iter().fold(fields, |fields, name| fields.maybe(name, anything(), "Read-only; ignored."))
}

fn patch() -> Fields {
    let headers = given_headers(patched_header());
    object(
        "A JSON merge patch (RFC 7396): named fields are replaced, objects are merged, and `null` returns an option to its default.",
    )
    .maybe("name", line(MAX_NAME_CHARS), "Name, for people.")
    .maybe("url", url(), "URL that requests are sent to.")
    .maybe("events", events(), "Event types that the webhook subscribes to.")
    .optional("filter", free(), "Merged into the current value.")
    .optional("headers", headers, "Merged; `null` removes a header.")
    .optional("description", lines(1000), "Description, for people.")
    .optional("metadata", metadata(or_null(lines(512))), "Merged; `null` removes an entry.")
    .optional("status", is("WebhookStatus"), "Whether the webhook receives events. `active` also restarts a webhook that was disabled because it kept failing.")
    .optional("retryConfig", is("RetryConfigPatch"), "Merged into the current value.")
    .optional("payloadFormat", is("PayloadFormat"), "Format of the request body.")
    .optional("transform", is("TransformPatch"), "Merged into the current value.")
    .optional("rateLimit", rate_limit(), "Maximum requests per second.")
}

/// A filter as another version may have kept it, or as text if it is no JSON.
fn kept_filter() -> Shape {
    either([free().into(), text().into()])
}

fn answer(meaning: &str, secret: Object) -> Fields {
    let fields = object(meaning).required("id", is("WebhookId"), "Id.").required(
        "userId",
        is("UserId"),
        "The user who owns it.",
    );
    needed(fields)
        .maybe(
            "filter",
            kept_filter(),
            "Filter on the data of these events (a `Filter`, as it was saved).",
        )
        .required("secret", secret, "Secret that signs the requests.")
        .required("headers", shown_headers(), "Headers that are added to each request.")
        .maybe("description", lines(1000), "Description, for people.")
        .required("metadata", metadata(lines(512)), "Free key-value pairs for your own programs.")
        .required(
            "status",
            is("WebhookStatus"),
            "Whether the webhook receives events. A `failing` webhook still does.",
        )
        .required("retryConfig", is("RetryConfigInForce"), "When the next attempt is due.")
        .required("payloadFormat", is("PayloadFormat"), "Format of the request body.")
        .maybe(
            "transform",
            is("TransformInForce"),
            "Template that produces the request body, in place of `payloadFormat`.",
        )
        .maybe("rateLimit", rate_limit(), "Maximum requests per second.")
        .required("createdAt", is("Instant"), "When it was created.")
        .required("updatedAt", is("Instant"), "When the configuration last changed.")
}

fn example() -> Value {
    json!({
        "name": "Leads to CRM",
        "url": "https://hooks.example.com/crm",
        "events": ["lead.*", "task.failed"],
        "headers": { "X-Team": "sales" },
        "retryConfig": { "maxAttempts": 4, "timeoutSeconds": 5, "delaysSeconds": [30, 300, 3600] },
        "rateLimit": 20,
    })
}

fn answer_example(secret: &str) -> Value {
    json!({
        "id": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "userId": "demo",
        "name": "Leads to CRM",
        "url": "https://hooks.example.com/crm",
        "events": ["lead.*", "task.failed"],
        "secret": secret,
        "headers": { "X-Team": "sales", "Authorization": { "sensitive": true } },
        "metadata": {},
        "status": "active",
        "retryConfig": { "maxAttempts": 4, "timeoutSeconds": 5, "delaysSeconds": [30, 300, 3600] },
        "payloadFormat": "envelope",
        "rateLimit": 20,
        "createdAt": "2026-11-24T06:24:00.000Z",
        "updatedAt": "2026-11-24T06:24:00.000Z",
    })
}

/// The comparisons of filters. No route refers to one, so none needs a name in the code.
pub(in crate::contract) fn comparisons() -> Vec<(&'static str, Shape)> {
    filter::comparisons().into_iter().map(|(name, object)| (name, object.into())).collect()
}

fn previous_secrets() -> Array {
    list(is("PreviousSecret"), 0..=MAX_PREVIOUS_SECRETS)
}

super::schemas! {
    /// What a new webhook is to be.
    NewWebhook = for_user(options(needed(object("A webhook to create.")), false))
        .default("status", is("FirstStatus"), &json!("active"), "Whether the webhook receives events.")
        .optional("secret", secret(), "Your own signing secret. Default: a new random one.")
        .example(example());
    /// What a webhook is to be from now on.
    WebhookReplacement = ignored(for_user(options(needed(object("The whole configuration. You can send back what GET returned.")), true)))
        .default("status", is("WebhookStatus"), &json!("active"), "Whether the webhook receives events. `failing` changes nothing.")
        .example(example());
    /// What is to change.
    WebhookPatch = ignored(for_user(patch())).example(json!({ "name": "Leads to the new CRM" }));
    /// A webhook.
    Webhook = answer("A webhook. The secret is masked.", one_of(&[MASKED]))
        .maybe("health", is("WebhookHealth"), "Health of the endpoint. Only present when one webhook is read.")
        .example(answer_example(MASKED));
    /// A webhook that was just created.
    CreatedWebhook = answer("A new webhook, with its signing secret in full.", secret())
        .example(answer_example(SECRET_EXAMPLE));
    /// Why a webhook was disabled.
    DisabledCause = one_of(&["gone", "asked", "failing"]);
    /// How a webhook's endpoint is doing.
    WebhookHealth = object("Health of a webhook's endpoint.")
        .required("failures", at_least(0), "Number of failures in a row, counted until the circuit breaker opens.")
        .maybe("failingSince", is("Instant"), "Since when every attempt has failed.")
        .maybe("lastFailure", is("WebhookFailure"), "The last failure. Absent while its delivery is being sent for the first time.")
        .maybe("nextProbeAt", is("Instant"), "When the next delivery probes the endpoint. Only while the circuit breaker is open.")
        .maybe("disabledBecause", is("DisabledCause"), "Why Grapnel disabled the webhook: the receiver answered 410, asked for it, or failed for five days. Absent if the owner disabled it.")
        .maybe("parked", is("ParkedDeliveries"), "Number of deliveries that the open circuit breaker holds back.")
        .done();
    /// The last failure of a webhook.
    WebhookFailure = object("A failed attempt.")
        .required("deliveryId", is("DeliveryId"), "The delivery.")
        .maybe("statusCode", whole(100..=999), "Status code of the response, if there was one.")
        .required("error", text(), "Why the attempt failed.")
        .required("attemptedAt", is("Instant"), "When the request was started.")
        .done();
    /// How many deliveries are parked.
    ParkedDeliveries = object("Number of parked deliveries.")
        .required("count", at_least(0), "The number, or a lower bound of it (see `more`).")
        .required("more", flag(), "Whether there are more than `count`.")
        .done();
    /// A page of webhooks.
    WebhookPage = page("Webhook", answer_example(MASKED));
    /// How an event becomes a body.
    PayloadFormat = one_of(&["envelope", "raw", "cloudevents"]);
    /// Whether a webhook receives events.
    WebhookStatus = one_of(&["active", "failing", "disabled"]);
    /// Whether a new webhook receives events.
    FirstStatus = one_of(&["active", "disabled"]);
    /// Delays and attempts, as they are asked for.
    RetryConfig = retries::given();
    /// Delays and attempts, to be merged.
    RetryConfigPatch = retries::patched();
    /// Delays and attempts, as they are.
    RetryConfigInForce = retries::in_force();
    /// Growing delays.
    Backoff = retries::backoff();
    /// A template, as it is asked for.
    Transform = parts::transform();
    /// A template, to be merged.
    TransformPatch = parts::transform_patch();
    /// A template, as it is.
    TransformInForce = parts::transform_in_force();
    /// Conditions on an event's data.
    Filter = filter::filter();
    /// Conditions in a branch of `$or`.
    FilterBranch = filter::branch();
    /// One entry of a field's list.
    FilterCondition = filter::condition();
    /// A secret.
    Secret = object("The secret in full, and previous secrets that still sign.")
        .required("secret", secret(), "The secret that signs requests.")
        .required("previousSecrets", previous_secrets(), "Previous secrets that still sign, the last replaced first.")
        .example(json!({ "secret": SECRET_EXAMPLE, "previousSecrets": [] }));
    /// A secret that was replaced.
    PreviousSecret = object("A previous secret. Its value is not shown.")
        .required("validUntil", is("Instant"), "When the secret stops signing.")
        .example(json!({ "validUntil": "2026-11-24T07:24:00.000Z" }));
    /// How a secret is to be replaced.
    SecretRotation = for_user(object("How to rotate the secret. All fields are optional."))
        .default("graceSeconds", whole(0..=604_800), &json!(86_400), "Seconds for which the old secret keeps signing.")
        .optional("secret", secret(), "Your own signing secret. Default: a new random one.")
        .example(json!({ "graceSeconds": 3600 }));
    /// A secret that was replaced.
    RotatedSecret = object("The new secret in full.")
        .required("secret", secret(), "The secret that signs requests from now on.")
        .required("previousSecretValidUntil", is("Instant"), "When the replaced secret stops signing.")
        .required("previousSecrets", previous_secrets(), "All previous secrets that still sign, the last replaced first.")
        .example(json!({
            "secret": SECRET_EXAMPLE,
            "previousSecretValidUntil": "2026-11-24T07:24:00.000Z",
            "previousSecrets": [{ "validUntil": "2026-11-24T07:24:00.000Z" }],
        }));
}
