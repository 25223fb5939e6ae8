//! A message whose attempt is already recorded.
//!
//! The process that recorded the attempt may have died before it scheduled the next one, so such a
//! message is never just acknowledged. The message may also be a harmless copy, so it must not
//! multiply. It sends a check, which ends if the next attempt was made, and which is due only after
//! an ordinary message had enough time to come first.

use crate::{Deliver, Done, Ports, outbox::Outbox};
use grapnel_domain::{
    delivery::Delivery,
    health::Circuit,
    message::{Check, QueueMessage},
    ports::{Clock, PortError, StartWaits, WaitState},
    retry::next::queue_delay,
    time::Timestamp,
};

impl<P: Ports> Deliver<P> {
    /// Makes sure that the delivery, read consistently, has its next wake-up.
    pub(crate) async fn stale(
        &self,
        delivery: &Delivery,
        outbox: &Outbox,
    ) -> Result<Done, PortError> {
        let now = self.clock.now();
        if delivery.status.is_settled() {
            return Ok(Done::NothingToDo);
        }
        if let Some(minute) = delivery.waits_for {
            let state = self.waits.ensure_waiting(minute).await?;
            // After the minute, the execution's last visit may come before the index shows a new
            // row.
            if state == WaitState::Running && now < minute.strikes_at() {
                return Ok(Done::Stale);
            }
        }
        if delivery.parked_until.is_some() && self.is_kept(delivery, now).await? {
            return Ok(Done::Stale);
        }
        let due = delivery.next_attempt_at.max(delivery.slot.map(|slot| slot.at));
        let due = due.unwrap_or(now).max(now);
        let check = Check {
            target: delivery.target(),
            attempt: delivery.next_attempt_number(),
            not_before: due.plus(self.rules.visibility_timeout * 2),
            after_parking: false,
            after_slots: false,
        };
        let delay = queue_delay(check.not_before, now);
        outbox.send_one(QueueMessage::Check(check), delay).await?;
        Ok(Done::Stale)
    }

    /// Whether its circuit breaker will wake it: it is open and not due. When it is due, the wake-up
    /// may have looked for the last time before the index showed the row.
    async fn is_kept(&self, delivery: &Delivery, now: Timestamp) -> Result<bool, PortError> {
        let (user, id) = (&delivery.user_id, delivery.webhook_id);
        let Ok(webhook) = self.current(user, id, delivery.test).await? else { return Ok(false) };
        match webhook.health.circuit {
            Circuit::Open { due } if now < due => {
                self.ensure_wake_up(user, id, &webhook.health).await?;
                Ok(true)
            }
            Circuit::Open { .. } | Circuit::Closed | Circuit::Disabled { .. } => Ok(false),
        }
    }
}
