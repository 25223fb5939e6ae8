//! One more attempt, asked for by somebody.

use anyhow::{Context, ensure};
use grapnel_domain::{
    delivery::AttemptNumber,
    message::{MakeAttempt, QueueMessage},
};
use grapnel_receiver::Script;
use grapnel_tests::{
    model::{Delivery, Webhook},
    world::World,
};
use serde_json::json;

/// A webhook of one attempt, and its delivery after that failed.
async fn failed_delivery(world: &World, script: Script) -> anyhow::Result<(Webhook, Delivery)> {
    let config = json!({ "maxAttempts": 1, "timeoutSeconds": 30 });
    let webhook = world.webhook("/hook", json!({ "retryConfig": config })).await?;
    world.receiver.answer_with("/hook", script);
    world.publish("lead.created", json!({})).await?;
    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    Ok((webhook, delivery))
}

#[tokio::test]
async fn a_manual_retry_that_succeeds_makes_a_success_of_a_failure() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, failed) = failed_delivery(&world, Script::statuses([500])).await?;
    let accepted: Delivery = world.api.retry(&webhook.id, &failed.id).await?.json(202)?;
    assert_eq!(accepted.id, failed.id);

    let requests = world.requests("/hook", 2).await?;
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
    let delivery =
        world.delivery(&webhook, "that succeeded", |one| one.status == "success").await?;
    assert_eq!(delivery.attempt_numbers(), [1, 2]);
    assert_eq!(delivery.attempts.iter().map(|a| a.manual).collect::<Vec<_>>(), [false, true]);
    assert_eq!(delivery.reason, None);
    Ok(())
}

#[tokio::test]
async fn a_manual_retry_that_fails_leaves_the_failure_as_it_was() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, failed) = failed_delivery(&world, Script::from(500)).await?;
    ensure!(world.api.retry(&webhook.id, &failed.id).await?.status == 202, "accepted");

    let two = |one: &Delivery| one.attempts.len() == 2;
    let delivery = world.delivery(&webhook, "with a second attempt", two).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.reason.as_deref(), Some("attempts_exhausted"));
    assert_eq!(delivery.next_attempt_at, None);
    assert_eq!(world.receiver.received("/hook").len(), 2, "nothing follows a manual attempt");
    Ok(())
}

#[tokio::test]
async fn a_success_can_be_sent_again_and_stays_a_success() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    world.receiver.answer_with("/hook", Script::statuses([200]).then(500));
    world.publish("lead.created", json!({})).await?;
    let delivered = world.settled(&webhook).await?;
    ensure!(world.api.retry(&webhook.id, &delivered.id).await?.status == 202, "accepted");

    let two = |one: &Delivery| one.attempts.len() == 2;
    let delivery = world.delivery(&webhook, "with a second attempt", two).await?;
    assert_eq!((delivery.status.as_str(), delivery.reason.as_deref()), ("success", None));
    assert_eq!(delivery.status_codes(), [Some(200), Some(500)]);
    Ok(())
}

#[tokio::test]
async fn two_clicks_are_one_attempt() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, failed) = failed_delivery(&world, Script::statuses([500])).await?;
    // Both before anything is on record, since the receiver answers after them.
    world.receiver.hold("/hook");
    let clicks = futures::try_join!(
        world.api.retry(&webhook.id, &failed.id),
        world.api.retry(&webhook.id, &failed.id)
    )?;
    assert_eq!((clicks.0.status, clicks.1.status), (202, 202));
    world.receiver.stop_holding("/hook");
    let delivery =
        world.delivery(&webhook, "that succeeded", |one| one.status == "success").await?;
    assert_eq!(delivery.attempt_numbers(), [1, 2]);

    // The second click's message, had it come only now.
    let row = world.state.deliveries(&webhook.id).await?.pop().context("the delivery's row")?;
    let sent_before = world.receiver.received("/hook").len();
    ensure!(sent_before <= 3, "two messages cannot send more than twice: {sent_before}");
    let late = MakeAttempt {
        manual: true,
        ..MakeAttempt::scheduled(row.target(), AttemptNumber::FIRST.next())
    };
    let late = QueueMessage::MakeAttempt(late).to_json();
    world.queues.send(&world.stack.outputs.delivery_queue_url, &late).await?;
    let clock = world.webhook("/clock", json!({ "events": ["task.failed"] })).await?;
    world.api.change_webhook(&webhook.id, &json!({ "events": ["lead.created"] })).await?;
    world.publish("task.failed", json!({})).await?;
    world.settled(&clock).await?;
    assert_eq!(world.receiver.received("/hook").len(), sent_before);
    assert_eq!(world.settled(&webhook).await?.attempt_numbers(), [1, 2]);
    Ok(())
}

#[tokio::test]
async fn a_manual_retry_comes_beside_the_schedule_and_does_not_end_it() -> anyhow::Result<()> {
    let world = World::main().await?;
    // The schedule's own second attempt is far off: a slow machine accepts the manual one before it.
    let config = json!({ "maxAttempts": 3, "delaysSeconds": [600, 1] });
    let webhook = world.webhook("/hook", json!({ "retryConfig": config })).await?;
    world.receiver.answer_with("/hook", 500);
    world.publish("lead.created", json!({})).await?;
    let retrying =
        world.delivery(&webhook, "that is retrying", |one| one.status == "retrying").await?;
    ensure!(world.api.retry(&webhook.id, &retrying.id).await?.status == 202, "accepted");

    // The manual one is an attempt like any other, and the schedule goes on from it.
    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.attempt_numbers(), [1, 2, 3]);
    assert_eq!(delivery.attempts.iter().filter(|attempt| attempt.manual).count(), 1);
    assert_eq!(world.receiver.received("/hook").len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_retry_is_refused_while_the_first_attempt_is_pending() -> anyhow::Result<()> {
    let world = World::main().await?;
    let config = json!({ "retryConfig": { "timeoutSeconds": 30 } });
    let webhook = world.webhook("/hook", config).await?;
    world.receiver.hold("/hook");
    world.publish("lead.created", json!({})).await?;
    world.requests("/hook", 1).await?;
    let pending =
        world.delivery(&webhook, "that is pending", |one| one.status == "pending").await?;
    let problem = world.api.retry(&webhook.id, &pending.id).await?.problem(409)?;
    assert_eq!(problem.code, "first_attempt_pending");
    world.receiver.stop_holding("/hook");
    assert_eq!(world.settled(&webhook).await?.attempt_numbers(), [1]);
    assert_eq!(world.receiver.received("/hook").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_retry_is_refused_while_the_webhook_is_disabled() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, failed) = failed_delivery(&world, Script::statuses([500])).await?;
    world.api.change_webhook(&webhook.id, &json!({ "status": "disabled" })).await?;
    let problem = world.api.retry(&webhook.id, &failed.id).await?.problem(409)?;
    assert_eq!(problem.code, "webhook_disabled");

    world.api.change_webhook(&webhook.id, &json!({ "status": "active" })).await?;
    ensure!(world.api.retry(&webhook.id, &failed.id).await?.status == 202, "accepted");
    let delivery =
        world.delivery(&webhook, "that succeeded", |one| one.status == "success").await?;
    assert_eq!(delivery.attempt_numbers(), [1, 2]);
    Ok(())
}
