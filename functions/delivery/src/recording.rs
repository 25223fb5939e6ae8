//! The record of an attempt is written, and tried again while DynamoDB throttles it or does not
//! answer.
//!
//! The request has gone out: if its record is given up, the receiver gets the request again. So
//! this goes by time and not by a number of tries, which a throttling wave of a second would use up.

use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt},
    ports::{AttemptRecord, Clock, Pause, PortError, RecordAttempts, Recorded},
    time::Timestamp,
};
use std::time::Duration;

/// The longest pause after the first try that failed. It doubles with each further one,
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// up to this. No longer: the record should follow soon when the wave is over.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Records an attempt. No try begins after `last_try`, but for the first.
pub(crate) async fn record(
    deliveries: &impl RecordAttempts,
    clock: &(impl Clock + Pause),
    record: &AttemptRecord,
    last_try: Timestamp,
) -> Result<Recorded, PortError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match deliveries.record_attempt(record).await {
            // A try before this one had its effect, and its answer was lost.
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
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Whether the delivery's last attempt on record is this one. Its texts do not count: they may have
/// been erased since. Should two runs ever make the same attempt in the same millisecond, one of
/// them schedules the next attempt a second time, and that copy finds it on record.
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
