//! The ledger's records of a run.

use crate::{receiver::Wish, task::TaskId, trace::short};
use grapnel_domain::{
    delivery::{AttemptNumber, DeliveryKey},
    filter::Filter,
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    limit::SlotTime,
    replay::ReplayOrder,
    time::Timestamp,
    webhook::Webhook,
};
use std::collections::{BTreeMap, BTreeSet};

/// A delivery's key in a form that can be sorted.
pub(crate) type Key = (WebhookId, DeliveryId);

pub(crate) const fn key(key: DeliveryKey) -> Key {
    (key.webhook_id, key.id)
}

pub(crate) fn name((webhook, id): Key) -> String {
    format!("{} of {}", short(id), short(webhook))
}

/// A request before it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending {
    pub(crate) task: TaskId,
    pub(crate) key: Key,
    /// The attempt, if it is certain.
    pub(crate) number: Option<AttemptNumber>,
    /// The step at which the function read the delivery.
    pub(crate) read: u64,
    /// When it began, by the function's clock.
    pub(crate) began: Timestamp,
    /// Whether it reaches the receiver: without an address, nothing is sent.
    pub(crate) reaches: bool,
}

/// A request that was sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) sending: Sending,
    pub(super) fate: Fate,
    pub(super) answer: Option<Answer>,
    /// Its function has sent the record.
    pub(super) claimed: bool,
    /// When its function first sent the record.
    pub(super) first_try: Option<Timestamp>,
    /// When the record last failed.
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
    /// The record failed.
    RecordFailed,
    /// The function died before it recorded.
    Dead,
}

/// A recorded attempt.
#[derive(Debug)]
pub(super) struct OnRecord {
    pub(super) step: u64,
    /// The next attempt must not be earlier, by the clock of the function that recorded.
    pub(super) next_not_before: Timestamp,
    /// The next attempt must not be later, if there was no fault.
    pub(super) next_not_after: Timestamp,
}

/// An event that was put on the events queue.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) user: UserId,
    pub(super) event_type: String,
    pub(super) data: String,
    pub(super) test: Option<WebhookId>,
    pub(super) put: Timestamp,
    /// A message with it was acknowledged.
    pub(super) fanned_out: bool,
}

impl Accepted {
    pub(super) fn is_for(&self, webhook: &Webhook) -> bool {
        match self.test {
            Some(test) => webhook.id == test,
            None => {
                let passes = |filter: &Filter| filter.verdict(&self.data).delivers();
                webhook.effective_status().receives()
                    && webhook.events.iter().any(|pattern| pattern.matches(&self.event_type))
                    && webhook.filter.as_ref().is_none_or(passes)
            }
        }
    }
}

/// An attempt that the API accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) key: Key,
    /// Its number or a higher one.
    pub(super) number: AttemptNumber,
    pub(super) at: Timestamp,
}

/// The requested replays, and the deliveries that they reopened.
#[derive(Debug, Default)]
pub(super) struct Replays {
    pub(super) asked: BTreeMap<ReplayId, (UserId, ReplayOrder)>,
    pub(super) reopened: BTreeSet<(Key, ReplayId)>,
}

/// All erasures.
#[derive(Debug, Default)]
pub(super) struct Erasures {
    pub(super) events: BTreeMap<EventId, UserId>,
    /// The step at which a delivery was first marked.
    pub(super) told: BTreeMap<Key, u64>,
}

/// An attempt of a delivery.
pub(super) type Attempt = (Key, AttemptNumber);

/// All slots.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The earliest next slot of each webhook.
    pub(super) free: BTreeMap<WebhookId, SlotTime>,
    pub(super) slots: BTreeMap<(WebhookId, Timestamp), Holder>,
}

/// The holder of a slot.
#[derive(Debug)]
pub(super) struct Holder {
    /// The task that reserved it.
    pub(super) by: Option<TaskId>,
    /// Its attempt, once that is known.
    pub(super) of: Option<Attempt>,
}
