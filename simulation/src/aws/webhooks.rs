//! Webhooks.

use super::{Aws, find::past};
use crate::{
    counts::Count,
    mutation::{self, Mutation},
    plan::Part,
    sim::{Sim, State},
    task::at_once,
    trace::short,
};
use grapnel_domain::{
    health::{Circuit, Health, Note},
    ids::{UserId, WebhookId},
    ports::{
        Consistency, Page, PortError, ReadSubscriptions, ReadTogether, StoreWebhooks, Webhooks,
    },
    release::wakes_at,
    time::Timestamp,
    webhook::{Subscription, Webhook},
};

/// A webhook has this new state.
pub(crate) fn changed(sim: &Sim, user: &UserId, id: WebhookId) {
    let webhooks = sim.memory().webhooks();
    let webhook = webhooks.into_iter().find(|webhook| webhook.id == id);
    sim.trace(|| match &webhook {
        Some(webhook) => format!("{} is {:?}", short(id), webhook.effective_status()),
        None => format!("{} is gone", short(id)),
    });
    let now = sim.now();
    sim.with(|state| state.history.webhook_changed(now, user, id, webhook));
}

/// What a function sees of a webhook that it reads.
fn seen(
    sim: &Sim,
    user: &UserId,
    id: WebhookId,
    consistency: Consistency,
) -> Result<Option<Webhook>, PortError> {
    let mut found = at_once(sim.memory().webhook(user, id, consistency))?;
    let lags = consistency == Consistency::Eventual
        || sim.mutation() == Some(Mutation::EndsOnLaggingReads);
    if let Some(past) = past(sim).filter(|_| lags) {
        let before = sim.with(|state| state.history.webhook_at(user, id, past));
        if before != found {
            sim.count(Count::LaggingReads);
            sim.trace(|| format!("a read of {} lags", short(id)));
            found = before;
        }
    }
    if consistency == Consistency::Eventual {
        found = found.map(|webhook| mutation::webhook_read(sim, webhook));
    }
    let now = sim.now();
    if let Some(webhook) = &found {
        sim.with(|state| {
            if let Some(invocation) = state.invocation() {
                invocation.configs.push((id, webhook.retry_config.clone()));
                let closed = !webhook.health.is_failing();
                invocation.circuits.push((id, closed));
                invocation.releases_read.push((id, webhook.health.release_began));
                let limited = webhook.rate_limit.is_some();
                invocation.limits.push((id, limited && closed));
                if let Circuit::Open { due } = webhook.health.circuit
                    && consistency == Consistency::Strong
                    && now < wakes_at(due)
                {
                    invocation.open_seen.push((id, due));
                }
            }
        });
    }
    if sim.mutation() == Some(Mutation::ReleasesSideBySide)
        && let Some(webhook) = &mut found
    {
        webhook.health.release_began = None;
    }
    if sim.mutation() == Some(Mutation::IgnoresCircuits)
        && let Some(webhook) = &mut found
        && webhook.health.is_failing()
    {
        webhook.health.circuit = Circuit::Closed;
    }
    Ok(found)
}

impl Webhooks for Aws {
    async fn webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        consistency: Consistency,
    ) -> Result<Option<Webhook>, PortError> {
        let effect = |sim: &Sim| seen(sim, user, id, consistency);
        self.read(Part::Tables, "read webhook", effect).await
    }

    async fn webhooks_together(
        &self,
        user: &UserId,
        ids: &[WebhookId],
    ) -> Result<ReadTogether<Webhook, WebhookId>, PortError> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        let effect = |sim: &Sim| {
            // A page may end at each webhook, and leaves that one out.
            let rate = sim.plan().faults.partial;
            let ends = |_: &WebhookId| sim.with(|state| state.random.chance(rate));
            let whole = ids.iter().position(ends).unwrap_or(ids.len());
            let mut read = ReadTogether { found: Vec::new(), unread: ids[whole..].to_vec() };
            for id in &ids[..whole] {
                read.found.extend(seen(sim, user, *id, Consistency::Eventual)?);
            }
            if let Some(cut) = ids.get(whole) {
                sim.count(Count::WebhooksUnread);
                if sim.mutation() == Some(Mutation::TakesCutForHealthy) {
                    let found = seen(sim, user, *cut, Consistency::Eventual)?;
                    read = mutation::taken_for_healthy(read, *cut, found);
                }
            }
            Ok(read)
        };
        self.read(Part::Tables, "read webhooks", effect).await
    }

    async fn list_webhooks(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<WebhookId>,
    ) -> Result<Page<Webhook, WebhookId>, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().list_webhooks(user, limit, after));
        self.read(Part::Tables, "list webhooks", effect).await
    }

    async fn count_webhooks(&self, user: &UserId) -> Result<usize, PortError> {
        let effect = |sim: &Sim| at_once(sim.memory().count_webhooks(user));
        self.read(Part::Tables, "count webhooks", effect).await
    }

    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        let (user, health) = (user.clone(), *health);
        // Determined now: an effect may come after its function has ended.
        let function =
            self.sim().with(|state| state.invocation().map(|invocation| invocation.function));
        let effect = move |sim: &Sim| {
            let before = sim.memory().health_now(&user, webhook);
            let judged_by_old = sim.mutation() == Some(Mutation::JudgesByOldHealth)
                && sim.with(|state| state.wrote_health(webhook));
            let stored =
                !judged_by_old && at_once(sim.memory().store_health(&user, webhook, &health))?;
            sim.with(|state| state.note_health(webhook, &health, stored));
            sim.trace(|| format!("health of {} {stored}: {health:?}", short(webhook)));
            if stored {
                sim.with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.circuits.push((webhook, true));
                    }
                });
                changed(sim, &user, webhook);
                sim.with(|state| {
                    state.ledger.health_written(webhook, &before, &health, function);
                });
                match (before.is_failing(), health.is_failing()) {
                    (false, true) => {
                        sim.count(Count::Opened);
                        let now = sim.now();
                        sim.with(|state| state.measured.opened(now));
                    }
                    (true, true) if health.last_due > before.last_due => {
                        sim.count(Count::Probes);
                        sim.with(|state| {
                            let Some(invocation) = state.invocation() else { return };
                            invocation.probes.extend(health.last_due.map(|due| (webhook, due)));
                        });
                    }
                    (true, false) => sim.count(Count::Closed),
                    (true, true) | (false, false) => {}
                }
            }
            Ok(stored
                || (sim.mutation() == Some(Mutation::ClaimsEveryProbe) && health.is_failing()))
        };
        self.write(Part::Tables, "store health", effect).await
    }

    async fn note(&self, user: &UserId, webhook: WebhookId, note: Note) -> Result<bool, PortError> {
        let user = user.clone();
        let effect = move |sim: &Sim| {
            let is_noted = at_once(sim.memory().note(&user, webhook, note))?;
            sim.trace(|| format!("{note:?} of {} is noted: {is_noted}", short(webhook)));
            if !is_noted && matches!(note, Note::Release(_)) {
                sim.with(|state| {
                    let Some(invocation) = state.invocation() else { return };
                    invocation.releases_refused.push(webhook);
                });
            }
            if let Note::WakeUp(due) = note {
                sim.with(|state| state.ledger.wake_up_noted(webhook, due));
            }
            changed(sim, &user, webhook);
            Ok(is_noted)
        };
        self.write(Part::Tables, "note health", effect).await
    }
}

impl ReadSubscriptions for Aws {
    async fn subscriptions(&self, user: &UserId) -> Result<Vec<Subscription>, PortError> {
        let lethal = self.sim.plan().lethal.filter(|lethal| lethal.user == user.as_str());
        if lethal.is_some_and(|lethal| self.sim.now() < lethal.until) {
            self.sim.die().await
        }
        let effect = |sim: &Sim| {
            let read = at_once(sim.memory().subscriptions(user))?;
            Ok(mutation::subscriptions_read(sim, user, read))
        };
        self.read(Part::Tables, "query subscriptions", effect).await
    }
}

impl StoreWebhooks for Aws {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), PortError> {
        let webhook = webhook.clone();
        let effect = move |sim: &Sim| {
            at_once(sim.memory().create_webhook(&webhook))?;
            changed(sim, &webhook.user_id, webhook.id);
            Ok(())
        };
        self.write(Part::Tables, "create webhook", effect).await
    }

    async fn replace_webhook(
        &self,
        webhook: &Webhook,
        read_at: Timestamp,
    ) -> Result<bool, PortError> {
        let webhook = webhook.clone();
        let effect = move |sim: &Sim| {
            let replaced = at_once(sim.memory().replace_webhook(&webhook, read_at))?;
            changed(sim, &webhook.user_id, webhook.id);
            Ok(replaced)
        };
        self.write(Part::Tables, "replace webhook", effect).await
    }

    async fn delete_webhook(&self, user: &UserId, id: WebhookId) -> Result<bool, PortError> {
        let user = user.clone();
        let effect = move |sim: &Sim| {
            let deleted = at_once(sim.memory().delete_webhook(&user, id))?;
            sim.with(|state| state.ledger.limiter_is_gone(id));
            changed(sim, &user, id);
            Ok(deleted)
        };
        self.write(Part::Tables, "delete webhook", effect).await
    }

    async fn delete_unchanged_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        read_at: Timestamp,
    ) -> Result<bool, PortError> {
        let user = user.clone();
        let effect = move |sim: &Sim| {
            let deleted = at_once(sim.memory().delete_unchanged_webhook(&user, id, read_at))?;
            changed(sim, &user, id);
            Ok(deleted)
        };
        self.write(Part::Tables, "delete webhook", effect).await
    }
}

impl State {
    /// Whether the current function was the last to write this health.
    fn wrote_health(&mut self, webhook: WebhookId) -> bool {
        self.current.is_some_and(|task| self.ledger.last_wrote_health(webhook, task))
    }

    fn note_health(&mut self, webhook: WebhookId, health: &Health, stored: bool) {
        let Self { ledger, invocations, current, .. } = self;
        let Some(task) = *current else { return };
        if stored {
            ledger.health_written_by(webhook, task);
        } else if let Some(invocation) = invocations.get(&task) {
            ledger.health_refused(webhook, health, task, invocation);
        }
    }
}
