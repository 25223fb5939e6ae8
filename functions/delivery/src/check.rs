//! A check: makes sure that an attempt's next step was scheduled.

use crate::{Deliver, Done, Ports, StepResult, outbox::Outbox};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::Target,
    message::{Check, MakeAttempt, QueueMessage},
    ports::{Clock, Consistency, Deliveries, PortError, Webhooks},
    retry::next::queue_delay,
    time::Timestamp,
};

impl<P: Ports> Deliver<P> {
    /// Processes a check. It sends no request and records nothing. If the attempt is missing, it
    /// sends the attempt's ordinary message, and that ends the check.
    pub(crate) async fn check(&self, check: Check, outbox: &Outbox) -> StepResult {
        let Some(delivery) = self.deliveries.delivery(check.target.key()).await? else {
            return Ok(Done::NothingToDo);
        };
        let on_record = check.attempt.is_among(delivery.attempt_count());
        if delivery.status.is_settled() || (on_record && !check.after_parking) {
            return Ok(Done::NothingToDo);
        }
        let now = self.clock.now();
        if now < check.not_before {
            return self.send_on(check, now, outbox).await;
        }
        if check.after_parking {
            return match on_record {
                true => Ok(self.stale(&delivery, outbox).await?),
                // The delivery still waits, or its message was sent: a release sends the message
                // before it removes the row.
                false => Ok(Done::NothingToDo),
            };
        }
        // An attempt that waits for its rate limit slot is not missing. Its slot was assigned
        // before this check, and so is before the first free slot.
        if !check.after_slots
            && let Some(free) = self.first_free_slot(&check.target).await?
            && now < free
        {
            let not_before = free.plus(self.rules.visibility_timeout * 2);
            let later = Check { not_before, after_slots: true, ..check };
            return self.send_on(later, now, outbox).await;
        }
        let attempt = MakeAttempt::scheduled(delivery.target(), delivery.next_attempt_number());
        outbox.send_attempt(attempt, QueueDelay::NONE).await?;
        Ok(Done::Healed)
    }

    async fn send_on(&self, check: Check, now: Timestamp, outbox: &Outbox) -> StepResult {
        let delay = queue_delay(check.not_before, now);
        outbox.send_one(QueueMessage::Check(check), delay).await?;
        Ok(Done::SentOn)
    }

    async fn first_free_slot(&self, target: &Target) -> Result<Option<Timestamp>, PortError> {
        let (user, id) = (&target.user_id, target.webhook_id);
        let webhook = self.webhooks.webhook(user, id, Consistency::Strong).await?;
        let limited = webhook.filter(|webhook| webhook.rate_limit.is_some());
        Ok(limited.and_then(|webhook| webhook.next_slot).map(|next| next.as_timestamp()))
    }
}
