use super::{a_webhook, an_event};
use crate::{clock::START, sender::DURATION};
use grapnel_domain::{
    delivery::{AttemptNumber, Delivery, DeliveryAttempt, DeliveryStatus, Reason, Reopened},
    event::{Event, Retention},
    filter::Undecided,
    limit::Slot,
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use std::time::Duration;

/// A pending delivery of some event to some webhook, made when the event was stored.
#[must_use]
pub fn a_delivery() -> DeliveryBuilder {
    DeliveryBuilder {
        event: an_event().build(),
        webhook: a_webhook().build(),
        status: DeliveryStatus::Pending,
        test: false,
        undecided_filter: None,
        attempts: Vec::new(),
        next_attempt_at: None,
        waits_for: None,
        parked_until: None,
        slot: None,
        reason: None,
        reopened: None,
        expires_at: None,
        payload_erased_at: None,
    }
}

/// The number of an attempt.
///
/// # Panics
/// If it is 0.
#[must_use]
pub fn nth(number: u32) -> AttemptNumber {
    AttemptNumber::new(number).expect("attempts count from 1")
}

/// A first attempt that the receiver took, at [`START`].
#[must_use]
pub fn an_attempt(number: u32) -> DeliveryAttempt {
    DeliveryAttempt {
        attempt_number: nth(number),
        status_code: Some(200),
        response: None,
        response_remark: None,
        location: None,
        error: None,
        duration: u64::try_from(DURATION.as_millis()).unwrap_or_default(),
        attempted_at: START,
        manual: false,
    }
}

/// An attempt that the receiver answered with 500.
#[must_use]
pub fn a_failed_attempt(number: u32) -> DeliveryAttempt {
    DeliveryAttempt {
        status_code: Some(500),
        response: Some("no".into()),
        error: Some("the receiver answered 500".into()),
        ..an_attempt(number)
    }
}

/// Builds a [`Delivery`], see [`a_delivery`].
#[derive(Debug, Clone)]
pub struct DeliveryBuilder {
    event: Event,
    webhook: Webhook,
    status: DeliveryStatus,
    test: bool,
    undecided_filter: Option<Undecided>,
    attempts: Vec<DeliveryAttempt>,
    next_attempt_at: Option<Timestamp>,
    waits_for: Option<Minute>,
    parked_until: Option<Timestamp>,
    slot: Option<Slot>,
    reason: Option<Reason>,
    reopened: Option<Reopened>,
    expires_at: Option<Timestamp>,
    payload_erased_at: Option<Timestamp>,
}

impl DeliveryBuilder {
    /// Of this event.
    #[must_use]
    pub fn of(mut self, event: &Event) -> Self {
        self.event = event.clone();
        self
    }

    /// To this webhook, whose owner the delivery has.
    #[must_use]
    pub fn to(mut self, webhook: &Webhook) -> Self {
        self.webhook = webhook.clone();
        self
    }

    /// The webhook's filter could not decide.
    #[must_use]
    pub fn undecided_filter(mut self, why: Undecided) -> Self {
        self.undecided_filter = Some(why);
        self
    }

    /// Made by a test.
    #[must_use]
    pub fn test(mut self) -> Self {
        self.test = true;
        self
    }

    /// With one attempt more.
    #[must_use]
    pub fn attempt(mut self, attempt: DeliveryAttempt) -> Self {
        self.attempts.push(attempt);
        self
    }

    /// One attempt has failed, the next is due a minute after [`START`].
    #[must_use]
    pub fn retrying(self) -> Self {
        self.retrying_at(START.plus(Duration::from_secs(60)))
    }

    /// One attempt has failed, the next is due then.
    #[must_use]
    pub fn retrying_at(mut self, due: Timestamp) -> Self {
        self.status = DeliveryStatus::Retrying;
        self.attempts = vec![a_failed_attempt(1)];
        self.next_attempt_at = Some(due);
        self
    }

    /// One attempt has failed, the next waits in the shared wait of this minute.
    #[must_use]
    pub fn waiting_for(self, minute: Minute) -> Self {
        let mut builder = self.retrying_at(minute.strikes_at());
        builder.waits_for = Some(minute);
        builder
    }

    /// Kept back by its endpoint's circuit.
    #[must_use]
    pub fn parked_until(mut self, due: Timestamp) -> Self {
        self.parked_until = Some(due);
        self
    }

    /// It waits for this slot, in the shared wait of the minute before it.
    #[must_use]
    pub fn waiting_for_slot(mut self, slot: Slot) -> Self {
        self.waits_for = Some(Minute::at_or_before(slot.at));
        self.slot = Some(slot);
        self
    }

    /// The receiver took it at the first attempt.
    #[must_use]
    pub fn delivered(mut self) -> Self {
        self.status = DeliveryStatus::Success;
        self.attempts = vec![an_attempt(1)];
        self
    }

    /// Given up after `attempts` attempts.
    #[must_use]
    pub fn failed(mut self, attempts: u32, reason: Reason) -> Self {
        self.status = DeliveryStatus::Failed;
        self.attempts = (1..=attempts).map(a_failed_attempt).collect();
        self.reason = Some(reason);
        self
    }

    /// It was taken up again by a replay.
    #[must_use]
    pub fn reopened(mut self, reopened: Reopened) -> Self {
        self.reopened = Some(reopened);
        self
    }

    /// The event's data was erased then.
    #[must_use]
    pub fn payload_erased(mut self, at: Timestamp) -> Self {
        self.payload_erased_at = Some(at);
        self
    }

    /// When its row may go.
    #[must_use]
    pub fn expires_at(mut self, time: Timestamp) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// The delivery.
    #[must_use]
    pub fn build(self) -> Delivery {
        let retention = Retention { days: 30 };
        let new = Delivery::of(&self.event, self.webhook.id, retention, self.event.stored_at);
        Delivery {
            user_id: self.webhook.user_id.clone(),
            status: self.status,
            test: self.test,
            undecided_filter: self.undecided_filter,
            attempts: self.attempts,
            next_attempt_at: self.next_attempt_at,
            waits_for: self.waits_for,
            parked_until: self.parked_until,
            slot: self.slot,
            reason: self.reason,
            reopened: self.reopened,
            expires_at: self.expires_at.unwrap_or(new.expires_at),
            payload_erased_at: self.payload_erased_at,
            ..new
        }
    }
}
