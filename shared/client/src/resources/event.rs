//! Events: publishing them, and what became of them.

use crate::{Call, Client, DeliveryStatus, FieldFault, call::path};
use grapnel_domain::time::Timestamp;
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::ops::Not;

/// An event to be published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewEvent {
    /// Its type.
    pub r#type: String,
    /// Its data: an object of at most 256 KiB, kept byte for byte.
    pub data: Box<RawValue>,
    /// What its source calls it. The same source and id are the same event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Who publishes it; `api` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it happened; now if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
}

impl NewEvent {
    /// With what must be said.
    #[must_use]
    pub fn new(r#type: impl Into<String>, data: Box<RawValue>) -> Self {
        Self { r#type: r#type.into(), data, id: None, source: None, time: None }
    }
}

/// What was published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Published {
    /// The events, in the order of the request.
    pub items: Vec<PublishedEvent>,
}

/// An event that was published.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PublishedEvent {
    /// `evt_…`
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// What is wrong with it by the catalogue, where that is only told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<FieldFault>,
}

/// An event with its deliveries.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// Who published it.
    pub source: String,
    /// When it happened, as its source says.
    pub time: Timestamp,
    /// When it arrived.
    pub stored_at: Timestamp,
    /// Its data, byte for byte as received; `None` once it was erased.
    pub data: Option<Box<RawValue>>,
    /// When its data was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_erased_at: Option<Timestamp>,
    /// Whom it goes to, and what came of that.
    pub deliveries: Vec<DeliveryOfEvent>,
}

/// A delivery without the event's data and without what was answered to its attempts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryOfEvent {
    /// `dlv_…`
    pub id: String,
    /// The webhook.
    pub webhook_id: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Made by a test.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub test: bool,
    /// How many attempts are on record.
    pub attempt_count: u32,
    /// The last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_attempt: Option<LastAttempt>,
    /// When the next attempt is due, while it is retrying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it was given up, in a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The last attempt of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastAttempt {
    /// The receiver's status, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Why it failed, as a sentence; absent on success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Milliseconds from start to outcome.
    pub duration: u64,
    /// When it began.
    pub attempted_at: Timestamp,
}

impl Client {
    /// Publishes up to a hundred events: [`NewEvent`]s, or other JSON of them. With an idempotency
    /// key, asking again is harmless for a day: the same events are published.
    pub fn publish_events(
        &self,
        events: &[impl Serialize],
        idempotency_key: Option<&str>,
    ) -> Call<Published> {
        // Not by way of a value: that would lose how the data's numbers are written.
        #[derive(Serialize)]
        struct Request<'a, E> {
            events: &'a [E],
        }
        let call = self.call_with(Method::POST, path(&["api", "events"]), &Request { events });
        match idempotency_key.map(HeaderValue::from_str) {
            Some(Ok(key)) => call.header(HeaderName::from_static("idempotency-key"), key),
            // What no header can hold is no key to the API either: it says so.
            Some(Err(_)) => call
                .header(HeaderName::from_static("idempotency-key"), HeaderValue::from_static("")),
            None => call,
        }
    }

    /// One event with its deliveries. It is there a moment after it was published.
    pub fn event(&self, id: &str) -> Call<Event> {
        self.call(Method::GET, path(&["api", "events", id]))
    }
}
