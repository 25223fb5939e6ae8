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
        .required("name", line(MAX_NAME_CHARS), "What its owner calls it.")
        .required("url", url(), "Where requests go: an https URL with a public host.")
        .required("events", events(), "Which events it gets: known types, groups of them, or all.")
}

/// What a webhook may be given beside that.
fn options(fields: Fields, keeps_headers: bool) -> Fields {
    let headers = given_headers(given_header(keeps_headers));
    fields
        .optional("filter", is("Filter"), "Which of these events it gets, by their data.")
        .optional("headers", headers, "Headers to add to each request.")
        .optional("description", lines(1000), "What it is for.")
        .optional("metadata", metadata(lines(512)), "What your programs keep with it: 4096 bytes.")
        .optional("retryConfig", is("RetryConfig"), "When to try again, and how long to wait.")
        .default(
            "payloadFormat",
            is("PayloadFormat"),
            &json!("envelope"),
            "How an event becomes a body.",
        )
        .optional("transform", is("Transform"), "What makes the body, in place of the format.")
        .optional("rateLimit", rate_limit(), "Most requests a second; no bound if left out.")
}

/// What is shown and may be sent back, but not changed.
fn ignored(fields: Fields) -> Fields {
    let names = ["id", "secret", "health", "createdAt", "updatedAt"];
    names.iter().fold(fields, |fields, name| fields.maybe(name, anything(), "Ignored."))
}

fn patch() -> Fields {
    let headers = given_headers(patched_header());
    object(
        "A JSON merge patch (RFC 7396): what it names is replaced, objects are merged, and `null` \
         returns an option to its default.",
    )
    .maybe("name", line(MAX_NAME_CHARS), "What its owner calls it.")
    .maybe("url", url(), "Where requests go.")
    .maybe("events", events(), "Which events it gets.")
    .optional("filter", free(), "Merged into the one that there is.")
    .optional("headers", headers, "Merged; `null` takes a header away.")
    .optional("description", lines(1000), "What it is for.")
    .optional("metadata", metadata(or_null(lines(512))), "Merged; `null` takes an entry away.")
    .optional("status", is("WebhookStatus"), "`active` also lets one begin anew that kept failing.")
    .optional("retryConfig", is("RetryConfigPatch"), "Merged into the one that there is.")
    .optional("payloadFormat", is("PayloadFormat"), "How an event becomes a body.")
    .optional("transform", is("TransformPatch"), "Merged into the one that there is.")
    .optional("rateLimit", rate_limit(), "Most requests a second.")
}

/// A filter as another version may have kept it, or as text if it is no JSON.
fn kept_filter() -> Shape {
    either([free().into(), text().into()])
}

fn answer(meaning: &str, secret: Object) -> Fields {
    let fields = object(meaning).required("id", is("WebhookId"), "Its id.").required(
        "userId",
        is("UserId"),
        "Its owner.",
    );
    needed(fields)
        .maybe("filter", kept_filter(), "Which of these events it gets: a `Filter`, as it is kept.")
        .required("secret", secret, "What signs its requests.")
        .required("headers", shown_headers(), "Headers that are added to each request.")
        .maybe("description", lines(1000), "What it is for.")
        .required("metadata", metadata(lines(512)), "What its owner's programs keep with it.")
        .required(
            "status",
            is("WebhookStatus"),
            "Whether it receives events; while `failing` it does.",
        )
        .required("retryConfig", is("RetryConfigInForce"), "When it is tried again.")
        .required("payloadFormat", is("PayloadFormat"), "How an event becomes a body.")
        .maybe("transform", is("TransformInForce"), "What makes the body instead.")
        .maybe("rateLimit", rate_limit(), "Most requests a second.")
        .required("createdAt", is("Instant"), "When it was created.")
        .required("updatedAt", is("Instant"), "When its configuration last changed.")
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
    NewWebhook = for_user(options(needed(object("What a new webhook is to be.")), false))
        .default("status", is("FirstStatus"), &json!("active"), "Whether it receives events.")
        .optional("secret", secret(), "A secret of your own; one is made if it is left out.")
        .example(example());
    /// What a webhook is to be from now on.
    WebhookReplacement = ignored(for_user(options(needed(object("The whole configuration. What reading it answered can be sent back.")), true)))
        .default("status", is("WebhookStatus"), &json!("active"), "Whether it receives events; `failing` changes nothing.")
        .example(example());
    /// What is to change.
    WebhookPatch = ignored(for_user(patch())).example(json!({ "name": "Leads to the new CRM" }));
    /// A webhook.
    Webhook = answer("A webhook. Its secret is masked.", one_of(&[MASKED]))
        .maybe("health", is("WebhookHealth"), "How its endpoint is doing. Only in the answer to reading this one webhook.")
        .example(answer_example(MASKED));
    /// A webhook that was just created.
    CreatedWebhook = answer("A new webhook with its secret in full.", secret())
        .example(answer_example(SECRET_EXAMPLE));
    /// Why a webhook was disabled.
    DisabledCause = one_of(&["gone", "asked", "failing"]);
    /// How a webhook's endpoint is doing.
    WebhookHealth = object("How a webhook's endpoint is doing.")
        .required("failures", at_least(0), "Failures in a row, counted until the circuit breaker opens.")
        .maybe("failingSince", is("Instant"), "Since when nothing but failures came back.")
        .maybe("lastFailure", is("WebhookFailure"), "The last failure; absent while its delivery is being sent for the first time.")
        .maybe("nextProbeAt", is("Instant"), "When the next delivery probes the endpoint, while the circuit breaker is open.")
        .maybe("disabledBecause", is("DisabledCause"), "Why it was disabled, if not by its owner: the receiver answered 410, or asked for it, or failed for five days.")
        .maybe("parked", is("ParkedDeliveries"), "How many deliveries the open circuit breaker keeps back.")
        .done();
    /// The last failure of a webhook.
    WebhookFailure = object("An attempt that failed.")
        .required("deliveryId", is("DeliveryId"), "Its delivery.")
        .maybe("statusCode", whole(100..=999), "What the receiver answered, if it did.")
        .required("error", text(), "Why it failed.")
        .required("attemptedAt", is("Instant"), "When the request was begun.")
        .done();
    /// How many deliveries are parked.
    ParkedDeliveries = object("How many deliveries are parked.")
        .required("count", at_least(0), "This many, or more.")
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
    Secret = object("The secret in full, and the old ones that sign too.")
        .required("secret", secret(), "What signs the webhook's requests.")
        .required("previousSecrets", previous_secrets(), "Old secrets that sign too, the one replaced last first.")
        .example(json!({ "secret": SECRET_EXAMPLE, "previousSecrets": [] }));
    /// A secret that was replaced.
    PreviousSecret = object("An old secret, which is not shown.")
        .required("validUntil", is("Instant"), "From then on it signs no more.")
        .example(json!({ "validUntil": "2026-11-24T07:24:00.000Z" }));
    /// How a secret is to be replaced.
    SecretRotation = for_user(object("How to replace the secret. Everything may be left out."))
        .default("graceSeconds", whole(0..=604_800), &json!(86_400), "How long the old one signs too.")
        .optional("secret", secret(), "A secret of your own; one is made if it is left out.")
        .example(json!({ "graceSeconds": 3600 }));
    /// A secret that was replaced.
    RotatedSecret = object("The new secret in full.")
        .required("secret", secret(), "What signs the webhook's requests from now on.")
        .required("previousSecretValidUntil", is("Instant"), "Until when the one that was replaced signs too.")
        .required("previousSecrets", previous_secrets(), "All old secrets that sign too, the one replaced last first.")
        .example(json!({
            "secret": SECRET_EXAMPLE,
            "previousSecretValidUntil": "2026-11-24T07:24:00.000Z",
            "previousSecrets": [{ "validUntil": "2026-11-24T07:24:00.000Z" }],
        }));
}
