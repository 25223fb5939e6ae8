//! Records an attempt, and retries while DynamoDB throttles the write or does not answer.
//!
//! The request was already sent: if its record is given up, the receiver gets the request again. So
//! retries are limited by time and not by a number of tries, which throttling would use up within a
//! second.

use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryAttempt},
    ports::{Clock, PortError, Recorded, UpdateDeliveries},
    time::Timestamp,
};
use std::time::Duration;

/// The longest pause after the first failed try. Each later pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause: the record should be written soon after the throttling ends.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause in the second half of the time. Where more is written than a partition takes, the
/// records that have waited longest must come first, or some would never have their turn.
const URGENT_PAUSE: Duration = Duration::from_millis(100);

/// Records an attempt. After `last_try`, no further try begins; there is always a first try.
pub(crate) async fn record(
    deliveries: &impl UpdateDeliveries,
    clock: &impl Clock,
    record: &AttemptRecord,
    last_try: Timestamp,
) -> Result<Recorded, PortError> {
    let mut pause = FIRST_PAUSE;
    let begun = clock.now();
    let is_urgent = |now: Timestamp| begun.until(now) >= begun.until(last_try) / 2;
    loop {
        let error = match deliveries.record_attempt(record).await {
            // An earlier try succeeded, and its response was lost.
            Ok(Recorded::Refused(Some(found))) if is_last_of(&found, &record.attempt) => {
                return Ok(Recorded::Yes);
            }
            Ok(recorded) => return Ok(recorded),
            Err(error @ PortError::Unusable(_)) => return Err(error),
            Err(error @ (PortError::Throttled(_) | PortError::Unavailable(_))) => error,
        };
        if clock.now().plus(pause) > last_try {
            return Err(error);
        }
        tracing::debug!(%error, "the record of an attempt is tried again");
        clock.pause(pause).await;
        pause = match is_urgent(clock.now()) {
            true => URGENT_PAUSE,
            false => (pause * 2).min(LONGEST_PAUSE),
        };
    }
}

/// Whether the delivery's last recorded attempt is this one. Texts are not compared, because they
/// may have been erased since. If two runs make the same attempt in the same millisecond, one of
/// them schedules the next attempt a second time, and that copy finds it recorded.
fn is_last_of(delivery: &Delivery, attempt: &DeliveryAttempt) -> bool {
    let identity = |attempt: &DeliveryAttempt| {
        let DeliveryAttempt { attempt_number, attempted_at, duration, status_code, manual, .. } =
            attempt;
        (*attempt_number, *attempted_at, *duration, *status_code, *manual)
    };
    delivery.attempts.last().map(identity) == Some(identity(attempt))
}

#[cfg(test)]
#[path = "recording_tests.rs"]
mod tests;
