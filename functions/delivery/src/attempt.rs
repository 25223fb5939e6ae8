//! Makes an attempt: sends the request, records the result, schedules the next step.
//!
//! Reads: the event, if the message does not contain it (½ read unit per 4 KB). Writes: one
//! conditional update. There are further calls only if something fails.

use crate::{
    Deliver, Done, Ports, StepError, StepResult,
    common::Common,
    health::Observation,
    outbox::Outbox,
    ready::Ready,
    record::{Attempted, decide, evidence},
    recording,
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::Delivery,
    message::{Check, MakeAttempt, Outgoing, QueueMessage},
    notice::DeliveryDigest,
    outbound::{OutboundRequest, SendOutcome, Sent},
    ports::{Clock, PortError, Recorded, SendRequests, StartWaits, WaitState},
    request::{self, NoRequest},
    retry::next::{NextStep, Retry, queue_delay},
    time::Timestamp,
    webhook::WebhookStatus,
};
use std::time::Duration;

/// How long it is our fault if a name server does not answer; after this, it counts as a failed
/// attempt.
const RESOLVER_PATIENCE: Duration = Duration::from_secs(3600);

/// Seconds between two tries if the name server does not answer.
const RESOLVER_PAUSE_SECONDS: u64 = 30;

impl<P: Ports> Deliver<P> {
    /// Makes an attempt that is due and allowed.
    pub(crate) async fn make(&self, ready: Ready, common: &Common<'_>) -> StepResult {
        let Common { observations, outbox, .. } = common;
        let deadline = common.deadline;
        let asked_for = ready.is_asked_for();
        let age = ready.age_at(self.clock.now());
        let Ready { message, delivery, webhook, unsent } = ready;
        let MakeAttempt {
            target,
            attempt: number,
            manual,
            replay,
            event,
            resolver_silent_since,
            ..
        } = message;
        let event = match self.event(&target, event).await? {
            Ok(event) => event,
            Err(reason) => return self.end(&delivery, reason, outbox).await,
        };

        let begun = self.clock.now();
        let built =
            unsent.map_or_else(|| request::build(&webhook, target.event_id, &event, begun), Err);
        let sent = match built {
            Ok(request) => self.send(request, deadline).await?,
            Err(NoRequest::Damaged(damaged)) => return Err(StepError::Never(damaged.to_string())),
            // Recorded like any attempt, so that its owner sees it. A retry would fail in the same
            // way.
            Err(failed @ NoRequest::Transform(_)) => Sent {
                outcome: SendOutcome::NotSent { error: failed.to_string() },
                duration: Duration::ZERO,
            },
        };
        if let SendOutcome::ResolverUnavailable { error } = &sent.outcome {
            let since = resolver_silent_since.unwrap_or(begun);
            if since.until(self.clock.now()) < RESOLVER_PATIENCE {
                tracing::warn!(webhook.id = %target.webhook_id, delivery.id = %target.delivery_id, error, "the resolver did not answer; the attempt is postponed");
                // Without its slot, which will have passed.
                let again = MakeAttempt {
                    manual,
                    replay: replay.filter(|_| manual),
                    resolver_silent_since: Some(since),
                    ..MakeAttempt::scheduled(target, number).carrying(&event)
                };
                let delay = QueueDelay::at_most(RESOLVER_PAUSE_SECONDS);
                outbox.send_attempt(again, delay).await?;
                return Ok(Done::Postponed);
            }
        }

        // The minute of a shared wait is computed from this time, so that it cannot end before the
        // record.
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
        let evidence = evidence(&sent.outcome, &delivery, begun, next);
        let seen = evidence.filter(|it| !asked_for || it.counts_if_asked_for()).map(|evidence| {
            Observation {
                evidence,
                age,
                delivery: DeliveryDigest::from(&delivery),
                webhook: webhook.clone(),
            }
        });
        match recorded(record).await? {
            Recorded::Yes => {}
            // The delivery ended during the attempt. The attempt is recorded, and the delivery
            // stays ended: the message that ended it may be acknowledged already.
            Recorded::Refused(Some(found))
                if found.status.is_settled() && found.next_attempt_number() == number =>
            {
                let (record, _) = on(&found);
                recorded(record).await?;
                observations.extend(seen);
                return Ok(Done::FailedForGood);
            }
            Recorded::Refused(Some(found)) => return Ok(self.stale(&found, outbox).await?),
            Recorded::Refused(None) => return Ok(Done::NothingToDo),
        }
        let status = webhook.effective_status();
        observations.extend(seen);
        match next {
            NextStep::Succeed => Ok(Done::Delivered),
            NextStep::Fail(_) | NextStep::LeaveSettled => Ok(Done::FailedForGood),
            NextStep::Retry(retry) => {
                let next = MakeAttempt::scheduled(target, number.next()).carrying(&event);
                self.schedule(next, retry, status, outbox).await?;
                Ok(Done::Rescheduled)
            }
        }
    }

    /// Sends a request, if there is enough time left for it and its record. Otherwise the message
    /// is received again, and the next run has its whole time.
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

    /// Schedules the next step of a recorded attempt.
    async fn schedule(
        &self,
        next: MakeAttempt,
        retry: Retry,
        status: WebhookStatus,
        outbox: &Outbox,
    ) -> Result<(), PortError> {
        if let Some(minute) = retry.wait {
            match self.waits.ensure_waiting(minute).await? {
                WaitState::Running if self.clock.now() < minute.strikes_at() => return Ok(()),
                // The record was written after the minute. The execution's last visit may come
                // before the index shows the row, so this attempt is also sent by queue.
                WaitState::Running => {}
                // The minute has passed, and the execution has ended.
                WaitState::Over => {}
            }
        }
        let user = next.target.user_id.clone();
        let now = self.clock.now();
        let delay = queue_delay(retry.due, now);
        // If somebody stopped an execution before its minute, the remaining time may exceed the
        // longest queue delay. A check is sent again until the attempt is due; a message would make
        // the attempt too early.
        let message = if now.plus(Duration::from_secs(delay.seconds().into())) < retry.due {
            QueueMessage::Check(Check {
                target: next.target,
                attempt: next.attempt,
                not_before: retry.due.plus(self.rules.visibility_timeout * 2),
                after_parking: false,
                after_slots: false,
            })
        } else {
            QueueMessage::MakeAttempt(next)
        };
        let message = Outgoing::new(message, delay);
        outbox.send(message.for_status(status, &user)).await
    }
}
