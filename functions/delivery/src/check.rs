//! A check: did the attempt that was due come?

use crate::{Done, Rules, StepResult, enqueue_attempt, enqueue_one, stale};
use grapnel_domain::{
    message::{Attempt, Check, QueueDelay, QueueMessage},
    ports::{EnqueueAttempts, ReadDeliveries, StartWaits, WatchCircuits},
    retry::next::queue_delay,
    time::Timestamp,
};

/// Carries out a check. It sends no request and records nothing: at most, it sends the ordinary
/// message of the attempt that is missing, and that ends it.
pub(crate) async fn carry_out(
    check: Check,
    deliveries: &impl ReadDeliveries,
    queue: &impl EnqueueAttempts,
    waits: &(impl StartWaits + WatchCircuits),
    rules: &Rules,
    now: Timestamp,
) -> StepResult {
    let Some(delivery) = deliveries.delivery(check.target.key()).await? else {
        return Ok(Done::NothingToDo);
    };
    let on_record = delivery.attempt_count() >= check.attempt;
    if delivery.status.is_settled() || (on_record && !check.after_parking) {
        return Ok(Done::NothingToDo);
    }
    if now < check.not_before {
        let delay = queue_delay(check.not_before, now);
        enqueue_one(queue, QueueMessage::Check(check), delay).await?;
        return Ok(Done::SentOn);
    }
    if check.after_parking {
        return match on_record {
            true => Ok(stale::finish(&delivery, queue, waits, rules, now).await?),
            // Parked still, or on its way: whoever let it go sent its message first.
            false => Ok(Done::NothingToDo),
        };
    }
    let attempt = Attempt::scheduled(delivery.target(), delivery.next_attempt_number());
    enqueue_attempt(queue, attempt, QueueDelay::NONE).await?;
    Ok(Done::Healed)
}
