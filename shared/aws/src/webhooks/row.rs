//! A webhook as an item.

use crate::item::{Item, from_row, text, to_row, unusable};
use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_domain::{
    filter::Filter,
    ids::{UserId, WebhookId},
    limit::RateLimit,
    ports::PortError,
    retry::RetryConfig,
    signature::Secret,
    target_url::TargetUrl,
    time::Timestamp,
    transform::Transform,
    webhook::{
        Configuration, EventPattern, HeaderValue, PayloadFormat, PreviousSecret, Subscription,
        Texts, Webhook, WebhookStatus,
    },
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The suffix of the sort key of a webhook's health. No id contains `#`.
const HEALTH_SUFFIX: &str = "#health";

/// The suffix of the sort key of a webhook's limiter.
const LIMITER_SUFFIX: &str = "#limiter";

/// The webhook of a health or limiter item, from its sort key.
pub(super) fn owner(id: &str) -> Option<WebhookId> {
    id.split_once('#').and_then(|(id, _)| id.parse().ok())
}

pub(super) fn health_id(webhook: WebhookId) -> String {
    format!("{webhook}{HEALTH_SUFFIX}")
}

pub(super) fn limiter_id(webhook: WebhookId) -> String {
    format!("{webhook}{LIMITER_SUFFIX}")
}

/// Sorts behind every item of the webhook, and before the next webhook: `$` follows `#`.
pub(super) fn end_of(webhook: WebhookId) -> String {
    format!("{webhook}$")
}

/// The id of the webhook that an item belongs to, from its sort key.
pub(super) fn owner_text(id: &str) -> &str {
    id.split_once('#').map_or(id, |(owner, _)| owner)
}

const ROW: &str = "a row of the webhooks table";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user_id: UserId,
    id: WebhookId,
    #[serde(flatten)]
    texts: Texts,
    url: TargetUrl,
    events: Vec<EventPattern>,
    /// JSON text: a map would not keep how numbers are written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    filter: Option<String>,
    secret: String,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    previous_secrets: Vec<StoredSecret>,
    /// In rows from the time when a webhook had at most one.
    #[serde(skip_serializing, default)]
    previous_secret: Option<String>,
    #[serde(skip_serializing, default)]
    previous_secret_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    headers: BTreeMap<String, StoredHeader>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    metadata: BTreeMap<String, String>,
    status: WebhookStatus,
    retry_config: RetryConfig,
    payload_format: PayloadFormat,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    transform: Option<Transform>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rate_limit: Option<RateLimit>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A replaced secret.
#[derive(Serialize, Deserialize)]
struct StoredSecret {
    secret: String,
    until: Timestamp,
}

/// A header's value: text, or a map if it is sensitive.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredHeader {
    Plain(String),
    Sensitive { sensitive: String },
}

impl From<&HeaderValue> for StoredHeader {
    fn from(value: &HeaderValue) -> Self {
        let text = value.text.clone();
        if value.sensitive { Self::Sensitive { sensitive: text } } else { Self::Plain(text) }
    }
}

impl From<StoredHeader> for HeaderValue {
    fn from(stored: StoredHeader) -> Self {
        match stored {
            StoredHeader::Plain(text) => Self::plain(text),
            StoredHeader::Sensitive { sensitive } => Self::sensitive(sensitive),
        }
    }
}

#[derive(Deserialize)]
struct SubscriptionRow {
    id: WebhookId,
    events: Vec<EventPattern>,
    #[serde(default)]
    filter: Option<String>,
    status: WebhookStatus,
}

pub(super) fn key(user: &UserId, id: WebhookId) -> Item {
    Item::from([("userId".to_owned(), text(user)), ("id".to_owned(), text(id))])
}

/// Whether an item of this table is a webhook, and not its health or limiter.
pub(super) fn is_webhook(item: &Item) -> bool {
    matches!(item.get("id"), Some(AttributeValue::S(id)) if !id.contains('#'))
}

/// Whether an item is a limiter.
pub(super) fn is_limiter(item: &Item) -> bool {
    matches!(item.get("id"), Some(AttributeValue::S(id)) if id.ends_with(LIMITER_SUFFIX))
}

pub(super) fn from_webhook(webhook: &Webhook) -> Result<Item, PortError> {
    let previous = webhook.previous_secrets.iter().map(|previous| StoredSecret {
        secret: previous.secret.reveal().to_owned(),
        until: previous.valid_until,
    });
    let row = Row {
        user_id: webhook.user_id.clone(),
        id: webhook.id,
        texts: webhook.texts.clone(),
        url: webhook.url.clone(),
        events: webhook.events.clone(),
        filter: webhook.filter.as_ref().map(|filter| filter.as_str().to_owned()),
        secret: webhook.secret.reveal().to_owned(),
        previous_secrets: previous.collect(),
        previous_secret: None,
        previous_secret_until: None,
        headers: webhook.headers.iter().map(|(name, v)| (name.to_owned(), v.into())).collect(),
        metadata: webhook.metadata.clone(),
        status: webhook.status,
        retry_config: webhook.retry_config.clone(),
        payload_format: webhook.payload_format,
        transform: webhook.transform.clone(),
        rate_limit: webhook.rate_limit,
        created_at: webhook.created_at,
        updated_at: webhook.updated_at,
    };
    from_row(ROW, row)
}

pub(super) fn to_webhook(item: Item) -> Result<Webhook, PortError> {
    let row: Row = to_row(ROW, item)?;
    let secret = |text: String| Secret::parse(text).map_err(|_| unusable(ROW, "has no secret"));
    let only = row.previous_secret.zip(row.previous_secret_until);
    let only = only.map(|(secret, until)| StoredSecret { secret, until });
    let previous = row.previous_secrets.into_iter().chain(only).map(|stored| {
        Ok(PreviousSecret { secret: secret(stored.secret)?, valid_until: stored.until })
    });
    let previous_secrets = previous.collect::<Result<_, PortError>>()?;
    let configuration = Configuration {
        id: row.id,
        user_id: row.user_id,
        texts: row.texts,
        url: row.url,
        events: row.events,
        filter: row.filter.map(Filter::stored),
        secret: secret(row.secret)?,
        previous_secrets,
        headers: row.headers.into_iter().map(|(name, value)| (name, value.into())).collect(),
        metadata: row.metadata,
        status: row.status,
        retry_config: row.retry_config,
        payload_format: row.payload_format,
        transform: row.transform,
        rate_limit: row.rate_limit,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Webhook::new(configuration).map_err(|broken| unusable(ROW, &broken.to_string()))
}

/// Sets the status of a subscription from its webhook's health. Health without a webhook is
/// ignored.
pub(super) fn apply_health(subscription: &mut Subscription, item: &Item) {
    let theirs = text(health_id(subscription.webhook_id));
    if item.get("id") != Some(&theirs) || subscription.status == WebhookStatus::Disabled {
        return;
    }
    if item.contains_key("disabled") {
        subscription.status = WebhookStatus::Disabled;
    } else if item.contains_key("openUntil") {
        subscription.status = WebhookStatus::Failing;
    }
}

pub(super) fn to_subscription(item: Item) -> Result<Subscription, PortError> {
    let row: SubscriptionRow = to_row(ROW, item)?;
    Ok(Subscription {
        webhook_id: row.id,
        events: row.events,
        filter: row.filter.map(Filter::stored),
        status: row.status,
    })
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
