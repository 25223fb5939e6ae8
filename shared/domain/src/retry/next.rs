//! What happens after an attempt: a pure decision that the delivery function carries out.

use super::{RetryConfig, after::MAX_RETRY_AFTER};
use crate::{
    delay::QueueDelay,
    delivery::{DeliveryStatus, MAX_ATTEMPTS_ON_RECORD, Reason},
    ids::DeliveryId,
    time::{MINUTE_MARGIN, Minute, Timestamp},
};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Jitter lengthens a delay by at most this share of it.
pub const MAX_JITTER: f64 = 0.1;

/// Whether the receiver took the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Status 2xx.
    Success,
    /// Anything else.
    Failure {
        /// How long the receiver asked to be left alone.
        retry_after: Option<Duration>,
        /// Why no attempt is to follow, whatever the schedule says.
        end: Option<Reason>,
    },
}

/// An attempt that was just made, and what the decision depends on.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The delivery; jitter follows from it, so that a decision can be repeated.
    pub delivery_id: DeliveryId,
    /// The number of the attempt.
    pub attempt: u32,
    /// After how many attempts the schedule began: attempt `schedule_from + 1` is its first.
    pub schedule_from: u32,
    /// Where the delivery stood before it.
    pub before: DeliveryStatus,
    /// Made by `POST …/test`.
    pub test: bool,
    /// What came of it.
    pub verdict: Verdict,
    /// The webhook's configuration now.
    pub config: &'a RetryConfig,
    /// The present, right before the record.
    pub now: Timestamp,
    /// When the event counts as gone. A delivery's own row goes a day before its event's: no
    /// attempt may be due later than that.
    pub event_expires_at: Timestamp,
    /// The longest delay that goes by queue.
    pub longest_queue_delay: QueueDelay,
}

/// What the record says and what is scheduled after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Record `success`; nothing follows.
    Succeed,
    /// Record `failed`; nothing follows.
    Fail(Reason),
    /// Record the attempt and leave the status: a manual retry of a settled delivery failed.
    LeaveSettled,
    /// Record `retrying`; another attempt follows.
    Retry(Retry),
}

/// When and how the next attempt comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// When it is due. For a shared wait, the instant at which its minute strikes.
    pub due: Timestamp,
    /// The shared wait, unless it goes by queue.
    pub wait: Option<Minute>,
}

/// Decides what follows an attempt.
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
    let place = made.attempt.saturating_sub(made.schedule_from);
    let is_last = place >= made.config.max_attempts || made.attempt >= MAX_ATTEMPTS_ON_RECORD;
    if made.test || is_last {
        return NextStep::Fail(Reason::AttemptsExhausted);
    }
    let next = made.attempt + 1;
    let configured = Duration::from_secs(u64::from(made.config.delay_before(place + 1)));
    let jittered = lengthen(configured, jitter(made.delivery_id, next));
    let delay = jittered.max(retry_after.unwrap_or_default().min(MAX_RETRY_AFTER));
    let retry = schedule(made.now.plus(delay), made.now, made.longest_queue_delay);
    if retry.due >= made.event_expires_at {
        return NextStep::Fail(Reason::EventExpired);
    }
    NextStep::Retry(retry)
}

/// Chooses the way to wait by the time left: a queue up to its longest delay, else the shared wait
/// of the first minute that is not over before its row is recorded.
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

/// The queue delay that makes a message arrive at `due` or, by less than a second, after it.
#[must_use]
pub fn queue_delay(due: Timestamp, now: Timestamp) -> QueueDelay {
    QueueDelay::at_most(
        u64::try_from(now.until(due).as_millis().div_ceil(1000)).unwrap_or(u64::MAX),
    )
}

/// A number in `0.0..1.0` that follows from the delivery and the attempt: spread over deliveries,
/// the same when a step is repeated.
fn jitter(delivery: DeliveryId, attempt: u32) -> f64 {
    let mut hash = Sha256::new();
    hash.update(delivery.uuid().as_bytes());
    hash.update(attempt.to_be_bytes());
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
