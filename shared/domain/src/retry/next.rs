//! Decides what happens after an attempt. The delivery function carries the decision out.

use super::{RetryConfig, after::MAX_RETRY_AFTER};
use crate::{
    delay::{MINUTE_MARGIN, QueueDelay},
    delivery::{AttemptNumber, DeliveryStatus, Reason, final_attempt},
    ids::DeliveryId,
    time::{Minute, Timestamp},
};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Jitter lengthens a delay by at most this part of it.
pub const MAX_JITTER: f64 = 0.1;

/// Whether the receiver accepted the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Status 2xx.
    Success,
    /// Every other result.
    Failure {
        /// The receiver's `Retry-After`.
        retry_after: Option<Duration>,
        /// Why no attempt may follow, even if the schedule allows one.
        end: Option<Reason>,
    },
}

/// An attempt that was just made, and the data for the decision.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The delivery. Jitter is derived from it, so that a decision can be repeated.
    pub delivery_id: DeliveryId,
    pub attempt: AttemptNumber,
    /// The number of attempts before the schedule began: attempt `schedule_from + 1` is its first.
    pub schedule_from: u32,
    /// The delivery's status before the attempt.
    pub before: DeliveryStatus,
    /// Made by `POST …/test`.
    pub test: bool,
    pub verdict: Verdict,
    /// The webhook's present configuration.
    pub config: &'a RetryConfig,
    /// The present, just before the record.
    pub now: Timestamp,
    /// When the event counts as expired. A delivery's row is removed a day before its event's: no
    /// attempt may be due after that.
    pub event_expires_at: Timestamp,
    /// The longest delay by queue.
    pub longest_queue_delay: QueueDelay,
}

/// What is recorded, and what is scheduled after the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Record `success`; nothing follows.
    Succeed,
    /// Record `failed`; nothing follows.
    Fail(Reason),
    /// Record the attempt and keep the status: a manual retry of a settled delivery failed.
    LeaveSettled,
    /// Record `retrying`; another attempt follows.
    Retry(Retry),
}

/// When and how the next attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// When it is due. For a shared wait, the time of its minute.
    pub due: Timestamp,
    /// The shared wait; `None` for a wait by queue.
    pub wait: Option<Minute>,
}

#[must_use]
pub fn next_step(made: &Made<'_>) -> NextStep {
    let (retry_after, end) = match made.verdict {
        Verdict::Success => return NextStep::Succeed,
        Verdict::Failure { retry_after, end } => (retry_after, end),
    };
    if made.before.is_settled() {
        return NextStep::LeaveSettled;
    }
    if let Some(reason) = end {
        return NextStep::Fail(reason);
    }
    let last = final_attempt(made.schedule_from, made.test, made.config.max_attempts);
    if made.attempt.get() >= last {
        return NextStep::Fail(Reason::AttemptsExhausted);
    }
    let place = made.attempt.get().saturating_sub(made.schedule_from);
    let next = made.attempt.next();
    let configured = Duration::from_secs(u64::from(made.config.delay_before(place + 1)));
    let jittered = lengthen(configured, jitter(made.delivery_id, next));
    let delay = jittered.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER));
    let retry = schedule(made.now.plus(delay), made.now, made.longest_queue_delay);
    if retry.due >= made.event_expires_at {
        return NextStep::Fail(Reason::EventExpired);
    }
    NextStep::Retry(retry)
}

/// Decides how to wait by the remaining time: by queue up to its longest delay, otherwise by the
/// shared wait of the first minute before which the row can be recorded.
#[must_use]
pub fn schedule(due: Timestamp, now: Timestamp, longest_queue_delay: QueueDelay) -> Retry {
    let left = now.until(due);
    if left <= Duration::from_secs(u64::from(longest_queue_delay.seconds())) {
        return Retry { due, wait: None };
    }
    let mut minute = Minute::at_or_after(due);
    if now.until(minute.strikes_at()) < MINUTE_MARGIN {
        minute = minute.next();
    }
    Retry { due: minute.strikes_at(), wait: Some(minute) }
}

/// The queue delay with which a message arrives at `due` or less than a second later.
#[must_use]
pub fn queue_delay(due: Timestamp, now: Timestamp) -> QueueDelay {
    QueueDelay::at_most(
        u64::try_from(now.until(due).as_millis().div_ceil(1000)).unwrap_or(u64::MAX),
    )
}

/// A number in `0.0..1.0` that is derived from the delivery and the attempt: different for each
/// delivery, and the same when a step is repeated.
fn jitter(delivery: DeliveryId, attempt: AttemptNumber) -> f64 {
    let mut hash = Sha256::new();
    hash.update(delivery.uuid().as_bytes());
    hash.update(attempt.get().to_be_bytes());
    let digest = hash.finalize();
    let value = u16::from_be_bytes([digest[0], digest[1]]);
    f64::from(value) / 65_536.0
}

fn lengthen(delay: Duration, jitter: f64) -> Duration {
    delay + delay.mul_f64(MAX_JITTER * jitter)
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
