//! An attempt is due: reads what it needs, and decides whether it may be made.
//!
//! Reads: the delivery (consistent, 1 read unit, in one call with those of the other attempts of the
//! batch), and its webhook with health and rate limiter (one query, eventually consistent, ½ read
//! unit for each 4 KB, for all messages of the batch that go to webhooks of its user). There are
//! further calls only if something is unusual.

use crate::{
    Deliver, Done, Ports, StepError, StepResult, circuit::Passage, common::Common, outbox::Outbox,
};
use grapnel_domain::{
    delivery::{Delivery, Ending, Reason, Target},
    event::EventContent,
    lateness,
    limit::RateLimit,
    message::MakeAttempt,
    ports::{Clock, Consistency, Deliveries, PortError, ReadEvents, Recorded},
    request::{self, NoRequest},
    time::Timestamp,
    webhook::Webhook,
};
use std::{ops::ControlFlow, time::Duration};

/// An attempt that may be made, if its webhook's rate limit allows it.
pub(crate) struct Ready {
    pub(crate) message: MakeAttempt,
    /// From a consistent read: this attempt is its next.
    pub(crate) delivery: Delivery,
    pub(crate) webhook: Box<Webhook>,
    /// Why no request can be sent, if that is already known.
    pub(crate) unsent: Option<NoRequest>,
}

impl Ready {
    /// Whether a person asked for this attempt, or it is a test: then it is made even if the
    /// circuit breaker is open.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.message.manual || self.delivery.test
    }

    /// The age of its event now, unless it is late by design.
    pub(crate) fn age_at(&self, now: Timestamp) -> Option<Duration> {
        lateness::age(&self.message, &self.delivery, &self.webhook.health, now)
    }

    /// The rate limit that applies. A manual retry and a test are sent at once; the many attempts
    /// of a replay respect the limit. A probe is sent at once too: while a circuit breaker is open,
    /// nothing else is sent.
    pub(crate) fn limit(&self) -> Option<RateLimit> {
        let by_a_person = self.message.manual && self.message.replay.is_none();
        let is_probe = !self.is_asked_for() && self.webhook.health.is_failing();
        let is_exempt = by_a_person || self.delivery.test || is_probe;
        self.webhook.rate_limit.filter(|_| !is_exempt)
    }
}

impl<P: Ports> Deliver<P> {
    /// Returns the attempt that a message asks for, or how the message is finished without it.
    pub(crate) async fn ready<'a>(
        &'a self,
        message: MakeAttempt,
        common: &Common<'a>,
    ) -> Result<ControlFlow<Done, Ready>, StepError> {
        let MakeAttempt { target, attempt: number, manual, replay, .. } = &message;
        let (number, manual) = (*number, *manual);
        let outbox = &common.outbox;
        let (delivery, webhook) = futures::join!(
            self.delivery_of(target.key(), common),
            self.webhook_of(target, common),
        );
        let Some(mut delivery) = delivery? else {
            return Ok(ControlFlow::Break(Done::NothingToDo));
        };
        // A successful delivery stays successful, even if a replay resends it.
        if let Some(replay) = replay.filter(|_| !manual) {
            match self.reopen(delivery, number, replay, outbox).await? {
                ControlFlow::Continue(reopened) => delivery = reopened,
                ControlFlow::Break(done) => return Ok(ControlFlow::Break(done)),
            }
        }
        if number.is_among(delivery.attempt_count()) {
            return Ok(ControlFlow::Break(self.stale(&delivery, outbox).await?));
        }
        if number > delivery.next_attempt_number() {
            return Err(StepError::Never(format!(
                "attempt {number} was asked for, but only {} are on record",
                delivery.attempt_count()
            )));
        }
        if delivery.status.is_settled() && !manual {
            return Ok(ControlFlow::Break(Done::NothingToDo));
        }
        // From a consistent read: data that was erased before this read is not sent, even if the
        // message contains it.
        if delivery.payload_erased_at.is_some() {
            let ended = self.end(&delivery, Reason::PayloadErased, outbox).await;
            return ended.map(ControlFlow::Break);
        }
        let webhook = match self.usable(&delivery, target, webhook?).await? {
            Ok(webhook) => webhook,
            Err(reason) => {
                return self.end(&delivery, reason, outbox).await.map(ControlFlow::Break);
            }
        };
        let mut ready = Ready { message, delivery, webhook, unsent: None };
        if ready.is_asked_for() {
            return Ok(ControlFlow::Continue(ready));
        }
        if ready.webhook.transform.is_some() && ready.webhook.health.is_failing() {
            // A probe without a body would keep all parked deliveries waiting, so the body is made
            // before the probe is claimed.
            let carried = ready.message.event.take();
            let event = match self.event(&ready.message.target, carried).await? {
                Ok(event) => event,
                Err(reason) => {
                    return self.end(&ready.delivery, reason, outbox).await.map(ControlFlow::Break);
                }
            };
            ready.unsent =
                request::body(&ready.webhook, ready.message.target.event_id, &event).err();
            ready.message.event = Some(event);
            if ready.unsent.is_some() {
                return Ok(ControlFlow::Continue(ready));
            }
        }
        let Ready { message, delivery, webhook, unsent } = ready;
        match self.pass(&delivery, webhook, outbox).await? {
            Passage::Through(webhook) => {
                Ok(ControlFlow::Continue(Ready { message, delivery, webhook, unsent }))
            }
            Passage::Ends(reason) => {
                self.end(&delivery, reason, outbox).await.map(ControlFlow::Break)
            }
            Passage::Finished(done) => Ok(ControlFlow::Break(done)),
        }
    }

    /// The event, from the message if it contains it; or the reason why its deliveries end.
    pub(crate) async fn event(
        &self,
        target: &Target,
        carried: Option<EventContent>,
    ) -> Result<Result<EventContent, Reason>, PortError> {
        if let Some(carried) = carried {
            return Ok(Ok(carried));
        }
        for consistency in [Consistency::Eventual, Consistency::Strong] {
            let event = self.events.event(&target.user_id, target.event_id, consistency).await?;
            if let Some(event) = event {
                return Ok(event.deliverable().ok_or(Reason::PayloadErased));
            }
        }
        Ok(Err(Reason::EventExpired))
    }

    /// The webhook, or why there is no attempt. If an eventually consistent read shows the webhook
    /// as missing or disabled, a consistent read decides.
    async fn usable(
        &self,
        delivery: &Delivery,
        target: &Target,
        seen: Option<Webhook>,
    ) -> Result<Result<Box<Webhook>, Reason>, PortError> {
        let may_send = |webhook: &Webhook| webhook.takes_attempts(delivery.test);
        match seen.filter(may_send) {
            Some(webhook) => Ok(Ok(Box::new(webhook))),
            None => self.current(&target.user_id, target.webhook_id, delivery.test).await,
        }
    }

    /// Ends the delivery without an attempt. A settled delivery (this was a manual retry) does not
    /// change.
    pub(crate) async fn end(
        &self,
        delivery: &Delivery,
        reason: Reason,
        outbox: &Outbox,
    ) -> StepResult {
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
            Recorded::Refused(Some(found)) => Ok(self.stale(&found, outbox).await?),
            Recorded::Refused(None) => Ok(Done::NothingToDo),
        }
    }
}
