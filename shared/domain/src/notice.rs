//! Notices to the platform on its bus, so that it can inform its users: events with the source
//! `grapnel`.
//!
//! A notice about a webhook follows a write that claims it, so that there is at most one per
//! webhook, kind and hour. The bus may get it twice if its first response was lost, and not at all
//! if the function dies or the bus refuses it twice: the state behind it is stored, and a notice is
//! not a record.
//!
//! A notice about a conflict follows each such event, and is repeated if the event's message is
//! received again.

use crate::{
    delivery::Delivery,
    event::{Difference, Event, EventContent},
    health::{Change, DisabledCause},
    ids::{DeliveryId, EventId, UserId, WebhookId},
    time::Timestamp,
    webhook::Webhook,
};
use serde::Serialize;

/// The source of every notice. The rule of the events queue never matches it.
pub const SOURCE: &str = "grapnel";

/// A notice to the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Notice {
    /// About a webhook.
    Webhook(WebhookNotice),
    /// About a conflict.
    Conflict(ConflictNotice),
}

impl Notice {
    /// The event's `detail-type`.
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

/// An event has the id of a stored event and differs from it. The stored event is delivered, the
/// other is not. Repeats no data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConflictNotice {
    /// The owner of both.
    pub user_id: UserId,
    /// When the second event was received.
    pub at: Timestamp,
    /// How it differs.
    pub reason: Difference,
    /// The id of both.
    pub event_id: EventId,
    /// The source of both.
    pub source: String,
    /// The type of the stored event.
    pub event: String,
    /// When the stored event was stored.
    pub stored_at: Timestamp,
    /// The type of the event that is not delivered.
    pub refused_event: String,
}

/// A notice about a webhook. Has no URL, because a URL may contain a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookNotice {
    /// The event's `detail-type`.
    #[serde(skip)]
    pub kind: &'static str,
    pub user_id: UserId,
    pub webhook_id: WebhookId,
    pub webhook_name: String,
    pub at: Timestamp,
    /// Why it was disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<DisabledCause>,
    /// Since when every attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// The age of what is sent, if Grapnel is behind with the webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<u64>,
    /// The delivery that caused the notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryDigest>,
}

/// The part of a delivery in a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryDigest {
    pub id: DeliveryId,
    pub event_id: EventId,
    /// The event's type.
    pub event: String,
}

impl ConflictNotice {
    /// The notice about an event with the id of `stored`; `None` if it is the same event.
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
            Change::Behind => ("webhook.behind", None),
        };
        Self {
            kind,
            user_id: webhook.user_id.clone(),
            webhook_id: webhook.id,
            webhook_name: webhook.texts.name.clone(),
            at: now,
            cause,
            failing_since: webhook.health.failing_since,
            age_seconds: webhook.health.behind_at(now).map(|behind| behind.age_seconds),
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
        webhook::draft::{Draft, Purpose, Rules},
    };
    use serde_json::json;
    use uuid::Uuid;

    fn webhook() -> Webhook {
        let urls = UrlPolicy { allow_http: false, allow_private: false };
        let retention = Retention { days: 30 };
        let rules = Rules { urls, retention, longest_request_seconds: 30, max_webhooks: 1 };
        let input = json!({"name": "orders", "url": "https://hooks.example.com/?t=secret", "events": ["*"]});
        let fields = input.as_object().expect("an object");
        let draft = Draft::read(fields, None, Purpose::Create);
        let draft = Draft::check(draft, Purpose::Create, &rules, &[]);
        let webhook = draft.expect("valid").into_webhook(
            WebhookId::from_uuid(Uuid::from_u128(7)),
            UserId::parse("u-1").expect("valid"),
            Secret::from_random([1; 32]),
            Timestamp::from_millis(0),
        );
        webhook.expect("a webhook")
    }

    #[test]
    fn kinds_have_the_published_names() {
        let webhook = webhook();
        let now = Timestamp::from_millis(0);
        let told = |change| WebhookNotice::of(change, &webhook, None, now);
        assert_eq!(told(Change::Failing).kind, "webhook.failing");
        assert_eq!(told(Change::Recovered).kind, "webhook.recovered");
        assert_eq!(told(Change::Exhausted).kind, "delivery.exhausted");
        assert_eq!(told(Change::Behind).kind, "webhook.behind");
        let disabled = told(Change::Disabled(DisabledCause::Gone));
        assert_eq!(disabled.kind, "webhook.disabled");
        assert_eq!(
            serde_json::to_string(&disabled).expect("serialises"),
            r#"{"userId":"u-1","webhookId":"wh_00000000-0000-0000-0000-000000000007","webhookName":"orders","at":"1970-01-01T00:00:00.000Z","cause":"gone"}"#
        );
    }
}
