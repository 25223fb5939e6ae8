//! What a platform is told on its bus, so that it can tell its users: events of source `grapnel`.
//!
//! A notice about a webhook follows a write that claims it, so that there is one per webhook, kind and hour at most.
//! The bus may get it twice if its first answer was lost, and not at all if the function dies or the
//! bus refuses it twice: what it tells of is on record, and a notice is no record.
//!
//! A notice about two events under one id follows each such event, and comes again if its message does.

use crate::{
    delivery::Delivery,
    event::{Difference, Event, EventContent},
    health::{Change, DisabledCause},
    ids::{DeliveryId, EventId, UserId, WebhookId},
    time::Timestamp,
    webhook::Webhook,
};
use serde::Serialize;

/// The source of every notice. The rule that feeds Grapnel never matches it.
pub const SOURCE: &str = "grapnel";

/// What a platform is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Notice {
    /// About a webhook.
    Webhook(WebhookNotice),
    /// About two events under one id.
    Conflict(ConflictNotice),
}

impl Notice {
    /// What happened: the event's `detail-type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(notice) => notice.kind,
            Self::Conflict(_) => "event.conflict",
        }
    }
}

impl From<WebhookNotice> for Notice {
    fn from(notice: WebhookNotice) -> Self {
        Self::Webhook(notice)
    }
}

impl From<ConflictNotice> for Notice {
    fn from(notice: ConflictNotice) -> Self {
        Self::Conflict(notice)
    }
}

/// That an event came under the id of a stored one and is not the same. The stored event is delivered,
/// the other is not. Names nothing of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictNotice {
    /// The owner of both.
    pub user_id: UserId,
    /// When the second one came.
    pub at: Timestamp,
    /// How it differs.
    pub reason: Difference,
    /// The id of both.
    pub event_id: EventId,
    /// The source of both.
    pub source: String,
    /// The type of the stored event.
    pub event: String,
    /// When that was stored.
    pub stored_at: Timestamp,
    /// The type of the event that is not delivered.
    pub refused_event: String,
}

/// A notice about a webhook. Names no URL: it may hold a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookNotice {
    /// What happened: the event's `detail-type`.
    #[serde(skip)]
    pub kind: &'static str,
    /// The webhook's owner.
    pub user_id: UserId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// What its owner calls it.
    pub webhook_name: String,
    /// When it happened.
    pub at: Timestamp,
    /// Why it was disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<DisabledCause>,
    /// Since when every attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// The delivery that it is about, or that brought it about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryDigest>,
}

/// The part of a delivery that a notice names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDigest {
    /// The delivery.
    pub id: DeliveryId,
    /// Its event.
    pub event_id: EventId,
    /// The event's type.
    pub event: String,
}

impl ConflictNotice {
    /// The notice about an event that came under the id of `stored`, if it is not the same event.
    #[must_use]
    pub fn of(stored: &Event, other: &EventContent, now: Timestamp) -> Option<Self> {
        Some(Self {
            reason: stored.difference(other)?,
            user_id: stored.user_id.clone(),
            at: now,
            event_id: stored.id,
            source: stored.content.source.clone(),
            event: stored.content.event_type.clone(),
            stored_at: stored.stored_at,
            refused_event: other.event_type.clone(),
        })
    }
}

impl WebhookNotice {
    /// The notice of a change.
    #[must_use]
    pub fn of(
        change: Change,
        webhook: &Webhook,
        delivery: Option<DeliveryDigest>,
        now: Timestamp,
    ) -> Self {
        let (kind, cause) = match change {
            Change::Failing => ("webhook.failing", None),
            Change::Recovered => ("webhook.recovered", None),
            Change::Disabled(cause) => ("webhook.disabled", Some(cause)),
            Change::Exhausted => ("delivery.exhausted", None),
        };
        Self {
            kind,
            user_id: webhook.user_id.clone(),
            webhook_id: webhook.id,
            webhook_name: webhook.name.clone(),
            at: now,
            cause,
            failing_since: webhook.health.failing_since,
            delivery,
        }
    }
}

impl From<&Delivery> for DeliveryDigest {
    fn from(delivery: &Delivery) -> Self {
        Self { id: delivery.id, event_id: delivery.event_id, event: delivery.event_type.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::Retention,
        signature::Secret,
        url_policy::UrlPolicy,
        webhook::draft::{Draft, Input, Purpose, Rules},
    };
    use serde_json::json;
    use uuid::Uuid;

    fn webhook() -> Webhook {
        let urls = UrlPolicy { allow_http: false, allow_private: false };
        let retention = Retention { days: 30 };
        let rules = Rules { urls, retention, longest_request_seconds: 30, max_webhooks: 1 };
        let input = json!({"name": "orders", "url": "https://hooks.example.com/?t=secret", "events": ["*"]});
        let fields = input.as_object().expect("an object");
        let draft = Draft::parse(Input { fields, filter: None }, Purpose::Create, &rules, &[]);
        draft.expect("valid").into_webhook(
            WebhookId::from_uuid(Uuid::from_u128(7)),
            UserId::parse("u-1").expect("valid"),
            Secret::from_random([1; 32]),
            Timestamp::from_millis(0),
        )
    }

    #[test]
    fn kinds_have_the_published_names() {
        let webhook = webhook();
        let now = Timestamp::from_millis(0);
        let told = |change| WebhookNotice::of(change, &webhook, None, now);
        assert_eq!(told(Change::Failing).kind, "webhook.failing");
        assert_eq!(told(Change::Recovered).kind, "webhook.recovered");
        assert_eq!(told(Change::Exhausted).kind, "delivery.exhausted");
        let disabled = told(Change::Disabled(DisabledCause::Gone));
        assert_eq!(disabled.kind, "webhook.disabled");
        assert_eq!(
            serde_json::to_string(&disabled).expect("serialises"),
            r#"{"userId":"u-1","webhookId":"wh_00000000-0000-0000-0000-000000000007","webhookName":"orders","at":"1970-01-01T00:00:00.000Z","cause":"gone"}"#
        );
    }
}
