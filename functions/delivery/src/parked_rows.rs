//! The rows of the index of parked deliveries: they are read, sent, and leave the index.

use crate::{Deliver, Ports};
use futures::future::{join_all, try_join_all};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryKey, ParkedRow},
    message::{MakeAttempt, Outgoing, QueueMessage},
    patience::with_patience,
    ports::{
        Clock, Deliveries, EnqueueAttempts, MOST_KEYS, PortError, ReadTogether, UpdateDeliveries,
    },
    release::ReleaseParked,
    time::Timestamp,
};

/// How many rows leave the index at a time.
const AT_A_TIME: usize = 50;

impl<P: Ports> Deliver<P> {
    /// The first row that is still parked; the index lags.
    pub(crate) async fn first_parked(
        &self,
        release: &ReleaseParked,
        rows: &[ParkedRow],
    ) -> Result<Option<Delivery>, PortError> {
        for row in rows {
            let found = self.parked_delivery(key(release, *row)).await?;
            if let Some(found) = found.filter(|found| is_still(found, *row)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The rows that are still parked, in their order.
    pub(crate) async fn all_parked(
        &self,
        release: &ReleaseParked,
        rows: &[ParkedRow],
    ) -> Result<Vec<Delivery>, PortError> {
        let parts = rows.chunks(MOST_KEYS).map(async |rows| {
            let keys: Vec<_> = rows.iter().map(|row| key(release, *row)).collect();
            let mut found = self.parked_together(keys).await?;
            found.retain(|found| rows.iter().any(|row| is_still(found, *row)));
            found.sort_by_key(|found| (found.parked_until, found.id));
            Ok(found)
        });
        Ok(try_join_all(parts).await?.concat())
    }

    /// One read for all; what it leaves out, and everything if it fails, is read alone.
    async fn parked_together(&self, keys: Vec<DeliveryKey>) -> Result<Vec<Delivery>, PortError> {
        let ReadTogether { mut found, unread } =
            self.deliveries.deliveries_together(&keys).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "parked deliveries are read one by one");
                ReadTogether { found: Vec::new(), unread: keys }
            });
        let alone = unread.into_iter().map(|key| self.parked_delivery(key));
        found.extend(try_join_all(alone).await?.into_iter().flatten());
        Ok(found)
    }

    /// The delivery. One that cannot be read is left out, so that the others do not wait for it. It stays
    /// in the index, and the release looks again until it can be read or expires.
    async fn parked_delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, PortError> {
        match self.deliveries.delivery(key).await {
            Err(error @ PortError::Unusable(_)) => {
                let DeliveryKey { webhook_id, id } = key;
                tracing::error!(webhook.id = %webhook_id, delivery.id = %id, %error, "a parked delivery cannot be read");
                Ok(None)
            }
            read => read,
        }
    }

    /// Sends the message of each delivery's next attempt.
    pub(crate) async fn enqueue_all(&self, parked: &[Delivery]) -> Vec<Result<(), PortError>> {
        if parked.is_empty() {
            return Vec::new();
        }
        let messages = parked.iter().map(|delivery| {
            let next = MakeAttempt::scheduled(delivery.target(), delivery.next_attempt_number());
            Outgoing::new(QueueMessage::MakeAttempt(next), QueueDelay::NONE)
        });
        self.queue.enqueue(messages.collect()).await
    }

    /// Removes the rows from the index whose messages were `sent`. A row that stays there is sent again.
    ///
    /// # Errors
    /// If a row stays. Those that were not tried by then stay, too.
    pub(crate) async fn leave_all(
        &self,
        parked: &[Delivery],
        sent: Vec<Result<(), PortError>>,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let last_try = self.rules.time_budget.last_record_try(self.clock.now(), deadline);
        let mut rows = parked.iter().zip(sent);
        loop {
            if self.clock.now() > last_try {
                return Err(PortError::Unavailable("no time to remove more rows".into()));
            }
            let some = rows.by_ref().take(AT_A_TIME).map(async |(delivery, sent)| {
                sent?;
                self.leave(delivery, last_try).await
            });
            let some = join_all(some.collect::<Vec<_>>()).await;
            if some.is_empty() {
                return Ok(());
            }
            some.into_iter().collect::<Result<(), _>>()?;
        }
    }

    async fn leave(&self, delivery: &Delivery, last_try: Timestamp) -> Result<(), PortError> {
        let Some(due) = delivery.parked_until else { return Ok(()) };
        let (key, attempts) = (delivery.key(), delivery.attempt_count());
        let leave = || self.deliveries.unpark(key, due, attempts);
        with_patience(&self.clock, last_try, leave).await
    }
}

const fn key(release: &ReleaseParked, row: ParkedRow) -> DeliveryKey {
    DeliveryKey { webhook_id: release.webhook_id, id: row.id }
}

fn is_still(delivery: &Delivery, row: ParkedRow) -> bool {
    delivery.id == row.id && delivery.parked_until == Some(row.due) && !delivery.status.is_settled()
}
