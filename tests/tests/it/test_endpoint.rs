//! `POST /api/webhooks/{id}/test`: one attempt through the whole pipeline.

use anyhow::{Context, ensure};
use grapnel_receiver::{Reply, Script};
use grapnel_tests::{
    model::{Delivery, Webhook},
    signature,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};
use std::time::Instant;

#[tokio::test]
async fn a_test_is_answered_with_its_attempt() -> anyhow::Result<()> {
    let world = World::main().await?;
    let fields = json!({ "events": ["agent.*"], "headers": { "x-tenant": "blue" } });
    world.receiver.answer_with("/hook", Reply::status(202).body("welcome"));
    // A busy machine may take longer than the API waits: then another test is made.
    let what = "a test whose attempt ended while the API waited";
    let (webhook, delivery): (Webhook, Delivery) = until(what, SOON, async || {
        let webhook = world.webhook("/hook", fields.clone()).await?;
        let answer = world.api.test(&webhook.id).await?;
        Ok(match answer.status {
            202 => Look::not_yet(answer),
            _ => Look::Found((webhook, answer.json(200)?)),
        })
    })
    .await?;

    assert_eq!((delivery.status.as_str(), delivery.test), ("success", true));
    assert_eq!(delivery.status_codes(), [Some(202)]);
    assert_eq!(delivery.attempts[0].response.as_deref(), Some("welcome"));
    ensure!(delivery.event.starts_with("agent."), "a type that the webhook asks for: {delivery:?}");
    let request = world.requests("/hook", 1).await?.pop().context("a request")?;
    assert_eq!(request.header("x-tenant"), Some("blue"));
    signature::verify(&request, &webhook.secret)?;
    let body: Value = serde_json::from_slice(&request.body)?;
    assert_eq!(body["id"], delivery.event_id.as_str());
    assert_eq!(body["type"], delivery.event.as_str());
    assert_eq!(body["data"], serde_json::from_str::<Value>(delivery.payload_text())?);
    assert_eq!(body["data"]["userId"], world.user.as_str());

    let logged = world.settled(&webhook).await?;
    assert_eq!((logged.id, logged.test), (delivery.id, true));
    Ok(())
}

#[tokio::test]
async fn a_test_of_a_named_type_carries_that_type() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({ "events": ["lead.created"] })).await?;
    let delivery = world.tested(&webhook, r#"{"event":"email.sent"}"#).await?;
    assert_eq!(delivery.event, "email.sent");

    let path = format!("/api/webhooks/{}/test", webhook.id);
    let unknown = world.api.post(&path, &json!({ "event": "no.such" })).await?.problem(422)?;
    assert_eq!(unknown.fields(), ["event"]);
    Ok(())
}

#[tokio::test]
async fn a_test_reaches_a_disabled_webhook_and_no_other() -> anyhow::Result<()> {
    let world = World::main().await?;
    let disabled = world.webhook("/disabled", json!({ "status": "disabled" })).await?;
    let other = world.webhook("/other", json!({})).await?;
    let delivery = world.tested(&disabled, "{}").await?;
    assert_eq!(delivery.status, "success");
    assert_eq!(world.receiver.received("/disabled").len(), 1);
    assert_eq!(world.receiver.received("/other").len(), 0);
    ensure!(world.state.deliveries(&other.id).await?.is_empty(), "a test is for one webhook");
    Ok(())
}

#[tokio::test]
async fn a_test_that_fails_is_never_retried() -> anyhow::Result<()> {
    let world = World::main().await?;
    let config = json!({ "retryConfig": { "maxAttempts": 5, "delaysSeconds": [1] } });
    let webhook = world.webhook("/hook", config.clone()).await?;
    world.receiver.answer_with("/hook", 500);
    let delivery = world.tested(&webhook, "{}").await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.reason.as_deref(), Some("attempts_exhausted"));
    assert_eq!(delivery.next_attempt_at, None);

    // An ordinary delivery with the same delays, made later, has had its retry.
    let ordinary = world.webhook("/ordinary", config).await?;
    world.api.change_webhook(&webhook.id, &json!({ "status": "disabled" })).await?;
    world.receiver.answer_with("/ordinary", Script::statuses([500]));
    world.publish("lead.created", json!({})).await?;
    world.requests("/ordinary", 2).await?;
    world.settled(&ordinary).await?;
    assert_eq!(world.receiver.received("/hook").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_test_of_a_slow_receiver_is_answered_before_its_attempt_ends() -> anyhow::Result<()> {
    let world = World::main().await?;
    let config = json!({ "retryConfig": { "timeoutSeconds": 30 } });
    let webhook = world.webhook("/hook", config).await?;
    world.receiver.answer_with("/hook", Reply::hang());
    let begun = Instant::now();
    let delivery: Delivery = world.api.test(&webhook.id).await?.json(202)?;
    let took = begun.elapsed();
    ensure!(took.as_secs() >= 9, "answered after {took:?}");
    // This shows that it was answered before the attempt ended, however long the answer took.
    assert_eq!((delivery.status.as_str(), delivery.test), ("pending", true));
    assert_eq!(delivery.attempts.len(), 0);

    let ended = world.settled(&webhook).await?;
    assert_eq!(ended.id, delivery.id);
    assert_eq!(ended.status, "failed");
    let attempt = ended.attempts.first().context("an attempt")?;
    ensure!(attempt.duration >= 30_000, "{attempt:?}");
    ensure!(attempt.error.is_some() && attempt.status_code.is_none(), "{attempt:?}");
    assert_eq!(ended.attempts.len(), 1);
    Ok(())
}
