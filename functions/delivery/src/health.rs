//! Updates the health of endpoints after a batch: one write for each endpoint whose health changed,
//! and its consequences.
//!
//! This happens after the attempts are recorded and their next steps are scheduled, and it never
//! fails a message: an attempt that is not counted is a smaller error than an attempt that is made
//! twice. If the function dies here, the wake-up of the circuit breaker continues the work.

use crate::{Deliver, Ports};
use futures::future::join_all;
use grapnel_domain::{
    health::{Behind, Evidence, Health, Outcome},
    ids::{DeliveryId, WebhookId},
    notice::{DeliveryDigest, WebhookNotice},
    ports::{Clock, Consistency, PortError, SendNotices, Webhooks},
    release::ReleaseParked,
    time::Timestamp,
    webhook::Webhook,
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How often health is written again after another process wrote it meanwhile.
const TRIES: usize = 3;

/// The evidence of one attempt.
#[derive(Debug)]
pub(crate) struct Observation {
    /// The webhook as the attempt read it.
    pub(crate) webhook: Box<Webhook>,
    /// The behaviour of its endpoint.
    pub(crate) evidence: Evidence,
    /// The age of its event when it began, unless it was late by design.
    pub(crate) age: Option<Duration>,
    /// The delivery of the attempt.
    pub(crate) delivery: DeliveryDigest,
}

/// The evidence of a batch's attempts, in the order in which they ended.
#[derive(Debug, Default)]
pub(crate) struct Observations(Mutex<Vec<Observation>>);

impl Observations {
    pub(crate) fn extend(&self, seen: Option<Observation>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(seen);
    }

    fn by_webhook(self) -> impl Iterator<Item = Vec<Observation>> {
        let mut groups: BTreeMap<WebhookId, Vec<Observation>> = BTreeMap::new();
        for seen in self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            groups.entry(seen.webhook.id).or_default().push(seen);
        }
        groups.into_values()
    }
}

impl<P: Ports> Deliver<P> {
    /// Updates the health of every endpoint. A notice that the bus did not accept is sent once
    /// more, after all other work: by then a moment has passed.
    pub(crate) async fn update_health(&self, observations: Observations) {
        let refused = join_all(observations.by_webhook().map(|seen| self.update_group(seen))).await;
        for notice in refused.into_iter().flatten() {
            if let Err(error) = self.notices.notify(&[notice.clone().into()]).await {
                tracing::warn!(webhook.id = %notice.webhook_id, notice = notice.kind, %error, "the platform was not told");
            }
        }
    }

    /// Returns the notices that the bus did not accept.
    async fn update_group(&self, seen: Vec<Observation>) -> Vec<WebhookNotice> {
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
        seen: &[Observation],
        untold: &mut Vec<WebhookNotice>,
    ) -> Result<(), PortError> {
        let evidence: Vec<Evidence> = seen.iter().map(|seen| seen.evidence).collect();
        let age = seen.iter().filter_map(|seen| seen.age).max();
        webhook.health = newest(seen).unwrap_or(webhook.health);
        let before = webhook.health.circuit;
        let was_open = webhook.health.is_failing();
        let mut closes = false;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let outcome = webhook.health.after(&evidence, &self.rules.circuit, now);
            let is_only_noted = outcome.is_none();
            let Some(mut outcome) = webhook.health.noting(outcome, age, now) else { break };
            if let Some(failed) = last_failure(seen) {
                outcome.health = outcome.health.tried_with(failed);
            }
            if self.webhooks.store_health(&webhook.user_id, webhook.id, &outcome.health).await? {
                closes = webhook.health.is_failing() && !outcome.health.is_failing();
                log_lag(&webhook, &outcome.health);
                webhook.health = outcome.health;
                untold.extend(self.send_notices(&webhook, seen, outcome).await);
                break;
            }
            if is_only_noted {
                // Another function wrote it meanwhile, and the next late attempt notes it. A refused write
                // costs as much as another.
                break;
            }
            let strong = Consistency::Strong;
            match self.webhooks.webhook(&webhook.user_id, webhook.id, strong).await? {
                Some(fresh) => webhook = fresh,
                None => return Ok(()),
            }
        }
        if webhook.health.circuit != before {
            // Only if it opened, perhaps again. A function that parks a delivery does this too, so this
            // may fail.
            self.ensure_wake_up(&webhook.user_id, webhook.id, &webhook.health).await?;
        }
        let release = ReleaseParked::now(webhook.user_id.clone(), webhook.id);
        if closes {
            self.send_release(release, Duration::ZERO).await?;
        } else if was_open
            && !webhook.health.is_failing()
            && let Some((look, pause)) = release.next_look(None)
        {
            // Another function closed it and releases, or this one did by a write whose response was
            // lost.
            self.send_release(look, pause).await?;
        }
        Ok(())
    }

    /// Sends the notices that the write before has claimed. Each is sent alone, so that a refused
    /// one is known. Returns the refused ones.
    async fn send_notices(
        &self,
        webhook: &Webhook,
        seen: &[Observation],
        outcome: Outcome,
    ) -> Vec<WebhookNotice> {
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

/// Logs with which webhook Grapnel is behind, each time that this is noted.
fn log_lag(before: &Webhook, health: &Health) {
    if let Some(behind) = health.behind.filter(|behind| before.health.behind != Some(*behind)) {
        let Behind { since, age_seconds, .. } = behind;
        tracing::warn!(webhook.id = %before.id, user.id = %before.user_id, %since, age_ms = age_seconds * 1000, "Grapnel is behind with a webhook");
    }
}

/// The delivery of the last attempt that failed.
fn last_failure(seen: &[Observation]) -> Option<DeliveryId> {
    let failed = |evidence| matches!(evidence, Evidence::Failure { .. } | Evidence::Stop(_));
    seen.iter().rfind(|seen| failed(seen.evidence)).map(|seen| seen.delivery.id)
}

/// The latest health that any of the attempts read.
fn newest(seen: &[Observation]) -> Option<Health> {
    seen.iter().map(|seen| seen.webhook.health).max_by_key(|health| health.version)
}

fn notices(
    webhook: &Webhook,
    seen: &[Observation],
    outcome: &Outcome,
    now: Timestamp,
) -> Vec<WebhookNotice> {
    let exhausted =
        |seen: &&Observation| matches!(seen.evidence, Evidence::Failure { exhausted: true, .. });
    let delivery = seen.iter().find(exhausted).or(seen.last()).map(|seen| &seen.delivery);
    let notice = |change| WebhookNotice::of(change, webhook, delivery.cloned(), now);
    outcome.changes.iter().copied().map(notice).collect()
}
