//! `POST /api/webhooks/{id}/test`: a sample event, or one with data of the caller's own, sent to this
//! webhook alone through the same queues and functions as any other event.

use super::{
    event_types::not_carried,
    samples::{self, Tried},
    waiting::{PATIENCE, Seen, wait_for_attempt},
};
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
    delivery::Delivery,
    event::{
        Event,
        inbound::{InboundEvent, TestOrder, TestTarget},
    },
    fault::Faults,
    ids::UserId,
    ports::{Clock, GenerateIds, OrderTests},
    scope::Scope,
    webhook::Webhook,
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Orders a test, waits for its attempt and answers 200 with the delivery; 202 with the delivery
/// as it stands if the attempt takes longer than [`PATIENCE`], or than the caller's quota holds.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/test",
    tag = "Tests and previews",
    operation_id = "testWebhook",
    summary = "Send a test",
    description = "Sends one test event to this webhook only, with sample data or your own. A test is never retried. The response waits up to 10 seconds for the attempt; each second of waiting counts as one request of the rate limit.",
    request_body = Option<schemas::webhooks::TestOrder>,
    responses(
        (status = 200, description = "The delivery with its attempt.", body = schemas::deliveries::Delivery),
        (status = 202, description = "The delivery. Its attempt is still running.", body = schemas::deliveries::Delivery),
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
    let (tried, data) = read(&api, &input, &webhook).await?;

    let order = write_order(&api, &webhook, &tried, data)?;
    let event = event_of(&api, &order)?;
    let expected = Delivery {
        test: true,
        ..Delivery::of(&event, webhook.id, api.rules.retention, order.target.ordered_at)
    };
    api.events_queue.order_test(&order).await?;

    let waited = wait_for_attempt(&api, &permit, expected.key(), 1, PATIENCE).await;
    let (status, delivery) = match waited.seen {
        Seen::Attempted(delivery) => (StatusCode::OK, delivery),
        Seen::Waiting(delivery) => (StatusCode::ACCEPTED, delivery),
        Seen::Nothing => (StatusCode::ACCEPTED, expected),
    };
    let payload = Payload::Here(payloads::raw(event.content.data)?);
    views::json(status, &DeliveryView::new(&delivery, webhook.health.circuit, &payload))
}

/// The type, and the data if the body has some.
async fn read<'a, P: Ports>(
    api: &Api<P>,
    input: &'a Object,
    webhook: &Webhook,
) -> Result<(Tried, Option<&'a str>), Problem> {
    let mut faults = Faults::default();
    input.refuse_others(&["event", "data"], &mut faults);
    let wants_sample = input.get("data").is_none();
    let tried = samples::tried(api, input, webhook, wants_sample, &mut faults).await?;
    let data = samples::given_data(input, &mut faults);
    if let Some(fault) = data.and_then(|data| not_carried("data", data)) {
        faults.add(fault.field, fault.message);
    }
    match tried {
        Some(tried) if faults.is_empty() => Ok((tried, data)),
        _ => Err(Problem::invalid_fields(faults.into_vec())),
    }
}

fn write_order<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
    tried: &Tried,
    data: Option<&str>,
) -> Result<TestOrder, Problem> {
    let user_id = webhook.user_id.clone();
    let source_id = random_id(api);
    let data = match data {
        Some(given) => given.to_owned(),
        None if tried.has_built_in_sample() => personal(tried.sample(), &user_id, &source_id)
            .ok_or_else(|| Problem::internal(format!("the sample of {} is broken", tried.name)))?,
        None => tried.sample().to_owned(),
    };
    Ok(TestOrder {
        user_id,
        target: TestTarget { webhook_id: webhook.id, ordered_at: api.clock.now() },
        source_id,
        event_type: tried.name.clone(),
        data,
    })
}

/// An id that nothing else has.
pub(super) fn random_id<P: Ports>(api: &Api<P>) -> String {
    let mut random = [0; 16];
    random.copy_from_slice(&api.ids.token()[16..]);
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}

/// A sample that is built in, as this user's and under this id.
fn personal(sample: &str, user: &UserId, id: &str) -> Option<String> {
    let mut data: Map<String, Value> = serde_json::from_str(sample).ok()?;
    data.insert("id".into(), id.into());
    data.insert("userId".into(), user.as_str().into());
    serde_json::to_string(&data).ok()
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
