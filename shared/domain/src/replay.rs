//! Replay: resends many settled deliveries, one page at a time.
//!
//! A replay is requested once, and carried out by a chain of messages, one for each page. A page is
//! found, sent and then recorded, in that order, and its record has the place where the next page
//! begins: each message for the next page, however often it comes, begins there.
//!
//! A failed delivery is *reopened*: it becomes `retrying` and its retry schedule restarts. The row
//! stores the replay that did this, and only a later replay reopens it again: each replay reopens a
//! delivery at most once, however often its pages are repeated and whichever replays run at the
//! same time. A delivery that a later replay has reopened was resent after the earlier replay was
//! requested, as the earlier one wanted. A successful delivery gets one more attempt and stays
//! successful.

use crate::{
    delivery::{AttemptNumber, Delivery, DeliveryStatus, MAX_ATTEMPTS_ON_RECORD, Target},
    event::{Retention, TypeFilter},
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The deliveries that are resent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplayStatus {
    #[default]
    Failed,
    Success,
}

impl ReplayStatus {
    /// The status of these deliveries.
    #[must_use]
    pub fn of_delivery(self) -> DeliveryStatus {
        match self {
            Self::Failed => DeliveryStatus::Failed,
            Self::Success => DeliveryStatus::Success,
        }
    }
}

/// The selection of a replay. The JSON names are part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayFilter {
    /// The deliveries' status.
    pub status: ReplayStatus,
    /// The types of the events; every type if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub event: Option<TypeFilter>,
    /// Events that were received at this time or later; all if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Timestamp>,
    /// Events that were received before this time. Never later than the request, so that a replay
    /// ends.
    pub until: Timestamp,
}

impl ReplayFilter {
    /// The delivery ids between `since` and `until`, and after `after`. The upper end is no
    /// delivery's id. `None` if the range is empty.
    #[must_use]
    pub fn ids(&self, after: Option<DeliveryId>) -> Option<RangeInclusive<DeliveryId>> {
        let begin = DeliveryId::first_at(self.since.unwrap_or(Timestamp::from_millis(0)));
        let begin = after.map_or(begin, |after| begin.max(after.successor()));
        let end = DeliveryId::first_at(self.until);
        (begin < end).then_some(begin..=end)
    }
}

/// Where a replay continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The current webhook.
    pub webhook_id: WebhookId,
    /// The last delivery so far; `None` at the beginning of the webhook.
    pub after: Option<DeliveryId>,
}

/// The request of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayOrder {
    /// The webhook; all of the user's webhooks if `None`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub webhook_id: Option<WebhookId>,
    pub filter: ReplayFilter,
    pub created_at: Timestamp,
}

/// A replay as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    pub id: ReplayId,
    /// The owner of its deliveries.
    pub user_id: UserId,
    pub order: ReplayOrder,
    /// How many pages are recorded: the number, from 0, of the next page.
    pub page: u32,
    /// Where the next page begins; `None` is the user's first webhook.
    pub place: Option<Place>,
    /// How many deliveries were read.
    pub examined: u64,
    /// How many deliveries were resent, as counted by the run that recorded each page. A run that
    /// died before its record may have sent some that the next run finds delivered, and does not
    /// count.
    pub replayed: u64,
    /// When its last page was recorded.
    pub finished_at: Option<Timestamp>,
    /// When its row may be removed.
    pub expires_at: Timestamp,
}

impl Replay {
    /// A new replay.
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

    /// Its first message, which contains the request: this is enough to begin.
    #[must_use]
    pub fn first_page(&self) -> ReplayPage {
        let order = Some(self.order.clone());
        ReplayPage { user_id: self.user_id.clone(), replay_id: self.id, page: 0, order }
    }

    /// The message of the next page.
    #[must_use]
    pub fn next_page(&self) -> ReplayPage {
        let user_id = self.user_id.clone();
        ReplayPage { user_id, replay_id: self.id, page: self.page, order: None }
    }

    /// How this row is resent, if it is. Not resent are: a test, because it is not an event of the
    /// platform; a full row, which has no room for an attempt; an event whose data was erased; and
    /// a delivery that this replay has resent before.
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
            attempt: AttemptNumber::after(row.attempts),
            replay: self.id,
            manual: filter.status == ReplayStatus::Success,
        })
    }

    /// This replay after one more recorded page.
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

/// A delivery that a replay resends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resend {
    pub target: Target,
    pub attempt: AttemptNumber,
    pub replay: ReplayId,
    /// Whether the delivery was successful: it gets one more attempt and stays successful.
    pub manual: bool,
}

/// The result of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// How many deliveries were read.
    pub examined: u64,
    /// How many deliveries were resent.
    pub replayed: u64,
    /// Where the next page begins; `None` if this was the last page.
    pub next: Option<Place>,
}

/// A message that requests a page of a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayPage {
    pub user_id: UserId,
    pub replay_id: ReplayId,
    /// The page, from 0.
    pub page: u32,
    /// On the first page: the request. The API sends this message before it stores the replay, so
    /// the page stores the replay if it is missing.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<ReplayOrder>,
}

/// A settled delivery as a replay reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledRow {
    pub webhook_id: WebhookId,
    pub id: DeliveryId,
    pub event_id: EventId,
    pub event_type: String,
    pub status: DeliveryStatus,
    /// Made by `POST …/test`.
    pub test: bool,
    /// The number of recorded attempts.
    pub attempts: u32,
    /// The last replay that reopened it.
    pub reopened_by: Option<ReplayId>,
    /// When the last attempt began. An index does not have this.
    pub last_attempt_at: Option<Timestamp>,
    /// Whether its event's data was erased. An index has no such row.
    pub payload_erased: bool,
}

impl SettledRow {
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

/// What a replay's message for attempt `number` does with its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopen {
    /// It failed: reopen it, then make the attempt.
    Now,
    /// This replay has reopened it for this attempt, and the function died after that.
    IsDone,
    /// The attempt is recorded: make sure that the next one comes.
    Stale,
    /// Nothing to do: it succeeded, it has its own schedule, its owner cancelled it, its event's
    /// data was erased, or this replay or a later one reopened it and it failed again.
    No,
}

impl Reopen {
    /// Decides, for a delivery from a consistent read.
    #[must_use]
    pub fn decide(delivery: &Delivery, number: AttemptNumber, replay: ReplayId) -> Self {
        let mine = delivery.reopened.filter(|reopened| reopened.by == replay);
        let is_later = delivery.reopened.is_none_or(|reopened| reopened.by < replay);
        let is_next = number == delivery.next_attempt_number();
        match delivery.status {
            DeliveryStatus::Failed
                if is_next
                    && is_later
                    && delivery.may_be_reopened()
                    && number.is_among(MAX_ATTEMPTS_ON_RECORD) =>
            {
                Self::Now
            }
            DeliveryStatus::Retrying
                if mine.is_some_and(|mine| mine.attempts == number.attempts_before()) =>
            {
                if is_next { Self::IsDone } else { Self::Stale }
            }
            _ => Self::No,
        }
    }
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
