//! Webhooks: where events go, and how.

use crate::{Call, Client, Delivery, List, call::path, open::open_enum};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
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

/// A webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// `wh_…`
    pub id: String,
    /// Its owner.
    pub user_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Where requests go.
    pub url: String,
    /// The event types that it wants: names, groups such as `lead.*`, or `*`.
    pub events: Vec<String>,
    /// Its secret: whole in the answer to its creation, masked everywhere else.
    pub secret: String,
    /// Which of them, by their data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    /// Headers that its owner adds to each request.
    pub headers: BTreeMap<String, Header>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What its owner's own programs keep with it.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// Whether it receives events.
    pub status: WebhookStatus,
    /// How its endpoint is doing. Only there when one webhook is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<WebhookHealth>,
    /// Attempts, time limit and delays.
    pub retry_config: RetryConfig,
    /// How an event becomes a body.
    pub payload_format: PayloadFormat,
    /// A template that makes the body in place of the format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<Value>,
    /// Requests per second at most, 1–1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its configuration last changed.
    pub updated_at: Timestamp,
}

/// How a webhook's endpoint is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookHealth {
    /// Failures in a row, counted until the circuit breaker opens.
    pub failures: u32,
    /// Since when nothing but failures came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// The last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<WebhookFailure>,
    /// When the next delivery probes the endpoint, while the circuit breaker is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_probe_at: Option<Timestamp>,
    /// Why it was disabled, if not by its owner: `gone`, `asked` or `failing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_because: Option<String>,
    /// How many deliveries the open circuit breaker keeps back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parked: Option<ParkedDeliveries>,
}

/// An attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookFailure {
    /// Its delivery.
    pub delivery_id: String,
    /// The receiver's status, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Why it failed, as a sentence.
    pub error: String,
    /// When it began.
    pub attempted_at: Timestamp,
}

/// How many deliveries are parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParkedDeliveries {
    /// This many, or more.
    pub count: usize,
    /// Whether there are more than that.
    pub more: bool,
}

/// A header that is added to each request. One that is sensitive is never shown again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Header {
    /// Its value.
    Plain(String),
    /// A credential.
    Sensitive {
        /// `true`.
        sensitive: bool,
        /// Its value, when it is set. Left out, the one that is stored stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
}

/// A webhook's attempts, time limit and delays: a list of delays, or a backoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConfig {
    /// Attempts in all, 1–20.
    pub max_attempts: u32,
    /// Seconds that the receiver has to answer, 1–30.
    pub timeout_seconds: u32,
    /// The delays between attempts, in seconds; the last one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delays_seconds: Option<Vec<u32>>,
    /// Growing delays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
}

/// Exponential delays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backoff {
    /// The first delay, in seconds.
    pub initial_seconds: u32,
    /// The factor from one delay to the next, 1–10.
    pub multiplier: f64,
    /// The longest delay, in seconds.
    pub max_seconds: u32,
}

/// A webhook to be made. What is left out has the API's default.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    /// What to call it.
    pub name: String,
    /// Where requests go.
    pub url: String,
    /// The event types that it wants.
    pub events: Vec<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A secret of one's own: `whsec_` and the base64 of 24–64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Which events of these types, by their data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Value>,
    /// A template that makes the body in place of the format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transform: Option<Value>,
    /// Requests per second at most, 1–1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<u32>,
    /// What one's own programs keep with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Headers to add to each request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Header>,
    /// Whether it receives events from the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<WebhookStatus>,
    /// Attempts, time limit and delays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_config: Option<RetryConfig>,
    /// How an event becomes a body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_format: Option<PayloadFormat>,
}

/// Which webhooks to list. What is left out leaves none out.
#[derive(Debug, Clone, Default)]
pub struct WebhookFilter {
    /// Whether it receives events.
    pub status: Option<WebhookStatus>,
    /// An event type that it wants.
    pub event: Option<String>,
    /// How its name begins, in any case.
    pub name: Option<String>,
}

/// Whether data passes a filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilterVerdict {
    /// It does.
    pub matches: bool,
    /// The conditions that the data does not satisfy, as JSON pointers into the filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsatisfied: Option<Vec<String>>,
}

/// What a template makes of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// The `Content-Type` of the request.
    pub content_type: String,
    /// Its body.
    pub body: String,
}

impl NewWebhook {
    /// With what must be said.
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

impl Client {
    /// The user's webhooks, in order of creation.
    pub fn webhooks(&self) -> List<Webhook> {
        List::new(self.clone(), path(&["api", "webhooks"]))
    }

    /// Those of the user's webhooks that a filter chooses, in order of creation.
    pub fn webhooks_where(&self, filter: WebhookFilter) -> List<Webhook> {
        let WebhookFilter { status, event, name } = filter;
        self.webhooks().only("status", status).only("event", event).only("name", name)
    }

    /// Makes a webhook: a [`NewWebhook`], or other JSON of one. The answer shows its secret.
    pub fn create_webhook(&self, new: &impl Serialize) -> Call<Webhook> {
        self.call_with(Method::POST, path(&["api", "webhooks"]), new)
    }

    /// One webhook.
    pub fn webhook(&self, id: &str) -> Call<Webhook> {
        self.call(Method::GET, path(&["api", "webhooks", id]))
    }

    /// Replaces a webhook's configuration: what [`Client::webhook`] answered, changed. What is left
    /// out returns to its default; to keep what this crate does not know, change the
    /// [raw](Call::raw) answer.
    pub fn replace_webhook(&self, id: &str, configuration: &impl Serialize) -> Call<Webhook> {
        self.call_with(Method::PUT, path(&["api", "webhooks", id]), configuration)
    }

    /// Changes what is named of a webhook, by a JSON merge patch (RFC 7396): `null` returns an option
    /// to its default.
    pub fn patch_webhook(&self, id: &str, changes: &impl Serialize) -> Call<Webhook> {
        self.call_with(Method::PATCH, path(&["api", "webhooks", id]), changes)
    }

    /// Tries `{"data"}` on the webhook's filter, or on the `"filter"` beside it. Nothing is sent.
    pub fn test_filter(&self, id: &str, what: &impl Serialize) -> Call<FilterVerdict> {
        self.call_with(Method::POST, path(&["api", "webhooks", id, "filter", "test"]), what)
    }

    /// Shows what the webhook's transform, or the `"transform"` given, makes of `"data"`, or of the
    /// sample of `"event"`. Nothing is sent.
    pub fn preview_transform(&self, id: &str, what: &impl Serialize) -> Call<Preview> {
        self.call_with(Method::POST, path(&["api", "webhooks", id, "transform", "preview"]), what)
    }

    /// Deletes a webhook.
    pub fn delete_webhook(&self, id: &str) -> Call<()> {
        self.call(Method::DELETE, path(&["api", "webhooks", id]))
    }

    /// Sends a sample event of this type, or of the first that the webhook wants, to this webhook
    /// alone. The answer waits up to ten seconds for the attempt.
    pub fn test_webhook(&self, id: &str, event: Option<&str>) -> Call<Delivery> {
        let path = path(&["api", "webhooks", id, "test"]);
        match event {
            Some(event) => self.call_with(Method::POST, path, &json!({ "event": event })),
            None => self.call(Method::POST, path),
        }
    }

    /// The same with this data in place of a sample, kept as they are.
    pub fn test_webhook_with(
        &self,
        id: &str,
        event: Option<&str>,
        data: &RawValue,
    ) -> Call<Delivery> {
        #[derive(Serialize)]
        struct Test<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            event: Option<&'a str>,
            data: &'a RawValue,
        }
        self.call_with(Method::POST, path(&["api", "webhooks", id, "test"]), &Test { event, data })
    }
}
