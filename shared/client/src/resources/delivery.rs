//! Deliveries: one event on its way to one webhook, with every attempt.

use crate::{Call, Client, List, call::path, open::open_enum};
use grapnel_domain::time::Timestamp;
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::ops::Not;

open_enum! {
    /// Where a delivery stands.
    DeliveryStatus {
        /// No attempt on record yet.
        Pending = "pending",
        /// The receiver took it.
        Success = "success",
        /// Given up.
        Failed = "failed",
        /// At least one attempt failed, another will come.
        Retrying = "retrying",
    }
}

open_enum! {
    /// What keeps the next attempt of a delivery back.
    WaitingFor {
        /// The delay before its next attempt.
        Retry = "retry",
        /// The open circuit breaker of its endpoint.
        Circuit = "circuit",
        /// The rate limit of its webhook.
        RateLimit = "rateLimit",
    }
}

open_enum! {
    /// Why a filter could not decide about an event, which is delivered then.
    UndecidedFilter {
        /// The filter took too many steps.
        OutOfSteps = "out_of_steps",
        /// The filter or the event's data could not be read.
        Unreadable = "unreadable",
    }
}

/// A delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// `dlv_…`
    pub id: String,
    /// The webhook.
    pub webhook_id: String,
    /// The event's type.
    pub event: String,
    /// `evt_…`
    pub event_id: String,
    /// The event's data, byte for byte as received; `None` once the event is gone or its data erased.
    pub payload: Option<Box<RawValue>>,
    /// When the event's data was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload_erased_at: Option<Timestamp>,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// What keeps its next attempt back, if something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// When that wait ends at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Made by a test: one attempt, never retried.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub test: bool,
    /// Why the webhook's filter could not decide whether it wants the event, if it could not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided_filter: Option<UndecidedFilter>,
    /// Every attempt, oldest first.
    pub attempts: Vec<Attempt>,
    /// When what receivers had answered by then was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responses_erased_at: Option<Timestamp>,
    /// When the next attempt is due, while it is retrying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it was given up, in a word: `attempts_exhausted`, `webhook_disabled` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// From 1.
    pub attempt_number: u32,
    /// The receiver's status, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The beginning of its body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// What is to be known of the body to read it: it is compressed, or not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_remark: Option<String>,
    /// Where a redirect points. It is not followed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Why it failed, as a sentence; absent on success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Milliseconds from start to outcome.
    pub duration: u64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// Asked for by somebody, outside the schedule.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub manual: bool,
}

/// Which deliveries to list. What is left out leaves none out.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Where it stands.
    pub status: Option<DeliveryStatus>,
    /// What its next attempt waits for.
    pub waiting_for: Option<WaitingFor>,
    /// The event's type, a group such as `lead.*`, or `*`.
    pub event: Option<String>,
    /// What the last attempt was answered: `503`, a class such as `5xx`, or `none`.
    pub status_code: Option<String>,
    /// Events that arrived from then on.
    pub since: Option<Timestamp>,
    /// Events that arrived before then.
    pub until: Option<Timestamp>,
}

impl DeliveryFilter {
    fn of(self, list: List<Delivery>) -> List<Delivery> {
        let Self { status, waiting_for, event, status_code, since, until } = self;
        list.only("status", status)
            .only("waitingFor", waiting_for)
            .only("event", event)
            .only("statusCode", status_code)
            .only("since", since)
            .only("until", until)
    }
}

impl Delivery {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.status, DeliveryStatus::Success | DeliveryStatus::Failed)
    }

    /// The status codes of its attempts.
    #[must_use]
    pub fn status_codes(&self) -> Vec<Option<u16>> {
        self.attempts.iter().map(|attempt| attempt.status_code).collect()
    }

    /// The numbers of its attempts.
    #[must_use]
    pub fn attempt_numbers(&self) -> Vec<u32> {
        self.attempts.iter().map(|attempt| attempt.attempt_number).collect()
    }

    /// The payload's bytes; empty if the event is gone.
    #[must_use]
    pub fn payload_text(&self) -> &str {
        self.payload.as_deref().map_or("", RawValue::get)
    }
}

impl Client {
    /// A webhook's deliveries, newest first.
    pub fn deliveries(&self, webhook_id: &str) -> List<Delivery> {
        List::new(self.clone(), path(&["api", "webhooks", webhook_id, "deliveries"]))
    }

    /// Those of a webhook's deliveries that a filter chooses, newest first.
    pub fn deliveries_where(&self, webhook_id: &str, filter: DeliveryFilter) -> List<Delivery> {
        filter.of(self.deliveries(webhook_id))
    }

    /// Those deliveries of all the user's webhooks that a filter chooses, newest first.
    pub fn all_deliveries_where(&self, filter: DeliveryFilter) -> List<Delivery> {
        filter.of(List::new(self.clone(), path(&["api", "deliveries"])))
    }

    /// One delivery.
    pub fn delivery(&self, webhook_id: &str, id: &str) -> Call<Delivery> {
        self.call(Method::GET, path(&["api", "webhooks", webhook_id, "deliveries", id]))
    }

    /// Asks for one more attempt now. The answer is the delivery as it is before that.
    pub fn retry_delivery(&self, webhook_id: &str, id: &str) -> Call<Delivery> {
        self.call(Method::POST, path(&["api", "webhooks", webhook_id, "deliveries", id, "retry"]))
    }

    /// The same, and waits up to so many seconds for the attempt: the answer is the delivery with it,
    /// if it came in time.
    pub fn retry_delivery_and_wait(
        &self,
        webhook_id: &str,
        id: &str,
        seconds: u32,
    ) -> Call<Delivery> {
        let call = self.retry_delivery(webhook_id, id);
        // Letters and digits are a header's value.
        match HeaderValue::try_from(format!("wait={seconds}")) {
            Ok(wait) => call.header(HeaderName::from_static("prefer"), wait),
            Err(_) => call,
        }
    }

    /// Makes no further attempt of a delivery. The answer is the delivery, which has ended.
    pub fn cancel_delivery(&self, webhook_id: &str, id: &str) -> Call<Delivery> {
        self.call(Method::POST, path(&["api", "webhooks", webhook_id, "deliveries", id, "cancel"]))
    }

    /// Erases what receivers answered to a settled delivery, their status codes excepted.
    pub fn erase_responses(&self, webhook_id: &str, id: &str) -> Call<()> {
        let path = path(&["api", "webhooks", webhook_id, "deliveries", id, "responses"]);
        self.call(Method::DELETE, path)
    }

    /// Erases an event's data. Each of its deliveries must be settled.
    pub fn erase_payload(&self, event_id: &str) -> Call<()> {
        self.call(Method::DELETE, path(&["api", "events", event_id, "payload"]))
    }
}
