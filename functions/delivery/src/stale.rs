//! A message whose attempt is already recorded.
//!
//! The process that recorded the attempt may have died before it scheduled the next one, so such a
//! message is never just acknowledged. The message may also be a harmless copy, so it must not
//! multiply. It sends a check, which ends if the next attempt was made, and which is due only after
//! an ordinary message had enough time to come first.

use crate::{Deliver, Done, Ports, outbox::Outbox};
use grapnel_domain::{
    delivery::Delivery,
    message::{Check, QueueMessage},
    ports::{Clock, PortError, StartWaits, WaitState},
    retry::next::queue_delay,
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
        if let Some(due) = delivery.parked_until {
            let state =
                self.waits.ensure_watched(&delivery.user_id, delivery.webhook_id, due).await?;
            if state == WaitState::Running && now < due {
                return Ok(Done::Stale);
            }
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
}
