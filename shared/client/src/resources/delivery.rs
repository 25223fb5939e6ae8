//! Deliveries: one event on its way to one webhook, with every attempt.

use crate::{Call, Client, List, call::path};
use grapnel_wire::{
    delivery::{Delivery, DeliveryStatus, WaitingFor},
    explanation::Explanation,
    time::Timestamp,
};
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};

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

    /// Why a delivery stands where it stands.
    pub fn explain_delivery(&self, webhook_id: &str, id: &str) -> Call<Explanation> {
        self.call(Method::GET, path(&["api", "webhooks", webhook_id, "deliveries", id, "explain"]))
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
