//! How a delivery is identified: in its table, in a message, in an index, by a replay.

use crate::{
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryKey {
    /// The partition.
    pub webhook_id: WebhookId,
    pub id: DeliveryId,
}

/// The delivery of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub delivery_id: DeliveryId,
    pub webhook_id: WebhookId,
    /// The owner of the webhook and the event.
    pub user_id: UserId,
    pub event_id: EventId,
}

impl Target {
    #[must_use]
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey { webhook_id: self.webhook_id, id: self.delivery_id }
    }
}

/// A parked row of the `waiting` index. Rows sort by due time, then by delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ParkedRow {
    /// The due time until which it was parked. The circuit breaker may have another one meanwhile.
    pub due: Timestamp,
    pub id: DeliveryId,
}

/// The replay that reopened a failed delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    pub by: ReplayId,
    /// The number of recorded attempts at that time: the schedule counts from there.
    pub attempts: u32,
}
