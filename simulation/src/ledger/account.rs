//! What the ledger notes of a run.

use crate::{receiver::Wish, task::TaskId, trace::short};
use grapnel_domain::{
    delivery::DeliveryKey,
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    limit::SlotTime,
    replay::ReplayOrder,
    time::Timestamp,
    webhook::Webhook,
};
use std::collections::{BTreeMap, BTreeSet};

/// A delivery's key, as one that sorts.
pub(crate) type Key = (WebhookId, DeliveryId);

pub(crate) const fn key(key: DeliveryKey) -> Key {
    (key.webhook_id, key.id)
}

pub(crate) fn name((webhook, id): Key) -> String {
    format!("{} of {}", short(id), short(webhook))
}

/// A request that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending {
    pub(crate) task: TaskId,
    pub(crate) key: Key,
    /// The attempt, if that is certain.
    pub(crate) number: Option<u32>,
    /// The step at which the function read the delivery.
    pub(crate) read: u64,
    /// When it began, by the function's clock.
    pub(crate) began: Timestamp,
    /// Whether it reaches the receiver: without an address there is nobody to send to.
    pub(crate) reaches: bool,
}

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) sending: Sending,
    pub(super) fate: Fate,
    pub(super) answer: Option<Answer>,
    /// Its function has asked for the record.
    pub(super) claimed: bool,
    /// When its function first asked for the record,
    pub(super) first_try: Option<Timestamp>,
    /// and when it last saw that fail.
    pub(super) failed_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: Option<u16>,
    pub(super) wish: Wish,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    UnderWay,
    Recorded,
    Refused,
    /// The record's answer was an error.
    RecordFailed,
    /// The function died before it recorded.
    Dead,
}

/// An attempt on record.
#[derive(Debug)]
pub(super) struct OnRecord {
    pub(super) step: u64,
    /// Before this, by the clock of whoever recorded, the next one must not come.
    pub(super) next_not_before: Timestamp,
    /// After this the next one is late, if nothing went wrong.
    pub(super) next_not_after: Timestamp,
}

/// An event that was put on the events queue.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) user: UserId,
    pub(super) event_type: String,
    pub(super) test: Option<WebhookId>,
    pub(super) put: Timestamp,
    /// A message for it was acknowledged.
    pub(super) fanned_out: bool,
}

impl Accepted {
    pub(super) fn is_for(&self, webhook: &Webhook) -> bool {
        match self.test {
            Some(test) => webhook.id == test,
            None => {
                webhook.effective_status().receives()
                    && webhook.events.iter().any(|pattern| pattern.matches(&self.event_type))
            }
        }
    }
}

/// An attempt that the API said it would have made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) key: Key,
    /// Its number at least.
    pub(super) number: u32,
    pub(super) at: Timestamp,
}

/// The replays that somebody asked for, and what they reopened.
#[derive(Debug, Default)]
pub(super) struct Replays {
    pub(super) asked: BTreeMap<ReplayId, (UserId, ReplayOrder)>,
    pub(super) reopened: BTreeSet<(Key, ReplayId)>,
}

/// What was erased.
#[derive(Debug, Default)]
pub(super) struct Erasures {
    pub(super) events: BTreeMap<EventId, UserId>,
    /// At which step a delivery was told so first.
    pub(super) told: BTreeMap<Key, u64>,
}

/// An attempt of a delivery.
pub(super) type Attempt = (Key, u32);

/// What was handed out.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The first slot of each webhook that may be handed out next.
    pub(super) free: BTreeMap<WebhookId, SlotTime>,
    pub(super) slots: BTreeMap<(WebhookId, Timestamp), Holder>,
}

/// Who has a slot.
#[derive(Debug)]
pub(super) struct Holder {
    /// Who reserved it.
    pub(super) by: Option<TaskId>,
    /// What it is for, once that is known.
    pub(super) of: Option<Attempt>,
}
