use super::HealthView;
use crate::problem::Problem;
use grapnel_domain::{
    filter::Filter,
    ids::{UserId, WebhookId},
    limit::RateLimit,
    retry::RetryConfig,
    time::Timestamp,
    transform::Transform,
    webhook::{EventPattern, HeaderValue, PayloadFormat, Webhook, WebhookStatus},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A header's value, unless it is sensitive. Sent back like this, it stays.
#[derive(Serialize)]
#[serde(untagged)]
enum HeaderView<'a> {
    Plain(&'a str),
    Hidden { sensitive: bool },
}

impl<'a> From<&'a HeaderValue> for HeaderView<'a> {
    fn from(value: &'a HeaderValue) -> Self {
        match value.sensitive {
            true => Self::Hidden { sensitive: true },
            false => Self::Plain(&value.text),
        }
    }
}

/// A webhook. Whether its secret is shown is said by the constructor.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookView<'a> {
    id: WebhookId,
    user_id: &'a UserId,
    name: &'a str,
    url: &'a str,
    events: &'a [EventPattern],
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a Filter>,
    secret: &'a str,
    headers: BTreeMap<&'a str, HeaderView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    metadata: &'a BTreeMap<String, String>,
    status: WebhookStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    health: Option<HealthView>,
    retry_config: &'a RetryConfig,
    payload_format: PayloadFormat,
    #[serde(skip_serializing_if = "Option::is_none")]
    transform: Option<&'a Transform>,
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

    /// The same with how its endpoint is doing.
    pub(crate) fn with_health(self, health: HealthView) -> Self {
        Self { health: Some(health), ..self }
    }

    /// As its owner configured it, as a document that can be changed and read again.
    ///
    /// # Errors
    /// 500 if it has no JSON.
    pub(crate) fn configured(webhook: &'a Webhook) -> Result<Map<String, Value>, Problem> {
        let view = Self { status: webhook.status, ..Self::masked(webhook) };
        match serde_json::to_value(view) {
            Ok(Value::Object(fields)) => Ok(fields),
            _ => Err(Problem::internal("a webhook has no JSON")),
        }
    }

    fn new(webhook: &'a Webhook, secret: &'a str) -> Self {
        Self {
            id: webhook.id,
            user_id: &webhook.user_id,
            name: &webhook.name,
            url: &webhook.url,
            events: &webhook.events,
            filter: webhook.filter.as_ref(),
            secret,
            headers: webhook.headers.iter().map(|(name, v)| (name, v.into())).collect(),
            description: webhook.description.as_deref(),
            metadata: &webhook.metadata,
            status: webhook.effective_status(),
            health: None,
            retry_config: &webhook.retry_config,
            payload_format: webhook.payload_format,
            transform: webhook.transform.as_ref(),
            rate_limit: webhook.rate_limit,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}
