//! Updates the health of endpoints after a batch: one write for each endpoint whose health changed,
//! and its consequences.
//!
//! This happens after the attempts are recorded and their next steps are scheduled, and it never
//! fails a message: an attempt that is not counted is a smaller error than an attempt that is made
//! twice. If the function dies here, the execution that watches the circuit breaker continues the
//! work.

use crate::{Deliver, Ports, enqueue_one};
use futures::future::join_all;
use grapnel_domain::{
    delay::QueueDelay,
    health::{Health, Outcome, Sign},
    ids::{DeliveryId, WebhookId},
    message::{QueueMessage, ReleaseParked},
    notice::{DeliveryDigest, WebhookNotice},
    ports::{Clock, Consistency, PortError, SendNotices, Webhooks},
    time::Timestamp,
    webhook::Webhook,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// How often health is written again after another process wrote it meanwhile.
const TRIES: usize = 3;

/// The evidence of one attempt.
#[derive(Debug)]
pub(crate) struct Seen {
    /// The webhook as the attempt read it.
    pub(crate) webhook: Box<Webhook>,
    /// The behaviour of its endpoint.
    pub(crate) sign: Sign,
    /// The delivery of the attempt.
    pub(crate) delivery: DeliveryDigest,
}

/// The evidence of a batch's attempts, in the order in which they ended.
#[derive(Debug, Default)]
pub(crate) struct Signs(Mutex<Vec<Seen>>);

impl Signs {
    pub(crate) fn extend(&self, seen: Option<Seen>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(seen);
    }

    fn by_webhook(self) -> impl Iterator<Item = Vec<Seen>> {
        let mut groups: BTreeMap<WebhookId, Vec<Seen>> = BTreeMap::new();
        for seen in self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            groups.entry(seen.webhook.id).or_default().push(seen);
        }
        groups.into_values()
    }
}

impl<P: Ports> Deliver<P> {
    /// Updates the health of every endpoint. A notice that the bus did not accept is sent once
    /// more, after all other work: by then a moment has passed.
    pub(crate) async fn tend(&self, signs: Signs) {
        let tended = join_all(signs.by_webhook().map(|seen| self.tend_group(seen))).await;
        for notice in tended.into_iter().flatten() {
            if let Err(error) = self.notices.notify(&[notice.clone().into()]).await {
                tracing::warn!(webhook.id = %notice.webhook_id, notice = notice.kind, %error, "the platform was not told");
            }
        }
    }

    /// Returns the notices that the bus did not accept.
    async fn tend_group(&self, seen: Vec<Seen>) -> Vec<WebhookNotice> {
        let Some(webhook) = seen.last().map(|seen| seen.webhook.clone()) else { return Vec::new() };
        let id = webhook.id;
        let mut untold = Vec::new();
        if let Err(error) = self.tend_one(*webhook, &seen, &mut untold).await {
            tracing::warn!(webhook.id = %id, %error, "the endpoint's health is not up to date");
        }
        untold
    }

    async fn tend_one(
        &self,
        mut webhook: Webhook,
        seen: &[Seen],
        untold: &mut Vec<WebhookNotice>,
    ) -> Result<(), PortError> {
        let signs: Vec<Sign> = seen.iter().map(|seen| seen.sign).collect();
        webhook.health = newest(seen).unwrap_or(webhook.health);
        let was_open = webhook.health.is_failing();
        for _ in 0..TRIES {
            let Some(mut outcome) =
                webhook.health.after(&signs, &self.rules.circuit, self.clock.now())
            else {
                break;
            };
            if let Some(failed) = last_failure(seen) {
                outcome.health = outcome.health.tried_with(failed);
            }
            if self.webhooks.store_health(&webhook.user_id, webhook.id, &outcome.health).await? {
                webhook.health = outcome.health;
                untold.extend(self.tell(&webhook, seen, outcome).await);
                break;
            }
            let strong = Consistency::Strong;
            match self.webhooks.webhook(&webhook.user_id, webhook.id, strong).await? {
                Some(fresh) => webhook = fresh,
                None => return Ok(()),
            }
        }
        // Also if a write closed it whose response was lost, so that no process knows it.
        if was_open && !webhook.health.is_failing() {
            self.release_parked(&webhook).await?;
        }
        Ok(())
    }

    async fn release_parked(&self, webhook: &Webhook) -> Result<(), PortError> {
        let (user_id, webhook_id) = (webhook.user_id.clone(), webhook.id);
        let release = ReleaseParked { webhook_id, user_id, cursor: None };
        enqueue_one(&self.queue, QueueMessage::ReleaseParked(release), QueueDelay::NONE).await
    }

    /// Sends the notices that the write before has claimed. Each is sent alone, so that a refused
    /// one is known. Returns the refused ones.
    async fn tell(&self, webhook: &Webhook, seen: &[Seen], outcome: Outcome) -> Vec<WebhookNotice> {
        let mut untold = Vec::new();
        for notice in notices(webhook, seen, &outcome, self.clock.now()) {
            tracing::info!(webhook.id = %webhook.id, notice = notice.kind, "endpoint changed");
            if self.notices.notify(&[notice.clone().into()]).await.is_err() {
                untold.push(notice);
            }
        }
        untold
    }
}

/// The delivery of the last attempt that counts against the endpoint.
fn last_failure(seen: &[Seen]) -> Option<DeliveryId> {
    let against = |sign| matches!(sign, Sign::Failure { counts: true, .. } | Sign::Stop(_));
    seen.iter().rfind(|seen| against(seen.sign)).map(|seen| seen.delivery.id)
}

/// The latest health that any of the attempts read.
fn newest(seen: &[Seen]) -> Option<Health> {
    seen.iter().map(|seen| seen.webhook.health).max_by_key(|health| health.version)
}

fn notices(
    webhook: &Webhook,
    seen: &[Seen],
    outcome: &Outcome,
    now: Timestamp,
) -> Vec<WebhookNotice> {
    let exhausted = |seen: &&Seen| matches!(seen.sign, Sign::Failure { exhausted: true, .. });
    let delivery = seen.iter().find(exhausted).or(seen.last()).map(|seen| &seen.delivery);
    let notice = |change| WebhookNotice::of(change, webhook, delivery.cloned(), now);
    outcome.changes.iter().copied().map(notice).collect()
}
