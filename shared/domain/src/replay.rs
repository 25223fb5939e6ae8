//! Bulk replay: many settled deliveries sent again, a page at a time.
//!
//! A replay is asked for once and carried out by a chain of messages, one for each page. A page is
//! found, sent and then recorded, in that order, and its record names the place where the next one
//! begins: whichever message comes for the next page, and however often, it begins there.
//!
//! A delivery that failed is *reopened*: it becomes `retrying` and its retry schedule begins anew.
//! The row remembers which replay did that, and only a later one reopens it again: each reopens a
//! delivery once at most, however often its pages come and whichever others run beside it. What a
//! later one has reopened was sent again after the earlier one was asked for, as it wanted. A
//! delivery that succeeded gets one more attempt and stays as it is.

use crate::{
    delivery::{Delivery, DeliveryStatus, MAX_ATTEMPTS_ON_RECORD, Target},
    event::{Retention, TypeFilter},
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Which deliveries are sent again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplayStatus {
    /// Those that were given up.
    #[default]
    Failed,
    /// Those that the receiver took.
    Success,
}

impl ReplayStatus {
    /// The status that such a delivery has.
    #[must_use]
    pub fn of_delivery(self) -> DeliveryStatus {
        match self {
            Self::Failed => DeliveryStatus::Failed,
            Self::Success => DeliveryStatus::Success,
        }
    }
}

/// What a replay chooses by. The JSON names are part of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayFilter {
    /// How the delivery ended.
    pub status: ReplayStatus,
    /// The types of the events; any if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<TypeFilter>,
    /// Events that arrived from then on; from the beginning if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Timestamp>,
    /// Events that arrived before then. Never later than the moment of asking, so that a replay
    /// comes to an end.
    pub until: Timestamp,
}

impl ReplayFilter {
    /// The delivery ids that `since` and `until` leave, or those of them that come after `after`.
    /// The upper end is no delivery's id. `None` if nothing is left.
    #[must_use]
    pub fn ids(&self, after: Option<DeliveryId>) -> Option<RangeInclusive<DeliveryId>> {
        let begin = DeliveryId::first_at(self.since.unwrap_or(Timestamp::from_millis(0)));
        let begin = after.map_or(begin, |after| begin.max(after.successor()));
        let end = DeliveryId::first_at(self.until);
        (begin < end).then_some(begin..=end)
    }
}

/// Where a replay goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In this webhook,
    pub webhook_id: WebhookId,
    /// after this delivery; at the beginning if `None`.
    pub after: Option<DeliveryId>,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayOrder {
    /// The webhook; all of the user's if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub webhook_id: Option<WebhookId>,
    /// Which of their deliveries.
    pub filter: ReplayFilter,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// A replay as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// Whose deliveries it sends again.
    pub user_id: UserId,
    /// What was asked for.
    pub order: ReplayOrder,
    /// How many pages are on record: the number, from 0, of the page that comes next.
    pub page: u32,
    /// Where that page begins; `None` is the user's first webhook.
    pub place: Option<Place>,
    /// Deliveries looked at.
    pub examined: u64,
    /// Deliveries sent again, as counted by the run of each page that recorded it. A run that died
    /// before its record may have sent some that the next run finds delivered, and does not count.
    pub replayed: u64,
    /// When its last page was recorded.
    pub finished_at: Option<Timestamp>,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
}

impl Replay {
    /// A replay of which nothing is done.
    #[must_use]
    pub fn new(id: ReplayId, user_id: UserId, order: ReplayOrder, retention: Retention) -> Self {
        Self {
            id,
            user_id,
            place: order.webhook_id.map(|webhook_id| Place { webhook_id, after: None }),
            expires_at: order.created_at.plus(retention.period()),
            order,
            page: 0,
            examined: 0,
            replayed: 0,
            finished_at: None,
        }
    }

    /// Its first message, which carries the order: it is enough to begin.
    #[must_use]
    pub fn first_page(&self) -> ReplayPage {
        let order = Some(self.order.clone());
        ReplayPage { user_id: self.user_id.clone(), replay_id: self.id, page: 0, order }
    }

    /// The message of the page that comes next.
    #[must_use]
    pub fn next_page(&self) -> ReplayPage {
        let user_id = self.user_id.clone();
        ReplayPage { user_id, replay_id: self.id, page: self.page, order: None }
    }

    /// How this row is sent again, if it is to be. A test is no event of anybody's; a row that is full
    /// takes no further attempt; of an erased event nothing can be sent; and what this replay has sent
    /// again before is not sent once more.
    #[must_use]
    pub fn resend(&self, row: &SettledRow) -> Option<Resend> {
        let filter = &self.order.filter;
        let chosen = row.status == filter.status.of_delivery()
            && filter.event.as_ref().is_none_or(|types| types.includes(&row.event_type))
            && !row.test
            && !row.payload_erased
            && row.attempts < MAX_ATTEMPTS_ON_RECORD;
        let sent_before = match filter.status {
            ReplayStatus::Failed => row.reopened_by.is_some_and(|last| self.id <= last),
            ReplayStatus::Success => {
                row.last_attempt_at.is_some_and(|last| last >= self.order.created_at)
            }
        };
        (chosen && !sent_before).then(|| Resend {
            target: Target {
                delivery_id: row.id,
                webhook_id: row.webhook_id,
                user_id: self.user_id.clone(),
                event_id: row.event_id,
            },
            attempt: row.attempts + 1,
            replay: self.id,
            manual: filter.status == ReplayStatus::Success,
        })
    }

    /// This replay with one page more on record.
    #[must_use]
    pub fn after_page(&self, turn: &Turn, now: Timestamp) -> Self {
        Self {
            page: self.page + 1,
            place: turn.next,
            examined: self.examined + turn.examined,
            replayed: self.replayed + turn.replayed,
            finished_at: turn.next.is_none().then_some(now),
            ..self.clone()
        }
    }
}

/// A delivery that a replay sends again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resend {
    /// The delivery.
    pub target: Target,
    /// The number of the attempt to make.
    pub attempt: u32,
    /// The replay that asks for it.
    pub replay: ReplayId,
    /// Whether the delivery succeeded: it gets one more attempt and stays as it is.
    pub manual: bool,
}

/// What a page came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Deliveries looked at.
    pub examined: u64,
    /// Deliveries sent again.
    pub replayed: u64,
    /// Where the next page begins; `None` if this was the last.
    pub next: Option<Place>,
}

/// A message that asks for a page of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayPage {
    /// Whose replay.
    pub user_id: UserId,
    /// The replay.
    pub replay_id: ReplayId,
    /// The page, from 0.
    pub page: u32,
    /// On the first page: what was asked for. Whoever asked sends this before it stores the replay,
    /// so the page stores it if it is not there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<ReplayOrder>,
}

/// What a replay sees of a settled delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledRow {
    /// Its webhook.
    pub webhook_id: WebhookId,
    /// Its id.
    pub id: DeliveryId,
    /// The event.
    pub event_id: EventId,
    /// The event's type.
    pub event_type: String,
    /// How it ended.
    pub status: DeliveryStatus,
    /// Made by `POST …/test`.
    pub test: bool,
    /// How many attempts are on record.
    pub attempts: u32,
    /// The replay that reopened it last, the latest of those that did.
    pub reopened_by: Option<ReplayId>,
    /// When the last attempt was begun. Not known from an index.
    pub last_attempt_at: Option<Timestamp>,
    /// Whether its event's data was erased. An index does not hold such a row.
    pub payload_erased: bool,
}

impl SettledRow {
    /// What is seen of this delivery.
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        Self {
            webhook_id: delivery.webhook_id,
            id: delivery.id,
            event_id: delivery.event_id,
            event_type: delivery.event_type.clone(),
            status: delivery.status,
            test: delivery.test,
            attempts: delivery.attempt_count(),
            reopened_by: delivery.reopened.map(|reopened| reopened.by),
            last_attempt_at: delivery.attempts.last().map(|attempt| attempt.attempted_at),
            payload_erased: delivery.payload_erased_at.is_some(),
        }
    }
}

/// What a replay's message for attempt `number` does with the delivery that it finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopen {
    /// It failed: reopen it, then make the attempt.
    Now,
    /// This replay has reopened it for this very attempt: whoever did died after that.
    IsDone,
    /// The attempt is on record: see that the next one comes.
    Stale,
    /// Nothing is owed: it succeeded, it is on a schedule of its own, its owner cancelled it, its
    /// event's data was erased, or it was reopened by this replay or a later one and failed again.
    No,
}

impl Reopen {
    /// Decides, by a delivery that was read consistently.
    #[must_use]
    pub fn decide(delivery: &Delivery, number: u32, replay: ReplayId) -> Self {
        let mine = delivery.reopened.filter(|reopened| reopened.by == replay);
        let is_later = delivery.reopened.is_none_or(|reopened| reopened.by < replay);
        let is_next = number == delivery.next_attempt_number();
        match delivery.status {
            DeliveryStatus::Failed
                if is_next
                    && is_later
                    && delivery.may_be_reopened()
                    && number <= MAX_ATTEMPTS_ON_RECORD =>
            {
                Self::Now
            }
            DeliveryStatus::Retrying if mine.is_some_and(|mine| mine.attempts + 1 == number) => {
                if is_next {
                    Self::IsDone
                } else {
                    Self::Stale
                }
            }
            _ => Self::No,
        }
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
