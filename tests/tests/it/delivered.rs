//! From an event on the bus to a signed request and a recorded attempt.

use anyhow::{Context, ensure};
use grapnel_domain::time::Timestamp;
use grapnel_receiver::Reply;
use grapnel_tests::{
    bus::BusEvent,
    signature,
    world::{World, arrived_at, now},
};
use serde_json::{Value, json};

#[tokio::test]
async fn an_event_on_the_bus_reaches_its_webhook_signed_and_is_logged() -> anyhow::Result<()> {
    let world = World::main().await?;
    let fields = json!({
        "events": ["lead.created"],
        "headers": { "X-Tenant": "blue", "Authorization": "Bearer of-the-receiver" },
    });
    let webhook = world.webhook("/leads", fields).await?;
    world.receiver.answer_with("/leads", Reply::status(201).body("taken"));

    let before = now()?;
    let published = world.publish("lead.created", json!({ "company": "Möbel & Söhne" })).await?;

    let request = world.requests("/leads", 1).await?.remove(0);
    assert_eq!(request.method, "POST");
    assert_eq!(request.query, None);
    let user_agent = concat!("Grapnel/", env!("CARGO_PKG_VERSION"));
    let expected = [
        ("content-type", "application/json"),
        ("user-agent", user_agent),
        ("x-tenant", "blue"),
        ("authorization", "Bearer of-the-receiver"),
    ];
    for (name, value) in expected {
        let values: Vec<_> = request.headers.get_all(name).iter().collect();
        assert_eq!(values, [value], "{name}");
    }
    let body: Value = serde_json::from_slice(&request.body)?;
    assert_eq!(body["type"], "lead.created");
    // EventBridge gives an event the second in which it was put.
    let happened: Timestamp = body["timestamp"].as_str().context("a timestamp")?.parse()?;
    ensure!((before.as_secs()..=now()?.as_secs()).contains(&happened.as_secs()), "{happened}");
    assert_eq!(body["data"], published.data);
    assert_eq!(body.as_object().map(|fields| fields.len()), Some(4), "{body}");
    let id = request.header("webhook-id").context("a webhook-id")?;
    assert_eq!(body["id"], id);
    ensure!(id.starts_with("evt_"), "{id}");
    signature::verify(&request, &webhook.secret)?;
    let sent_at: i64 = request.header("webhook-timestamp").context("a timestamp")?.parse()?;
    ensure!((before.as_secs()..=arrived_at(&request)?.as_secs()).contains(&sent_at), "{sent_at}");

    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status, "success");
    assert_eq!(delivery.webhook_id, webhook.id);
    assert_eq!(delivery.event, "lead.created");
    assert_eq!(delivery.event_id, id);
    assert_eq!(serde_json::from_str::<Value>(delivery.payload_text())?, published.data);
    assert_eq!(delivery.reason, None);
    assert_eq!(delivery.next_attempt_at, None);
    ensure!(delivery.created_at >= before, "created before its event was put");
    let [attempt] = delivery.attempts.as_slice() else {
        anyhow::bail!("one attempt: {:?}", delivery.attempts)
    };
    assert_eq!(attempt.attempt_number, 1);
    assert_eq!(attempt.status_code, Some(201));
    assert_eq!(attempt.response.as_deref(), Some("taken"));
    assert_eq!(attempt.error, None);
    ensure!(!attempt.manual && attempt.duration < 10_000, "{attempt:?}");
    ensure!(attempt.attempted_at >= before && attempt.attempted_at <= now()?, "{attempt:?}");
    Ok(())
}

#[tokio::test]
async fn a_signature_fits_no_other_body_and_no_other_secret() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/mine", json!({})).await?;
    let other = world.webhook("/other", json!({ "events": ["task.failed"] })).await?;
    world.publish("task.completed", json!({})).await?;

    let request = world.requests("/mine", 1).await?.remove(0);
    signature::verify(&request, &webhook.secret)?;
    let error = signature::verify(&request, &other.secret);
    ensure!(error.is_err(), "another webhook's secret must not do");
    let mut changed = request.clone();
    changed.body = [&request.body[..request.body.len() - 1], b" }"].concat().into();
    ensure!(signature::verify_standard(&changed, &webhook.secret).is_err(), "a changed body");
    ensure!(signature::verify(&changed, &webhook.secret).is_err(), "a changed body");
    Ok(())
}

#[tokio::test]
async fn while_a_secret_is_rotated_both_sign() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let path = format!("/api/webhooks/{}/secret/rotate", webhook.id);
    let rotated: Value = world.api.post(&path, &json!({})).await?.json(200)?;
    let new = rotated["secret"].as_str().context("the new secret")?;
    world.publish("agent.completed", json!({})).await?;

    let request = world.requests("/hook", 1).await?.remove(0);
    signature::verify(&request, new)?;
    signature::verify_standard(&request, &webhook.secret)?;
    assert_eq!(
        request.header("x-webhook-signature-previous"),
        Some(signature::of_body(&webhook.secret, &request.body)?.as_str())
    );
    Ok(())
}

#[tokio::test]
async fn every_known_event_type_is_delivered() -> anyhow::Result<()> {
    let world = World::main().await?;
    world.webhook("/all", json!({})).await?;
    let types: Vec<&str> =
        grapnel_domain::catalogue::BUILT_IN.iter().map(|known| known.name).collect();
    let events: Vec<BusEvent> =
        types.iter().map(|name| world.event(name, &json!({})).event).collect();
    world.bus.put(&events).await?;

    let requests = world.requests("/all", types.len()).await?;
    let mut delivered = Vec::new();
    for request in &requests {
        let body: Value = serde_json::from_slice(&request.body)?;
        delivered.push(body["type"].as_str().context("a type")?.to_owned());
    }
    delivered.sort_unstable();
    let mut expected = types;
    expected.sort_unstable();
    assert_eq!(delivered, expected);
    Ok(())
}
