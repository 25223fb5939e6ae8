//! An attempt is due.
//!
//! Reads: the delivery (consistent, 1 read unit), its webhook with its endpoint's health (one query,
//! eventually consistent, ½) and, if the message does not carry it, the event (½ per 4 KB). Writes:
//! one conditional update. Every further call belongs to what is not the happy path.

use crate::{
    Deliver, Done, StepError, StepResult,
    circuit::Passage,
    enqueue, enqueue_attempt,
    health::{Seen, Signs},
    record::{Attempted, decide, sign},
    stale,
};
use grapnel_domain::{
    delivery::{Delivery, Reason},
    event::EventContent,
    message::{Attempt, QueueDelay, QueueMessage, Target},
    notice::DeliveryDigest,
    outbound::{SendOutcome, Sent},
    ports::{
        Clock, Consistency, EndDeliveries, Ending, EnqueueAttempts, Outgoing, ParkDeliveries,
        PortError, ReadDeliveries, ReadEvents, ReadWebhooks, RecordAttempts, Recorded,
        ReopenDeliveries, SendRequests, StartWaits, StoreHealth, WaitState, WatchCircuits,
    },
    request::{self, NoRequest},
    retry::next::{NextStep, Retry, queue_delay},
    time::Timestamp,
    webhook::{Webhook, WebhookStatus},
};
use std::{ops::ControlFlow, time::Duration};

/// How long a silent resolver is our fault; then it counts as an attempt.
const RESOLVER_PATIENCE: Duration = Duration::from_secs(3600);

/// Seconds between two tries of a resolver that does not answer.
const RESOLVER_PAUSE_SECONDS: u64 = 30;

impl<W, E, D, Q, L, X, S, N, C> Deliver<W, E, D, Q, L, X, S, N, C>
where
    W: ReadWebhooks + StoreHealth,
    E: ReadEvents,
    D: ReadDeliveries + RecordAttempts + EndDeliveries + ParkDeliveries + ReopenDeliveries,
    Q: EnqueueAttempts,
    X: StartWaits + WatchCircuits,
    S: SendRequests,
    C: Clock,
{
    pub(crate) async fn attempt(&self, message: Attempt, signs: &Signs) -> StepResult {
        let Attempt { target, attempt: number, manual, replay, event, resolver_silent_since } =
            message;
        let (delivery, webhook) = futures::join!(
            self.deliveries.delivery(target.key()),
            self.webhooks.webhook(&target.user_id, target.webhook_id, Consistency::Eventual),
        );
        let Some(mut delivery) = delivery? else { return Ok(Done::NothingToDo) };
        if let Some(replay) = replay {
            match self.reopen(delivery, number, replay).await? {
                ControlFlow::Continue(reopened) => delivery = reopened,
                ControlFlow::Break(done) => return Ok(done),
            }
        }
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
        let webhook = match self.usable(&delivery, &target, webhook?).await? {
            Ok(webhook) => webhook,
            Err(reason) => return self.end(&delivery, reason).await,
        };
        // Somebody who asks for an attempt, or tries out a webhook, does not wait for the circuit.
        let asked_for = manual || delivery.test;
        let mut event = event;
        let mut unsent = None;
        if !asked_for && webhook.transform.is_some() && webhook.health.is_failing() {
            // A probe without a request would keep everybody else waiting for nothing, so that it
            // has a body is seen before it is claimed.
            let Some(read) = self.event(&target, event).await? else {
                return self.end(&delivery, Reason::EventExpired).await;
            };
            unsent = request::body(&webhook, target.event_id, &read).err();
            event = Some(read);
        }
        let webhook = if asked_for || unsent.is_some() {
            webhook
        } else {
            match self.pass(&delivery, webhook).await? {
                Passage::Through(webhook) => webhook,
                Passage::Ends(reason) => return self.end(&delivery, reason).await,
                Passage::Finished(done) => return Ok(done),
            }
        };
        let Some(event) = self.event(&target, event).await? else {
            return self.end(&delivery, Reason::EventExpired).await;
        };

        let begun = self.clock.now();
        let built =
            unsent.map_or_else(|| request::build(&webhook, target.event_id, &event, begun), Err);
        let sent = match built {
            Ok(request) => self.sender.send(request).await,
            Err(NoRequest::Damaged(damaged)) => return Err(StepError::Never(damaged.to_string())),
            // On record like any attempt, for its owner to see; no other would do better.
            Err(failed @ NoRequest::Transform(_)) => Sent {
                outcome: SendOutcome::NotSent { error: failed.to_string() },
                duration: Duration::ZERO,
            },
        };
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
        let sign = sign(&sent.outcome, &delivery, begun, next);
        let seen = sign.filter(|sign| !asked_for || sign.holds_if_asked_for()).map(|sign| Seen {
            sign,
            delivery: DeliveryDigest::from(&delivery),
            webhook: webhook.clone(),
        });
        match self.deliveries.record_attempt(&record).await? {
            Recorded::Yes => {}
            // Ended while the attempt was under way. The attempt belongs on record all the same,
            // and the end stays: its message may be acknowledged already.
            Recorded::Refused(Some(found))
                if found.status.is_settled() && found.next_attempt_number() == number =>
            {
                let (record, _) = on(&found);
                self.deliveries.record_attempt(&record).await?;
                signs.extend(seen);
                return Ok(Done::FailedForGood);
            }
            Recorded::Refused(Some(found)) => return self.stale(&found).await,
            Recorded::Refused(None) => return Ok(Done::NothingToDo),
        }
        let status = webhook.effective_status();
        signs.extend(seen);
        match next {
            NextStep::Succeed => Ok(Done::Delivered),
            NextStep::Fail(_) | NextStep::LeaveSettled => Ok(Done::FailedForGood),
            NextStep::Retry(retry) => {
                let next = Attempt::scheduled(target, number + 1).carrying(&event);
                self.schedule(next, retry, status, now).await?;
                Ok(Done::Rescheduled)
            }
        }
    }

    /// Schedules what was just recorded.
    async fn schedule(
        &self,
        next: Attempt,
        retry: Retry,
        status: WebhookStatus,
        now: Timestamp,
    ) -> Result<(), PortError> {
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
        let user = next.target.user_id.clone();
        let message = Outgoing::new(QueueMessage::Attempt(next), queue_delay(retry.due, now));
        enqueue(&self.queue, message.for_status(status, &user)).await
    }

    async fn stale(&self, delivery: &Delivery) -> StepResult {
        let now = self.clock.now();
        Ok(stale::finish(delivery, &self.queue, &self.waits, &self.rules, now).await?)
    }

    /// The webhook, or why there is no attempt. What an eventually consistent read does not show,
    /// or shows as disabled, is read again consistently before anything ends on it.
    async fn usable(
        &self,
        delivery: &Delivery,
        target: &Target,
        seen: Option<Webhook>,
    ) -> Result<Result<Box<Webhook>, Reason>, PortError> {
        let may_send = |webhook: &Webhook| delivery.test || webhook.effective_status().receives();
        match seen.filter(may_send) {
            Some(webhook) => Ok(Ok(Box::new(webhook))),
            None => self.current(&target.user_id, target.webhook_id, delivery.test).await,
        }
    }

    /// The event, from the message if that carries it.
    async fn event(
        &self,
        target: &Target,
        carried: Option<EventContent>,
    ) -> Result<Option<EventContent>, PortError> {
        if carried.is_some() {
            return Ok(carried);
        }
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
            expires_at: delivery.expiry(self.rules.retention, self.clock.now()),
        };
        match self.deliveries.end_delivery(ending).await? {
            Recorded::Yes => Ok(Done::Ended(reason)),
            Recorded::Refused(Some(found)) => self.stale(&found).await,
            Recorded::Refused(None) => Ok(Done::NothingToDo),
        }
    }
}
