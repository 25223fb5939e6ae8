//! An event: what happened on the platform, and its owner.

mod conflict;
pub mod inbound;
mod listed;
pub mod publish;
mod type_filter;

pub use conflict::Difference;
pub use listed::{EventPlace, EventSpan, InvalidPlace, ListedEvent};
pub use type_filter::{InvalidTypeFilter, TypeFilter};

use crate::{
    delivery::key::DeliveryKey,
    ids::{DeliveryId, EventId, UserId, WebhookId},
    time::Timestamp,
};
use std::time::Duration;

/// Maximum size of an event's data, as received: EventBridge's limit for a whole entry.
pub use grapnel_languages::MAX_DATA_BYTES;

/// The part of an event that receivers get.
#[derive(Clone, PartialEq, Eq)]
pub struct EventContent {
    /// For example `lead.created`.
    pub event_type: String,
    /// The event's `source` in EventBridge.
    pub source: String,
    /// When it happened, according to its sender.
    pub time: Timestamp,
    /// JSON text, byte for byte as received.
    pub data: String,
}

impl std::fmt::Debug for EventContent {
    /// Without the data: payloads must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventContent")
            .field("event_type", &self.event_type)
            .field("source", &self.source)
            .field("time", &self.time)
            .field("data_bytes", &self.data.len())
            .finish()
    }
}

/// An event as it is stored: once, for any number of webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The id, which is the `webhook-id` of all its requests.
    pub id: EventId,
    pub user_id: UserId,
    /// The part that receivers get.
    pub content: EventContent,
    /// The webhooks that get the event. Decided once, when the event is first stored: if each run
    /// of fan-out decided again, a run that dies could record a delivery for a webhook that the
    /// next run leaves out, and nobody would ever send it. `None` until it is decided.
    pub audience: Option<Vec<WebhookId>>,
    /// When it was first received. Time-to-live counts from this, never from a client's time.
    pub stored_at: Timestamp,
    /// When its row may be removed.
    pub expires_at: Timestamp,
    /// When its data was erased. After that `content.data` is empty and nothing is sent. The rest
    /// stays, so that a repeated event is recognized and does not restore the data.
    pub payload_erased_at: Option<Timestamp>,
}

impl Event {
    /// The part that receivers get, unless its data was erased.
    #[must_use]
    pub fn deliverable(self) -> Option<EventContent> {
        self.payload_erased_at.is_none().then_some(self.content)
    }

    /// The key of its delivery to a webhook that gets it, whether the delivery is recorded yet or not.
    #[must_use]
    pub fn delivery_key_to(&self, webhook: WebhookId) -> Option<DeliveryKey> {
        self.delivery_keys().into_iter().find(|key| key.webhook_id == webhook)
    }

    /// The keys of all its deliveries, whether they are recorded yet or not: ids are derived, so no
    /// index is needed to find them. Empty until the event's webhooks are decided.
    #[must_use]
    pub fn delivery_keys(&self) -> Vec<DeliveryKey> {
        let audience = self.audience.iter().flatten();
        let key = |webhook_id: &WebhookId| DeliveryKey {
            webhook_id: *webhook_id,
            id: DeliveryId::derive(webhook_id, &self.id, self.stored_at),
        };
        audience.map(key).collect()
    }
}

/// How long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many days a delivery is kept after its last attempt or due time, 8–365.
    pub days: u32,
}

impl Retention {
    const DAY: Duration = Duration::from_secs(86_400);

    #[must_use]
    pub fn period(self) -> Duration {
        Self::DAY * self.days
    }

    /// When an event that was stored at `stored_at` may be removed: after twice the retention. A
    /// schedule fits into one retention (less a week), and a delivery stays for another after its
    /// last due time.
    #[must_use]
    pub fn event_expiry(self, stored_at: Timestamp) -> Timestamp {
        stored_at.plus(self.period() * 2)
    }

    /// When a delivery with the last known due time `due` may be removed: one retention later, but
    /// a day before its event, so that a listed delivery can still be shown and resent.
    #[must_use]
    pub fn delivery_expiry(self, due: Timestamp, event_stored_at: Timestamp) -> Timestamp {
        due.plus(self.period()).min(self.last_delivery_expiry(event_stored_at))
    }

    /// The latest time at which a delivery is removed, even if its attempts were requested late.
    #[must_use]
    pub fn last_delivery_expiry(self, event_stored_at: Timestamp) -> Timestamp {
        event_stored_at.plus(self.period() * 2 - Self::DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_outlives_its_deliveries() {
        let retention = Retention { days: 8 };
        let stored = Timestamp::from_millis(0);
        for due_days in [0, 1, 7, 100] {
            let due = stored.plus(Duration::from_secs(86_400 * due_days));
            assert!(retention.delivery_expiry(due, stored) < retention.event_expiry(stored));
        }
        assert_eq!(retention.delivery_expiry(stored, stored), stored.plus(retention.period()));
    }

    #[test]
    fn an_event_knows_its_deliveries_by_whom_it_goes_to() {
        let webhook = WebhookId::from_uuid(uuid::Uuid::from_u128(7));
        let stored_at = Timestamp::from_millis(1_795_000_000_000);
        let undecided = crate::samples::event(stored_at);
        assert_eq!(undecided.delivery_keys(), []);
        let event = Event { audience: Some(vec![webhook]), ..undecided };
        let delivery =
            crate::delivery::Delivery::of(&event, webhook, Retention { days: 8 }, stored_at);
        assert_eq!(event.delivery_keys(), [delivery.key()]);
    }
}
