use super::WaitView;
use crate::payloads::Payload;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, DeliveryStatus, Reason},
    event::{Event, ListedEvent},
    fault::FieldFault,
    health::Circuit,
    ids::{DeliveryId, EventId, WebhookId},
    time::Timestamp,
};
use serde::Serialize;
use serde_json::value::RawValue;

/// What was published.
#[derive(Serialize)]
pub(crate) struct PublishedView<'a> {
    /// In the order of the request.
    pub(crate) items: Vec<AcceptedView<'a>>,
}

/// One event of it.
#[derive(Serialize)]
pub(crate) struct AcceptedView<'a> {
    pub(crate) id: EventId,
    pub(crate) r#type: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<FieldFault>,
}

/// An event in a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedEventView<'a> {
    id: EventId,
    r#type: &'a str,
    source: &'a str,
    time: Timestamp,
    stored_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_erased_at: Option<Timestamp>,
}

impl<'a> ListedEventView<'a> {
    /// The view of an event.
    pub(crate) fn new(event: &'a ListedEvent) -> Self {
        Self {
            id: event.id,
            r#type: &event.event_type,
            source: &event.source,
            time: event.time,
            stored_at: event.stored_at,
            payload_erased_at: event.payload_erased_at,
        }
    }
}

/// An event with its deliveries.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventView<'a> {
    id: EventId,
    r#type: &'a str,
    source: &'a str,
    time: Timestamp,
    stored_at: Timestamp,
    /// Byte for byte; `null` once it was erased.
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_erased_at: Option<Timestamp>,
    deliveries: Vec<DeliveryOfEvent<'a>>,
}

/// A delivery without its event's data and without what was answered to its attempts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryOfEvent<'a> {
    id: DeliveryId,
    webhook_id: WebhookId,
    status: DeliveryStatus,
    #[serde(flatten)]
    wait: WaitView,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    test: bool,
    attempt_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_attempt: Option<AttemptOfEvent<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    created_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptOfEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    duration: u64,
    attempted_at: Timestamp,
}

impl<'a> EventView<'a> {
    /// The view of an event, its data and its deliveries, each with its endpoint's circuit.
    pub(crate) fn new(
        event: &'a Event,
        payload: &'a Payload,
        deliveries: &'a [(Delivery, Circuit)],
    ) -> Self {
        Self {
            id: event.id,
            r#type: &event.content.event_type,
            source: &event.content.source,
            time: event.content.time,
            stored_at: event.stored_at,
            data: payload.data(),
            payload_erased_at: payload.erased_at(),
            deliveries: deliveries
                .iter()
                .map(|(delivery, circuit)| DeliveryOfEvent::new(delivery, *circuit))
                .collect(),
        }
    }
}

impl<'a> DeliveryOfEvent<'a> {
    fn new(delivery: &'a Delivery, circuit: Circuit) -> Self {
        let last = |attempt: &'a DeliveryAttempt| AttemptOfEvent {
            status_code: attempt.status_code,
            error: attempt.error.as_deref(),
            duration: attempt.duration,
            attempted_at: attempt.attempted_at,
        };
        Self {
            id: delivery.id,
            webhook_id: delivery.webhook_id,
            status: delivery.status,
            wait: WaitView::of(delivery, circuit),
            test: delivery.test,
            attempt_count: delivery.attempt_count(),
            last_attempt: delivery.attempts.last().map(last),
            reason: delivery.reason,
            created_at: delivery.created_at,
        }
    }
}
