//! A delivery: one event on its way to one webhook, with all its attempts.

mod change;
pub mod key;
mod number;
mod waiting;

pub use change::{
    AttemptRecord, Ending, Parking, PayloadErasure, Reopening, ResponseErasure, SlotWait,
};
pub use key::{DeliveryKey, ParkedRow, Reopened, Target};
pub use number::AttemptNumber;
pub use waiting::{Waiting, WaitingFor};

use crate::{
    event::{Event, Retention},
    filter::Undecided,
    ids::{DeliveryId, EventId, UserId, WebhookId},
    limit::Slot,
    time::{Minute, Timestamp},
};
use serde::{Deserialize, Serialize};

/// Maximum number of attempts in one delivery: with the kept bodies, far below DynamoDB's 400 KB.
pub const MAX_ATTEMPTS_ON_RECORD: u32 = 200;

/// How many attempts keep their response body at each end of the list.
pub const BODIES_KEPT_AT_EACH_END: u32 = 5;

/// How many bytes of a successful response are kept: only its status matters, and this keeps the
/// record within one write unit.
pub const SUCCESS_RESPONSE_BYTES: usize = 256;

/// The beginning of an attempt's error when the transform failed. The rest may repeat parts of the
/// event's data, and is removed when the data is erased.
pub const TRANSFORM_FAILED: &str = "the transform failed";

/// The state of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// No recorded attempt yet.
    Pending,
    /// The receiver accepted it.
    Success,
    /// It ended, for [`Delivery::reason`].
    Failed,
    /// At least one attempt failed, and another is planned.
    Retrying,
}

impl DeliveryStatus {
    /// Whether no further attempt is planned.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

/// Why a delivery ended as `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// All attempts that the webhook's configuration allows were made.
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
    /// Its owner cancelled it. A replay skips it.
    Cancelled,
    /// The event's data was erased before an attempt was due. There is nothing left to resend.
    PayloadErased,
}

impl Reason {
    /// Whether a replay skips deliveries that ended for this reason.
    #[must_use]
    pub fn bars_replay(self) -> bool {
        matches!(self, Self::Cancelled | Self::PayloadErased)
    }
}

/// One request and its result. The JSON names are part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryAttempt {
    pub attempt_number: AttemptNumber,
    /// The receiver's HTTP status, if it answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status_code: Option<u16>,
    /// The beginning of its body as text. Removed from attempts in the middle of a long list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response: Option<String>,
    /// What a reader of the kept body must know. Removed together with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub response_remark: Option<String>,
    /// The target of a redirect, which is not followed. Removed together with the body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<String>,
    /// Why the attempt failed, as a sentence; absent on success.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Milliseconds from start to result.
    pub duration: u64,
    /// When the request began.
    pub attempted_at: Timestamp,
    /// A manual retry, outside the schedule.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub manual: bool,
}

impl DeliveryAttempt {
    /// The JSON names of the receiver's response, its status excepted: the fields that
    /// [`forget_response`] removes.
    ///
    /// [`forget_response`]: Self::forget_response
    pub const RESPONSE_FIELDS: [&str; 3] = ["response", "responseRemark", "location"];

    /// Removes the receiver's response, its status excepted.
    pub fn forget_response(&mut self) {
        (self.response, self.response_remark, self.location) = (None, None, None);
    }

    /// Whether there is a response to remove.
    #[must_use]
    pub fn has_response(&self) -> bool {
        self.response.is_some() || self.response_remark.is_some() || self.location.is_some()
    }
}

/// A delivery as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub webhook_id: WebhookId,
    /// The owner of the webhook and the event.
    pub user_id: UserId,
    pub event_id: EventId,
    /// The event's type: `event` in JSON.
    pub event_type: String,
    pub status: DeliveryStatus,
    /// Made by `POST …/test`: one attempt, never retried.
    pub test: bool,
    /// Why the webhook's filter could not decide about the event, if it could not.
    pub undecided_filter: Option<Undecided>,
    /// All attempts, oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    pub created_at: Timestamp,
    /// When the next attempt is due, while `retrying`.
    pub next_attempt_at: Option<Timestamp>,
    /// Its shared wait, if there is one: the row is then in the `waiting` index.
    pub waits_for: Option<Minute>,
    /// The due time of its endpoint's open circuit breaker, if it is parked until then: the row is
    /// then also in the `waiting` index, and `waits_for` is `None`.
    pub parked_until: Option<Timestamp>,
    /// The rate limit slot for which it waits in the shared wait, if it does: `waits_for` is then
    /// the minute before the slot. Not known if it waits by its message.
    pub slot: Option<Slot>,
    /// Why it ended as `failed`.
    pub reason: Option<Reason>,
    /// The last replay that reopened it.
    pub reopened: Option<Reopened>,
    /// When its row may be removed.
    pub expires_at: Timestamp,
    /// When its event's data was erased. After that nothing is sent, even if a message contains the
    /// data.
    pub payload_erased_at: Option<Timestamp>,
    /// When the receivers' responses so far were erased.
    pub responses_erased_at: Option<Timestamp>,
}

impl Delivery {
    /// A new delivery of `event` to a webhook, without attempts.
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

    /// This new delivery for an event whose data was erased before: it has already ended.
    #[must_use]
    pub fn of_erased(self, payload_erased_at: Timestamp) -> Self {
        Self {
            status: DeliveryStatus::Failed,
            reason: Some(Reason::PayloadErased),
            payload_erased_at: Some(payload_erased_at),
            ..self
        }
    }

    /// Whether it has failed and a replay may reopen it.
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

    /// The indices, counted from 0, of attempts with a kept response.
    #[must_use]
    pub fn kept_responses(&self) -> Vec<u32> {
        self.places_of(DeliveryAttempt::has_response)
    }

    fn places_of(&self, chosen: impl Fn(&DeliveryAttempt) -> bool) -> Vec<u32> {
        let attempts = (0..).zip(&self.attempts);
        attempts.filter(|(_, attempt)| chosen(attempt)).map(|(place, _)| place).collect()
    }

    /// Its identification in messages.
    #[must_use]
    pub fn target(&self) -> Target {
        Target {
            delivery_id: self.id,
            webhook_id: self.webhook_id,
            user_id: self.user_id.clone(),
            event_id: self.event_id,
        }
    }

    /// When its row may be removed if it is due at `due`: never earlier than before.
    #[must_use]
    pub fn expiry(&self, retention: Retention, due: Timestamp) -> Timestamp {
        retention.delivery_expiry(due, self.id.event_stored_at()).max(self.expires_at)
    }

    #[must_use]
    pub fn last_attempted_at(&self) -> Option<Timestamp> {
        self.attempts.last().map(|attempt| attempt.attempted_at)
    }

    #[must_use]
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey { webhook_id: self.webhook_id, id: self.id }
    }

    /// The number of recorded attempts.
    #[must_use]
    pub fn attempt_count(&self) -> u32 {
        u32::try_from(self.attempts.len()).unwrap_or(u32::MAX)
    }

    /// The number of attempts before its retry schedule began: 0, unless a replay restarted the
    /// schedule.
    #[must_use]
    pub fn schedule_from(&self) -> u32 {
        self.reopened.map_or(0, |reopened| reopened.attempts)
    }

    #[must_use]
    pub fn next_attempt_number(&self) -> AttemptNumber {
        AttemptNumber::after(self.attempt_count())
    }

    /// The number of the attempt at which its schedule ends, if its webhook allows this number of
    /// attempts; `None` if no attempt is planned. It ends sooner if the event expires.
    #[must_use]
    pub fn final_attempt(&self, max_attempts: u32) -> Option<u32> {
        let last = final_attempt(self.schedule_from(), self.test, max_attempts);
        // The next attempt is made even if the webhook now allows fewer.
        (!self.status.is_settled()).then(|| last.max(self.next_attempt_number().get()))
    }
}

/// The number of the attempt at which a schedule ends that began after `schedule_from` attempts. A
/// manual retry in between counts like any attempt.
#[must_use]
pub fn final_attempt(schedule_from: u32, test: bool, max_attempts: u32) -> u32 {
    match test {
        true => AttemptNumber::FIRST.get(),
        false => schedule_from.saturating_add(max_attempts).min(MAX_ATTEMPTS_ON_RECORD),
    }
}

/// The index, counted from 0, of the attempt whose kept body must be removed when attempt
/// `recorded` is added: it is then neither among the first five nor among the last five.
#[must_use]
pub fn body_to_drop(recorded: AttemptNumber) -> Option<u32> {
    let leaves = recorded.attempts_before().checked_sub(BODIES_KEPT_AT_EACH_END)?;
    (leaves >= BODIES_KEPT_AT_EACH_END).then_some(leaves)
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
