//! A circuit breaker is due or closed: its parked deliveries are released. [`grapnel_domain::release`]
//! decides which of them, and when to look again.

use crate::{Deliver, Done, Ports, StepResult, enqueue_one};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, ParkedRow},
    health::{Health, Note},
    message::QueueMessage,
    ports::{Clock, Consistency, Deliveries, Page, PortError, Webhooks},
    release::{self, Release, ReleaseParked},
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
    pub(crate) async fn release_parked_page(
        &self,
        release: ReleaseParked,
        deadline: Timestamp,
    ) -> StepResult {
        let page = self.deliveries.parked(release.webhook_id, release.cursor).await?;
        let (user, id) = (&release.user_id, release.webhook_id);
        let webhook = self.webhooks.webhook(user, id, Consistency::Strong).await?;
        let receives = webhook.as_ref().is_some_and(|it| it.effective_status().receives());
        let health = webhook.map(|webhook| webhook.health);
        let first = page.items.first().copied();
        let now = self.clock.now();
        let began = release.begins_at(health.as_ref(), now);
        let decided = match release.decide(health.as_ref(), receives, first, now) {
            Release::All if !self.begins(&release, health.as_ref(), first, began).await? => {
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
            Release::All => match self.release_all(&release, &page, began, deadline).await {
                Ok((count, true)) => count,
                Ok((count, false)) => return Ok(Done::Released(count)),
                Err(error) => {
                    // The rows that are left stay in the index. This message would be hidden for the
                    // visibility timeout, and then find its own note.
                    tracing::warn!(webhook.id = %id, %error, "a page of parked deliveries was not released");
                    let (look, pause) = release.look_after_failure(first);
                    self.send_release(look, pause).await?;
                    return Ok(Done::Released(0));
                }
            },
        };
        if let Some((next, pause)) = release.next_look(first) {
            self.send_release(next, pause).await?;
        }
        Ok(Done::Released(released))
    }

    /// Sends a page and removes it from the index, then asks for the next one. Returns the number of
    /// deliveries, and whether it was the last page.
    async fn release_all(
        &self,
        release: &ReleaseParked,
        page: &Page<ParkedRow, ParkedRow>,
        began: Timestamp,
        deadline: Timestamp,
    ) -> Result<(usize, bool), PortError> {
        let parked = self.all_parked(release, &page.items).await?;
        let sent = self.enqueue_all(&parked).await;
        self.leave_all(&parked, sent, deadline).await?;
        if let Some(cursor) = page.next {
            let next = release.clone().begun(began).next_page(cursor);
            self.send_release(next, release::PAGE_EVERY).await?;
        }
        Ok((parked.len(), page.next.is_none()))
    }

    /// Notes that it begins this page. Returns `false` if another release, or another copy of the message,
    /// has begun it. The health cannot hold two notes of the same millisecond, so one of the two continues.
    /// If the SDK repeats this write because the answer was lost, it returns `false`, too: a look continues.
    ///
    /// A deleted webhook has no stored health. Nothing can be noted, and no request is made.
    async fn begins(
        &self,
        release: &ReleaseParked,
        health: Option<&Health>,
        first: Option<ParkedRow>,
        began: Timestamp,
    ) -> Result<bool, PortError> {
        let is_stored = health.is_some_and(|health| health.version > 0);
        if first.is_none() || !is_stored {
            return Ok(true);
        }
        self.webhooks.note(&release.user_id, release.webhook_id, Note::Release(began)).await
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
