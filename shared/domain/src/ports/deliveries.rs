use super::{Page, PortError};
use crate::{
    delivery::{
        AttemptRecord, Delivery, DeliveryKey, Ending, ParkedRow, Parking, PayloadErasure,
        Reopening, ResponseErasure, SlotWait,
    },
    ids::{DeliveryId, WebhookId},
    replay::{ReplayFilter, SettledRow},
    time::{Minute, Timestamp},
};

/// What [`CreateDeliveries::create_delivery`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// Nothing: the delivery is new.
    New,
    /// The delivery as it stands, from the same fan-out run before.
    Existed(Box<Delivery>),
}

/// Writes new deliveries.
pub trait CreateDeliveries: Send + Sync {
    /// Stores the delivery unless it exists.
    fn create_delivery(
        &self,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<Created, PortError>> + Send;
}

/// What became of a conditional write to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is on record.
    Yes,
    /// The condition did not hold. The delivery as it stands; `None` if there is none.
    Refused(Option<Box<Delivery>>),
}

/// A row of the `waiting` index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRow {
    /// The delivery.
    pub id: DeliveryId,
}

/// One page of those who wait.
pub type WaitingPage = Page<WaitingRow, DeliveryId>;

/// Some of a webhook's settled deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledPage {
    /// Those found, oldest first. Not every one need fit the filter.
    pub rows: Vec<SettledRow>,
    /// How many were looked at to find them.
    pub examined: u64,
    /// Where the next page begins: after this. `None` on the last page.
    pub next: Option<DeliveryId>,
}

/// Reads deliveries, and ends them without an attempt.
pub trait Deliveries: Send + Sync {
    /// The delivery, by a consistent read.
    fn delivery(
        &self,
        key: DeliveryKey,
    ) -> impl Future<Output = Result<Option<Delivery>, PortError>> + Send;

    /// Marks the delivery `failed` and takes it out of the `waiting` index, on condition that it
    /// has exactly `attempts` attempts and is not settled.
    fn end_delivery(
        &self,
        ending: Ending,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// The webhook's parked deliveries, the longest parked first, after `after`.
    fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> impl Future<Output = Result<Page<ParkedRow, ParkedRow>, PortError>> + Send;
}

/// What users see and may erase of their deliveries. Erasing changes no other part of a delivery.
pub trait DeliveryLog: Send + Sync {
    /// Those of the deliveries with these keys that are there, in the order of the keys, by consistent
    /// reads. A key that is given twice is an error on some stores.
    fn deliveries_by_key(
        &self,
        keys: &[DeliveryKey],
    ) -> impl Future<Output = Result<Vec<Delivery>, PortError>> + Send;

    /// The webhook's deliveries, newest first, at most `limit` (1–100), after `after`.
    fn list_deliveries(
        &self,
        webhook: WebhookId,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<Page<Delivery, DeliveryId>, PortError>> + Send;

    /// Notes that the event's data was erased, and when, unless that is noted already; shortens
    /// these errors to [`TRANSFORM_FAILED`](crate::delivery::TRANSFORM_FAILED); and takes the delivery
    /// out of what a bulk replay finds among the failed. Refused only if there is no such delivery.
    fn note_payload_erased(
        &self,
        erasure: &PayloadErasure,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Takes these responses away and notes when, on condition that the delivery has exactly
    /// `attempts` attempts and is settled.
    fn erase_responses(
        &self,
        erasure: &ResponseErasure,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}

/// Moves deliveries through their attempts and waits, each time by one conditional write.
pub trait UpdateDeliveries: Send + Sync {
    /// Records an attempt in one conditional write, tried once and for at most
    /// [`RECORD_TRY`](crate::time_budget::RECORD_TRY): whoever sent the request decides how often to
    /// try again. It takes the delivery out of the `waiting` index unless the record says where it
    /// waits next.
    fn record_attempt(
        &self,
        record: &AttemptRecord,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Makes the delivery `retrying` and takes its reason away, on condition that it is `failed`,
    /// has exactly as many attempts as `reopening` says, may be reopened
    /// ([`may_be_reopened`](crate::delivery::Delivery::may_be_reopened)), and was not reopened before
    /// by this replay or a later one.
    fn reopen_delivery(
        &self,
        reopening: Reopening,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Puts the delivery into the `waiting` index for its minute, with its slot, and into no other
    /// wait, on condition that it has exactly `attempts` attempts and is not settled.
    fn await_slot(
        &self,
        wait: SlotWait,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Takes it out, and its slot with it, if it still waits for `minute` and still has `attempts`
    /// attempts; otherwise does nothing.
    fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Puts the delivery into the `waiting` index as parked until its due time, and into no other
    /// wait, on condition that it has exactly `attempts` attempts and is not settled.
    fn park(&self, parking: Parking) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Takes the delivery out of the index if it is still parked until `due` and still has
    /// `attempts` attempts; otherwise does nothing.
    fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Finds deliveries by their state, by reads that may lag.
pub trait FindDeliveries: Send + Sync {
    /// The webhook's deliveries that wait for this minute, by id, after `after`.
    fn waiting(
        &self,
        webhook: WebhookId,
        minute: Minute,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<WaitingPage, PortError>> + Send;

    /// A page of the webhook's deliveries of this status and time, oldest first, after `after`. It
    /// looks at 100 at most, and may find none of them and still not be the last. What else the
    /// filter says need not be looked at.
    fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<SettledPage, PortError>> + Send;
}
