//! `POST /api/webhooks/{id}/test`: a sample event, sent to this webhook alone through the same
//! queues and functions as any other event.

use super::waiting::{PATIENCE, Seen, wait_for_attempt};
use crate::{
    auth::Caller,
    body::{Incoming, Object},
    contract::schemas,
    path::Ids,
    payloads::{self, Payload},
    ports::{Api, Ports},
    problem::Problem,
    views::{self, DeliveryView},
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    catalogue::{self, EVENT_TYPES, EventType},
    delivery::Delivery,
    event::{
        Event,
        inbound::{InboundEvent, TestOrder, TestTarget},
    },
    fault::{Faults, FieldFault},
    ports::{Clock, GenerateIds, OrderTests},
    scope::Scope,
    webhook::Webhook,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// Orders a test, waits for its attempt and answers 200 with the delivery; 202 with the delivery
/// as it stands if the attempt takes longer than [`PATIENCE`].
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/test",
    tag = "Tries",
    operation_id = "testWebhook",
    summary = "Send a test",
    description = "A sample event, sent to this webhook alone, once. The answer waits for the attempt, 10 seconds at most.",
    request_body = Option<schemas::webhooks::TestOrder>,
    responses(
        (status = 200, description = "The delivery with its attempt.", body = schemas::deliveries::Delivery),
        (status = 202, description = "The delivery; its attempt takes longer.", body = schemas::deliveries::Delivery),
    ),
    extensions(("x-required-scope" = json!("webhooks:write"))),
)]
pub(super) async fn order<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksWrite, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let event_type = known_type(&input, &webhook).map_err(Problem::invalid_fields)?;

    let order = write_order(&api, &webhook, event_type)?;
    let event = event_of(&api, &order)?;
    let expected = Delivery {
        test: true,
        ..Delivery::of(&event, webhook.id, api.rules.retention, order.target.ordered_at)
    };
    api.events_queue.order_test(&order).await?;

    let (status, delivery) = match wait_for_attempt(&api, expected.key(), 1, PATIENCE).await {
        Seen::Attempted(delivery) => (StatusCode::OK, delivery),
        Seen::Waiting(delivery) => (StatusCode::ACCEPTED, delivery),
        Seen::Nothing => (StatusCode::ACCEPTED, expected),
    };
    let payload = Payload::Here(payloads::raw(event.content.data)?);
    views::json(status, &DeliveryView::new(&delivery, &payload))
}

fn known_type(input: &Object, webhook: &Webhook) -> Result<&'static EventType, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(&["event"], &mut faults);
    match event_type(input, webhook) {
        Ok(known) if faults.is_empty() => Ok(known),
        Ok(_) => Err(faults.into_vec()),
        Err(fault) => {
            faults.add(fault.field, fault.message);
            Err(faults.into_vec())
        }
    }
}

/// The type named in the body, else the first that the webhook asks for.
///
/// # Errors
/// The fault of `event`, if there is no such type.
pub(super) fn event_type(
    input: &Object,
    webhook: &Webhook,
) -> Result<&'static EventType, FieldFault> {
    let found = match input.get("event") {
        Some(value) => value.as_str().and_then(catalogue::find),
        None => webhook
            .events
            .iter()
            .find_map(|pattern| EVENT_TYPES.iter().find(|known| pattern.matches(known.name))),
    };
    found.ok_or_else(|| {
        let known: Vec<&str> = EVENT_TYPES.iter().map(|known| known.name).collect();
        let message = format!("must be a known event type: {}", known.join(", "));
        FieldFault { field: "event".into(), message }
    })
}

/// The data of a type's sample, as it is written.
///
/// # Errors
/// 500 if there is none.
pub(super) fn sample(event_type: &EventType) -> Result<&'static str, Problem> {
    #[derive(Deserialize)]
    struct Sample<'a> {
        #[serde(borrow)]
        detail: &'a RawValue,
    }
    let sample: Sample<'static> = serde_json::from_str(event_type.sample)
        .map_err(|_| Problem::internal(format!("the sample of {} is broken", event_type.name)))?;
    Ok(sample.detail.get())
}

fn write_order<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
    event_type: &EventType,
) -> Result<TestOrder, Problem> {
    let mut random = [0; 16];
    random.copy_from_slice(&api.ids.token()[16..]);
    Ok(TestOrder {
        user_id: webhook.user_id.clone(),
        target: TestTarget { webhook_id: webhook.id, ordered_at: api.clock.now() },
        source_id: uuid::Builder::from_random_bytes(random).into_uuid().to_string(),
        event_type: event_type.name.to_owned(),
        data: sample(event_type)?.to_owned(),
    })
}

/// The event that fan-out will read from the order and store.
fn event_of<P: Ports>(api: &Api<P>, order: &TestOrder) -> Result<Event, Problem> {
    let ordered_at = order.target.ordered_at;
    let inbound = order.to_json().and_then(|text| InboundEvent::parse(&text, ordered_at));
    let inbound = inbound
        .map_err(|rejection| Problem::internal(format!("a test order is refused: {rejection}")))?;
    Ok(Event {
        id: inbound.id,
        user_id: inbound.user_id,
        content: inbound.content,
        audience: None,
        stored_at: ordered_at,
        expires_at: api.rules.retention.event_expiry(ordered_at),
        payload_erased_at: None,
    })
}
