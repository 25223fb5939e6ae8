use super::word;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt},
    health::{Behind, Circuit, Health},
};
use grapnel_wire::webhook::{ParkedDeliveries, WebhookBehind, WebhookFailure, WebhookHealth};

/// The health of a webhook's endpoint, with what failed last and how many deliveries are
/// parked, and how far Grapnel is behind with it.
pub(crate) fn webhook_health(
    health: &Health,
    last_failure: Option<WebhookFailure>,
    parked: Option<ParkedDeliveries>,
    behind: Option<Behind>,
) -> WebhookHealth {
    let (next_probe_at, cause) = match health.circuit {
        Circuit::Closed => (None, None),
        Circuit::Open { due } => (Some(due), None),
        Circuit::Disabled { cause } => (None, Some(cause)),
    };
    WebhookHealth {
        failures: health.failures,
        failing_since: health.failing_since,
        last_failure,
        next_probe_at,
        disabled_because: cause.map(|cause| word(&cause)),
        parked,
        behind: behind.map(|Behind { since, age_seconds, noted_at }| WebhookBehind {
            since,
            age_seconds,
            noted_at,
        }),
    }
}

/// The last failed attempt of a delivery. An error that may repeat the event's data is left out: a
/// caller that may read webhooks may not be allowed to read deliveries.
pub(crate) fn last_failure(delivery: &Delivery) -> Option<WebhookFailure> {
    let about_payload = delivery.errors_about_payload();
    let attempts = (0..delivery.attempt_count()).zip(&delivery.attempts).rev();
    let mut failed = attempts.filter(|(place, _)| !about_payload.contains(place));
    failed.find_map(|(_, attempt): (u32, &DeliveryAttempt)| {
        Some(WebhookFailure {
            delivery_id: delivery.id.to_string(),
            status_code: attempt.status_code,
            error: attempt.error.clone()?,
            attempted_at: attempt.attempted_at,
        })
    })
}
