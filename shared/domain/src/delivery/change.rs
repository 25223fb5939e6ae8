//! Changes of a delivery. Each is written under a condition, and contains the state on which it was
//! decided.

use super::{DeliveryAttempt, DeliveryKey, DeliveryStatus, Reason, Reopened};
use crate::{
    limit::Slot,
    time::{Minute, Timestamp},
};

/// The record of one attempt, and the delivery's new state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    pub key: DeliveryKey,
    /// The attempt. The record is refused unless exactly the attempts before it are recorded.
    pub attempt: DeliveryAttempt,
    /// The new status, or `None` to keep the status, the reason and the due time. A delivery that
    /// was settled meanwhile never becomes `retrying`: the record is refused, because the process
    /// that settled it may have acknowledged the only message about it.
    pub status: Option<DeliveryStatus>,
    /// Why it ended, when `status` is `failed`.
    pub reason: Option<Reason>,
    /// When the next attempt is due, when `status` is `retrying`.
    pub next_attempt_at: Option<Timestamp>,
    /// The shared wait for it, if there is one.
    pub waits_for: Option<Minute>,
    /// When its row may be removed.
    pub expires_at: Timestamp,
    /// The index (from 0) of the attempt whose kept body is removed, see
    /// [`crate::delivery::body_to_drop`].
    pub drop_body: Option<u32>,
}

/// The end of a delivery without a further attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    pub key: DeliveryKey,
    /// The number of attempts when the end was decided.
    pub attempts: u32,
    pub reason: Reason,
    /// When its row may be removed.
    pub expires_at: Timestamp,
}

/// Notes that the data of a delivery's event was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadErasure {
    pub key: DeliveryKey,
    /// The time of the erasure.
    pub at: Timestamp,
    /// Indices (from 0) of attempts whose errors repeat parts of the data, see
    /// [`super::Delivery::errors_about_payload`].
    pub errors: Vec<u32>,
}

/// Removes the receivers' responses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseErasure {
    pub key: DeliveryKey,
    /// The number of attempts when this was decided.
    pub attempts: u32,
    /// The time of the erasure.
    pub at: Timestamp,
    /// Indices (from 0) of attempts with a kept response, see [`super::Delivery::kept_responses`].
    pub responses: Vec<u32>,
}

/// Puts a delivery into a shared wait for its rate limit slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotWait {
    pub key: DeliveryKey,
    pub slot: Slot,
    /// The minute before the slot.
    pub minute: Minute,
    /// The number of attempts when this was decided.
    pub attempts: u32,
    /// When its row may be removed.
    pub expires_at: Timestamp,
}

/// Parks a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parking {
    pub key: DeliveryKey,
    /// The circuit breaker's due time.
    pub due: Timestamp,
    /// The number of attempts when this was decided.
    pub attempts: u32,
    /// When its row may be removed.
    pub expires_at: Timestamp,
}

/// Reopens a failed delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reopening {
    pub key: DeliveryKey,
    /// The replay, and the number of attempts that the delivery must have.
    pub reopened: Reopened,
    /// When its next attempt is due.
    pub due: Timestamp,
    /// When its row may be removed.
    pub expires_at: Timestamp,
}
