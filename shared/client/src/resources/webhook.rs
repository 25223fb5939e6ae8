//! Webhooks: where events go, and how.

use crate::{Call, Client, Delivery, List, call::path};
use grapnel_wire::webhook::{FilterVerdict, TestOrder, TransformedBody, Webhook, WebhookStatus};
use reqwest::Method;
use serde::Serialize;
use serde_json::value::RawValue;

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

    /// Makes a webhook: a [`NewWebhook`](crate::NewWebhook), or other JSON of one. The answer shows its secret.
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
    pub fn preview_transform(&self, id: &str, what: &impl Serialize) -> Call<TransformedBody> {
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
            Some(event) => {
                let order = TestOrder { event: Some(event.to_owned()), ..TestOrder::default() };
                self.call_with(Method::POST, path, &order)
            }
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
        let (event, data) = (event.map(str::to_owned), Some(data.to_owned()));
        let order = TestOrder { event, data, ..TestOrder::default() };
        self.call_with(Method::POST, path(&["api", "webhooks", id, "test"]), &order)
    }
}
