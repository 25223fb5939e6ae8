//! Webhooks.

use super::{Aws, waits::past};
use crate::{counts::Count, mutation::Mutation, plan::Part, sim::Sim, task::at_once, trace::short};
use grapnel_domain::{
    health::Circuit,
    ids::{UserId, WebhookId},
    ports::{
        Consistency, ListWebhooks, Page, PortError, ReadSubscriptions, ReadWebhooks, StoreWebhooks,
    },
    time::Timestamp,
    webhook::{Subscription, Webhook},
};

/// A webhook is now like this.
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

impl ReadWebhooks for Aws {
    async fn webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        consistency: Consistency,
    ) -> Result<Option<Webhook>, PortError> {
        let effect = |sim: &Sim| {
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
            if let Some(webhook) = &found {
                sim.with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.configs.push((id, webhook.retry_config.clone()));
                        let closed = !webhook.health.is_failing();
                        invocation.circuits.push((id, closed));
                        let limited = webhook.rate_limit.is_some();
                        invocation.limits.push((id, limited && closed));
                    }
                });
            }
            if sim.mutation() == Some(Mutation::IgnoresCircuits)
                && let Some(webhook) = &mut found
                && webhook.health.is_failing()
            {
                webhook.health.circuit = Circuit::Closed;
            }
            Ok(found)
        };
        self.read(Part::Tables, "read webhook", effect).await
    }
}

impl ReadSubscriptions for Aws {
    async fn subscriptions(&self, user: &UserId) -> Result<Vec<Subscription>, PortError> {
        let lethal = self.sim.plan().lethal.filter(|lethal| lethal.user == user.as_str());
        if lethal.is_some_and(|lethal| self.sim.now() < lethal.until) {
            self.sim.die().await
        }
        let effect = |sim: &Sim| at_once(sim.memory().subscriptions(user));
        self.read(Part::Tables, "query subscriptions", effect).await
    }
}

impl ListWebhooks for Aws {
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
