//! An event: what happened on the platform, and to whom it belongs.

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

/// Maximum size of an event's data, as received: EventBridge's own limit for a whole entry.
pub use grapnel_languages::MAX_DATA_BYTES;

/// What of an event reaches receivers.
#[derive(Clone, PartialEq, Eq)]
pub struct EventContent {
    /// Its type, for example `lead.created`.
    pub event_type: String,
    /// Who sent it, in EventBridge's sense.
    pub source: String,
    /// When it happened, as its sender says.
    pub time: Timestamp,
    /// Its data: JSON text, byte for byte as received.
    pub data: String,
}

impl std::fmt::Debug for EventContent {
    /// Leaves the data out: payloads must not reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventContent")
            .field("event_type", &self.event_type)
            .field("source", &self.source)
            .field("time", &self.time)
            .field("data_bytes", &self.data.len())
            .finish()
    }
}

/// An event as stored: once per event, however many webhooks it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its id, the `webhook-id` of every request made for it.
    pub id: EventId,
    /// Its owner.
    pub user_id: UserId,
    /// What reaches receivers.
    pub content: EventContent,
    /// Whom it goes to. Decided once, when it is first stored: if every run of fan-out decided anew,
    /// a run that dies could record a delivery for a webhook that the next one leaves out, and
    /// nobody would ever send it. `None` until it is decided.
    pub audience: Option<Vec<WebhookId>>,
    /// When it first arrived here. Time-to-live counts from this, never from what a client sent.
    pub stored_at: Timestamp,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
    /// When its data was erased. From then on `content.data` is empty and nothing is sent of it; the
    /// rest stays, so that what repeats the event finds it here and does not bring the data back.
    pub payload_erased_at: Option<Timestamp>,
}

impl Event {
    /// What reaches receivers, unless its data was erased.
    #[must_use]
    pub fn deliverable(self) -> Option<EventContent> {
        self.payload_erased_at.is_none().then_some(self.content)
    }

    /// The keys of all its deliveries, whether they are recorded yet or not: ids are derived, so no
    /// index is needed to find them. None while it is not decided whom it goes to.
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
    /// Days that a delivery is kept after its last attempt or due time, 8–365.
    pub days: u32,
}

impl Retention {
    const DAY: Duration = Duration::from_secs(86_400);

    /// The period.
    #[must_use]
    pub fn period(self) -> Duration {
        Self::DAY * self.days
    }

    /// When an event stored at `stored_at` may go. Twice the retention: a schedule fits into one
    /// (less a week), and a delivery stays one more after its last due time.
    #[must_use]
    pub fn event_expiry(self, stored_at: Timestamp) -> Timestamp {
        stored_at.plus(self.period() * 2)
    }

    /// When a delivery may go whose last known due time is `due`: one retention later, but a day
    /// before its event, so that what is listed can still be shown and sent again.
    #[must_use]
    pub fn delivery_expiry(self, due: Timestamp, event_stored_at: Timestamp) -> Timestamp {
        due.plus(self.period()).min(self.last_delivery_expiry(event_stored_at))
    }

    /// When a delivery goes at the latest, however late its attempts were asked for.
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
