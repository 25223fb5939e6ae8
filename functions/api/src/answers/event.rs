use super::{delivery::Wait, word};
use crate::payloads::Payload;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt},
    event::{Event, ListedEvent},
    health::Circuit,
};
use grapnel_wire::event::{self as wire, DeliveryOfEvent, LastAttempt};

/// An event in a list.
pub(crate) fn listed_event(event: &ListedEvent) -> wire::ListedEvent {
    wire::ListedEvent {
        id: event.id.to_string(),
        r#type: event.event_type.clone(),
        source: event.source.clone(),
        time: event.time,
        stored_at: event.stored_at,
        payload_erased_at: event.payload_erased_at,
    }
}

/// An event with its data and its deliveries, each with its endpoint's circuit.
pub(crate) fn event(
    event: &Event,
    payload: &Payload,
    deliveries: &[(Delivery, Circuit)],
) -> wire::Event {
    wire::Event {
        id: event.id.to_string(),
        r#type: event.content.event_type.clone(),
        source: event.content.source.clone(),
        time: event.content.time,
        stored_at: event.stored_at,
        data: payload.data().map(ToOwned::to_owned),
        payload_erased_at: payload.erased_at(),
        deliveries: deliveries
            .iter()
            .map(|(delivery, circuit)| of_event(delivery, *circuit))
            .collect(),
    }
}

fn of_event(delivery: &Delivery, circuit: Circuit) -> DeliveryOfEvent {
    let Wait { waiting_for, until, next_attempt_at } = Wait::of(delivery, circuit);
    let last = |attempt: &DeliveryAttempt| LastAttempt {
        status_code: attempt.status_code,
        error: attempt.error.clone(),
        duration: attempt.duration,
        attempted_at: attempt.attempted_at,
    };
    DeliveryOfEvent {
        id: delivery.id.to_string(),
        webhook_id: delivery.webhook_id.to_string(),
        status: word(&delivery.status),
        waiting_for,
        until,
        test: delivery.test,
        attempt_count: delivery.attempt_count(),
        last_attempt: delivery.attempts.last().map(last),
        next_attempt_at,
        reason: delivery.reason.map(|reason| word(&reason)),
        created_at: delivery.created_at,
    }
}
