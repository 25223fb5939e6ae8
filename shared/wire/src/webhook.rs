//! Webhooks.

#[cfg(feature = "openapi")]
pub mod described;
#[cfg(feature = "openapi")]
pub(crate) mod filter;
pub(crate) mod headers;

pub use headers::RESERVED_HEADERS;

#[cfg(feature = "read")]
use crate::limits::*;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};
use std::collections::BTreeMap;

open_enum! {
    /// Whether a webhook receives events.
    WebhookStatus {
        /// It does.
        Active = "active",
        /// It does, but its endpoint has been failing: one delivery is tried at a time.
        Failing = "failing",
        /// It does not.
        Disabled = "disabled",
    }
}

open_enum! {
    /// How an event becomes a body.
    PayloadFormat {
        /// `{"id","type","timestamp","data"}`.
        Envelope = "envelope",
        /// The event's data alone.
        Raw = "raw",
        /// CloudEvents 1.0, structured.
        CloudEvents = "cloudevents",
    }
}

/// What a secret is shown as, except where a request is for the secret.
pub const MASKED_SECRET: &str = "whsec_********";

/// Why Grapnel disables a webhook.
pub const DISABLED_CAUSES: &[&str] = &["gone", "asked", "failing"];

/// Fields of a webhook that a client can send back and not change.
pub const READ_ONLY: &[&str] = &["id", "userId", "secret", "health", "createdAt", "updatedAt"];

/// A header in an answer. The value of a sensitive one is never shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Header {
    /// Its value.
    Plain(String),
    /// A credential. Sent back like this, it keeps its value.
    Sensitive {
        /// `true`.
        sensitive: bool,
    },
}

request! {
    #[derive(Debug, Default)]
    NewWebhook: "A webhook to create." {
        for_user;
        required name: String = line(WEBHOOK_NAME_CHARS), "Name, for people.";
        required url: String = url(), "URL that requests are sent to: https, with a public host.";
        required events: Vec<String> = set(event_pattern(), WEBHOOK_EVENTS), "Event types that the webhook subscribes to: types, groups such as `lead.*`, or `*` for all.";
        optional filter: Box<RawValue> = filter(), "Filter on the data of these events.";
        optional headers: Map<String, Value> = headers(), "Headers to add to each request.";
        optional description: String = lines(WEBHOOK_DESCRIPTION_CHARS), "Description, for people.";
        optional metadata: BTreeMap<String, String> = texts(METADATA), "Free key-value pairs for your own programs, at most 4,096 bytes.";
        optional secret: String = secret(), "Your own signing secret. Default: a new random one.";
        optional status: WebhookStatus = default(word(WebhookStatus::WORDS).named("FirstStatus"), "active"), "Whether the webhook receives events.";
        optional retry_config: RetryConfig = object(), "When to try again, and how long to wait.";
        optional payload_format: PayloadFormat = default(word(PayloadFormat::WORDS).named("PayloadFormat"), "envelope"), "Format of the request body.";
        optional transform: Map<String, Value> = settings("Transform"), "Template that produces the request body, in place of `payloadFormat`.";
        optional rate_limit: u32 = whole(RATE_LIMIT), "Maximum requests per second. Default: no limit.";
    }
    example serde_json::json!({
        "name": "Leads to CRM",
        "url": "https://hooks.example.com/crm",
        "events": ["lead.*", "task.failed"],
        "headers": { "X-Team": "sales" },
        "retryConfig": { "maxAttempts": 4, "timeoutSeconds": 5, "delaysSeconds": [30, 300, 3600] },
        "rateLimit": 20,
    });
}

/// Limits of a webhook's metadata.
#[cfg(feature = "read")]
pub const METADATA: crate::kind::Texts = crate::kind::Texts {
    entries: METADATA_ENTRIES,
    name_chars: METADATA_NAME_CHARS,
    value_chars: METADATA_VALUE_CHARS,
    bytes: METADATA_BYTES,
};

impl NewWebhook {
    /// With what it needs.
    #[must_use]
    pub fn new<E: Into<String>>(
        name: impl Into<String>,
        url: impl Into<String>,
        events: impl IntoIterator<Item = E>,
    ) -> Self {
        let events = events.into_iter().map(Into::into).collect();
        Self { name: name.into(), url: url.into(), events, ..Self::default() }
    }
}

request! {
    #[derive(Debug, Default, PartialEq)]
    RetryConfig: "Number of attempts, time limit of each, and the delays between them: either `delaysSeconds` or `backoff`, not both." {
        optional max_attempts: u32 = default(whole(ATTEMPTS), ATTEMPTS_DEFAULT), "Maximum number of attempts, including the first.";
        optional timeout_seconds: u32 = default(whole(TIMEOUT_SECONDS), TIMEOUT_SECONDS_DEFAULT), "Time limit of an attempt in seconds.";
        optional delays_seconds: Vec<u32> = default(list(whole(DELAY_SECONDS), DELAYS), format!("{DELAYS_DEFAULT:?}").replace(' ', "")), "Delays in seconds; the last one repeats.";
        optional backoff: Backoff = object(), "Exponential backoff, in place of `delaysSeconds`.";
        not_both backoff, delays_seconds;
    }
}

request! {
    #[derive(Debug, Default, PartialEq, Deserialize)]
    Backoff: "Exponential backoff: `initialSeconds × multiplierⁿ`, at most `maxSeconds`." {
        required initial_seconds: u32 = whole(DELAY_SECONDS), "The first delay.";
        required multiplier: f64 = number(BACKOFF_MULTIPLIER), "Factor between one delay and the next.";
        required max_seconds: u32 = whole(DELAY_SECONDS), "The longest delay; not less than the first.";
        bounded multiplier, BACKOFF_MULTIPLIER;
    }
}

answer! {
    #[derive(Debug, PartialEq)]
    RetryConfigInForce: "Number of attempts, time limit of each, and the delays between them: either `delaysSeconds` or `backoff`, not both." {
        required max_attempts: u32 = whole(ATTEMPTS), "Maximum number of attempts, including the first.";
        required timeout_seconds: u32 = whole(TIMEOUT_SECONDS), "Time limit of an attempt in seconds.";
        optional delays_seconds: Vec<u32> = list(whole(DELAY_SECONDS), DELAYS), "Delays in seconds; the last one repeats.";
        optional backoff: Backoff = is("Backoff"), "Exponential backoff, in place of `delaysSeconds`.";
    }
    // One of the two kinds of delays.
    properties 3;
}

answer! {
    #[derive(Debug, PartialEq)]
    TransformInForce: "Template that produces the request body." {
        required template: String = text(), "The template.";
        required content_type: String = text(), "`Content-Type` of the rendered body.";
    }
}

answer! {
    #[derive(Debug)]
    Webhook: "A webhook. The secret is masked." {
        required id: String = is("WebhookId"), "Id.";
        required user_id: String = is("UserId"), "The user who owns it.";
        required name: String = line(WEBHOOK_NAME_CHARS), "Name, for people.";
        required url: String = crate::parts::url(), "URL that requests are sent to.";
        required events: Vec<String> = list(is("EventPattern"), WEBHOOK_EVENTS), "Event types that the webhook subscribes to.";
        optional filter: Box<RawValue> = either([free().into(), text().into()]), "Filter on the data of these events (a `Filter`, as it was saved).";
        required secret: String = one_of(&[MASKED_SECRET]), "Secret that signs the requests.";
        required headers: BTreeMap<String, Header> = headers::shown(), "Headers that are added to each request.";
        optional description: String = lines(WEBHOOK_DESCRIPTION_CHARS), "Description, for people.";
        defaulted metadata: BTreeMap<String, String> = crate::kind::Kind::shape(&METADATA), "Free key-value pairs for your own programs.";
        required status: WebhookStatus = is("WebhookStatus"), "Whether the webhook receives events. A `failing` webhook still does.";
        optional health: WebhookHealth = is("WebhookHealth"), "Health of the endpoint. Only present when one webhook is read.";
        required retry_config: RetryConfigInForce = is("RetryConfigInForce"), "When the next attempt is due.";
        required payload_format: PayloadFormat = is("PayloadFormat"), "Format of the request body.";
        optional transform: TransformInForce = is("TransformInForce"), "Template that produces the request body, in place of `payloadFormat`.";
        optional rate_limit: u32 = whole(RATE_LIMIT), "Maximum requests per second.";
        required created_at: Timestamp = is("Instant"), "When it was created.";
        required updated_at: Timestamp = is("Instant"), "When the configuration last changed.";
    }
    example serde_json::json!({
        "id": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "userId": "demo",
        "name": "Leads to CRM",
        "url": "https://hooks.example.com/crm",
        "events": ["lead.*", "task.failed"],
        "secret": MASKED_SECRET,
        "headers": { "X-Team": "sales", "Authorization": { "sensitive": true } },
        "metadata": {},
        "status": "active",
        "retryConfig": { "maxAttempts": 4, "timeoutSeconds": 5, "delaysSeconds": [30, 300, 3600] },
        "payloadFormat": "envelope",
        "rateLimit": 20,
        "createdAt": "2026-11-24T06:24:00.000Z",
        "updatedAt": "2026-11-24T06:24:00.000Z",
    });
}

answer! {
    #[derive(Debug, PartialEq, Eq)]
    WebhookHealth: "Health of a webhook's endpoint." {
        required failures: u32 = at_least(0), "Number of failures since the last success that count for the circuit breaker, until it opens.";
        optional failing_since: Timestamp = is("Instant"), "Since when every attempt has failed.";
        optional last_failure: WebhookFailure = is("WebhookFailure"), "The last failure that is on record.";
        optional next_probe_at: Timestamp = is("Instant"), "When the next delivery probes the endpoint. Only while the circuit breaker is open.";
        optional disabled_because: String = is("DisabledCause"), "Why Grapnel disabled the webhook: the receiver answered 410, asked for it, or failed for five days. Absent if the owner disabled it.";
        optional parked: ParkedDeliveries = is("ParkedDeliveries"), "Number of deliveries that the open circuit breaker holds back.";
        optional behind: WebhookBehind = is("WebhookBehind"), "How far Grapnel is behind with the webhook. Only while what it sends is old.";
    }
}

answer! {
    #[derive(Debug, Copy, PartialEq, Eq)]
    WebhookBehind: "How far Grapnel is behind with a webhook: events are more than two minutes old when they are sent, because the webhook gets more than it can take, or after an outage." {
        required since: Timestamp = is("Instant"), "When a first attempt was late for the first time.";
        required age_seconds: u64 = at_least(0), "Age of the event of a late first attempt, in seconds.";
        required noted_at: Timestamp = is("Instant"), "When that attempt was made. It is noted at most once a minute.";
    }
}

answer! {
    #[derive(Debug, PartialEq, Eq)]
    WebhookFailure: "A failed attempt." {
        required delivery_id: String = is("DeliveryId"), "The delivery.";
        optional status_code: u16 = whole(100..=999), "Status code of the response, if there was one.";
        required error: String = text(), "Why the attempt failed.";
        required attempted_at: Timestamp = is("Instant"), "When the request was started.";
    }
}

answer! {
    #[derive(Debug, Copy, PartialEq, Eq)]
    ParkedDeliveries: "Number of parked deliveries." {
        required count: usize = at_least(0), "The number, or a lower bound of it (see `more`).";
        required more: bool = flag(), "Whether there are more than `count`.";
    }
}

request! {
    #[derive(Debug, Default)]
    TestOrder: "Which event to send. The body can be omitted." {
        for_user;
        optional event: String = event_type(), "Event type. Default: one that the webhook subscribes to.";
        optional data: Box<RawValue> = event_data(), "Data to send. Default: the sample of the event type.";
    }
    example serde_json::json!({ "event": "lead.created" });
}

request! {
    #[derive(Debug)]
    FilterTest: "Data to test a filter with." {
        for_user;
        required data: Box<RawValue> = data(), "Data of an event.";
        optional filter: Box<RawValue> = filter(), "The filter. Default: the webhook's own filter.";
    }
    example serde_json::json!({ "data": { "score": 87 }, "filter": { "score": [{ "numeric": [">=", 50] }] } });
}

answer! {
    #[derive(Debug, PartialEq, Eq)]
    FilterVerdict: "Result of a filter test." {
        required matches: bool = flag(), "Whether the data passes the filter.";
        optional unsatisfied: Vec<String> = list_of_any_length(text()), "Conditions that fail, as JSON pointers.";
    }
    example serde_json::json!({ "matches": true });
}

request! {
    #[derive(Debug, Default)]
    TransformPreview: "What to render. All fields are optional." {
        for_user;
        optional transform: Map<String, Value> = settings("Transform"), "The transform. Default: the webhook's own transform.";
        optional event: String = event_type(), "Event type. Default: one that the webhook subscribes to.";
        optional data: Box<RawValue> = data(), "Data of the event. Default: the sample of the event type.";
    }
    example serde_json::json!({ "transform": { "template": r#"{"text": {{ type | tojson }}}"# }, "event": "lead.created" });
}

answer! {
    #[derive(Debug, PartialEq, Eq)]
    TransformedBody: "The rendered request body." {
        required content_type: String = text(), "`Content-Type` of the body.";
        required body: String = text(), "The body.";
    }
    example serde_json::json!({ "contentType": "application/json", "body": r#"{"text": "lead.created"}"# });
}

/// A page of a list.
pub type WebhookPage = crate::page::Page<Webhook>;
