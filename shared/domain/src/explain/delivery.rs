//! A delivery: what has happened to it, or what comes next.

use crate::{
    delivery::{AttemptNumber, Delivery, DeliveryStatus, Reason, Waiting, WaitingFor},
    filter::Undecided,
    ids::DeliveryId,
    time::Timestamp,
    webhook::Webhook,
};

/// A delivery, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfDelivery {
    pub id: DeliveryId,
    pub test: bool,
    /// Why the filter could not decide about the event, which was delivered anyway.
    pub undecided_filter: Option<Undecided>,
    /// The number of attempts on record.
    pub attempts: u32,
    pub progress: Progress,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The receiver accepted it.
    Delivered {
        /// At this attempt. `None` if no attempt on record says so.
        attempt: Option<AttemptNumber>,
    },
    /// It ended, for this reason. `None` if the record names none.
    Ended(Option<Reason>),
    /// Its next attempt waits.
    Waits {
        waiting: Waiting,
        /// The number of the attempt at which the schedule ends.
        final_attempt: Option<u32>,
    },
    /// Its next attempt is due, or its request is under way.
    Due {
        final_attempt: Option<u32>,
        /// Its webhook has a rate limit. A short wait for a slot is not on record.
        may_wait_for_slot: bool,
    },
    /// There will be no further attempt: when the next one is due, it ends for this reason. The owner
    /// of a disabled webhook can still enable it before.
    Ends(Reason),
}

impl OfDelivery {
    /// The number of the next attempt, if one is planned.
    #[must_use]
    pub fn next_attempt(&self) -> Option<AttemptNumber> {
        matches!(self.progress, Progress::Waits { .. } | Progress::Due { .. })
            .then(|| AttemptNumber::after(self.attempts))
    }
}

/// Explains a delivery, given its webhook, if there still is one.
#[must_use]
pub fn of_delivery(delivery: &Delivery, webhook: Option<&Webhook>, now: Timestamp) -> OfDelivery {
    OfDelivery {
        id: delivery.id,
        test: delivery.test,
        undecided_filter: delivery.undecided_filter,
        attempts: delivery.attempt_count(),
        progress: progress(delivery, webhook, now),
    }
}

fn progress(delivery: &Delivery, webhook: Option<&Webhook>, now: Timestamp) -> Progress {
    match delivery.status {
        DeliveryStatus::Success => {
            let accepted = delivery.attempts.iter().find(|attempt| attempt.error.is_none());
            return Progress::Delivered { attempt: accepted.map(|it| it.attempt_number) };
        }
        DeliveryStatus::Failed => return Progress::Ended(delivery.reason),
        DeliveryStatus::Pending | DeliveryStatus::Retrying => {}
    }
    if delivery.payload_erased_at.is_some() {
        return Progress::Ends(Reason::PayloadErased);
    }
    let Some(webhook) = webhook else { return Progress::Ends(Reason::WebhookDeleted) };
    if !webhook.takes_attempts(delivery.test) {
        return Progress::Ends(Reason::WebhookDisabled);
    }
    let final_attempt = delivery.final_attempt(webhook.retry_config.max_attempts);
    match wait(delivery, webhook, now) {
        Some(waiting) => Progress::Waits { waiting, final_attempt },
        None => {
            let may_wait_for_slot = webhook.rate_limit.is_some() && !delivery.test;
            Progress::Due { final_attempt, may_wait_for_slot }
        }
    }
}

/// What it waits for now. A delivery that is due is parked as soon as its message is processed, if the
/// circuit breaker is open; a test is sent at once.
fn wait(delivery: &Delivery, webhook: &Webhook, now: Timestamp) -> Option<Waiting> {
    let circuit = webhook.health.circuit;
    let waiting = delivery.waiting(circuit).filter(|waiting| now < waiting.until);
    let kept_back = circuit.keeps_back_until(now).filter(|_| !delivery.test);
    waiting.or_else(|| kept_back.map(|until| Waiting { waiting_for: WaitingFor::Circuit, until }))
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
