//! Payloads and responses that were erased on request: the API and the tables no longer have them.

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_receiver::{Reply, Script};
use grapnel_tests::{
    model::{Delivery, Webhook},
    until::{Look, until},
    world::{SOON, World},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The text that must not be found after the erasure.
const MARK: &str = "mark-of-the-data";
const ANSWER: &str = "mark-of-the-answer";

/// The path of the receiver that accepts.
const TAKING: &str = "/taking";

/// Whether an attribute contains this text.
fn holds(item: &HashMap<String, AttributeValue>, text: &str) -> bool {
    item.values().any(|value| match value {
        AttributeValue::S(found) => found.contains(text),
        AttributeValue::B(found) => {
            found.as_ref().windows(text.len()).any(|part| part == text.as_bytes())
        }
        _ => false,
    })
}

async fn erase(world: &World, path: &str) -> anyhow::Result<u16> {
    Ok(world.api.send(Method::DELETE, path, None).await?.status)
}

fn payload(delivery: &Delivery) -> String {
    format!("/api/events/{}/payload", delivery.event_id)
}

fn responses(delivery: &Delivery) -> String {
    format!("/api/webhooks/{}/deliveries/{}/responses", delivery.webhook_id, delivery.id)
}

/// Two webhooks of an event: one succeeded, and the other's transform failed.
async fn settled(world: &World, data: &Value) -> anyhow::Result<(Webhook, Delivery, Delivery)> {
    let taking = world.webhook(TAKING, json!({})).await?;
    let template = "{{ data.mark.nothing.at_all }}";
    let failing = json!({ "transform": { "template": template, "contentType": "text/plain" } });
    let failing = world.webhook("/failing", failing).await?;
    world.receiver.answer_with(TAKING, Script::from(Reply::status(200).body(ANSWER)));
    world.publish("lead.created", data.clone()).await?;
    let (taken, failed) = (world.settled(&taking).await?, world.settled(&failing).await?);
    assert_eq!(failed.reason.as_deref(), Some("transform_failed"));
    assert_eq!(taken.event_id, failed.event_id);
    Ok((taking, taken, failed))
}

#[tokio::test]
async fn an_erased_payload_is_gone_from_the_api_and_from_the_tables() -> anyhow::Result<()> {
    let world = World::main().await?;
    // A small event, which its messages contain; and a large one, which is stored compressed.
    for (requests, more) in [(1, String::new()), (2, "x".repeat(10_000))] {
        let data = json!({ "mark": MARK, "more": more });
        let (webhook, taken, failed) = settled(&world, &data).await?;
        ensure!(taken.payload_text().contains(MARK), "{taken:?}");
        let stored = world.state.event_item(&world.user, &taken.event_id).await?;
        ensure!(stored.contains_key("data"), "{stored:?}");
        ensure!(holds(&stored, MARK) != stored.contains_key("encoding"), "{stored:?}");

        for _ in 0..2 {
            assert_eq!(erase(&world, &payload(&taken)).await?, 204);
        }
        let mut times = Vec::new();
        for delivery in [&taken, &failed] {
            let shown = world.api.delivery(&delivery.webhook_id, &delivery.id).await?;
            ensure!(shown.payload.is_none(), "{shown:?}");
            times.push(shown.payload_erased_at.context("a time")?);
        }
        assert_eq!(times[0], times[1]);
        let failed = world.api.delivery(&failed.webhook_id, &failed.id).await?;
        assert_eq!(failed.attempts[0].error.as_deref(), Some("the transform failed"));
        let left = world.state.event_item(&world.user, &taken.event_id).await?;
        ensure!(!left.contains_key("data") && !left.contains_key("encoding"), "{left:?}");
        ensure!(left.contains_key("audience") && !holds(&left, MARK), "{left:?}");

        let retried = world.api.retry(&webhook.id, &taken.id).await?;
        assert_eq!(retried.problem(409)?.code, "payload_erased");
        // A replay finds nothing to send.
        let replay = world.api.replay(None, &json!({ "status": "success" })).await?;
        until("a finished replay", SOON, async || {
            let path = format!("/api/replays/{}", replay.id);
            let now: Value = world.api.get(&path).await?.json(200)?;
            let is_finished = now["status"] == "finished";
            Ok(if is_finished { Look::Found(()) } else { Look::not_yet(now) })
        })
        .await?;
        let sent = world.receiver.received(TAKING).len();
        let now = world.api.delivery(&webhook.id, &taken.id).await?;
        assert_eq!((now.attempts.len(), sent), (1, requests));
        world.api.delete_webhook(&webhook.id).await?;
        world.api.delete_webhook(&failed.webhook_id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_repeated_event_does_not_bring_its_data_back() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let published = world.publish("lead.created", json!({ "mark": MARK })).await?;
    let delivery = world.settled(&webhook).await?;
    assert_eq!(erase(&world, &payload(&delivery)).await?, 204);
    // The same event again, and another behind it whose delivery shows that this one was processed.
    world.bus.put(&[published.event]).await?;
    world.publish("lead.created", json!({ "other": true })).await?;
    world.requests("/hook", 2).await?;
    let left = world.state.event_item(&world.user, &delivery.event_id).await?;
    ensure!(!left.contains_key("data"), "{left:?}");
    let shown = world.api.delivery(&webhook.id, &delivery.id).await?;
    ensure!(shown.payload.is_none() && shown.attempts.len() == 1, "{shown:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_on_its_way_is_not_erased_until_it_is_cancelled() -> anyhow::Result<()> {
    let world = World::main().await?;
    let retrying = json!({ "retryConfig": { "maxAttempts": 3, "delaysSeconds": [800] } });
    let webhook = world.webhook("/hook", retrying).await?;
    world.receiver.answer_with("/hook", Script::from(Reply::status(500).body(ANSWER)));
    world.publish("lead.created", json!({ "mark": MARK })).await?;
    let is_retrying = |one: &Delivery| one.status == "retrying";
    let delivery = world.delivery(&webhook, "that is retrying", is_retrying).await?;
    for path in [payload(&delivery), responses(&delivery)] {
        let answer = world.api.send(Method::DELETE, &path, None).await?;
        assert_eq!(answer.problem(409)?.code, "delivery_open", "{path}");
    }
    let cancel = format!("/api/webhooks/{}/deliveries/{}/cancel", webhook.id, delivery.id);
    world.api.post(&cancel, &json!({})).await?.json::<Delivery>(200)?;
    for path in [payload(&delivery), responses(&delivery)] {
        assert_eq!(erase(&world, &path).await?, 204, "{path}");
    }
    let shown = world.api.delivery(&webhook.id, &delivery.id).await?;
    assert_eq!((shown.reason.as_deref(), shown.payload.is_none()), (Some("cancelled"), true));
    assert_eq!((shown.attempts[0].status_code, &shown.attempts[0].response), (Some(500), &None));
    Ok(())
}

#[tokio::test]
async fn erased_responses_are_gone_and_what_is_counted_stays() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, taken, _) = settled(&world, &json!({})).await?;
    assert_eq!(taken.attempts[0].response.as_deref(), Some(ANSWER));
    assert_eq!(erase(&world, &responses(&taken)).await?, 204);
    let shown = world.api.delivery(&webhook.id, &taken.id).await?;
    let (before, after) = (&taken.attempts[0], &shown.attempts[0]);
    assert_eq!((after.status_code, &after.response), (before.status_code, &None));
    assert_eq!((after.duration, after.attempted_at), (before.duration, before.attempted_at));
    ensure!(shown.responses_erased_at.is_some() && shown.payload.is_some(), "{shown:?}");
    let row = format!("{:?}", world.state.deliveries(&webhook.id).await?);
    ensure!(!row.contains(ANSWER), "{row}");
    Ok(())
}

#[tokio::test]
async fn nobody_erases_what_is_somebody_elses() -> anyhow::Result<()> {
    let (world, stranger) = futures::try_join!(World::main(), World::main())?;
    let (webhook, taken, _) = settled(&world, &json!({ "mark": MARK })).await?;
    for path in [payload(&taken), responses(&taken)] {
        let answer = stranger.api.send(Method::DELETE, &path, None).await?;
        assert_eq!(answer.problem(404)?.code, "not_found", "{path}");
    }
    let shown = world.api.delivery(&webhook.id, &taken.id).await?;
    ensure!(shown.payload_text().contains(MARK), "{shown:?}");
    assert_eq!(shown.attempts[0].response.as_deref(), Some(ANSWER));
    Ok(())
}
