//! Echoes: a deployment that delivers to itself.

use anyhow::ensure;
use grapnel_tests::{
    model::{Echo, Webhook},
    world::World,
};
use reqwest::Method;
use serde_json::{Value, json};

/// An echo that fails so many requests first, and a webhook of the world's user that sends to it.
pub(crate) async fn echoing(world: &World, fail_first: usize) -> anyhow::Result<(Echo, Webhook)> {
    // The webhook is made first, for the secret of its own, and disabled until there is an echo.
    let webhook = world.webhook("/unused", json!({ "status": "disabled" })).await?;
    let echo = world.admin.create_echo(&webhook.secret, fail_first).await?;
    let url = world.admin.echo_url(&echo);
    let retries = json!({ "maxAttempts": 3, "delaysSeconds": [1] });
    let changes = json!({ "url": url, "status": "active", "retryConfig": retries });
    world.api.change_webhook(&webhook.id, &changes).await?;
    Ok((echo, webhook))
}

fn answers(echo: &Echo) -> Vec<u16> {
    echo.requests.iter().map(|request| request.answered).collect()
}

#[tokio::test]
async fn an_event_reaches_an_echo_by_a_retry() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (echo, webhook) = echoing(&world, 1).await?;
    assert_eq!((echo.requests_left, answers(&echo)), (20, vec![]));
    world.publish("lead.created", json!({})).await?;
    let delivery = world.settled(&webhook).await?;
    let statuses: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.status_code).collect();
    assert_eq!((delivery.status.as_str(), statuses), ("success", vec![Some(503), Some(200)]));

    let echo = world.admin.echo(&echo.id).await?;
    assert_eq!((echo.requests_left, answers(&echo)), (18, vec![503, 200]));
    for request in &echo.requests {
        assert_eq!(request.message_id, delivery.event_id);
        assert_eq!(request.sender_version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    }
    ensure!(world.receiver.received("/unused").is_empty(), "it went to the echo alone");
    Ok(())
}

#[tokio::test]
async fn an_echo_is_not_there_for_who_has_not_its_secret() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (echo, _) = echoing(&world, 0).await?;
    // Another webhook's secret.
    let other = world.webhook("/other", json!({ "url": world.admin.echo_url(&echo) })).await?;
    let refused: Value = world.api.test(&other.id).await?.json(200)?;
    assert_eq!(refused["attempts"][0]["statusCode"], 404, "{refused}");
    let unsigned = world.api.with_authorization(None).post(&echo.path, &json!({})).await?;
    let unknown = "/echo/echo_01938d2e-7b1c-7c3a-9f00-1234567890ab";
    let nothing = world.api.with_authorization(None).post(unknown, &json!({})).await?;
    assert_eq!(unsigned.problem(404)?.code, "not_found");
    assert_eq!(unsigned.text, nothing.text);
    // Its admin sees neither that request nor the secret.
    assert_eq!(answers(&world.admin.echo(&echo.id).await?), Vec::<u16>::new());

    let path = format!("/api/echoes/{}", echo.id);
    assert_eq!(world.api.get(&path).await?.problem(403)?.code, "admin_required");
    assert_eq!(world.admin.send(Method::DELETE, &path, None).await?.status, 204);
    assert_eq!(world.admin.get(&path).await?.problem(404)?.code, "not_found");
    Ok(())
}
