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
mod tests {
    use super::*;
    use grapnel_domain::{
        retry::{Backoff, Schedule},
        webhook::{EventPattern, Headers},
    };
    use uuid::Uuid;

    fn webhook() -> Webhook {
        let at = Timestamp::from_millis(1_795_000_000_123);
        let configuration = Configuration {
            id: WebhookId::from_uuid(Uuid::from_u128(7)),
            user_id: UserId::parse("u-1").expect("valid"),
            texts: Texts {
                name: "Bestellungen ✓".into(),
                description: Some("Orders\nof the shop".into()),
            },
            url: TargetUrl::stored("https://example.com/hook?a=b".into()).expect("a URL"),
            events: vec![EventPattern::Any, "workflow.*".parse().expect("valid")],
            filter: Some(Filter::stored(r#"{"n":[9007199254740993,"ä"]}"#.into())),
            secret: Secret::from_random([3; 32]),
            previous_secrets: [4, 5]
                .map(|number| PreviousSecret {
                    secret: Secret::from_random([number; 32]),
                    valid_until: at,
                })
                .into(),
            headers: Headers::from_iter([
                ("X-Empty", HeaderValue::plain("")),
                ("Authorization", HeaderValue::sensitive("Bearer abc")),
            ]),
            metadata: BTreeMap::from([
                ("team".into(), "sales".into()),
                ("empty".into(), "".into()),
            ]),
            status: WebhookStatus::Failing,
            retry_config: RetryConfig {
                schedule: Schedule::Backoff(Backoff {
                    initial_seconds: 30,
                    multiplier: 2.0,
                    max_seconds: 36_000,
                }),
                ..RetryConfig::default()
            },
            payload_format: PayloadFormat::CloudEvents,
            transform: Some(Transform {
                template: "{{ data.name }} ✓\n".into(),
                content_type: "text/plain".into(),
            }),
            rate_limit: RateLimit::new(5),
            created_at: at,
            updated_at: at,
        };
        Webhook::new(configuration).expect("within its limits")
    }

    #[test]
    fn a_full_webhook_survives_its_item() {
        let webhook = webhook();
        let item = from_webhook(&webhook).expect("written");
        assert_eq!(to_webhook(item), Ok(webhook));
    }

    #[test]
    fn a_plain_webhook_survives_its_item_without_empty_attributes() {
        let plain = Configuration {
            filter: None,
            transform: None,
            previous_secrets: Vec::new(),
            headers: Headers::default(),
            texts: Texts { name: webhook().texts.name.clone(), ..Texts::default() },
            metadata: BTreeMap::new(),
            rate_limit: None,
            retry_config: RetryConfig::default(),
            ..webhook().configuration().clone()
        };
        let webhook = Webhook::new(plain).expect("within its limits");
        let item = from_webhook(&webhook).expect("written");
        for absent in [
            "filter",
            "transform",
            "headers",
            "description",
            "metadata",
            "previousSecrets",
            "previousSecret",
            "previousSecretUntil",
            "rateLimit",
        ] {
            assert!(!item.contains_key(absent), "{absent}");
        }
        assert_eq!(to_webhook(item), Ok(webhook));
    }

    #[test]
    fn a_row_with_a_single_previous_secret_is_read() {
        let webhook = webhook();
        let [newest, _] = &webhook.previous_secrets[..] else { panic!("two are there") };
        let mut item = from_webhook(&webhook).expect("written");
        item.remove("previousSecrets");
        item.insert("previousSecret".into(), text(newest.secret.reveal()));
        item.insert("previousSecretUntil".into(), text(newest.valid_until));
        let read = to_webhook(item).expect("read");
        assert_eq!(read.previous_secrets, webhook.previous_secrets[..1]);
    }

    #[test]
    fn a_fractional_multiplier_survives() {
        let backoff = Backoff { initial_seconds: 1, multiplier: 1.1, max_seconds: 9 };
        let webhook = webhook()
            .changed(|it| it.retry_config.schedule = Schedule::Backoff(backoff))
            .expect("within its limits");
        let item = from_webhook(&webhook).expect("written");
        assert_eq!(to_webhook(item), Ok(webhook));
    }

    #[test]
    fn a_damaged_row_is_unusable_and_the_error_repeats_nothing_of_it() {
        let mut item = from_webhook(&webhook()).expect("written");
        item.insert("secret".into(), text("whsec_broken"));
        let error = to_webhook(item).expect_err("unusable");
        assert!(matches!(&error, PortError::Unusable(text) if !text.contains("broken")), "{error}");
    }

    #[test]
    fn a_row_outside_the_limits_of_a_webhook_is_unusable() {
        let mut item = from_webhook(&webhook()).expect("written");
        item.insert("name".into(), text("private ".repeat(200)));
        let error = to_webhook(item).expect_err("unusable");
        assert!(
            matches!(&error, PortError::Unusable(text) if text.contains("name") && !text.contains("private")),
            "{error}"
        );
    }

    #[test]
    fn what_lies_beside_a_webhook_is_no_webhook() {
        let mut item = from_webhook(&webhook()).expect("written");
        assert!(is_webhook(&item) && !is_limiter(&item));
        item.insert("id".into(), text(health_id(webhook().id)));
        assert!(!is_webhook(&item) && !is_limiter(&item));
        item.insert("id".into(), text(limiter_id(webhook().id)));
        assert!(!is_webhook(&item) && is_limiter(&item));
    }
}
