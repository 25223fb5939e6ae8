//! The retries after a failed attempt, with delays by queue.

use anyhow::{Context, ensure};
use grapnel_receiver::{ReceivedRequest, Reply, Script};
use grapnel_tests::{
    forged, signature,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};
use std::time::Duration;

/// A retry schedule of one second each, for this many attempts.
fn each_second(max_attempts: u32) -> Value {
    json!({ "retryConfig": { "maxAttempts": max_attempts, "delaysSeconds": [1] } })
}

/// A retry schedule whose second attempt is later than everything that a test does before it: the
/// test sends its message itself.
fn far_off() -> Value {
    json!({ "retryConfig": { "maxAttempts": 5, "delaysSeconds": [600] } })
}

/// The time from each request to the next.
fn pauses(requests: &[ReceivedRequest]) -> Vec<Duration> {
    requests.windows(2).map(|pair| pair[1].arrived - pair[0].arrived).collect()
}

#[tokio::test]
async fn what_fails_twice_and_then_succeeds_is_a_success_of_three_attempts() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", each_second(5)).await?;
    world.receiver.answer_with(
        "/hook",
        Script::in_order([Reply::status(500).body("first"), Reply::status(503)])
            .then(Reply::status(200).body("third")),
    );
    world.publish("lead.created", json!({})).await?;

    let requests = world.requests("/hook", 3).await?;
    for pause in pauses(&requests) {
        ensure!(pause >= Duration::from_secs(1), "a delay of 1 s was cut to {pause:?}");
    }
    for request in &requests {
        // The same event with the same bytes, and a new signature.
        assert_eq!(request.body, requests[0].body);
        assert_eq!(request.header("webhook-id"), requests[0].header("webhook-id"));
        signature::verify(request, &webhook.secret)?;
    }
    let stamp = |request: &ReceivedRequest| request.header("webhook-timestamp").map(str::to_owned);
    ensure!(stamp(&requests[0]) != stamp(&requests[2]), "each attempt is stamped anew");

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "success");
    assert_eq!(delivery.attempt_numbers(), [1, 2, 3]);
    assert_eq!(delivery.status_codes(), [Some(500), Some(503), Some(200)]);
    let responses: Vec<_> = delivery.attempts.iter().map(|a| a.response.as_deref()).collect();
    assert_eq!(responses, [Some("first"), None, Some("third")]);
    let errors: Vec<_> = delivery.attempts.iter().map(|a| a.error.is_some()).collect();
    assert_eq!(errors, [true, true, false]);
    assert_eq!((delivery.reason, delivery.next_attempt_at), (None, None));
    assert_eq!(world.receiver.received("/hook").len(), 3);
    Ok(())
}

#[tokio::test]
async fn what_always_fails_ends_after_the_last_attempt() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", each_second(3)).await?;
    world.receiver.answer_with("/hook", 500);
    world.publish("lead.created", json!({})).await?;

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.reason.as_deref(), Some("attempts_exhausted"));
    assert_eq!(delivery.next_attempt_at, None);
    assert_eq!(delivery.status_codes(), [Some(500); 3]);
    assert_eq!(world.receiver.received("/hook").len(), 3);
    Ok(())
}

#[tokio::test]
async fn while_an_attempt_is_awaited_the_delivery_says_when_it_comes() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", far_off()).await?;
    world.receiver.answer_with("/hook", 500);
    world.publish("lead.created", json!({})).await?;

    let delivery =
        world.delivery(&webhook, "that is retrying", |one| one.status == "retrying").await?;
    assert_eq!(delivery.reason, None);
    let attempt = delivery.attempts.first().context("an attempt")?;
    let due = delivery.next_attempt_at.context("nextAttemptAt")?;
    let ended = attempt.attempted_at.plus(Duration::from_millis(attempt.duration));
    let delay = ended.until(due);
    ensure!(delay >= Duration::from_secs(600), "shorter than configured: {delay:?}");
    // At most 10 % of jitter, and the time between the answer and the record.
    ensure!(delay <= Duration::from_secs(720), "longer than configured: {delay:?}");
    Ok(())
}

#[tokio::test]
async fn a_receiver_that_hangs_is_cut_at_its_timeout_and_tried_again() -> anyhow::Result<()> {
    let world = World::main().await?;
    let config = json!({ "maxAttempts": 2, "timeoutSeconds": 1, "delaysSeconds": [1] });
    let webhook = world.webhook("/hook", json!({ "retryConfig": config })).await?;
    world.receiver.answer_with("/hook", Script::in_order([Reply::hang()]));
    world.publish("lead.created", json!({})).await?;

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "success");
    assert_eq!(delivery.status_codes(), [None, Some(200)]);
    let cut = &delivery.attempts[0];
    // The default limit would be ten seconds.
    ensure!((1000..10_000).contains(&cut.duration), "cut after {} ms", cut.duration);
    let error = cut.error.as_deref().context("an error")?;
    ensure!(error.contains("1 s"), "it must say how long it waited: {error}");
    assert_eq!(world.receiver.received("/hook").len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() -> anyhow::Result<()> {
    let world = World::main().await?;
    let config = json!({ "maxAttempts": 1 });
    let webhook = world.webhook("/hook", json!({ "retryConfig": config })).await?;
    let target = world.receiver.url("/elsewhere");
    world.receiver.answer_with("/hook", Reply::redirect(&target));
    world.publish("lead.created", json!({})).await?;

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.status_codes(), [Some(302)]);
    let error = delivery.attempts[0].error.as_deref().unwrap_or_default();
    ensure!(error.contains("redirect"), "{error}");
    assert_eq!(world.receiver.received("/elsewhere").len(), 0);
    Ok(())
}

#[tokio::test]
async fn retry_after_lengthens_a_delay_and_never_shortens_it() -> anyhow::Result<()> {
    let world = World::main().await?;
    let longer = world.webhook("/longer", each_second(2)).await?;
    let shorter = json!({ "retryConfig": { "maxAttempts": 2, "delaysSeconds": [3] } });
    let shorter = world.webhook("/shorter", shorter).await?;
    let asks = |seconds| Script::in_order([Reply::status(503).header("retry-after", seconds)]);
    world.receiver.answer_with("/longer", asks("4"));
    world.receiver.answer_with("/shorter", asks("1"));
    world.publish("lead.created", json!({})).await?;

    for (path, seconds) in [("/longer", 4), ("/shorter", 3)] {
        let requests = world.requests(path, 2).await?;
        let pause = pauses(&requests)[0];
        ensure!(pause >= Duration::from_secs(seconds), "{path}: {pause:?}");
    }
    for webhook in [&longer, &shorter] {
        assert_eq!(world.settled(webhook).await?.status, "success");
    }
    Ok(())
}

#[tokio::test]
async fn an_endpoint_where_nobody_listens_is_retried_too() -> anyhow::Result<()> {
    let world = World::main().await?;
    let gone = grapnel_receiver::TestReceiver::start().await?;
    let url = gone.url("/hook");
    gone.stop().await;
    let fields = json!({ "url": url, "retryConfig": { "maxAttempts": 2, "delaysSeconds": [1] } });
    let webhook = world.webhook("/unused", fields).await?;
    world.publish("lead.created", json!({})).await?;

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.status_codes(), [None, None]);
    for attempt in &delivery.attempts {
        let error = attempt.error.as_deref().unwrap_or_default();
        ensure!(error.contains("refused"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_webhook_disabled_between_attempts_ends_its_deliveries() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", far_off()).await?;
    world.receiver.answer_with("/hook", 500);
    world.publish("lead.created", json!({})).await?;
    world.requests("/hook", 1).await?;
    world.api.change_webhook(&webhook.id, &json!({ "status": "disabled" })).await?;
    forged::next_attempt(&world, &webhook).await?;

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "failed");
    assert_eq!(delivery.reason.as_deref(), Some("webhook_disabled"));
    assert_eq!(delivery.attempt_numbers(), [1]);
    assert_eq!(delivery.next_attempt_at, None);
    assert_eq!(world.receiver.received("/hook").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_webhook_deleted_between_attempts_ends_its_deliveries() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", far_off()).await?;
    world.receiver.answer_with("/hook", 500);
    world.publish("lead.created", json!({})).await?;
    world.requests("/hook", 1).await?;
    world.api.delete_webhook(&webhook.id).await?;
    let listed = world.api.get(&format!("/api/webhooks/{}/deliveries", webhook.id)).await?;
    assert_eq!(listed.problem(404)?.code, "not_found");
    forged::next_attempt(&world, &webhook).await?;

    // The API no longer shows the deliveries of a deleted webhook, so the test reads the row.
    let row = until("the delivery's end", SOON, async || {
        let rows = world.state.deliveries(&webhook.id).await?;
        let ended = rows.iter().find(|row| row.status.is_settled()).cloned();
        Ok(ended.map_or_else(|| Look::not_yet(&rows), Look::Found))
    })
    .await?;
    assert_eq!(row.status, grapnel_domain::delivery::DeliveryStatus::Failed);
    assert_eq!(row.reason, Some(grapnel_domain::delivery::Reason::WebhookDeleted));
    assert_eq!(row.attempts.len(), 1);
    assert_eq!(world.receiver.received("/hook").len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_change_of_the_webhook_holds_from_the_next_attempt_on() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/before", far_off()).await?;
    world.receiver.answer_with("/before", 500);
    let published = world.publish("lead.created", json!({})).await?;
    world.requests("/before", 1).await?;
    let changes = json!({
        "url": world.receiver.url("/after"),
        "payloadFormat": "raw",
        "headers": { "x-version": "2" },
    });
    world.api.change_webhook(&webhook.id, &changes).await?;
    forged::next_attempt(&world, &webhook).await?;

    let request = world.requests("/after", 1).await?.remove(0);
    assert_eq!(request.header("x-version"), Some("2"));
    assert_eq!(serde_json::from_slice::<Value>(&request.body)?, published.data);
    signature::verify(&request, &webhook.secret)?;
    assert_eq!(world.settled(&webhook).await?.status_codes(), [Some(500), Some(200)]);
    assert_eq!(world.receiver.received("/before").len(), 1);
    Ok(())
}
