use grapnel_domain::{
    ids::{UserId, WebhookId},
    limit::RateLimit,
    retry::RetryConfig,
    time::Timestamp,
    webhook::{EventPattern, PayloadFormat, Webhook, WebhookStatus},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A webhook. Whether its secret is shown is said by the constructor.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookView<'a> {
    id: WebhookId,
    user_id: &'a UserId,
    name: &'a str,
    url: &'a str,
    events: &'a [EventPattern],
    secret: &'a str,
    headers: &'a BTreeMap<String, String>,
    status: WebhookStatus,
    retry_config: &'a RetryConfig,
    payload_format: PayloadFormat,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> WebhookView<'a> {
    /// With its secret masked.
    pub(crate) fn masked(webhook: &'a Webhook) -> Self {
        Self::new(webhook, webhook.secret.masked())
    }

    /// With its secret in full: for the answer to its creation, and for nothing else.
    pub(crate) fn with_secret(webhook: &'a Webhook) -> Self {
        Self::new(webhook, webhook.secret.reveal())
    }

    fn new(webhook: &'a Webhook, secret: &'a str) -> Self {
        Self {
            id: webhook.id,
            user_id: &webhook.user_id,
            name: &webhook.name,
            url: &webhook.url,
            events: &webhook.events,
            secret,
            headers: &webhook.headers,
            status: webhook.effective_status(),
            retry_config: &webhook.retry_config,
            payload_format: webhook.payload_format,
            rate_limit: webhook.rate_limit,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}
