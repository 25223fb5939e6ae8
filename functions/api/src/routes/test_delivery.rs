//! `POST /api/webhooks/{id}/test`: a sample event, or one with data of the caller's own, sent to this
//! webhook alone through the same queues and functions as any other event.

use super::{
    prefer_wait::{PATIENCE, Seen, wait_for_attempt},
    samples::{self, Tried},
};
use crate::{
    answers,
    payloads::{self, Payload},
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{ForUser, OptionalBody, WebhooksWrite},
        path_ids::Ids,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    delivery::{AttemptNumber, Delivery},
    event::{
        Event,
        inbound::{InboundEvent, TestOrder, TestTarget},
    },
    ids::UserId,
    ports::{Clock, EnqueueEvents, GenerateIds},
    webhook::Webhook,
};
use grapnel_wire::webhook as wire;
use serde_json::{Map, Value};
use std::sync::Arc;

type Order = ForUser<WebhooksWrite, OptionalBody<wire::TestOrder>>;

/// Orders a test, waits for its attempt and answers 200 with the delivery; 202 with the delivery
/// as it stands if the attempt takes longer than [`PATIENCE`], or than the caller's quota holds.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/test",
    tag = "Tests and previews",
    operation_id = "testWebhook",
    summary = "Send a test",
    description = "Sends one test event to this webhook only, with sample data or your own. A test is never retried. The response waits up to 10 seconds for the attempt; each second of waiting counts as one request of the rate limit.",
    request_body = Option<grapnel_wire::webhook::TestOrder>,
    responses(
        (status = 200, description = "The delivery with its attempt.", body = grapnel_wire::delivery::Delivery),
        (status = 202, description = "The delivery. Its attempt is still running.", body = grapnel_wire::delivery::Delivery),
    ),
    extensions(("x-required-scope" = json!(Order::SCOPE))),
)]
pub(super) async fn order<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: OptionalBody(mut asked), permit, .. }: Order,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let (event, wants_sample) = (asked.value.event.clone(), asked.value.data.is_none());
    let tried = samples::tried(&api, event, &webhook, wants_sample, &mut asked).await?;
    let data = asked.finish().map_err(Problem::invalid_fields)?.data;
    // Without a type, `finish` has returned.
    let tried = tried.ok_or_else(|| Problem::internal("a test has no event type"))?;

    let order = write_order(&api, &webhook, &tried, data.as_ref().map(|data| data.get()))?;
    let event = event_of(&api, &order)?;
    let expected = Delivery {
        test: true,
        ..Delivery::of(&event, webhook.id, api.rules.retention, order.target.ordered_at)
    };
    api.events_queue.order_test(&order).await?;

    let waited =
        wait_for_attempt(&api, &permit, expected.key(), AttemptNumber::FIRST, PATIENCE).await;
    let (status, delivery) = match waited.seen {
        Seen::Attempted(delivery) => (StatusCode::OK, delivery),
        Seen::Waiting(delivery) => (StatusCode::ACCEPTED, delivery),
        Seen::Nothing => (StatusCode::ACCEPTED, expected),
    };
    let payload = Payload::Here(payloads::raw(event.content.data)?);
    answers::json(status, &answers::delivery(&delivery, &webhook, &payload))
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
pub(crate) fn random_id<P: Ports>(api: &Api<P>) -> String {
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
