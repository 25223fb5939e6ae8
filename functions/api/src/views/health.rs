use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt},
    health::{Circuit, DisabledCause, Health},
    ids::DeliveryId,
    time::Timestamp,
};
use serde::Serialize;

/// How a webhook's endpoint is doing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HealthView {
    /// Failures in a row, counted until the circuit opens.
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<FailureView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_probe_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_because: Option<DisabledCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parked: Option<ParkedView>,
}

/// The last attempt that failed, without what was answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureView {
    delivery_id: DeliveryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    error: String,
    attempted_at: Timestamp,
}

/// How many deliveries are parked: exactly `count`, or more than that.
#[derive(Serialize)]
pub(crate) struct ParkedView {
    pub(crate) count: usize,
    pub(crate) more: bool,
}

impl HealthView {
    /// The view of a health, of the delivery that shows what is wrong, and of how many are parked.
    pub(crate) fn new(
        health: &Health,
        last_tried: Option<&Delivery>,
        parked: Option<ParkedView>,
    ) -> Self {
        let (next_probe_at, disabled_because) = match health.circuit {
            Circuit::Closed => (None, None),
            Circuit::Open { due } => (Some(due), None),
            Circuit::Disabled { cause } => (None, Some(cause)),
        };
        Self {
            failures: health.failures,
            failing_since: health.failing_since,
            last_failure: last_tried.and_then(FailureView::of),
            next_probe_at,
            disabled_because,
            parked,
        }
    }
}

impl FailureView {
    /// The last failed attempt of a delivery. An error that may repeat the event's data is left out: who
    /// may read webhooks may not read deliveries for that.
    fn of(delivery: &Delivery) -> Option<Self> {
        let about_payload = delivery.errors_about_payload();
        let attempts = (0..delivery.attempt_count()).zip(&delivery.attempts).rev();
        let mut failed = attempts.filter(|(place, _)| !about_payload.contains(place));
        failed.find_map(|(_, attempt): (u32, &DeliveryAttempt)| {
            Some(Self {
                delivery_id: delivery.id,
                status_code: attempt.status_code,
                error: attempt.error.clone()?,
                attempted_at: attempt.attempted_at,
            })
        })
    }
}
