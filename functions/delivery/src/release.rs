//! A shared wait has ended: its deliveries are released, one page at a time.

use crate::{Done, StepError, StepResult, enqueue_one};
use futures::future::{join_all, try_join_all};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryKey},
    message::{MakeAttempt, Outgoing, QueueMessage, Release},
    ports::{Deliveries, EnqueueAttempts, FindDeliveries, PortError, UpdateDeliveries},
    retry::next::queue_delay,
    time::Timestamp,
};

/// Releases one page. The index lags, so each row is read consistently, and skipped if it no longer
/// waits for this minute. A row leaves the index only after its message is queued: if the function
/// dies in between, the message is sent twice, not lost. The next page is a separate message.
pub(crate) async fn carry_out(
    release: Release,
    deliveries: &(impl Deliveries + FindDeliveries + UpdateDeliveries),
    queue: &impl EnqueueAttempts,
    now: Timestamp,
) -> StepResult {
    let page = deliveries.waiting(release.webhook_id, release.minute, release.cursor).await?;
    let keys =
        page.items.iter().map(|row| DeliveryKey { webhook_id: release.webhook_id, id: row.id });
    let found = try_join_all(keys.map(|key| deliveries.delivery(key))).await?;
    let waiting: Vec<Delivery> = found
        .into_iter()
        .flatten()
        .filter(|d| d.waits_for == Some(release.minute) && !d.status.is_settled())
        .collect();

    let count = waiting.len();
    let sent = enqueue_all(&waiting, queue, now).await;
    let leaving = waiting.iter().zip(sent).map(async |(delivery, sent)| {
        sent?;
        let attempts = delivery.attempt_count();
        deliveries.stop_waiting(delivery.key(), release.minute, attempts).await
    });
    // Some rows are still in the index: the message is received again and finds exactly these.
    if let Some(error) = join_all(leaving).await.into_iter().find_map(Result::err) {
        return Err(StepError::from(error));
    }
    if let Some(cursor) = page.next {
        let next = Release { cursor: Some(cursor), ..release };
        enqueue_one(queue, QueueMessage::Release(next), QueueDelay::NONE).await?;
    }
    Ok(Done::Released(count))
}

/// Sends the message of each delivery's next attempt. If it waits for a slot, the message is
/// delayed until then.
pub(crate) async fn enqueue_all(
    waiting: &[Delivery],
    queue: &impl EnqueueAttempts,
    now: Timestamp,
) -> Vec<Result<(), PortError>> {
    if waiting.is_empty() {
        return Vec::new();
    }
    let messages = waiting.iter().map(|delivery| {
        let attempt = MakeAttempt::scheduled(delivery.target(), delivery.next_attempt_number());
        let attempt = MakeAttempt { slot: delivery.slot, ..attempt };
        let delay = delivery.slot.map_or(QueueDelay::NONE, |slot| queue_delay(slot.at, now));
        Outgoing::new(QueueMessage::MakeAttempt(attempt), delay)
    });
    queue.enqueue(messages.collect()).await
}
