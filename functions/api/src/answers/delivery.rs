use super::word;
use crate::payloads::Payload;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, Waiting},
    health::Circuit,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_wire::delivery::{self as wire, Attempt};

/// When a delivery is attempted next, and what delays it until then.
pub(super) struct Wait {
    pub(super) waiting_for: Option<wire::WaitingFor>,
    pub(super) until: Option<Timestamp>,
    pub(super) next_attempt_at: Option<Timestamp>,
}

impl Wait {
    /// Of a delivery whose endpoint has this circuit.
    pub(super) fn of(delivery: &Delivery, circuit: Circuit) -> Self {
        let waiting = delivery.waiting(circuit);
        let until = waiting.map(|Waiting { until, .. }| until);
        Self {
            waiting_for: waiting.map(|Waiting { waiting_for, .. }| word(&waiting_for)),
            until,
            // A parked delivery keeps the time at which its retry was due before it was parked.
            next_attempt_at: delivery.next_attempt_at.map(|due| until.unwrap_or(due)),
        }
    }
}

/// What the answer about a delivery shows of its webhook.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct OfWebhook {
    /// Its endpoint's circuit.
    pub(crate) circuit: Circuit,
    /// How many attempts it allows. `None` if there is no such webhook.
    pub(crate) max_attempts: Option<u32>,
}

impl From<&Webhook> for OfWebhook {
    fn from(webhook: &Webhook) -> Self {
        let max_attempts = Some(webhook.retry_config.max_attempts);
        Self { circuit: webhook.health.circuit, max_attempts }
    }
}

/// A delivery with what is shown of its webhook, and with its event's data.
pub(crate) fn delivery(
    delivery: &Delivery,
    webhook: impl Into<OfWebhook>,
    payload: &Payload,
) -> wire::Delivery {
    let OfWebhook { circuit, max_attempts } = webhook.into();
    let Wait { waiting_for, until, next_attempt_at } = Wait::of(delivery, circuit);
    wire::Delivery {
        id: delivery.id.to_string(),
        webhook_id: delivery.webhook_id.to_string(),
        event: delivery.event_type.clone(),
        event_id: delivery.event_id.to_string(),
        payload: payload.data().map(ToOwned::to_owned),
        payload_erased_at: payload.erased_at(),
        status: word(&delivery.status),
        waiting_for,
        until,
        next_attempt_at,
        final_attempt: max_attempts.and_then(|most| delivery.final_attempt(most)),
        test: delivery.test,
        undecided_filter: delivery.undecided_filter.map(|undecided| word(&undecided)),
        attempts: delivery.attempts.iter().map(attempt).collect(),
        responses_erased_at: delivery.responses_erased_at,
        reason: delivery.reason.map(|reason| word(&reason)),
        created_at: delivery.created_at,
    }
}

fn attempt(attempt: &DeliveryAttempt) -> Attempt {
    Attempt {
        attempt_number: attempt.attempt_number.get(),
        status_code: attempt.status_code,
        response: attempt.response.clone(),
        response_remark: attempt.response_remark.clone(),
        location: attempt.location.clone(),
        error: attempt.error.clone(),
        duration: attempt.duration,
        attempted_at: attempt.attempted_at,
        manual: attempt.manual,
    }
}
