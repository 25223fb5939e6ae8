//! Rate limits: which attempts of a batch are sent now, and which wait for a slot.
//!
//! One reservation serves all attempts of a batch that go to one webhook and have no slot. Their
//! number is known only when every message of the batch has been read. So an attempt that needs a
//! slot asks at the [`Desk`] and waits there; other messages continue at once. Each message holds
//! the desk open until it has asked or needs nothing. Then the desk closes, and the slots are
//! assigned.
//!
//! An attempt that waits for a slot is scheduled once for that time: by a delayed message, or, if
//! the delay is longer than a queue allows, in a shared wait. No attempt is used up. As with parked
//! deliveries, the wait is recorded or queued before the message is acknowledged.

use crate::{Deliver, Done, Ports, StepError, StepResult, outbox::Outbox, ready::Ready};
use futures::{
    FutureExt, StreamExt,
    channel::{mpsc, oneshot},
    future::join_all,
};
use grapnel_domain::{
    delivery::{Delivery, Reason, SlotWait},
    ids::{UserId, WebhookId},
    limit::{RateLimit, Reservation, Slot, SlotTime, Turn, WayToWait},
    message::MakeAttempt,
    ports::{Clock, PortError, Recorded, ReserveSlots, StartWaits, UpdateDeliveries, WaitState},
    retry::next::queue_delay,
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use std::{collections::BTreeMap, panic::AssertUnwindSafe};

/// A request for a slot.
struct Asking {
    /// The place of its message in the batch: an earlier message gets an earlier slot.
    place: usize,
    user_id: UserId,
    webhook_id: WebhookId,
    limit: RateLimit,
    seen: Option<SlotTime>,
    answer: oneshot::Sender<Result<Timestamp, PortError>>,
}

/// Where the message at this place of the batch asks for a slot.
pub(crate) struct Desk {
    asking: mpsc::UnboundedSender<Asking>,
    place: usize,
}

/// The requests, complete when the desk is closed.
pub(crate) struct Queue(mpsc::UnboundedReceiver<Asking>);

/// Opens the desk of a batch. It closes when all its clones are dropped.
pub(crate) fn open() -> (Desk, Queue) {
    let (asking, asked) = mpsc::unbounded();
    (Desk { asking, place: 0 }, Queue(asked))
}

impl Desk {
    /// The same desk, for the message at another place.
    pub(crate) fn at(&self, place: usize) -> Self {
        Self { asking: self.asking.clone(), place }
    }

    /// Leaves the desk for work that needs no slot, because other attempts wait for the desk to
    /// close.
    pub(crate) fn leave_for<F>(self, work: F) -> F {
        work
    }

    /// Asks for a slot, and no longer holds the desk open.
    async fn ask(self, webhook: &Webhook, limit: RateLimit) -> Result<Timestamp, PortError> {
        let (answer, slot) = oneshot::channel();
        let asking = Asking {
            place: self.place,
            user_id: webhook.user_id.clone(),
            webhook_id: webhook.id,
            limit,
            seen: webhook.next_slot,
            answer,
        };
        // If nobody receives the request, it gets no answer, and the next line fails.
        drop(self.asking.unbounded_send(asking));
        drop(self);
        let unanswered = |_| PortError::Unavailable("no slot was handed out".into());
        slot.await.map_err(unanswered)?
    }
}

impl<P: Ports> Deliver<P> {
    /// Waits until the desk closes, then reserves slots for each webhook's attempts, and answers
    /// them. A panic is a bug; the attempts without an answer fail.
    pub(crate) async fn hand_out(&self, asked: Queue) {
        if AssertUnwindSafe(self.hand_out_to_all(asked)).catch_unwind().await.is_err() {
            tracing::error!("handing out slots panicked");
        }
    }

    async fn hand_out_to_all(&self, asked: Queue) {
        let mut groups: BTreeMap<WebhookId, Vec<Asking>> = BTreeMap::new();
        for asking in asked.0.collect::<Vec<_>>().await {
            groups.entry(asking.webhook_id).or_default().push(asking);
        }
        for group in groups.values_mut() {
            group.sort_by_key(|asking| asking.place);
        }
        join_all(groups.into_values().map(|group| self.hand_out_to(group))).await;
    }

    async fn hand_out_to(&self, group: Vec<Asking>) {
        let Some(Asking { user_id, webhook_id, limit, .. }) = group.first() else { return };
        let reservation = Reservation {
            count: u32::try_from(group.len()).unwrap_or(u32::MAX),
            limit: *limit,
            now: self.clock.now(),
            seen: group.iter().filter_map(|asking| asking.seen).max(),
        };
        let reserved = self.webhooks.reserve_slots(user_id, *webhook_id, &reservation).await;
        match reserved {
            Ok(first) => {
                for (asking, slot) in group.into_iter().zip(reservation.slots(first)) {
                    // The attempt that asked may have been dropped.
                    drop(asking.answer.send(Ok(slot)));
                }
            }
            Err(error) => {
                for asking in group {
                    drop(asking.answer.send(Err(error.clone())));
                }
            }
        }
    }

    /// The slot that an attempt has to wait for; `None` if it is made now.
    pub(crate) async fn slot_to_wait_for(
        &self,
        ready: &Ready,
        desk: Desk,
    ) -> Result<Option<Slot>, PortError> {
        let Some(limit) = ready.limit() else { return Ok(None) };
        // A copy of the message of a delivery in a shared wait has no slot; its row has one.
        let slot = ready.message.slot.or(ready.delivery.slot);
        let moved = match Turn::of(slot, self.clock.now()) {
            Turn::Now => return Ok(None),
            Turn::Wait(slot) => return Ok(Some(slot)),
            Turn::Reserve { moved } => moved,
        };
        let slot = Slot { at: desk.ask(&ready.webhook, limit).await?, moved };
        Ok(match Turn::of(Some(slot), self.clock.now()) {
            Turn::Wait(slot) => Some(slot),
            // The slot was reserved just now: it counts even if the reservation took long.
            Turn::Now | Turn::Reserve { .. } => None,
        })
    }

    /// Schedules an attempt for its slot.
    pub(crate) async fn wait_for_slot(
        &self,
        ready: Ready,
        slot: Slot,
        outbox: &Outbox,
    ) -> StepResult {
        let Ready { message, delivery, .. } = ready;
        let stored_at = delivery.id.event_stored_at();
        if slot.at >= self.rules.retention.last_delivery_expiry(stored_at) {
            return self.end(&delivery, Reason::EventExpired, outbox).await;
        }
        let longest = self.rules.longest_queue_delay;
        match WayToWait::until(slot.at, self.clock.now(), longest) {
            // A settled delivery cannot wait in its row. It waits by this message, which is sent
            // again and again.
            WayToWait::Shared(minute) if !delivery.status.is_settled() => {
                if let Some(done) = self.wait_in_row(&delivery, slot, minute, outbox).await? {
                    return Ok(done);
                }
            }
            WayToWait::Shared(_) | WayToWait::Queue => {}
        }
        let delay = queue_delay(slot.at, self.clock.now());
        let sent_on = MakeAttempt { slot: Some(slot), ..message };
        outbox.send_attempt(sent_on, delay).await?;
        Ok(Done::RateLimited)
    }

    /// Puts a delivery into the shared wait of the minute before its slot. `None` if its release is
    /// not certain; then it is also sent by queue.
    async fn wait_in_row(
        &self,
        delivery: &Delivery,
        slot: Slot,
        minute: Minute,
        outbox: &Outbox,
    ) -> Result<Option<Done>, StepError> {
        if (delivery.slot, delivery.waits_for) != (Some(slot), Some(minute)) {
            let wait = SlotWait {
                key: delivery.key(),
                slot,
                minute,
                attempts: delivery.attempt_count(),
                expires_at: delivery.expiry(self.rules.retention, slot.at),
            };
            match self.deliveries.await_slot(wait).await? {
                Recorded::Yes => {}
                Recorded::Refused(Some(found)) => {
                    return Ok(Some(self.stale(&found, outbox).await?));
                }
                Recorded::Refused(None) => return Ok(Some(Done::NothingToDo)),
            }
        }
        let state = self.waits.ensure_waiting(minute).await?;
        // After the minute, the execution's last visit may come before the index shows the row.
        if state != WaitState::Running || self.clock.now() >= minute.strikes_at() {
            return Ok(None);
        }
        self.check_later(delivery, outbox).await?;
        Ok(Some(Done::RateLimited))
    }
}
