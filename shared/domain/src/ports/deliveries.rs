use super::{Page, PortError};
use crate::{
    delivery::{Delivery, DeliveryAttempt, DeliveryKey, DeliveryStatus, Reason},
    ids::{DeliveryId, WebhookId},
    limit::Slot,
    time::{Minute, Timestamp},
};

/// Reads single deliveries.
pub trait ReadDeliveries: Send + Sync {
    /// The delivery, by a consistent read.
    fn delivery(
        &self,
        key: DeliveryKey,
    ) -> impl Future<Output = Result<Option<Delivery>, PortError>> + Send;
}

/// Reads many deliveries at once.
pub trait ReadDeliveriesTogether: Send + Sync {
    /// Those of the deliveries with these keys that are there, in the order of the keys, by consistent
    /// reads. A key that is given twice is an error on some stores.
    fn deliveries_by_key(
        &self,
        keys: &[DeliveryKey],
    ) -> impl Future<Output = Result<Vec<Delivery>, PortError>> + Send;
}

/// Lists deliveries.
pub trait ListDeliveries: Send + Sync {
    /// The webhook's deliveries, newest first, at most `limit` (1–100), after `after`.
    fn list_deliveries(
        &self,
        webhook: WebhookId,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<Page<Delivery, DeliveryId>, PortError>> + Send;
}

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

/// One attempt on its way into the record, with what the delivery becomes by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    /// The delivery.
    pub key: DeliveryKey,
    /// The attempt. The record is refused unless exactly `attempt_number - 1` are there.
    pub attempt: DeliveryAttempt,
    /// The status that it takes, or `None` to leave it, its reason and its due time alone. A
    /// delivery that was settled meanwhile never becomes `retrying`: the record is refused, because
    /// whoever settled it may have acknowledged the only message about it.
    pub status: Option<DeliveryStatus>,
    /// Why it ended, when `status` is `failed`.
    pub reason: Option<Reason>,
    /// When the next attempt is due, when `status` is `retrying`.
    pub next_attempt_at: Option<Timestamp>,
    /// The shared wait for it, if it has one.
    pub waits_for: Option<Minute>,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
    /// Index (from 0) of the attempt whose kept body goes, see [`crate::delivery::body_to_drop`].
    pub drop_body: Option<u32>,
}

/// What became of a conditional write to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It is on record.
    Yes,
    /// The condition did not hold. The delivery as it stands; `None` if there is none.
    Refused(Option<Box<Delivery>>),
}

/// Records attempts.
pub trait RecordAttempts: Send + Sync {
    /// Records an attempt in one conditional write, tried once and for at most
    /// [`RECORD_TRY`](crate::time_budget::RECORD_TRY): whoever sent the request decides how often to
    /// try again. It takes the delivery out of the `waiting` index unless the record says where it
    /// waits next.
    fn record_attempt(
        &self,
        record: &AttemptRecord,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}

/// The end of a delivery that makes no further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The delivery.
    pub key: DeliveryKey,
    /// How many attempts it had when the end was decided.
    pub attempts: u32,
    /// Why it ends.
    pub reason: Reason,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
}

/// Ends deliveries without an attempt.
pub trait EndDeliveries: Send + Sync {
    /// Marks the delivery `failed` and takes it out of the `waiting` index, on condition that it
    /// has exactly `attempts` attempts and is not settled.
    fn end_delivery(
        &self,
        ending: Ending,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}

/// That the data of a delivery's event was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadErasure {
    /// The delivery.
    pub key: DeliveryKey,
    /// When that was.
    pub at: Timestamp,
    /// Indices (from 0) of attempts whose errors repeat parts of it, see
    /// [`Delivery::errors_about_payload`].
    pub errors: Vec<u32>,
}

/// What receivers answered, on its way out of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseErasure {
    /// The delivery.
    pub key: DeliveryKey,
    /// How many attempts it had when this was decided.
    pub attempts: u32,
    /// When this is done.
    pub at: Timestamp,
    /// Indices (from 0) of attempts that keep a response, see [`Delivery::kept_responses`].
    pub responses: Vec<u32>,
}

/// Erases parts of what is on record of deliveries. Neither operation touches anything else of it.
pub trait EraseFromDeliveries: Send + Sync {
    /// Notes that the event's data was erased, and when, unless that is noted already; shortens
    /// these errors to [`TRANSFORM_FAILED`](crate::request::TRANSFORM_FAILED); and takes the delivery
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

/// A row of the `waiting` index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingRow {
    /// The delivery.
    pub id: DeliveryId,
}

/// One page of those who wait.
pub type WaitingPage = Page<WaitingRow, DeliveryId>;

/// Reads the `waiting` index, which lags behind its table.
pub trait FindWaiting: Send + Sync {
    /// The webhook's deliveries that wait for this minute, by id, after `after`.
    fn waiting(
        &self,
        webhook: WebhookId,
        minute: Minute,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<WaitingPage, PortError>> + Send;
}

/// Takes deliveries out of the `waiting` index.
pub trait StopWaiting: Send + Sync {
    /// Takes it out, and its slot with it, if it still waits for `minute` and still has `attempts`
    /// attempts; otherwise does nothing.
    fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// One delivery that waits for its slot in a shared wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotWait {
    /// The delivery.
    pub key: DeliveryKey,
    /// The slot.
    pub slot: Slot,
    /// The minute before it.
    pub minute: Minute,
    /// How many attempts it had when this was decided.
    pub attempts: u32,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
}

/// Has deliveries wait for slots of their webhook's rate limit.
pub trait AwaitSlots: Send + Sync {
    /// Puts the delivery into the `waiting` index for its minute, with its slot, and into no other
    /// wait, on condition that it has exactly `attempts` attempts and is not settled.
    fn await_slot(
        &self,
        wait: SlotWait,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}
