//! An attempt is made.
//!
//! Reads: the event, if the message does not carry it (½ per 4 KB). Writes: one conditional update.
//! Every further call belongs to what is not the happy path.

use crate::{
    Deliver, Done, StepError, StepResult, enqueue, enqueue_attempt,
    health::{Seen, Signs},
    ready::Ready,
    record::{Attempted, decide, sign},
    recording,
};
use grapnel_domain::{
    delivery::Delivery,
    message::{Attempt, Check, QueueDelay, QueueMessage, Target},
    notice::DeliveryDigest,
    outbound::{OutboundRequest, SendOutcome, Sent},
    ports::{
        Clock, EndDeliveries, EnqueueAttempts, Outgoing, ParkDeliveries, Pause, PortError,
        ReadDeliveries, ReadEvents, ReadWebhooks, RecordAttempts, Recorded, ReopenDeliveries,
        SendRequests, StartWaits, StoreHealth, WaitState, WatchCircuits,
    },
    request::{self, NoRequest},
    retry::next::{NextStep, Retry, queue_delay},
    time::Timestamp,
    webhook::WebhookStatus,
};
use std::time::Duration;

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
    C: Clock + Pause,
{
    /// Makes an attempt whose turn it is.
    pub(crate) async fn make(
        &self,
        ready: Ready,
        signs: &Signs,
        deadline: Timestamp,
    ) -> StepResult {
        let asked_for = ready.is_asked_for();
        let Ready { message, delivery, webhook, unsent } = ready;
        let Attempt {
            target, attempt: number, manual, replay, event, resolver_silent_since, ..
        } = message;
        let event = match self.event(&target, event).await? {
            Ok(event) => event,
            Err(reason) => return self.end(&delivery, reason).await,
        };

        let begun = self.clock.now();
        let built =
            unsent.map_or_else(|| request::build(&webhook, target.event_id, &event, begun), Err);
        let sent = match built {
            Ok(request) => self.send(request, deadline).await?,
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
                // Without its slot: when it comes again, that is past.
                let again = Attempt {
                    manual,
                    replay: replay.filter(|_| manual),
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
        let last_try = self.rules.time_budget.last_record_try(now, deadline);
        let recorded = async |record| {
            recording::record(&self.deliveries, &self.clock, &record, last_try).await
        };
        let (record, next) = on(&delivery);
        let sign = sign(&sent.outcome, &delivery, begun, next);
        let seen = sign.filter(|sign| !asked_for || sign.holds_if_asked_for()).map(|sign| Seen {
            sign,
            delivery: DeliveryDigest::from(&delivery),
            webhook: webhook.clone(),
        });
        match recorded(record).await? {
            Recorded::Yes => {}
            // Ended while the attempt was under way. The attempt belongs on record all the same,
            // and the end stays: its message may be acknowledged already.
            Recorded::Refused(Some(found))
                if found.status.is_settled() && found.next_attempt_number() == number =>
            {
                let (record, _) = on(&found);
                recorded(record).await?;
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
                self.schedule(next, retry, status).await?;
                Ok(Done::Rescheduled)
            }
        }
    }

    /// Sends a request, if the time that is left has room for it and its record. Otherwise the
    /// message comes again, with the whole time of another run before it.
    async fn send(&self, request: OutboundRequest, deadline: Timestamp) -> Result<Sent, PortError> {
        let budget = &self.rules.time_budget;
        let timeout = request.timeout.min(budget.longest_request);
        if !budget.has_time_for(timeout, self.clock.now(), deadline) {
            return Err(PortError::Unavailable(
                "the steps before the request took too long: too little time is left to record it"
                    .into(),
            ));
        }
        Ok(self.sender.send(OutboundRequest { timeout, ..request }).await)
    }

    /// Schedules what was just recorded.
    async fn schedule(
        &self,
        next: Attempt,
        retry: Retry,
        status: WebhookStatus,
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
        let now = self.clock.now();
        let delay = queue_delay(retry.due, now);
        // An execution that somebody stopped before its minute leaves more time than a queue can
        // delay. A check is sent on until then; the attempt would be made early.
        let message = if now.plus(Duration::from_secs(delay.seconds().into())) < retry.due {
            QueueMessage::Check(Check {
                target: next.target,
                attempt: next.attempt,
                not_before: retry.due.plus(self.rules.visibility_timeout * 2),
                after_parking: false,
                after_slots: false,
            })
        } else {
            QueueMessage::Attempt(next)
        };
        let message = Outgoing::new(message, delay);
        enqueue(&self.queue, message.for_status(status, &user)).await
    }
}
