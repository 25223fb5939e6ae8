//! Replays after a receiver was broken.

use anyhow::ensure;
use futures::future::try_join_all;
use grapnel_tests::{
    model::{Delivery, Page, Replay, Webhook},
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::json;

/// So few failures that no circuit breaker opens, which would park later deliveries.
const FEW: usize = 9;

/// The webhook's deliveries, when there are `count` and all have this `status`.
async fn all(
    world: &World,
    webhook: &Webhook,
    count: usize,
    status: &str,
) -> anyhow::Result<Vec<Delivery>> {
    let what = format!("{count} deliveries that are {status}");
    until(&what, SOON, async || {
        let found = world.api.deliveries(&webhook.id).await?;
        let there = found.len() == count && found.iter().all(|one| one.status == status);
        let statuses: Vec<_> = found.iter().map(|one| one.status.clone()).collect();
        Ok(if there { Look::Found(found) } else { Look::not_yet(statuses) })
    })
    .await
}

/// The replay, when it has ended.
async fn finished(world: &World, replay: &Replay) -> anyhow::Result<Replay> {
    let path = format!("/api/replays/{}", replay.id);
    until("a finished replay", SOON, async || {
        let found: Replay = world.api.get(&path).await?.json(200)?;
        let there = found.status == "finished";
        Ok(if there { Look::Found(found) } else { Look::not_yet(found) })
    })
    .await
}

/// A webhook with failed deliveries of one attempt each.
async fn failing(world: &World, path: &str, event: &str) -> anyhow::Result<Webhook> {
    world.receiver.answer_with(path, 503);
    let fields = json!({ "events": [event], "retryConfig": { "maxAttempts": 1 } });
    world.webhook(path, fields).await
}

#[tokio::test]
async fn what_failed_in_an_outage_is_delivered_by_a_replay() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = failing(&world, "/hook", "lead.created").await?;
    try_join_all((0..FEW).map(|n| world.publish("lead.created", json!({ "n": n })))).await?;
    all(&world, &webhook, FEW, "failed").await?;

    world.receiver.answer_with("/hook", 200);
    // No delivery has another type.
    let body = json!({ "event": "lead.enriched" });
    let none = world.api.replay(Some(&webhook.id), &body).await?;
    let none = finished(&world, &none).await?;
    assert_eq!((none.examined, none.replayed), (FEW as u64, 0));

    let replay = world.api.replay(Some(&webhook.id), &json!({})).await?;
    assert_eq!(replay.webhook_id.as_deref(), Some(webhook.id.as_str()));
    for delivery in all(&world, &webhook, FEW, "success").await? {
        assert_eq!(delivery.attempt_numbers(), [1, 2]);
        assert_eq!(delivery.status_codes(), [Some(503), Some(200)]);
        assert_eq!(delivery.reason, None);
        ensure!(!delivery.attempts[1].manual, "an attempt of the schedule: {delivery:?}");
    }
    let replay = finished(&world, &replay).await?;
    assert_eq!((replay.examined, replay.replayed), (FEW as u64, FEW as u64));
    ensure!(replay.finished_at.is_some_and(|end| end >= replay.created_at), "{replay:?}");
    assert_eq!(world.receiver.received("/hook").len(), 2 * FEW);

    let listed: Page<Replay> = world.api.get("/api/replays?limit=1").await?.json(200)?;
    assert_eq!(listed.items.iter().map(|one| &one.id).collect::<Vec<_>>(), [&replay.id]);
    ensure!(listed.next_cursor.is_some(), "two were asked for");
    Ok(())
}

#[tokio::test]
async fn all_webhooks_are_replayed_at_once_but_those_that_are_disabled() -> anyhow::Result<()> {
    let world = World::main().await?;
    let paths = ["/one", "/two", "/off"];
    let webhooks = try_join_all(paths.map(|path| failing(&world, path, "task.failed"))).await?;
    try_join_all((0..3).map(|n| world.publish("task.failed", json!({ "n": n })))).await?;
    for webhook in &webhooks {
        all(&world, webhook, 3, "failed").await?;
    }
    world.api.change_webhook(&webhooks[2].id, &json!({ "status": "disabled" })).await?;
    for path in paths {
        world.receiver.answer_with(path, 200);
    }

    let replay = world.api.replay(None, &json!({})).await?;
    assert_eq!(replay.webhook_id, None);
    let replay = finished(&world, &replay).await?;
    assert_eq!((replay.examined, replay.replayed), (6, 6));
    for webhook in &webhooks[..2] {
        all(&world, webhook, 3, "success").await?;
    }
    all(&world, &webhooks[2], 3, "failed").await?;
    assert_eq!(world.receiver.received("/off").len(), 3);
    Ok(())
}

#[tokio::test]
async fn what_succeeded_can_be_sent_once_more() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    world.publish("lead.created", json!({})).await?;
    let first = world.settled(&webhook).await?;
    assert_eq!(first.status, "success");
    let replay = world.api.replay(Some(&webhook.id), &json!({ "status": "success" })).await?;
    let twice = |one: &Delivery| one.attempts.len() == 2;
    let delivery = world.delivery(&webhook, "with two attempts", twice).await?;
    ensure!(delivery.status == "success" && delivery.attempts[1].manual, "{delivery:?}");
    assert_eq!(finished(&world, &replay).await?.replayed, 1);
    Ok(())
}
