//! Failing endpoints: their circuit breakers, and endpoints that ask to be disabled.

use anyhow::ensure;
use grapnel_receiver::Reply;
use grapnel_tests::{
    model::{Delivery, Webhook},
    until::{Look, until},
    world::{SOON, World, arrived_at},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Time for probes at 2, 4 and 8 s and the looks between them; and for those that are due after a minute.
const LONG: Duration = Duration::from_secs(200);

async fn until_status(world: &World, webhook: &Webhook, status: &str) -> anyhow::Result<()> {
    until(&format!("a webhook that is {status}"), LONG, async || {
        let found = world.api.webhook(&webhook.id).await?;
        let is_it = found.status == status;
        Ok(if is_it { Look::Found(()) } else { Look::not_yet(found.status) })
    })
    .await
}

async fn all_settled(
    world: &World,
    webhook: &Webhook,
    count: usize,
) -> anyhow::Result<Vec<Delivery>> {
    until("every delivery settled", LONG, async || {
        let deliveries = world.api.deliveries(&webhook.id).await?;
        let settled = deliveries.iter().filter(|one| one.is_settled()).count();
        let done = deliveries.len() == count && settled == count;
        Ok(if done { Look::Found(deliveries) } else { Look::not_yet((settled, deliveries.len())) })
    })
    .await
}

#[tokio::test]
async fn a_failing_endpoint_is_left_alone_and_gets_everything_when_it_is_well() -> anyhow::Result<()>
{
    let world = World::circuit().await?;
    // The delays use the queue; the circuit breaker is what parks the deliveries.
    let retry = json!({ "retryConfig": { "maxAttempts": 20, "delaysSeconds": [1] } });
    let webhook = world.webhook("/hook", retry).await?;
    world.receiver.answer_with("/hook", 500);
    for _ in 0..4 {
        world.publish("lead.created", json!({})).await?;
    }
    until_status(&world, &webhook, "failing").await?;
    // Published while it is failing: these deliveries are parked and lose no attempt.
    for _ in 0..4 {
        world.publish("lead.created", json!({})).await?;
    }
    until("all eight deliveries", SOON, async || {
        let deliveries = world.api.deliveries(&webhook.id).await?;
        let all = deliveries.len() == 8;
        Ok(if all { Look::Found(()) } else { Look::not_yet(deliveries.len()) })
    })
    .await?;
    // Not at once: a function that ends within a probe leaves no failure on record.
    until("a webhook that says what is wrong", SOON, async || {
        let failing: Value =
            world.api.get(&format!("/api/webhooks/{}", webhook.id)).await?.json(200)?;
        let health = &failing["health"];
        let says = health["failingSince"].is_string()
            && health["nextProbeAt"].is_string()
            && health["lastFailure"]["statusCode"] == 500
            && health["parked"]["count"].is_u64();
        Ok(if says { Look::Found(()) } else { Look::not_yet(health.clone()) })
    })
    .await?;
    world.receiver.answer_with("/hook", 200);
    let deliveries = all_settled(&world, &webhook, 8).await?;
    ensure!(deliveries.iter().all(|one| one.status == "success"), "{deliveries:?}");
    until_status(&world, &webhook, "active").await?;
    let requests = world.receiver.received("/hook").len();
    let attempts: usize = deliveries.iter().map(|one| one.attempts.len()).sum();
    // The queue may hand a message out twice. A delivery is then sent twice and recorded once.
    ensure!(requests >= attempts, "{requests} requests for {attempts} attempts on record");
    for delivery in &deliveries {
        let numbers: Vec<u32> = (1..).take(delivery.attempts.len()).collect();
        assert_eq!(delivery.attempt_numbers(), numbers, "each on record once");
    }
    // Without a circuit breaker, eight deliveries that are tried each second would have made far
    // more requests.
    ensure!(requests <= 8 + 16, "{requests} requests");
    Ok(())
}

/// The stack's queue delays up to 2 s, and its circuit breakers are due after 60 s: the wake-up sends
/// itself on.
#[tokio::test]
async fn a_circuit_that_is_due_later_than_the_queue_delays_is_woken_by_a_chain_of_messages()
-> anyhow::Result<()> {
    let world = World::tight().await?;
    let retry = json!({ "retryConfig": { "maxAttempts": 20, "delaysSeconds": [1] } });
    let webhook = world.webhook("/hook", retry).await?;
    world.receiver.answer_with("/hook", 500);
    for _ in 0..6 {
        world.publish("lead.created", json!({})).await?;
    }
    until_status(&world, &webhook, "failing").await?;
    let due = until("every delivery parked", SOON, async || {
        let rows = world.state.deliveries(&webhook.id).await?;
        let due: Vec<_> = rows.iter().filter_map(|row| row.parked_until).collect();
        Ok(if due.len() == 6 { Look::Found(due[0]) } else { Look::not_yet(rows) })
    })
    .await?;
    world.receiver.answer_with("/hook", 200);
    let before = world.receiver.received("/hook").len();
    let deliveries = all_settled(&world, &webhook, 6).await?;
    ensure!(deliveries.iter().all(|one| one.status == "success"), "{deliveries:?}");
    let first = &world.receiver.received("/hook")[before];
    ensure!(arrived_at(first)? >= due, "the probe came before {due}");
    until_status(&world, &webhook, "active").await?;
    assert_eq!(world.state.wait_failures().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn who_answers_410_gets_no_more_until_its_owner_says_so() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    world.receiver.answer_with("/hook", 410);
    world.publish("lead.created", json!({})).await?;
    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.reason.as_deref(), Some("webhook_disabled"));
    until_status(&world, &webhook, "disabled").await?;

    world.receiver.answer_with("/hook", 200);
    let other = world.webhook("/other", json!({})).await?;
    world.publish("lead.created", json!({})).await?;
    world.settled(&other).await?;
    assert_eq!(world.api.deliveries(&webhook.id).await?.len(), 1, "none for a disabled webhook");

    let enabled = world.api.change_webhook(&webhook.id, &json!({ "status": "active" })).await?;
    assert_eq!(enabled.status, "active");
    world.publish("lead.created", json!({})).await?;
    world.requests("/hook", 2).await?;
    Ok(())
}

#[tokio::test]
async fn a_receiver_can_end_a_delivery_or_the_webhook_by_a_header() -> anyhow::Result<()> {
    let world = World::main().await?;
    let aborting = world.webhook("/abort", json!({})).await?;
    let disabling = world.webhook("/disable", json!({})).await?;
    let asking = |wish: &str| Reply::status(500).header("webhook-delivery", wish);
    world.receiver.answer_with("/abort", asking("abort-message"));
    world.receiver.answer_with("/disable", asking("disable"));
    world.publish("lead.created", json!({})).await?;

    let aborted = world.settled(&aborting).await?;
    assert_eq!(aborted.reason.as_deref(), Some("aborted"));
    assert_eq!(world.api.webhook(&aborting.id).await?.status, "active");
    let ended = world.settled(&disabling).await?;
    assert_eq!(ended.reason.as_deref(), Some("webhook_disabled"));
    until_status(&world, &disabling, "disabled").await?;
    let retried = world.api.retry(&disabling.id, &ended.id).await?;
    assert_eq!(retried.json::<Value>(409)?["code"], "webhook_disabled");
    Ok(())
}
