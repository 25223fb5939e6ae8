//! An attempt is due.
//!
//! Reads: the delivery (consistent, 1 read unit), its webhook (eventually consistent, ½) and, if
//! the message does not carry it, the event (½ per 4 KB). Writes: one conditional update. Every
//! further call belongs to what is not the happy path.

use crate::{
    Deliver, Done, StepError, StepResult, enqueue_attempt,
    record::{Attempted, decide},
    stale,
};
use grapnel_domain::{
    delivery::{Delivery, Reason},
    event::EventContent,
    message::{Attempt, QueueDelay, Target},
    outbound::SendOutcome,
    ports::{
        Clock, Consistency, EndDeliveries, Ending, EnqueueAttempts, PortError, ReadDeliveries,
        ReadEvents, ReadWebhooks, RecordAttempts, Recorded, SendRequests, StartWaits, WaitState,
    },
    request,
    retry::next::{NextStep, Retry, queue_delay},
    time::Timestamp,
    webhook::Webhook,
};
use std::time::Duration;

/// How long a silent resolver is our fault; then it counts as an attempt.
const RESOLVER_PATIENCE: Duration = Duration::from_secs(3600);

/// Seconds between two tries of a resolver that does not answer.
const RESOLVER_PAUSE_SECONDS: u64 = 30;

/// What an attempt needs to be made, or why there is none.
enum Readiness {
    Ready(Box<Webhook>, EventContent),
    End(Reason),
}

impl<W, E, D, Q, L, X, S, C> Deliver<W, E, D, Q, L, X, S, C>
where
    W: ReadWebhooks,
    E: ReadEvents,
    D: ReadDeliveries + RecordAttempts + EndDeliveries,
    Q: EnqueueAttempts,
    X: StartWaits,
    S: SendRequests,
    C: Clock,
{
    pub(crate) async fn attempt(&self, message: Attempt) -> StepResult {
        let Attempt { target, attempt: number, manual, event, resolver_silent_since } = message;
        let (delivery, webhook) = futures::join!(
            self.deliveries.delivery(target.key()),
            self.webhooks.webhook(&target.user_id, target.webhook_id, Consistency::Eventual),
        );
        let Some(delivery) = delivery? else { return Ok(Done::NothingToDo) };
        if number <= delivery.attempt_count() {
            return self.stale(&delivery).await;
        }
        if number > delivery.next_attempt_number() {
            return Err(StepError::Never(format!(
                "attempt {number} was asked for, but only {} are on record",
                delivery.attempt_count()
            )));
        }
        if delivery.status.is_settled() && !manual {
            return Ok(Done::NothingToDo);
        }
        let (webhook, event) = match self.readiness(&delivery, &target, webhook?, event).await? {
            Readiness::Ready(webhook, event) => (webhook, event),
            Readiness::End(reason) => return self.end(&delivery, reason).await,
        };

        let begun = self.clock.now();
        let request = request::build(&webhook, target.event_id, &event, begun)
            .map_err(|damaged| StepError::Never(damaged.to_string()))?;
        let sent = self.sender.send(request).await;
        if let SendOutcome::ResolverUnavailable { error } = &sent.outcome {
            let since = resolver_silent_since.unwrap_or(begun);
            if since.until(self.clock.now()) < RESOLVER_PATIENCE {
                tracing::warn!(webhook.id = %target.webhook_id, delivery.id = %target.delivery_id, error, "the resolver did not answer; the attempt is postponed");
                let again = Attempt {
                    manual,
                    resolver_silent_since: Some(since),
                    ..Attempt::scheduled(target, number).carrying(&event)
                };
                let delay = QueueDelay::at_most(RESOLVER_PAUSE_SECONDS);
                enqueue_attempt(&self.queue, again, delay).await?;
                return Ok(Done::Postponed);
            }
        }

        // The minute of a shared wait counts from here: it must not strike before the record.
        let now = self.clock.now();
        let config = &webhook.retry_config;
        let on = |delivery: &Delivery| {
            let sent = sent.clone();
            let made = Attempted { delivery, config, number, manual, begun, sent };
            decide(made, &self.rules, now)
        };
        let (record, next) = on(&delivery);
        match self.deliveries.record_attempt(&record).await? {
            Recorded::Yes => {}
            // Ended while the attempt was under way. The attempt belongs on record all the same,
            // and the end stays: its message may be acknowledged already.
            Recorded::Refused(Some(found))
                if found.status.is_settled() && found.next_attempt_number() == number =>
            {
                let (record, _) = on(&found);
                self.deliveries.record_attempt(&record).await?;
                return Ok(Done::FailedForGood);
            }
            Recorded::Refused(Some(found)) => return self.stale(&found).await,
            Recorded::Refused(None) => return Ok(Done::NothingToDo),
        }
        match next {
            NextStep::Succeed => Ok(Done::Delivered),
            NextStep::Fail(_) | NextStep::LeaveSettled => Ok(Done::FailedForGood),
            NextStep::Retry(retry) => {
                let next = Attempt::scheduled(target, number + 1).carrying(&event);
                self.schedule(next, retry, now).await?;
                Ok(Done::Rescheduled)
            }
        }
    }

    /// Schedules what was just recorded.
    async fn schedule(&self, next: Attempt, retry: Retry, now: Timestamp) -> Result<(), PortError> {
        if let Some(minute) = retry.wait {
            let Target { user_id, webhook_id, .. } = &next.target;
            match self.waits.ensure_waiting(user_id, *webhook_id, minute).await? {
                WaitState::Running if self.clock.now() < minute.strikes_at() => return Ok(()),
                // The record took until after the minute. The execution may look for the last time
                // before the index shows the row, so this attempt goes by queue as well.
                WaitState::Running => {}
                // The minute is over, and so is whoever would have released it.
                WaitState::Over => {}
            }
        }
        enqueue_attempt(&self.queue, next, queue_delay(retry.due, now)).await
    }

    async fn stale(&self, delivery: &Delivery) -> StepResult {
        stale::finish(delivery, &self.queue, &self.waits, &self.rules, self.clock.now()).await
    }

    /// Gathers what the request is made of. What an eventually consistent read does not show, or
    /// shows as disabled, is read again consistently before anything ends on it.
    async fn readiness(
        &self,
        delivery: &Delivery,
        target: &Target,
        seen: Option<Webhook>,
        carried: Option<EventContent>,
    ) -> Result<Readiness, PortError> {
        // A test is how an owner tries a webhook before enabling it.
        let may_send = |webhook: &Webhook| webhook.status.receives() || delivery.test;
        let webhook = match seen.filter(may_send) {
            Some(webhook) => webhook,
            None => {
                let strong = Consistency::Strong;
                match self.webhooks.webhook(&target.user_id, target.webhook_id, strong).await? {
                    None => return Ok(Readiness::End(Reason::WebhookDeleted)),
                    Some(webhook) if may_send(&webhook) => webhook,
                    Some(_) => return Ok(Readiness::End(Reason::WebhookDisabled)),
                }
            }
        };
        let event = match carried {
            Some(event) => Some(event),
            None => self.read_event(target).await?,
        };
        Ok(match event {
            Some(event) => Readiness::Ready(Box::new(webhook), event),
            None => Readiness::End(Reason::EventExpired),
        })
    }

    async fn read_event(&self, target: &Target) -> Result<Option<EventContent>, PortError> {
        for consistency in [Consistency::Eventual, Consistency::Strong] {
            let event = self.events.event(&target.user_id, target.event_id, consistency).await?;
            if let Some(event) = event {
                return Ok(Some(event.content));
            }
        }
        Ok(None)
    }

    /// Ends the delivery without an attempt. A settled one (this was a manual retry) stays as it is.
    async fn end(&self, delivery: &Delivery, reason: Reason) -> StepResult {
        if delivery.status.is_settled() {
            return Ok(Done::NothingToDo);
        }
        let ending = Ending {
            key: delivery.key(),
            attempts: delivery.attempt_count(),
            reason,
            expires_at: self
                .rules
                .retention
                .delivery_expiry(self.clock.now(), delivery.id.event_stored_at())
                .max(delivery.expires_at),
        };
        match self.deliveries.end_delivery(ending).await? {
            Recorded::Yes => Ok(Done::Ended(reason)),
            Recorded::Refused(Some(found)) => self.stale(&found).await,
            Recorded::Refused(None) => Ok(Done::NothingToDo),
        }
    }
}
