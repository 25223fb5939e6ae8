//! What the API may touch, and what it knows of its deployment.

use crate::{
    admin_keys::AdminKeys,
    problem::Problem,
    request::{quotas::Quotas, tokens::Tokens},
};
use grapnel_console::Settings;
use grapnel_domain::{
    event::publish::EventValidation,
    ids::{UserId, WebhookId},
    ports::{
        ClaimKeys, Clock, Consistency, Deliveries, DeliveryLog, Echoes, EnqueueAttempts,
        EnqueueEvents, EventLog, EventTypes, FetchIssuerKeys, GenerateIds, Keys, PortalLinks,
        ReadEvents, Replays, StoreWebhooks, Webhooks,
    },
    webhook::{Webhook, draft::Rules},
};
use std::sync::Arc;

/// Webhooks that one query reads.
const WEBHOOKS_AT_ONCE: usize = 100;

/// The capabilities of the API function, grouped by where they lead. Read it as an IAM policy:
/// nothing here creates an event or a delivery, or changes one but for ending a delivery that its
/// owner cancels, and erasing what an owner wants erased.
pub trait Ports: Send + Sync + 'static {
    /// The keys table: keys, counts of requests, portal links, and echoes.
    type Keys: Keys + PortalLinks + Echoes + 'static;
    /// The webhooks table.
    type Webhooks: Webhooks + StoreWebhooks + 'static;
    /// The same table: the deployment's own event types.
    type EventTypes: EventTypes + 'static;
    /// The deliveries table: to read, to count who is parked, to cancel, to erase from, and to
    /// count and keep figures.
    type Deliveries: Deliveries + DeliveryLog + 'static;
    /// The events table: events to read, to list and to erase the data of, replays, and idempotency keys.
    type Events: ReadEvents + EventLog + Replays + ClaimKeys + 'static;
    /// The delivery queue, for manual retries and replays.
    type DeliveryQueue: EnqueueAttempts + 'static;
    /// The events queue, for what is published, and for tests.
    type EventsQueue: EnqueueEvents + 'static;
    /// The issuer of tokens, to ask for its public keys.
    type Issuer: FetchIssuerKeys + 'static;
    /// The time of day.
    type Clock: Clock + 'static;
    /// Ids, secrets and keys.
    type Ids: GenerateIds + 'static;
}

/// The API's ports and settings.
pub struct Api<P: Ports> {
    /// Looks keys up, notes their use, and manages them and what lies beside them.
    pub keys: P::Keys,
    /// Reads and writes webhooks.
    pub webhooks: P::Webhooks,
    /// Reads and writes event types.
    pub event_types: P::EventTypes,
    /// Reads and cancels deliveries, and erases from them.
    pub deliveries: P::Deliveries,
    /// Reads events, for their payloads, and erases these; reads and writes replays.
    pub events: P::Events,
    /// Takes manual retries and replays.
    pub delivery_queue: P::DeliveryQueue,
    /// Takes published events, and orders for test deliveries.
    pub events_queue: P::EventsQueue,
    /// The time of day.
    pub clock: P::Clock,
    /// Ids, secrets and keys.
    pub ids: P::Ids,
    /// The keys that act for any user.
    pub admin_keys: AdminKeys,
    /// The tokens that are believed beside keys, if any are.
    pub tokens: Option<Tokens<P::Issuer>>,
    /// How often a user may ask.
    pub quotas: Quotas,
    /// Which webhooks this deployment accepts.
    pub rules: Rules,
    /// What the deployment decides about its console.
    pub console: Arc<Settings>,
    /// Whether events can be listed: whether their table has its index by time.
    pub has_event_index: bool,
    /// How strictly it holds published events against the catalogue.
    pub event_validation: EventValidation,
}

impl<P: Ports> Api<P> {
    /// The user's webhook as it is now. Read consistently: a caller who has just changed it sees the
    /// change.
    ///
    /// # Errors
    /// 404 if this user has none with this id.
    pub(crate) async fn find_webhook(
        &self,
        user: &UserId,
        id: WebhookId,
    ) -> Result<Webhook, Problem> {
        let found = self.webhooks.webhook(user, id, Consistency::Strong).await?;
        found.ok_or_else(Problem::not_found)
    }

    /// Every webhook of the user, in order of creation. Reads may lag.
    ///
    /// # Errors
    /// 503 if they can't be read.
    pub(crate) async fn every_webhook(&self, user: &UserId) -> Result<Vec<Webhook>, Problem> {
        let mut webhooks = Vec::new();
        let mut after = None;
        loop {
            let page = self.webhooks.list_webhooks(user, WEBHOOKS_AT_ONCE, after).await?;
            webhooks.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(webhooks);
            }
        }
    }
}
