//! Least privilege, with policies enforced: every call that the functions make is allowed, and
//! calls that a role does not need are refused.
//!
//! The emulator checks a function's rights when its program calls, but not when the emulator acts
//! in a role itself: when it reads a queue for a function, or runs a state machine. These tests
//! make those calls.

mod functions;
mod machines;
mod role;

use crate::echoes;
use anyhow::{Context, ensure};
use grapnel_domain::{delivery::AttemptNumber, retry::next::Retry};
use grapnel_receiver::Script;
use grapnel_tests::{
    bus::BusEvent,
    forged,
    model::{Delivery, Page, Replay},
    permissions::{DENIED, FUNCTIONS, log_lines},
    until::{Look, until},
    world::{SOON, World, now},
};
use reqwest::{Method, header::HeaderName};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// A minute to wait for, or the time until a check, and the steps after it.
const LONG: Duration = Duration::from_secs(200);

const INGEST: &str = FUNCTIONS[1];

fn delayed(seconds: u32) -> Value {
    json!({ "retryConfig": { "maxAttempts": 2, "delaysSeconds": [seconds] } })
}

/// Makes each call of the functions at least once, by deliveries in every possible way.
async fn tour(world: &World) -> anyhow::Result<Vec<String>> {
    // Success; a retry by queue; one by a shared wait; an end at a release; a check.
    let by_queue = world.webhook("/queue", delayed(1)).await?;
    let by_wait = world.webhook("/wait", delayed(3)).await?;
    let limited = world.webhook("/limit", json!({ "rateLimit": 1 })).await?;
    world.state.hand_out_slots(&world.user, &limited, 100, now()?).await?;
    let ended = world.webhook("/end", delayed(3)).await?;
    for path in ["/queue", "/wait"] {
        world.receiver.answer_with(path, Script::statuses([500]));
    }
    world.receiver.answer_with("/end", 500);
    world.publish("lead.created", json!({ "big": "x".repeat(10_000) })).await?;
    world.requests("/end", 1).await?;
    world.api.change_webhook(&ended.id, &json!({ "status": "disabled" })).await?;
    let checked = world.webhook("/check", json!({ "events": ["task.failed"] })).await?;
    let retry = Retry { due: now()?, wait: None };
    let abandoned = forged::abandoned(world, &checked, retry).await?;
    let delivery_queue = &world.stack.outputs.delivery_queue_url;
    world.queues.send(delivery_queue, &forged::message(&abandoned, AttemptNumber::FIRST)).await?;

    // The API: every route that reads, writes or enqueues.
    let tested = world.webhook("/test", json!({ "events": ["task.failed"] })).await?;
    let delivery = world.tested(&tested, "{}").await?;
    ensure!(world.api.retry(&tested.id, &delivery.id).await?.status == 202, "a manual retry");
    world.requests("/test", 2).await?;
    // Replays: of failures and of successes, of one webhook and of all.
    world.api.replay(Some(&tested.id), &json!({ "status": "success" })).await?;
    let replay = world.api.replay(None, &json!({})).await?;
    world.api.get(&format!("/api/replays/{}", replay.id)).await?.json::<Value>(200)?;
    until("a finished replay", SOON, async || {
        let page: Page<Replay> = world.api.get("/api/replays").await?.json(200)?;
        let all = page.items.iter().all(|replay| replay.status == "finished");
        Ok(if all { Look::Found(()) } else { Look::not_yet(page) })
    })
    .await?;
    let erase = format!("/api/webhooks/{}/deliveries/{}/responses", tested.id, delivery.id);
    let erased = world.api.send(Method::DELETE, &erase, None).await?;
    ensure!(erased.status == 204, "{erased:?}");
    let erase = format!("/api/events/{}/payload", delivery.event_id);
    let erased = world.api.send(Method::DELETE, &erase, None).await?;
    ensure!(erased.status == 204, "{erased:?}");
    let rotate = format!("/api/webhooks/{}/secret/rotate", tested.id);
    world.api.post(&rotate, &json!({})).await?.json::<Value>(200)?;
    world.api.webhooks().await?;
    tour_of_keys(world).await?;

    // Dead letters of both queues.
    let outputs = &world.stack.outputs;
    for (queue, dead_letters) in [
        (&outputs.events_queue_url, &outputs.events_dead_letter_queue_url),
        (&outputs.delivery_queue_url, &outputs.delivery_dead_letter_queue_url),
    ] {
        let marker = Uuid::new_v4().to_string();
        world.queues.send(queue, &marker).await?;
        world.queues.dead_letter(dead_letters, &marker, SOON).await?;
    }

    world.settled(&by_queue).await?;
    world.delivery_within(LONG, &limited, "in its slot", Delivery::is_settled).await?;
    world.receiver.wait_for("/check", 1, LONG).await?;
    world.delivery_within(LONG, &by_wait, "that is settled", Delivery::is_settled).await?;
    let ended = world.delivery_within(LONG, &ended, "that ended", Delivery::is_settled).await?;
    assert_eq!(ended.reason.as_deref(), Some("webhook_disabled"));
    // Last, because most of these webhooks get every event, and their deliveries of one event were
    // checked.
    tour_of_events(world).await?;
    world.api.delete_webhook(&tested.id).await?;
    world.state.wait_failures().await
}

/// Creates, lists and deletes an event type, and publishes and reads events of it, with an
/// idempotency key and with a schema.
async fn tour_of_events(world: &World) -> anyhow::Result<()> {
    let name = format!("t{}.paid", Uuid::new_v4().simple());
    let path = format!("/api/event-types/{name}");
    world.admin.put(&path, &json!({ "sample": {} })).await?.json::<Value>(201)?;
    world.api.get("/api/event-types").await?.json::<Value>(200)?;
    let event = json!({ "type": name, "data": {} }).to_string().into_bytes();
    let key = Some((HeaderName::from_static("idempotency-key"), "key"));
    let published = world.api.send_as(Method::POST, "/api/events", key, event).await?;
    let published: Value = published.json(202)?;
    let id = published["items"][0]["id"].as_str().context("an id")?.to_owned();
    until("an event that was fanned out", SOON, async || {
        let answer = world.api.get(&format!("/api/events/{id}")).await?;
        Ok(if answer.status == 200 { Look::Found(()) } else { Look::not_yet(answer) })
    })
    .await?;
    let page = until("a listed event", SOON, async || {
        let page: Value = world.api.get("/api/events?type=*").await?.json(200)?;
        let listed = page["items"].as_array().is_some_and(|items| !items.is_empty());
        Ok(if listed { Look::Found(page) } else { Look::not_yet(page) })
    });
    page.await?;
    world.api.get("/api/events?source=api&sourceId=x").await?.json::<Value>(200)?;
    world.api.get("/api/deliveries").await?.json::<Value>(200)?;
    world.api.get("/api/stats").await?.json::<Value>(200)?;
    // Two events with one id: the bus gets a notice about the second.
    let told = "not delivered";
    let before = log_lines(&world.aws, &world.stack, INGEST, told).await?.len();
    let first = world.event(&name, &json!({ "n": 1 }));
    let other = first.data.to_string().replace("\"n\":1", "\"n\":2");
    for detail in [first.data.to_string(), other] {
        world.bus.put(&[BusEvent { event_type: name.clone(), detail }]).await?;
        let listed =
            format!("/api/events?source={}&sourceId={}", world.stack.event_source, first.source_id);
        until("a stored event", SOON, async || {
            let page: Value = world.api.get(&listed).await?.json(200)?;
            let is_there = page["items"].as_array().is_some_and(|items| !items.is_empty());
            Ok(if is_there { Look::Found(()) } else { Look::not_yet(page) })
        })
        .await?;
    }
    until("a conflict in the log", SOON, async || {
        let lines = log_lines(&world.aws, &world.stack, INGEST, told).await?;
        Ok(if lines.len() > before { Look::Found(()) } else { Look::not_yet(lines) })
    })
    .await?;
    let deleted = world.admin.send(Method::DELETE, &path, None).await?;
    ensure!(deleted.status == 204, "{deleted:?}");
    Ok(())
}

/// Creates, uses, lists and revokes a key, and exchanges a portal link.
async fn tour_of_keys(world: &World) -> anyhow::Result<()> {
    let key = world.admin.create_key(&world.user, &[]).await?;
    world.admin.with_key(&key.key).webhooks().await?;
    let of_user = format!("?userId={}", world.user);
    world.admin.get(&format!("/api/keys{of_user}")).await?.json::<Value>(200)?;
    let path = format!("/api/keys/{}{of_user}", key.id);
    until("a revoked key", SOON, async || {
        let answer = world.admin.send(Method::DELETE, &path, None).await?;
        Ok(if answer.status == 204 { Look::Found(()) } else { Look::not_yet(answer) })
    })
    .await?;
    let link = json!({ "userId": world.user, "scopes": ["webhooks:read"] });
    let link: Value = world.admin.post("/api/portal-links", &link).await?.json(201)?;
    let token = json!({ "token": link["token"] });
    world
        .api
        .with_authorization(None)
        .post("/api/portal-sessions", &token)
        .await?
        .json::<Value>(201)?;
    tour_of_echoes(world).await
}

/// Creates an echo, which answers a delivery, reads it and deletes it.
async fn tour_of_echoes(world: &World) -> anyhow::Result<()> {
    let (echo, webhook) = echoes::echoing(world, 0).await?;
    let test: Value = world.api.test(&webhook.id).await?.json(200)?;
    ensure!(test["status"] == "success", "{test}");
    let path = format!("/api/echoes/{}", echo.id);
    world.admin.get(&path).await?.json::<Value>(200)?;
    let deleted = world.admin.send(Method::DELETE, &path, None).await?;
    ensure!(deleted.status == 204, "{deleted:?}");
    Ok(())
}

#[tokio::test]
async fn every_call_that_the_functions_make_is_allowed() -> anyhow::Result<()> {
    let world = World::tight().await?;
    let failures = tour(&world).await?;
    assert_eq!(failures, Vec::<String>::new(), "the wait machine's own calls");
    for function in FUNCTIONS {
        let runs = log_lines(&world.aws, &world.stack, function, "START").await?;
        ensure!(!runs.is_empty(), "{function} has run, and its log shows it");
        let denied = log_lines(&world.aws, &world.stack, function, DENIED).await?;
        ensure!(denied.is_empty(), "{function} was refused something: {denied:?}");
    }
    Ok(())
}
