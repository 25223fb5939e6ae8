use crate::payloads::Payload;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, DeliveryStatus, Reason, Waiting, WaitingFor},
    filter::Undecided,
    health::Circuit,
    ids::{DeliveryId, EventId, WebhookId},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// A delivery with its attempts and its event's data.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryView<'a> {
    id: DeliveryId,
    webhook_id: WebhookId,
    /// The event's type.
    event: &'a str,
    event_id: EventId,
    /// The event's data, byte for byte; `null` once the event is gone or its data erased.
    payload: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_erased_at: Option<Timestamp>,
    status: DeliveryStatus,
    #[serde(flatten)]
    wait: WaitView,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided_filter: Option<Undecided>,
    attempts: &'a [DeliveryAttempt],
    #[serde(skip_serializing_if = "Option::is_none")]
    responses_erased_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    created_at: Timestamp,
}

/// When a delivery is attempted next, and what it waits for until then.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WaitView {
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<WaitingFor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
}

impl WaitView {
    /// Of a delivery whose endpoint has this circuit.
    pub(crate) fn of(delivery: &Delivery, circuit: Circuit) -> Self {
        let waiting = delivery.waiting(circuit);
        let until = waiting.map(|Waiting { until, .. }| until);
        Self {
            waiting_for: waiting.map(|Waiting { waiting_for, .. }| waiting_for),
            until,
            // A parked delivery keeps the time at which its retry was due before it was parked.
            next_attempt_at: delivery.next_attempt_at.map(|due| until.unwrap_or(due)),
        }
    }
}

impl<'a> DeliveryView<'a> {
    /// The view of a delivery, its endpoint's circuit and its event's data.
    pub(crate) fn new(delivery: &'a Delivery, circuit: Circuit, payload: &'a Payload) -> Self {
        Self {
            id: delivery.id,
            webhook_id: delivery.webhook_id,
            event: &delivery.event_type,
            event_id: delivery.event_id,
            payload: payload.data(),
            payload_erased_at: payload.erased_at(),
            status: delivery.status,
            wait: WaitView::of(delivery, circuit),
            test: delivery.test,
            undecided_filter: delivery.undecided_filter,
            attempts: &delivery.attempts,
            responses_erased_at: delivery.responses_erased_at,
            reason: delivery.reason,
            created_at: delivery.created_at,
        }
    }
}
