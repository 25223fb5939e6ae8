//! The gate before an attempt. While the endpoint's circuit breaker is open, a delivery is parked,
//! and one at a time may pass as a probe.

use crate::{Deliver, Done, Ports, outbox::Outbox};
use grapnel_domain::{
    delivery::{Delivery, Parking, Reason},
    health::{Circuit, Gate, LONGEST_PARKING},
    ids::{UserId, WebhookId},
    message::{Check, QueueMessage},
    ports::{Clock, Consistency, PortError, Recorded, UpdateDeliveries, Webhooks},
    retry::next::queue_delay,
    time::Timestamp,
    webhook::Webhook,
};

/// How often the gate is checked again because the circuit breaker changed meanwhile. Due times
/// grow by a minute or more, so even two are rare.
const LOOKS: usize = 6;

/// The gate's decision.
pub(crate) enum Passage {
    /// The attempt is made, with the webhook as it was last read.
    Through(Box<Webhook>),
    /// No attempt is made, and the delivery ends for this reason.
    Ends(Reason),
    /// No attempt is made, and the message is finished.
    Finished(Done),
}

impl<P: Ports> Deliver<P> {
    /// Decides whether a delivery may be attempted. `webhook` may come from an eventually
    /// consistent read, so nothing final is based on it. A conditional write claims the probe. A
    /// delivery that is parked reads the webhook again, consistently, before it relies on being
    /// released.
    pub(crate) async fn pass(
        &self,
        delivery: &Delivery,
        mut webhook: Box<Webhook>,
        outbox: &Outbox,
    ) -> Result<Passage, PortError> {
        let failed_before = delivery.last_attempted_at();
        for _ in 0..LOOKS {
            let now = self.clock.now();
            let due = match webhook.health.gate(&self.rules.circuit, failed_before, now) {
                Gate::Pass => return Ok(Passage::Through(webhook)),
                Gate::Refuse => return Ok(Passage::Ends(Reason::WebhookDisabled)),
                Gate::Park(due) => due,
                Gate::Claim(claimed) => {
                    let claimed = claimed.probed_by(delivery.id);
                    let (user, id) = (&webhook.user_id, webhook.id);
                    if self.webhooks.store_health(user, id, &claimed).await? {
                        // Before the request: if the function dies in it, this wakes the others. If
                        // it dies here, this delivery's message is received again, and parks it.
                        self.ensure_wake_up(user, id, &claimed).await?;
                        webhook.health = claimed;
                        return Ok(Passage::Through(webhook));
                    }
                    // Another delivery has the probe, or the circuit breaker is closed.
                    match self.current(&webhook.user_id, webhook.id, false).await? {
                        Ok(fresh) => webhook = fresh,
                        Err(reason) => return Ok(Passage::Ends(reason)),
                    }
                    continue;
                }
            };
            let Some(parking) = self.parking(delivery, due, now) else {
                return Ok(Passage::Ends(Reason::EventExpired));
            };
            match self.deliveries.park(parking).await? {
                Recorded::Yes => {}
                Recorded::Refused(Some(found)) => {
                    return Ok(Passage::Finished(self.stale(&found, outbox).await?));
                }
                Recorded::Refused(None) => return Ok(Passage::Finished(Done::NothingToDo)),
            }
            // The row was written before this read: a process that closes the circuit breaker after
            // this read finds the row.
            webhook = match self.current(&webhook.user_id, webhook.id, false).await? {
                Ok(fresh) => fresh,
                Err(reason) => return Ok(Passage::Ends(reason)),
            };
            if webhook.health.circuit == (Circuit::Open { due }) && self.clock.now() < due {
                self.ensure_wake_up(&webhook.user_id, webhook.id, &webhook.health).await?;
                self.check_later(delivery, outbox).await?;
                return Ok(Passage::Finished(Done::Parked));
            }
        }
        Err(PortError::Unavailable("the circuit kept changing".into()))
    }

    /// The message will be acknowledged. If another run made the attempt meanwhile and dies, this
    /// check replaces its wake-up.
    pub(crate) async fn check_later(
        &self,
        delivery: &Delivery,
        outbox: &Outbox,
    ) -> Result<(), PortError> {
        let now = self.clock.now();
        let check = Check {
            target: delivery.target(),
            attempt: delivery.next_attempt_number(),
            not_before: now.plus(self.rules.visibility_timeout),
            after_parking: true,
            after_slots: false,
        };
        let delay = queue_delay(check.not_before, now);
        outbox.send_one(QueueMessage::Check(check), delay).await
    }

    /// The webhook by a consistent read, or the reason why its deliveries end.
    pub(crate) async fn current(
        &self,
        user: &UserId,
        id: WebhookId,
        test: bool,
    ) -> Result<Result<Box<Webhook>, Reason>, PortError> {
        Ok(match self.webhooks.webhook(user, id, Consistency::Strong).await? {
            None => Err(Reason::WebhookDeleted),
            Some(webhook) if webhook.takes_attempts(test) => Ok(Box::new(webhook)),
            Some(_) => Err(Reason::WebhookDisabled),
        })
    }

    /// How to park the delivery. `None` if the event would expire before the end.
    fn parking(&self, delivery: &Delivery, due: Timestamp, now: Timestamp) -> Option<Parking> {
        let expires_at = delivery.expiry(self.rules.retention, due);
        (now.plus(LONGEST_PARKING) < expires_at).then(|| Parking {
            key: delivery.key(),
            due,
            attempts: delivery.attempt_count(),
            expires_at,
        })
    }
}
