//! A circuit breaker is due or closed: its parked deliveries are released.

use crate::{Deliver, Done, Ports, StepError, StepResult, enqueue_one};
use futures::future::{join_all, try_join_all};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryKey, ParkedRow},
    health::Circuit,
    message::{MakeAttempt, Outgoing, QueueMessage, ReleaseParked},
    ports::{
        Clock, Consistency, Deliveries, EnqueueAttempts, PortError, UpdateDeliveries, Webhooks,
    },
};

/// The deliveries that a release sends.
enum Who {
    /// None: the next probe is not due.
    Nobody,
    /// The delivery that has been parked longest, as a probe. It stays in the index: if the probe
    /// dies, it is found there.
    Oldest,
    All,
}

impl<P: Ports> Deliver<P> {
    /// Releases one page. Reads the page before the circuit breaker: a delivery that is parked
    /// after the page was read sees the circuit breaker's present state itself.
    pub(crate) async fn release_parked_page(&self, release: ReleaseParked) -> StepResult {
        let page = self.deliveries.parked(release.webhook_id, release.cursor).await?;
        let released = match self.who_may_go(&release).await? {
            Who::Nobody => 0,
            Who::Oldest => {
                let oldest = self.first_parked(&release, &page.items).await?;
                if oldest.is_none()
                    && let Some(cursor) = page.next
                {
                    self.next_page(release, cursor).await?;
                    return Ok(Done::Released(0));
                }
                let oldest: Vec<Delivery> = oldest.into_iter().collect();
                for sent in self.enqueue_all(&oldest).await {
                    sent?;
                }
                oldest.len()
            }
            Who::All => {
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
                    self.next_page(release, cursor).await?;
                }
                count
            }
        };
        Ok(Done::Released(released))
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

    async fn who_may_go(&self, release: &ReleaseParked) -> Result<Who, PortError> {
        let (user, id) = (&release.user_id, release.webhook_id);
        let webhook = self.webhooks.webhook(user, id, Consistency::Strong).await?;
        let receives = webhook.filter(|webhook| webhook.effective_status().receives());
        Ok(match receives.map(|webhook| webhook.health.circuit) {
            Some(Circuit::Open { due }) if self.clock.now() < due => Who::Nobody,
            Some(Circuit::Open { .. }) => Who::Oldest,
            // Closed, disabled or deleted. In the last two cases each delivery ends with its
            // reason.
            _ => Who::All,
        })
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

    async fn next_page(&self, release: ReleaseParked, after: ParkedRow) -> Result<(), PortError> {
        let next = ReleaseParked { cursor: Some(after), ..release };
        enqueue_one(&self.queue, QueueMessage::ReleaseParked(next), QueueDelay::NONE).await
    }
}
