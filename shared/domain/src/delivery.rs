//! A delivery: one event on its way to one webhook, with every attempt that was made.

mod change;
pub mod key;
mod waiting;

pub use change::{
    AttemptRecord, Ending, Parking, PayloadErasure, Reopening, ResponseErasure, SlotWait,
};
pub use key::{DeliveryKey, ParkedRow, Reopened, Target};
pub use waiting::{Waiting, WaitingFor};

use crate::{
    event::{Event, Retention},
    filter::Undecided,
    ids::{DeliveryId, EventId, UserId, WebhookId},
    limit::Slot,
    time::{Minute, Timestamp},
};
use serde::{Deserialize, Serialize};

/// Attempts that one delivery can hold: with the bodies that are kept, far from DynamoDB's 400 KB.
pub const MAX_ATTEMPTS_ON_RECORD: u32 = 200;

/// How many attempts keep their response body at each end of the list.
pub const BODIES_KEPT_AT_EACH_END: u32 = 5;

/// Most bytes of a successful response that are kept: a success is read for its status, and this
/// keeps its record within one write unit.
pub const SUCCESS_RESPONSE_BYTES: usize = 256;

/// What an attempt's error begins with when the transform failed. What follows may repeat parts of
/// the event's data, and goes when that is erased.
pub const TRANSFORM_FAILED: &str = "the transform failed";

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// No attempt on record yet.
    Pending,
    /// The receiver took it.
    Success,
    /// Given up, for [`Delivery::reason`].
    Failed,
    /// At least one attempt failed, another will come.
    Retrying,
}

impl DeliveryStatus {
    /// Whether nothing more happens unless somebody asks for it.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

/// Why a delivery ended as `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Every attempt that the webhook's configuration allows was made.
    AttemptsExhausted,
    /// The webhook was disabled when an attempt was due.
    WebhookDisabled,
    /// The webhook was deleted when an attempt was due.
    WebhookDeleted,
    /// The event's retention ended before an attempt was due.
    EventExpired,
    /// The receiver asked for no further attempt, by `webhook-delivery: abort-message`.
    Aborted,
    /// The webhook's transform made no body. No request was sent.
    TransformFailed,
    /// Its owner wanted no further attempt. A bulk replay leaves it alone.
    Cancelled,
    /// The event's data was erased before an attempt was due. There is nothing left to replay.
    PayloadErased,
}

impl Reason {
    /// Whether a bulk replay leaves alone what ended for it.
    #[must_use]
    pub fn bars_replay(self) -> bool {
        matches!(self, Self::Cancelled | Self::PayloadErased)
    }
}

/// One request and what came of it. The JSON names are part of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    /// 1 for the first.
    pub attempt_number: u32,
    /// The receiver's HTTP status, if it answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status_code: Option<u16>,
    /// The beginning of its body as text. Dropped from attempts in the middle of a long list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<String>,
    /// What is to be known of the body to read what is kept of it. Dropped with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response_remark: Option<String>,
    /// Where a redirect points, which is not followed. Dropped with the body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    /// Why the attempt failed, as a sentence; absent on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Milliseconds from start to outcome.
    pub duration: u64,
    /// When the request was begun.
    pub attempted_at: Timestamp,
    /// Asked for by somebody, outside the schedule.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub manual: bool,
}

impl DeliveryAttempt {
    /// The JSON names of what a receiver answered beside its status: what [`forget_response`] takes
    /// away.
    ///
    /// [`forget_response`]: Self::forget_response
    pub const RESPONSE_FIELDS: [&str; 3] = ["response", "responseRemark", "location"];

    /// Takes away what the receiver answered beside its status.
    pub fn forget_response(&mut self) {
        (self.response, self.response_remark, self.location) = (None, None, None);
    }

    /// Whether there is something to forget.
    #[must_use]
    pub fn has_response(&self) -> bool {
        self.response.is_some() || self.response_remark.is_some() || self.location.is_some()
    }
}

/// A delivery as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// The webhook that it is for.
    pub webhook_id: WebhookId,
    /// The webhook's and the event's owner.
    pub user_id: UserId,
    /// The event.
    pub event_id: EventId,
    /// The event's type: `event` in JSON.
    pub event_type: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// Made by `POST …/test`: one attempt, never retried.
    pub test: bool,
    /// Why the webhook's filter could not decide about the event, if it could not.
    pub undecided_filter: Option<Undecided>,
    /// Every attempt, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When the next attempt is due, while `retrying`.
    pub next_attempt_at: Option<Timestamp>,
    /// The shared wait that it waits in, if any: the row is in the `waiting` index then.
    pub waits_for: Option<Minute>,
    /// The due time of its endpoint's open circuit, if it is parked until then: the row is in the
    /// `waiting` index then too, and `waits_for` is `None`.
    pub parked_until: Option<Timestamp>,
    /// The slot of its webhook's rate limit that it waits for in the shared wait, if it does: then
    /// `waits_for` is the minute before it. Not known of one that waits by its message.
    pub slot: Option<Slot>,
    /// Why it ended as `failed`.
    pub reason: Option<Reason>,
    /// The last bulk replay that took it up again after it had failed.
    pub reopened: Option<Reopened>,
    /// When its row may be dropped.
    pub expires_at: Timestamp,
    /// When its event's data was erased: whoever reads this sends nothing more, even if a message
    /// brings the data along.
    pub payload_erased_at: Option<Timestamp>,
    /// When what receivers had answered by then was erased.
    pub responses_erased_at: Option<Timestamp>,
}

impl Delivery {
    /// A new delivery of `event` to `webhook`, with nothing on record.
    #[must_use]
    pub fn of(event: &Event, webhook_id: WebhookId, retention: Retention, now: Timestamp) -> Self {
        Self {
            id: DeliveryId::derive(&webhook_id, &event.id, event.stored_at),
            webhook_id,
            user_id: event.user_id.clone(),
            event_id: event.id,
            event_type: event.content.event_type.clone(),
            status: DeliveryStatus::Pending,
            test: false,
            undecided_filter: None,
            attempts: Vec::new(),
            created_at: now,
            next_attempt_at: None,
            waits_for: None,
            parked_until: None,
            slot: None,
            reason: None,
            reopened: None,
            expires_at: retention.delivery_expiry(now, event.stored_at),
            payload_erased_at: None,
            responses_erased_at: None,
        }
    }

    /// This new delivery as that of an event whose data was erased before: it ends before it begins.
    #[must_use]
    pub fn of_erased(self, payload_erased_at: Timestamp) -> Self {
        Self {
            status: DeliveryStatus::Failed,
            reason: Some(Reason::PayloadErased),
            payload_erased_at: Some(payload_erased_at),
            ..self
        }
    }

    /// Whether it has failed and a bulk replay may take it up again.
    #[must_use]
    pub fn may_be_reopened(&self) -> bool {
        self.status == DeliveryStatus::Failed
            && !self.reason.is_some_and(Reason::bars_replay)
            && self.payload_erased_at.is_none()
    }

    /// The indices, counted from 0, of attempts whose error may repeat the event's data.
    #[must_use]
    pub fn errors_about_payload(&self) -> Vec<u32> {
        self.places_of(|attempt| {
            let detail = attempt.error.as_deref().and_then(|it| it.strip_prefix(TRANSFORM_FAILED));
            attempt.status_code.is_none() && detail.is_some_and(|detail| !detail.is_empty())
        })
    }

    /// The indices, counted from 0, of attempts of which a response is kept.
    #[must_use]
    pub fn kept_responses(&self) -> Vec<u32> {
        self.places_of(DeliveryAttempt::has_response)
    }

    fn places_of(&self, chosen: impl Fn(&DeliveryAttempt) -> bool) -> Vec<u32> {
        let attempts = (0..).zip(&self.attempts);
        attempts.filter(|(_, attempt)| chosen(attempt)).map(|(place, _)| place).collect()
    }

    /// What a message about it names.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            delivery_id: self.id,
            webhook_id: self.webhook_id,
            user_id: self.user_id.clone(),
            event_id: self.event_id,
        }
    }

    /// When its row may be dropped if it is due at `due`: never earlier than was said before.
    #[must_use]
    pub fn expiry(&self, retention: Retention, due: Timestamp) -> Timestamp {
        retention.delivery_expiry(due, self.id.event_stored_at()).max(self.expires_at)
    }

    /// When it was last attempted.
    #[must_use]
    pub fn last_attempted_at(&self) -> Option<Timestamp> {
        self.attempts.last().map(|attempt| attempt.attempted_at)
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey { webhook_id: self.webhook_id, id: self.id }
    }

    /// How many attempts are on record.
    #[must_use]
    pub fn attempt_count(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }

    /// After how many attempts its retry schedule began: 0, unless a replay began it anew.
    #[must_use]
    pub fn schedule_from(&self) -> u32 {
        self.reopened.map_or(0, |reopened| reopened.attempts)
    }

    /// The number that the next attempt will have.
    #[must_use]
    pub fn next_attempt_number(&self) -> u32 {
        self.attempt_count().saturating_add(1)
    }
}

/// The index, counted from 0, of the attempt whose kept body must go when an attempt with number
/// `recorded` joins the list: what then lies neither among the first nor among the last five.
#[must_use]
pub fn body_to_drop(recorded: u32) -> Option<u32> {
    let leaves = recorded.checked_sub(BODIES_KEPT_AT_EACH_END + 1)?;
    (leaves >= BODIES_KEPT_AT_EACH_END).then_some(leaves)
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
