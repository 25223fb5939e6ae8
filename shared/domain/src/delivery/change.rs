//! Changes of a delivery, each written on a condition. What they were decided on is part of them.

use super::{DeliveryAttempt, DeliveryKey, DeliveryStatus, Reason, Reopened};
use crate::{
    limit::Slot,
    time::{Minute, Timestamp},
};

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

/// That the data of a delivery's event was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadErasure {
    /// The delivery.
    pub key: DeliveryKey,
    /// When that was.
    pub at: Timestamp,
    /// Indices (from 0) of attempts whose errors repeat parts of it, see
    /// [`super::Delivery::errors_about_payload`].
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
    /// Indices (from 0) of attempts that keep a response, see [`super::Delivery::kept_responses`].
    pub responses: Vec<u32>,
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

/// A failed delivery on its way back into the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopening {
    /// The delivery.
    pub key: DeliveryKey,
    /// By which replay, and how many attempts it must have.
    pub reopened: Reopened,
    /// When its next attempt is due.
    pub due: Timestamp,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
}
