//! Delays beyond what the queue may hold: shared waits in Step Functions, unscaled. The stack's
//! queue delays up to 2 s, so one of 3 s waits for a minute of the clock.

use anyhow::{Context, ensure};
use grapnel_domain::{
    delay::QueueDelay,
    ids::DeliveryId,
    retry::next::schedule,
    time::{Minute, Timestamp},
};
use grapnel_receiver::Script;
use grapnel_tests::{
    until::{Look, until},
    world::{SOON, World, arrived_at, now},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The configured delay.
const DELAY: Duration = Duration::from_secs(3);

/// Longest way to a minute: 30 s of margin, the minute, and time for what follows.
const A_MINUTE_OR_TWO: Duration = Duration::from_secs(180);

fn delayed() -> Value {
    json!({ "retryConfig": { "maxAttempts": 3, "delaysSeconds": [DELAY.as_secs()] } })
}

/// The minute that a delivery would wait for whose attempt failed at `failed`.
fn minute_of(failed: Timestamp) -> anyhow::Result<Minute> {
    let jittered = DELAY.mul_f64(1.05);
    schedule(failed.plus(jittered), failed, QueueDelay::at_most(2)).wait.context("a shared wait")
}

#[tokio::test]
async fn a_delay_over_the_queues_limit_is_a_shared_wait() -> anyhow::Result<()> {
    let world = World::tight().await?;
    let webhook = world.webhook("/hook", delayed()).await?;
    world.receiver.answer_with("/hook", Script::statuses([500]));
    world.publish("lead.created", json!({})).await?;

    let waiting =
        world.delivery(&webhook, "that is retrying", |one| one.status == "retrying").await?;
    let id: DeliveryId = waiting.id.parse()?;
    let rows = world.state.deliveries(&webhook.id).await?;
    let row = rows.iter().find(|row| row.id == id).context("the delivery's row")?;
    let minute = row.waits_for.context("a waitKey in the row")?;
    // What the log says is what happens: the minute at which the wait ends.
    assert_eq!(waiting.next_attempt_at, Some(minute.strikes_at()));
    let attempt = &waiting.attempts[0];
    let least = attempt.attempted_at.plus(Duration::from_millis(attempt.duration)).plus(DELAY);
    ensure!(minute.strikes_at() >= least, "{minute} is before {least}");

    let wait = until("the wait's execution", SOON, async || {
        let wait = world.state.wait(minute).await?;
        Ok(wait.map_or_else(|| Look::not_yet("none"), Look::Found))
    })
    .await?;
    ensure!(wait.running, "{wait:?}");

    let requests = world.receiver.wait_for("/hook", 2, A_MINUTE_OR_TWO).await?;
    let arrived = arrived_at(&requests[1])?;
    ensure!(arrived >= minute.strikes_at(), "came at {arrived}, before {minute}");
    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status_codes(), [Some(500), Some(200)]);
    let row = world.state.delivery(row.key()).await?;
    assert_eq!(row.waits_for, None, "who waits no more must leave the index");
    assert_eq!(world.receiver.received("/hook").len(), 2);
    Ok(())
}

#[tokio::test]
async fn deliveries_due_in_the_same_minute_share_one_execution_whatever_their_webhook()
-> anyhow::Result<()> {
    let world = World::tight().await?;
    let webhook = world.webhook("/hook", delayed()).await?;
    world.receiver.answer_with("/hook", Script::statuses([500, 500, 500]));
    // Far enough from where one minute ends and the next begins, on a slow machine too.
    let near = Duration::from_secs(30);
    until("a time at which all would wait for the same minute", A_MINUTE_OR_TWO, async || {
        let (now, then) = (minute_of(now()?)?, minute_of(now()?.plus(near))?);
        Ok(if now == then { Look::Found(()) } else { Look::not_yet((now, then)) })
    })
    .await?;
    for _ in 0..3 {
        world.publish("lead.created", json!({})).await?;
    }
    world.requests("/hook", 3).await?;
    let waiting = until("three waiting deliveries", SOON, async || {
        let rows = world.state.deliveries(&webhook.id).await?;
        let minutes: Vec<_> = rows.iter().filter_map(|row| row.waits_for).collect();
        Ok(if minutes.len() == 3 { Look::Found(minutes) } else { Look::not_yet(rows) })
    })
    .await?;
    ensure!(waiting.iter().all(|minute| *minute == waiting[0]), "due together: {waiting:?}");

    let all = world.receiver.wait_for("/hook", 6, A_MINUTE_OR_TWO).await?;
    let mut ids: Vec<_> = all[3..].iter().map(|r| r.header("webhook-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each of them is released");
    let deliveries = until("three deliveries that succeeded", SOON, async || {
        let deliveries = world.api.deliveries(&webhook.id).await?;
        let done = deliveries.iter().all(|delivery| delivery.status == "success");
        Ok(if done { Look::Found(deliveries) } else { Look::not_yet(deliveries) })
    })
    .await?;
    for delivery in &deliveries {
        assert_eq!(delivery.status_codes(), [Some(500), Some(200)]);
    }
    let waits = world.state.waits().await?;
    assert_eq!(waits.iter().filter(|wait| wait.minute == waiting[0]).count(), 1);
    assert_eq!(world.state.wait_failures().await?, Vec::<String>::new());
    assert_eq!(world.receiver.received("/hook").len(), 6);
    Ok(())
}
