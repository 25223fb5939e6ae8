//! How a delivery is named: in its table, in a message, in an index, by a replay.

use crate::{
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The two parts of a delivery's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeliveryKey {
    /// The partition: whose delivery it is.
    pub webhook_id: WebhookId,
    /// The delivery.
    pub id: DeliveryId,
}

/// Which delivery a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The delivery.
    pub delivery_id: DeliveryId,
    /// Its webhook.
    pub webhook_id: WebhookId,
    /// Their owner.
    pub user_id: UserId,
    /// The event to deliver.
    pub event_id: EventId,
}

impl Target {
    /// The delivery's key.
    #[must_use]
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey { webhook_id: self.webhook_id, id: self.delivery_id }
    }
}

/// A row of the `waiting` index that is parked. Rows sort by due time, then by delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ParkedRow {
    /// The due time that it was parked until. The circuit may have another one by now.
    pub due: Timestamp,
    /// The delivery.
    pub id: DeliveryId,
}

/// That a replay took a failed delivery up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopened {
    /// The replay.
    pub by: ReplayId,
    /// How many attempts were on record: the schedule counts from there.
    pub attempts: u32,
}
