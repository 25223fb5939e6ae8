//! A circuit breaker is due or closed: its parked deliveries are released. [`grapnel_domain::release`]
//! decides which of them, and when to look again.

use crate::{Deliver, Done, Ports, StepError, StepResult, enqueue_one};
use futures::future::{join_all, try_join_all};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryKey, ParkedRow},
    health::{Health, Note},
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::{
        Clock, Consistency, Deliveries, EnqueueAttempts, PortError, UpdateDeliveries, Webhooks,
    },
    release::{Release, ReleaseParked},
    time::Timestamp,
};
use std::time::Duration;

impl<P: Ports> Deliver<P> {
    /// Releases one page, then looks again later. Reads the page before the circuit breaker: a
    /// delivery that is parked after the page was read sees the circuit breaker's present state
    /// itself.
    ///
    /// The next message is sent last: if the function dies before, this one comes again. What was
    /// sent twice has one attempt on record.
    pub(crate) async fn release_parked_page(&self, release: ReleaseParked) -> StepResult {
        let page = self.deliveries.parked(release.webhook_id, release.cursor).await?;
        let (user, id) = (&release.user_id, release.webhook_id);
        let webhook = self.webhooks.webhook(user, id, Consistency::Strong).await?;
        let receives = webhook.as_ref().is_some_and(|it| it.effective_status().receives());
        let health = webhook.map(|webhook| webhook.health);
        let first = page.items.first().copied();
        let now = self.clock.now();
        let decided = match release.decide(health.as_ref(), receives, first, now) {
            Release::All if !self.begins(&release, health.as_ref(), first, now).await? => {
                Release::LeaveAlone
            }
            decided => decided,
        };
        let released = match decided {
            Release::ComeBack(due) => {
                self.send_wake_up(release, due).await?;
                return Ok(Done::Released(0));
            }
            Release::EnsureWakeUp => {
                self.ensure_wake_up(user, id, &health.unwrap_or_default()).await?;
                return Ok(Done::Released(0));
            }
            Release::LeaveAlone => 0,
            Release::Probe => {
                let oldest = self.first_parked(&release, &page.items).await?;
                if oldest.is_none()
                    && let Some(cursor) = page.next
                {
                    self.send_release(release.next_page(cursor), Duration::ZERO).await?;
                    return Ok(Done::Released(0));
                }
                let oldest: Vec<Delivery> = oldest.into_iter().collect();
                for sent in self.enqueue_all(&oldest).await {
                    sent?;
                }
                oldest.len()
            }
            Release::All => {
                let parked = self.all_parked(&release, &page.items).await?;
                let sent = self.enqueue_all(&parked).await;
                let count = parked.len();
                let leaving = parked.into_iter().zip(sent).map(|(row, sent)| self.leave(row, sent));
                // Some rows are still in the index: the message is received again and finds exactly
                // these.
                if let Some(error) = join_all(leaving).await.into_iter().find_map(Result::err) {
                    return Err(StepError::from(error));
                }
                if let Some(cursor) = page.next {
                    let next = release.begun(now).next_page(cursor);
                    self.send_release(next, Duration::ZERO).await?;
                    return Ok(Done::Released(count));
                }
                count
            }
        };
        if let Some((next, pause)) = release.next_look(first) {
            self.send_release(next, pause).await?;
        }
        Ok(Done::Released(released))
    }

    /// Whether it may send all, as far as other releases are concerned: it did before, or it is the one that
    /// notes that it begins. Of two that begin within a millisecond, one notes it. Without a stored health, as
    /// after the webhook was deleted, nothing can be noted, and no request is made.
    async fn begins(
        &self,
        release: &ReleaseParked,
        health: Option<&Health>,
        first: Option<ParkedRow>,
        now: Timestamp,
    ) -> Result<bool, PortError> {
        let is_stored = health.is_some_and(|health| health.version > 0);
        if release.began.is_some() || first.is_none() || !is_stored {
            return Ok(true);
        }
        self.webhooks.note(&release.user_id, release.webhook_id, Note::Release(now)).await
    }

    /// Sends the message of each delivery's next attempt.
    async fn enqueue_all(&self, parked: &[Delivery]) -> Vec<Result<(), PortError>> {
        if parked.is_empty() {
            return Vec::new();
        }
        let messages = parked.iter().map(|delivery| {
            let next = MakeAttempt::scheduled(delivery.target(), delivery.next_attempt_number());
            Outgoing::new(QueueMessage::MakeAttempt(next), QueueDelay::NONE)
        });
        self.queue.enqueue(messages.collect()).await
    }

    /// The first row that is still parked; the index lags.
    async fn first_parked(
        &self,
        release: &ReleaseParked,
        rows: &[ParkedRow],
    ) -> Result<Option<Delivery>, PortError> {
        for row in rows {
            let found = self.read_parked(release, *row).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    async fn all_parked(
        &self,
        release: &ReleaseParked,
        rows: &[ParkedRow],
    ) -> Result<Vec<Delivery>, PortError> {
        let rows = rows.iter().copied();
        let found = try_join_all(rows.map(|row| self.read_parked(release, row))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn read_parked(
        &self,
        release: &ReleaseParked,
        row: ParkedRow,
    ) -> Result<Option<Delivery>, PortError> {
        let key = DeliveryKey { webhook_id: release.webhook_id, id: row.id };
        let found = self.deliveries.delivery(key).await?;
        Ok(found.filter(|d| d.parked_until == Some(row.due) && !d.status.is_settled()))
    }

    /// Removes a row from the index after its message was sent.
    async fn leave(
        &self,
        delivery: Delivery,
        sent: Result<(), PortError>,
    ) -> Result<(), PortError> {
        sent?;
        let Some(due) = delivery.parked_until else { return Ok(()) };
        self.deliveries.unpark(delivery.key(), due, delivery.attempt_count()).await
    }

    pub(crate) async fn send_release(
        &self,
        release: ReleaseParked,
        pause: Duration,
    ) -> Result<(), PortError> {
        let delay = QueueDelay::at_most(pause.as_secs());
        enqueue_one(&self.queue, QueueMessage::ReleaseParked(release), delay).await
    }
}
