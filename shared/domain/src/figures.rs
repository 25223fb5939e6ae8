//! Figures: how many deliveries succeeded, failed or are open, and how fast their receivers answer.
//!
//! Nothing is counted when a delivery is recorded: a delivery that succeeds would pay for it. Figures are
//! counted from the deliveries' rows when somebody asks, an hour of events at a time. An hour that is
//! over, and whose deliveries are all settled, is kept, and not counted again. [`plan`] says what is
//! still to be counted, [`Count`] counts it, and [`HourFigures`] is what is kept.

mod count;
mod hour;
mod plan;
mod times;

pub use count::Count;
pub use hour::{HourFigures, KEPT, MOST_TYPES};
pub use plan::{Plan, Span, plan};
pub use times::Times;

use crate::{
    delivery::{Delivery, DeliveryAttempt, DeliveryStatus},
    ids::DeliveryId,
};
use serde::{Deserialize, Serialize};

/// What figures need to know of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub id: DeliveryId,
    pub event_type: String,
    pub status: DeliveryStatus,
    /// A test, which is not counted.
    pub test: bool,
    pub attempts: u64,
    /// Milliseconds of each attempt that got an answer.
    pub answered: Vec<u64>,
}

impl Outcome {
    /// That of a delivery with these attempts.
    #[must_use]
    pub fn new(
        id: DeliveryId,
        event_type: String,
        status: DeliveryStatus,
        test: bool,
        attempts: &[DeliveryAttempt],
    ) -> Self {
        let answered = attempts.iter().filter(|attempt| attempt.status_code.is_some());
        Self {
            id,
            event_type,
            status,
            test,
            attempts: attempts.len() as u64,
            answered: answered.map(|attempt| attempt.duration).collect(),
        }
    }
}

impl From<&Delivery> for Outcome {
    fn from(delivery: &Delivery) -> Self {
        let event_type = delivery.event_type.clone();
        Self::new(delivery.id, event_type, delivery.status, delivery.test, &delivery.attempts)
    }
}

/// Figures of some deliveries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Deliveries that the receiver accepted.
    #[serde(rename = "s", skip_serializing_if = "is_zero")]
    pub success: u64,
    /// Deliveries that ended as `failed`.
    #[serde(rename = "f", skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// Deliveries that may still be attempted.
    #[serde(rename = "o", skip_serializing_if = "is_zero")]
    pub open: u64,
    #[serde(rename = "a", skip_serializing_if = "is_zero")]
    pub attempts: u64,
    /// How long receivers took to answer.
    #[serde(rename = "t", skip_serializing_if = "Times::is_empty")]
    pub times: Times,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Figures {
    /// Counts one delivery.
    pub fn add(&mut self, outcome: &Outcome) {
        match outcome.status {
            DeliveryStatus::Success => self.success += 1,
            DeliveryStatus::Failed => self.failed += 1,
            DeliveryStatus::Pending | DeliveryStatus::Retrying => self.open += 1,
        }
        self.attempts += outcome.attempts;
        for millis in &outcome.answered {
            self.times.add(*millis);
        }
    }

    /// Adds other deliveries' figures.
    pub fn merge(&mut self, other: &Self) {
        self.success += other.success;
        self.failed += other.failed;
        self.open += other.open;
        self.attempts += other.attempts;
        self.times.merge(&other.times);
    }

    /// All deliveries.
    #[must_use]
    pub fn deliveries(&self) -> u64 {
        self.success + self.failed + self.open
    }

    /// The share of successes among the settled deliveries, in thousandths, rounded down: 999 is not all.
    /// `None` if none is settled.
    #[must_use]
    pub fn success_per_mille(&self) -> Option<u64> {
        let settled = self.success + self.failed;
        (self.success * 1000).checked_div(settled)
    }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
