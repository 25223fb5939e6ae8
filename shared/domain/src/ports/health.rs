use super::{Page, PortError, Recorded, WaitState};
use crate::{
    delivery::DeliveryKey,
    health::Health,
    ids::{DeliveryId, UserId, WebhookId},
    notice::Notice,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Writes the health of endpoints.
pub trait StoreHealth: Send + Sync {
    /// Stores `health` if the one before it, by version, is there still. Answers whether it did. A
    /// write whose answer was lost may answer `false` when it is repeated, though it was done.
    fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}

/// One delivery that is kept back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parking {
    /// The delivery.
    pub key: DeliveryKey,
    /// The circuit's due time.
    pub due: Timestamp,
    /// How many attempts it had when this was decided.
    pub attempts: u32,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
}

/// Keeps deliveries back while their endpoint's circuit is open.
pub trait ParkDeliveries: Send + Sync {
    /// Puts the delivery into the `waiting` index as parked until its due time, and into no other
    /// wait, on condition that it has exactly `attempts` attempts and is not settled.
    fn park(&self, parking: Parking) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}

/// A row of the `waiting` index that is parked. Rows sort by due time, then by delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ParkedRow {
    /// The due time that it was parked until. The circuit may have another one by now.
    pub due: Timestamp,
    /// The delivery.
    pub id: DeliveryId,
}

/// Reads who is parked, from an index that lags behind its table.
pub trait FindParked: Send + Sync {
    /// The webhook's parked deliveries, the longest parked first, after `after`.
    fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> impl Future<Output = Result<Page<ParkedRow, ParkedRow>, PortError>> + Send;
}

/// Lets parked deliveries go.
pub trait UnparkDeliveries: Send + Sync {
    /// Takes the delivery out of the index if it is still parked until `due` and still has
    /// `attempts` attempts; otherwise does nothing.
    fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Has somebody look after an open circuit.
pub trait WatchCircuits: Send + Sync {
    /// Makes sure that somebody wakes the webhook's parked deliveries at `due` and looks after them
    /// from then on, unless that is over already.
    fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> impl Future<Output = Result<WaitState, PortError>> + Send;
}

/// Tells a platform.
pub trait SendNotices: Send + Sync {
    /// Puts the notices on the bus.
    fn notify(&self, notices: &[Notice]) -> impl Future<Output = Result<(), PortError>> + Send;
}
