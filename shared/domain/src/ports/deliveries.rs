use super::{Page, PortError, ReadTogether};
use crate::{
    delivery::{
        AttemptRecord, Delivery, DeliveryKey, Ending, ParkedRow, Parking, PayloadErasure,
        Reopening, ResponseErasure, SlotWait,
    },
    figures::{HourFigures, Outcome, Span},
    ids::{DeliveryId, WebhookId},
    replay::{ReplayFilter, SettledRow},
    time::{Hour, Timestamp},
};
use std::{collections::BTreeMap, ops::Range};

/// The result of [`CreateDeliveries::create_delivery`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// The delivery is new.
    New,
    /// The delivery exists, from an earlier run of the same fan-out. This is its present state.
    Existed(Box<Delivery>),
}

pub trait CreateDeliveries: Send + Sync {
    /// Stores the delivery unless it exists.
    fn create_delivery(
        &self,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<Created, PortError>> + Send;
}

/// The result of a conditional write to a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It was written.
    Yes,
    /// The condition was false. Has the delivery's present state; `None` if it does not exist.
    Refused(Option<Box<Delivery>>),
}

/// How many keys one read of several deliveries takes.
pub const MOST_KEYS: usize = 100;

/// Some of a webhook's settled deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledPage {
    /// Oldest first. They may include rows that do not match the filter.
    pub rows: Vec<SettledRow>,
    /// How many rows were read.
    pub examined: u64,
    /// The next page begins after this. `None` on the last page.
    pub next: Option<DeliveryId>,
}

/// Reads deliveries, and ends them without an attempt.
pub trait Deliveries: Send + Sync {
    /// The delivery, by a consistent read.
    fn delivery(
        &self,
        key: DeliveryKey,
    ) -> impl Future<Output = Result<Option<Delivery>, PortError>> + Send;

    /// The deliveries with these keys, by one consistent read, which may leave some of them out. At
    /// most [`MOST_KEYS`], none of them twice.
    fn deliveries_together(
        &self,
        keys: &[DeliveryKey],
    ) -> impl Future<Output = Result<ReadTogether<Delivery, DeliveryKey>, PortError>> + Send;

    /// Marks the delivery `failed` and ends every wait, on condition that it
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

/// The deliveries that users see, their figures, and erasures. An erasure changes no other part of a
/// delivery.
pub trait DeliveryLog: Send + Sync {
    /// The deliveries with these keys that exist, in the order of the keys, by consistent reads. A
    /// duplicate key is an error in some stores.
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

    /// What figures need of the webhook's deliveries in the span, newest first, at most `limit`
    /// (1–1000), after `after`, by a read that may lag. A page that is not the last may have fewer.
    fn outcomes(
        &self,
        webhook: WebhookId,
        span: Span,
        limit: usize,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<Page<Outcome, DeliveryId>, PortError>> + Send;

    /// The figures of these hours that were kept, by a read that may lag.
    fn kept_figures(
        &self,
        webhook: WebhookId,
        hours: Range<Hour>,
    ) -> impl Future<Output = Result<BTreeMap<Hour, HourFigures>, PortError>> + Send;

    /// Keeps figures, in place of earlier ones of the same hours, for
    /// [`KEPT`](crate::figures::KEPT).
    fn keep_figures(
        &self,
        webhook: WebhookId,
        figures: &BTreeMap<Hour, HourFigures>,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Notes that the event's data was erased, and when, unless that is noted already; shortens
    /// these errors to [`TRANSFORM_FAILED`](crate::delivery::TRANSFORM_FAILED); and removes the
    /// delivery from the index of failed deliveries, so that no replay finds it. Refused only if
    /// there is no such delivery.
    fn note_payload_erased(
        &self,
        erasure: &PayloadErasure,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Removes these responses and notes the time, on condition that the delivery has exactly
    /// `attempts` attempts and is settled.
    fn erase_responses(
        &self,
        erasure: &ResponseErasure,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;
}

/// Changes deliveries during their attempts and waits, and finds those that a replay changes. Each
/// change is one conditional write.
pub trait UpdateDeliveries: Send + Sync {
    /// Records an attempt in one conditional write. Tried once and for at most
    /// [`RECORD_TRY`](crate::time_budget::RECORD_TRY): the caller decides how often to retry.
    /// Ends every wait of the delivery, unless the record has its next wait.
    fn record_attempt(
        &self,
        record: &AttemptRecord,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Makes the delivery `retrying` and removes its reason, on condition that it is `failed`, has
    /// the number of attempts in `reopening`, may be reopened
    /// ([`may_be_reopened`](crate::delivery::Delivery::may_be_reopened)), and was not reopened by
    /// this replay or a later one.
    fn reopen_delivery(
        &self,
        reopening: Reopening,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Puts the delivery into the `due` index for its minute, with its slot, in place of any other
    /// wait, on condition that it has exactly `attempts` attempts and is not settled.
    fn await_slot(
        &self,
        wait: SlotWait,
    ) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Puts the delivery into the `waiting` index as parked until its due time, in place of any
    /// other wait, on condition that it has exactly `attempts` attempts and is not settled.
    fn park(&self, parking: Parking) -> impl Future<Output = Result<Recorded, PortError>> + Send;

    /// Removes the delivery from the index if it is still parked until `due` and still has
    /// `attempts` attempts; otherwise does nothing.
    fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// By a read that may lag: a page of the webhook's deliveries with this status and time, oldest first, after `after`.
    /// Reads at most 100 rows; it may find none of them and still not be the last page. The other
    /// conditions of the filter may be ignored.
    fn settled(
        &self,
        webhook: WebhookId,
        filter: &ReplayFilter,
        after: Option<DeliveryId>,
    ) -> impl Future<Output = Result<SettledPage, PortError>> + Send;
}
