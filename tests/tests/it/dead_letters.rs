//! Messages that can never be processed: each goes to the dead letters alone, with the reason, and
//! the other messages of its batch are processed.

use anyhow::{Context, ensure};
use grapnel_domain::delivery::{AttemptNumber, Delivery};
use grapnel_tests::{
    forged,
    world::{SOON, World},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// An event in the form of EventBridge's rule, with this detail.
fn envelope(world: &World, detail: &Value) -> String {
    forged::envelope(world, &Uuid::new_v4().to_string(), &detail.to_string())
}

/// Sends one bad message with nine good events, and checks all ten.
async fn one_bad_event(bad: impl Fn(&World, &str) -> String, reason: &str) -> anyhow::Result<()> {
    let world = World::main().await?;
    world.webhook("/hook", json!({})).await?;
    let marker = Uuid::new_v4().to_string();
    let mut batch: Vec<String> = (0..9)
        .map(|number| envelope(&world, &json!({ "userId": world.user, "number": number })))
        .collect();
    batch.insert(4, bad(&world, &marker));
    world.queues.send_batch(&world.stack.outputs.events_queue_url, &batch).await?;

    let dead_letters = &world.stack.outputs.events_dead_letter_queue_url;
    let letter = world.queues.dead_letter(dead_letters, &marker, SOON).await?;
    assert_eq!(letter.body, batch[4], "as it came");
    let found = letter.reason.context("an attribute `reason`")?;
    ensure!(found.contains(reason), "{found}");
    let requests = world.requests("/hook", 9).await?;
    let mut numbers = Vec::new();
    for request in &requests {
        let body: Value = serde_json::from_slice(&request.body)?;
        numbers.push(body["data"]["number"].as_i64().context("a number")?);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (0..9).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn an_event_that_is_not_json_is_put_aside_alone() -> anyhow::Result<()> {
    one_bad_event(|_, marker| format!("{{ not json {marker}"), "not JSON").await
}

#[tokio::test]
async fn an_event_without_a_user_is_put_aside_alone() -> anyhow::Result<()> {
    one_bad_event(|world, marker| envelope(world, &json!({ "id": marker })), "detail.userId").await
}

#[tokio::test]
async fn an_event_whose_detail_is_no_object_is_put_aside_alone() -> anyhow::Result<()> {
    one_bad_event(|world, marker| envelope(world, &json!([marker])), "not a JSON object").await
}

#[tokio::test]
async fn an_event_over_the_size_limit_is_put_aside_alone() -> anyhow::Result<()> {
    let bad = |world: &World, marker: &str| {
        let detail = json!({ "userId": world.user, "id": marker, "x": "x".repeat(256 * 1024) });
        envelope(world, &detail)
    };
    one_bad_event(bad, "over 262144 bytes").await
}

/// Sends one bad message with nine first attempts, and checks all ten.
async fn one_bad_attempt(
    bad: impl Fn(&Delivery, &str) -> String,
    reason: &str,
) -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let marker = Uuid::new_v4().to_string();
    let mut batch = Vec::new();
    for _ in 0..9 {
        batch
            .push(forged::message(&forged::pending(&world, &webhook).await?, AttemptNumber::FIRST));
    }
    let untouched = forged::pending(&world, &webhook).await?;
    batch.insert(4, bad(&untouched, &marker));
    world.queues.send_batch(&world.stack.outputs.delivery_queue_url, &batch).await?;

    let dead_letters = &world.stack.outputs.delivery_dead_letter_queue_url;
    let letter = world.queues.dead_letter(dead_letters, &marker, SOON).await?;
    assert_eq!(letter.body, batch[4], "as it came");
    let found = letter.reason.context("an attribute `reason`")?;
    ensure!(found.contains(reason), "{found}");
    let requests = world.requests("/hook", 9).await?;
    let mut ids: Vec<_> = requests.iter().map(|request| request.header("webhook-id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 9);
    assert_eq!(world.state.delivery(untouched.key()).await?, untouched);
    Ok(())
}

#[tokio::test]
async fn a_delivery_message_that_is_not_json_is_put_aside_alone() -> anyhow::Result<()> {
    one_bad_attempt(|_, marker| format!("[{marker}"), "not a delivery message").await
}

#[tokio::test]
async fn a_delivery_message_of_an_unknown_kind_is_put_aside_alone() -> anyhow::Result<()> {
    let bad = |_: &Delivery, marker: &str| json!({ "kind": "future", "id": marker }).to_string();
    one_bad_attempt(bad, "unknown kind").await
}

#[tokio::test]
async fn an_attempt_that_nothing_led_to_is_put_aside_alone() -> anyhow::Result<()> {
    let bad = |delivery: &Delivery, marker: &str| {
        // This version ignores unknown fields; the field identifies the message.
        forged::message(delivery, AttemptNumber::after(6)).replacen(
            '{',
            &format!(r#"{{"marker":"{marker}","#),
            1,
        )
    };
    one_bad_attempt(bad, "attempt 7").await
}
