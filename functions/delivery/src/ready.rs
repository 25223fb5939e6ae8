//! An attempt is due: what has to be known, and done, before it may be made.
//!
//! Reads: the delivery (consistent, 1 read unit), its webhook with its endpoint's health and its
//! limiter (one query, eventually consistent, ½). Every further call belongs to what is not the happy
//! path.

use crate::{Deliver, Done, StepError, StepResult, circuit::Passage, stale};
use grapnel_domain::{
    delivery::{Delivery, Reason},
    event::EventContent,
    limit::RateLimit,
    message::{Attempt, Target},
    ports::{
        Clock, Consistency, EndDeliveries, Ending, EnqueueAttempts, ParkDeliveries, PortError,
        ReadDeliveries, ReadEvents, ReadWebhooks, Recorded, ReopenDeliveries, StartWaits,
        StoreHealth, WatchCircuits,
    },
    request::{self, NoRequest},
    webhook::Webhook,
};
use std::ops::ControlFlow;

/// An attempt that may be made, if its webhook's rate limit has room.
pub(crate) struct Ready {
    pub(crate) message: Attempt,
    /// As it was read, consistently: this attempt is its next.
    pub(crate) delivery: Delivery,
    pub(crate) webhook: Box<Webhook>,
    /// Why there is no request, if that is known already.
    pub(crate) unsent: Option<NoRequest>,
}

impl Ready {
    /// Whether somebody asked for it, or it tries a webhook out: then it does not wait for the
    /// circuit.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.message.manual || self.delivery.test
    }

    /// The limit that it keeps to. Whoever asks for one attempt, or tries out a webhook, waits for
    /// nobody; the thousands that a replay asks for keep to it. So does no probe: while a circuit is
    /// open nothing else is sent.
    pub(crate) fn limit(&self) -> Option<RateLimit> {
        let by_a_person = self.message.manual && self.message.replay.is_none();
        let is_probe = !self.is_asked_for() && self.webhook.health.is_failing();
        let is_exempt = by_a_person || self.delivery.test || is_probe;
        self.webhook.rate_limit.filter(|_| !is_exempt)
    }
}

impl<W, E, D, Q, L, X, S, N, C> Deliver<W, E, D, Q, L, X, S, N, C>
where
    W: ReadWebhooks + StoreHealth,
    E: ReadEvents,
    D: ReadDeliveries + EndDeliveries + ParkDeliveries + ReopenDeliveries,
    Q: EnqueueAttempts,
    X: StartWaits + WatchCircuits,
    C: Clock,
{
    /// The attempt that a message asks for, or how the message is finished without it.
    pub(crate) async fn ready(
        &self,
        message: Attempt,
    ) -> Result<ControlFlow<Done, Ready>, StepError> {
        let Attempt { target, attempt: number, manual, replay, .. } = &message;
        let (number, manual) = (*number, *manual);
        let (delivery, webhook) = futures::join!(
            self.deliveries.delivery(target.key()),
            self.webhooks.webhook(&target.user_id, target.webhook_id, Consistency::Eventual),
        );
        let Some(mut delivery) = delivery? else {
            return Ok(ControlFlow::Break(Done::NothingToDo));
        };
        // One that succeeded stays as it is, whoever sends it once more.
        if let Some(replay) = replay.filter(|_| !manual) {
            match self.reopen(delivery, number, replay).await? {
                ControlFlow::Continue(reopened) => delivery = reopened,
                ControlFlow::Break(done) => return Ok(ControlFlow::Break(done)),
            }
        }
        if number <= delivery.attempt_count() {
            return self.stale(&delivery).await.map(ControlFlow::Break);
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
        // Read consistently: whatever a message brings along, it is not sent after this was noted.
        if delivery.payload_erased_at.is_some() {
            let ended = self.end(&delivery, Reason::PayloadErased).await;
            return ended.map(ControlFlow::Break);
        }
        let webhook = match self.usable(&delivery, target, webhook?).await? {
            Ok(webhook) => webhook,
            Err(reason) => return self.end(&delivery, reason).await.map(ControlFlow::Break),
        };
        let mut ready = Ready { message, delivery, webhook, unsent: None };
        if ready.is_asked_for() {
            return Ok(ControlFlow::Continue(ready));
        }
        if ready.webhook.transform.is_some() && ready.webhook.health.is_failing() {
            // A probe without a request would keep everybody else waiting for nothing, so that it
            // has a body is seen before it is claimed.
            let carried = ready.message.event.take();
            let event = match self.event(&ready.message.target, carried).await? {
                Ok(event) => event,
                Err(reason) => {
                    return self.end(&ready.delivery, reason).await.map(ControlFlow::Break);
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
        match self.pass(&delivery, webhook).await? {
            Passage::Through(webhook) => {
                Ok(ControlFlow::Continue(Ready { message, delivery, webhook, unsent }))
            }
            Passage::Ends(reason) => self.end(&delivery, reason).await.map(ControlFlow::Break),
            Passage::Finished(done) => Ok(ControlFlow::Break(done)),
        }
    }

    /// The event, from the message if that carries it; or why its deliveries end.
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
}

impl<W, E, D, Q, L, X, S, N, C> Deliver<W, E, D, Q, L, X, S, N, C>
where
    W: ReadWebhooks + StoreHealth,
    D: ReadDeliveries + EndDeliveries + ParkDeliveries + ReopenDeliveries,
    Q: EnqueueAttempts,
    X: StartWaits + WatchCircuits,
    C: Clock,
{
    pub(crate) async fn stale(&self, delivery: &Delivery) -> StepResult {
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

    /// Ends the delivery without an attempt. A settled one (this was a manual retry) stays as it is.
    pub(crate) async fn end(&self, delivery: &Delivery, reason: Reason) -> StepResult {
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
