//! What the AWS in memory holds.

use super::{faults::Faults, rows::Rows};
use grapnel_domain::{
    catalogue::{EventTypeName, OwnType},
    delivery::DeliveryKey,
    echo::Echo,
    event::{
        Event,
        publish::{Claim, IdempotencyKey},
    },
    figures::HourFigures,
    health::Health,
    ids::{EchoId, EventId, ReplayId, UserId, WebhookId},
    key::{ApiKey, PortalLink},
    limit::SlotTime,
    notice::Notice,
    ports::Consistency,
    release::PAGE_ROWS,
    replay::Replay,
    tending::{Spread, Unreadable},
    time::{Hour, Minute},
    webhook::Webhook,
};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that a page of settled deliveries is looked for in, as the AWS adapter reads them.
const SETTLED_PAGE_ROWS: usize = 100;

#[derive(Debug)]
pub(super) struct State {
    pub(super) tables: Tables,
    /// What eventually consistent reads see while replication is stopped.
    pub(super) replica: Option<Tables>,
    pub(super) dead_letters: Vec<DeadLetter>,
    pub(super) waits: BTreeMap<Minute, StartedWait>,
    /// Deliveries that reads of several leave out.
    pub(super) left_out: BTreeSet<DeliveryKey>,
    /// Deliveries whose rows cannot be read.
    pub(super) damaged: BTreeSet<DeliveryKey>,
    pub(super) unreadable: Vec<(Spread, Unreadable)>,
    pub(super) notices: Vec<Notice>,
    pub(super) issuer_keys: String,
    pub(super) waiting_page: usize,
    pub(super) settled_page: usize,
    pub(super) faults: Faults,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) webhooks: BTreeMap<(UserId, WebhookId), Webhook>,
    pub(super) health: BTreeMap<(UserId, WebhookId), Health>,
    pub(super) limiters: BTreeMap<(UserId, WebhookId), SlotTime>,
    pub(super) event_types: BTreeMap<EventTypeName, OwnType>,
    pub(super) events: BTreeMap<(UserId, EventId), Event>,
    pub(super) replays: BTreeMap<(UserId, ReplayId), Replay>,
    pub(super) claims: BTreeMap<(UserId, IdempotencyKey), Claim>,
    pub(super) deliveries: Rows,
    pub(super) figures: BTreeMap<WebhookId, BTreeMap<Hour, HourFigures>>,
    pub(super) keys: BTreeMap<String, ApiKey>,
    pub(super) links: BTreeMap<String, PortalLink>,
    pub(super) echoes: BTreeMap<EchoId, Echo>,
    /// Requests that a user made in a minute.
    pub(super) requests: BTreeMap<(UserId, Minute), u32>,
}

/// A message that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its text.
    pub body: String,
    /// Why.
    pub reason: String,
}

/// A shared wait that was started at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedWait {
    /// The minute that is waited for.
    pub minute: Minute,
    /// Whether it still runs.
    pub running: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            tables: Tables::default(),
            replica: None,
            dead_letters: Vec::new(),
            waits: BTreeMap::new(),
            left_out: BTreeSet::new(),
            damaged: BTreeSet::new(),
            unreadable: Vec::new(),
            notices: Vec::new(),
            issuer_keys: String::new(),
            waiting_page: PAGE_ROWS.into(),
            settled_page: SETTLED_PAGE_ROWS,
            faults: Faults::default(),
        }
    }
}

impl Tables {
    /// A webhook with its health and its limiter, as one query reads them all.
    pub(super) fn webhook(&self, key: &(UserId, WebhookId)) -> Option<Webhook> {
        let health = self.health.get(key).copied().unwrap_or_default();
        let next_slot = self.limiters.get(key).copied();
        self.webhooks.get(key).map(|webhook| webhook.clone().with_state(health, next_slot))
    }
}

impl State {
    /// What a read of this consistency sees.
    pub(super) fn seen(&self, consistency: Consistency) -> &Tables {
        match consistency {
            Consistency::Strong => &self.tables,
            Consistency::Eventual => self.replica.as_ref().unwrap_or(&self.tables),
        }
    }
}
