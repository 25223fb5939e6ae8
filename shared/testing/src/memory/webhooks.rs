use super::{Memory, Operation, state::Tables};
use grapnel_domain::{
    health::{Health, Note},
    ids::{UserId, WebhookId},
    ports::{
        Consistency, Page, PortError, ROWS_FOR_EACH, ReadSubscriptions, ReadTogether,
        StoreWebhooks, Webhooks,
    },
    time::Timestamp,
    webhook::{Subscription, Webhook},
};
use std::collections::BTreeMap;

fn of<'a>(tables: &'a Tables, user: &'a UserId) -> impl Iterator<Item = Webhook> {
    let mine = tables.webhooks.keys().filter(move |(owner, _)| owner == user);
    mine.filter_map(|key| tables.webhook(key))
}

/// The webhook at which a read of so many rows from `first` to `last` ends; `None` if it reads all
/// of them. A webhook, its health and its limiter are a row each.
fn last_reached(
    tables: &Tables,
    user: &UserId,
    (first, last): (WebhookId, WebhookId),
    most: usize,
) -> Option<WebhookId> {
    let range = (user.clone(), first)..=(user.clone(), last);
    let webhooks = tables.webhooks.range(range.clone()).map(|((_, id), _)| *id);
    let health = tables.health.range(range.clone()).map(|((_, id), _)| *id);
    let limiters = tables.limiters.range(range).map(|((_, id), _)| *id);
    let mut rows: BTreeMap<WebhookId, usize> = BTreeMap::new();
    for id in webhooks.chain(health).chain(limiters) {
        *rows.entry(id).or_default() += 1;
    }
    let mut read = 0;
    let reaches = |(id, rows)| {
        read += rows;
        (read >= most).then_some(id)
    };
    rows.into_iter().find_map(reaches)
}

/// Removes a webhook with everything kept beside it. Answers whether there was one.
fn remove(tables: &mut Tables, key: &(UserId, WebhookId)) -> bool {
    tables.health.remove(key);
    tables.limiters.remove(key);
    tables.webhooks.remove(key).is_some()
}

impl Webhooks for Memory {
    async fn webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        consistency: Consistency,
    ) -> Result<Option<Webhook>, PortError> {
        self.run(Operation::Webhook, |state| {
            Ok(state.seen(consistency).webhook(&(user.clone(), id)))
        })
        .await
    }

    async fn webhooks_together(
        &self,
        user: &UserId,
        ids: &[WebhookId],
    ) -> Result<ReadTogether<Webhook, WebhookId>, PortError> {
        self.run(Operation::WebhooksTogether, |state| {
            let tables = state.seen(Consistency::Eventual);
            let ends = ids.iter().min().copied().zip(ids.iter().max().copied());
            let most = ids.len() * ROWS_FOR_EACH;
            let reached = ends.and_then(|ends| last_reached(tables, user, ends, most));
            let is_whole = |id: &WebhookId| reached.is_none_or(|reached| *id < reached);
            let (read, unread): (Vec<_>, Vec<_>) = ids.iter().copied().partition(is_whole);
            let found = read.into_iter().filter_map(|id| tables.webhook(&(user.clone(), id)));
            Ok(ReadTogether { found: found.collect(), unread })
        })
        .await
    }

    async fn list_webhooks(
        &self,
        user: &UserId,
        limit: usize,
        after: Option<WebhookId>,
    ) -> Result<Page<Webhook, WebhookId>, PortError> {
        self.run(Operation::ListWebhooks, |state| {
            let mut rest = of(&state.tables, user)
                .filter(|webhook| after.is_none_or(|after| webhook.id > after));
            let items: Vec<Webhook> = rest.by_ref().take(limit).collect();
            let more = rest.next().is_some();
            let next = items.last().filter(|_| more).map(|webhook| webhook.id);
            Ok(Page { items, next })
        })
        .await
    }

    async fn count_webhooks(&self, user: &UserId) -> Result<usize, PortError> {
        self.run(Operation::CountWebhooks, |state| Ok(of(&state.tables, user).count())).await
    }

    async fn store_health(
        &self,
        user: &UserId,
        webhook: WebhookId,
        health: &Health,
    ) -> Result<bool, PortError> {
        self.run(Operation::StoreHealth, |state| {
            let key = (user.clone(), webhook);
            let stored = state.tables.health.get(&key).copied().unwrap_or_default();
            let fits = stored.version + 1 == health.version;
            if fits {
                state.tables.health.insert(key, health.with_notes_of(&stored));
            }
            Ok(fits)
        })
        .await
    }

    async fn note(&self, user: &UserId, webhook: WebhookId, note: Note) -> Result<bool, PortError> {
        self.run(Operation::Note, |state| {
            let stored = state.tables.health.get_mut(&(user.clone(), webhook));
            Ok(stored.is_some_and(|health| {
                let before = std::mem::replace(health, health.noted(note));
                *health != before
            }))
        })
        .await
    }
}

impl ReadSubscriptions for Memory {
    async fn subscriptions(&self, user: &UserId) -> Result<Vec<Subscription>, PortError> {
        self.run(Operation::Subscriptions, |state| {
            Ok(of(&state.tables, user)
                .map(|webhook| Subscription {
                    webhook_id: webhook.id,
                    status: webhook.effective_status(),
                    events: webhook.events.clone(),
                    filter: webhook.filter.clone(),
                })
                .collect())
        })
        .await
    }
}

/// A webhook without health and rate limit state, which are separate rows.
fn stored(webhook: &Webhook) -> Webhook {
    webhook.clone().with_state(Health::default(), None)
}

impl StoreWebhooks for Memory {
    async fn create_webhook(&self, webhook: &Webhook) -> Result<(), PortError> {
        self.run(Operation::CreateWebhook, |state| {
            let key = (webhook.user_id.clone(), webhook.id);
            state.tables.webhooks.entry(key).or_insert_with(|| stored(webhook));
            Ok(())
        })
        .await
    }

    async fn replace_webhook(
        &self,
        webhook: &Webhook,
        read_at: Timestamp,
    ) -> Result<bool, PortError> {
        self.run(Operation::ReplaceWebhook, |state| {
            match state.tables.webhooks.get_mut(&(webhook.user_id.clone(), webhook.id)) {
                Some(found) if found.updated_at == read_at => {
                    *found = stored(webhook);
                    Ok(true)
                }
                // Said twice: the first time did it.
                Some(found) => Ok(found.configuration() == webhook.configuration()),
                None => Ok(false),
            }
        })
        .await
    }

    async fn delete_webhook(&self, user: &UserId, id: WebhookId) -> Result<bool, PortError> {
        self.run(Operation::DeleteWebhook, |state| {
            Ok(remove(&mut state.tables, &(user.clone(), id)))
        })
        .await
    }

    async fn delete_unchanged_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
        read_at: Timestamp,
    ) -> Result<bool, PortError> {
        self.run(Operation::DeleteWebhook, |state| {
            let key = (user.clone(), id);
            let stored = state.tables.webhooks.get(&key);
            let unchanged = stored.is_some_and(|webhook| webhook.updated_at == read_at);
            Ok(unchanged && remove(&mut state.tables, &key))
        })
        .await
    }
}
