//! Makes sure that an open circuit breaker wakes when it is due.
//!
//! The order keeps the promise: the health is written first, then the wake-up is sent, and the note is
//! last. If the function dies before the note, or its message comes twice, the wake-up is sent twice,
//! and the second one finds nothing to do.

use crate::{Deliver, Ports, enqueue_one};
use grapnel_domain::{
    health::{Health, Note},
    ids::{UserId, WebhookId},
    message::QueueMessage,
    ports::{Clock, PortError, Webhooks},
    release::{ReleaseParked, wakes_at},
    retry::next::queue_delay,
    time::Timestamp,
};

impl<P: Ports> Deliver<P> {
    /// Makes sure that the deliveries that are parked by this circuit breaker will be released.
    /// `health` is the stored health, or an older one that lacks the note.
    pub(crate) async fn ensure_wake_up(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<(), PortError> {
        let Some(due) = health.needs_wake_up() else { return Ok(()) };
        self.send_wake_up(ReleaseParked::wake_up(user.clone(), webhook, due), due).await?;
        if let Err(error) = self.webhooks.note(user, webhook, Note::WakeUp(due)).await {
            // Without the note the next function sends the wake-up again. To fail here would cost the probe
            // of this interval.
            tracing::warn!(webhook.id = %webhook, %error, "a wake-up was sent and not noted");
        }
        Ok(())
    }

    /// Sends a wake-up for its due time, or for the longest delay of the queue: then it comes too
    /// early and is sent on.
    pub(crate) async fn send_wake_up(
        &self,
        wake_up: ReleaseParked,
        due: Timestamp,
    ) -> Result<(), PortError> {
        let delay = queue_delay(wakes_at(due), self.clock.now());
        enqueue_one(&self.queue, QueueMessage::ReleaseParked(wake_up), delay).await
    }
}
