//! The exact bytes of the body in each format.

use anyhow::{Context, ensure};
use grapnel_tests::{
    forged, signature,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// Data that changes when it is parsed and written again: numbers beyond a double, spaces, an order
/// of keys, escapes, a repeated key.
fn delicate_data(user: &str) -> String {
    format!(
        concat!(
            r#"{{ "z": 1.0,  "a": 12345678901234567890123, "e": 1E+2, "userId":"{user}","#,
            r#""id":"{id}", "text": "caf\u00e9 é \/ \ud83e\udd9e", "a2": [ ], "twice": 1, "twice": 2 }}"#
        ),
        user = user,
        id = Uuid::new_v4()
    )
}

#[tokio::test]
async fn the_data_reaches_the_receiver_byte_for_byte() -> anyhow::Result<()> {
    let world = World::main().await?;
    for format in ["raw", "envelope", "cloudevents"] {
        world.webhook(&format!("/{format}"), json!({ "payloadFormat": format })).await?;
    }
    let data = delicate_data(&world.user);
    let events = &world.stack.outputs.events_queue_url;
    let message = forged::envelope(&world, &Uuid::new_v4().to_string(), &data);
    world.queues.send(events, &message).await?;

    let raw = world.requests("/raw", 1).await?.remove(0);
    assert_eq!(std::str::from_utf8(&raw.body)?, data);
    let id = raw.header("webhook-id").context("a webhook-id")?.to_owned();
    let envelope = world.requests("/envelope", 1).await?.remove(0);
    assert_eq!(
        std::str::from_utf8(&envelope.body)?,
        format!(
            r#"{{"id":"{id}","type":"lead.created","timestamp":"2026-03-02T10:04:55.000Z","data":{data}}}"#
        )
    );
    let cloud_event = world.requests("/cloudevents", 1).await?.remove(0);
    let text = std::str::from_utf8(&cloud_event.body)?;
    ensure!(text.ends_with(&format!(r#""data":{data}}}"#)), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_log_shows_the_data_byte_for_byte() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let data = delicate_data(&world.user);
    let events = &world.stack.outputs.events_queue_url;
    let message = forged::envelope(&world, &Uuid::new_v4().to_string(), &data);
    world.queues.send(events, &message).await?;
    assert_eq!(world.settled(&webhook).await?.payload_text(), data);
    Ok(())
}

#[tokio::test]
async fn raw_is_the_data_alone() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/raw", json!({ "payloadFormat": "raw" })).await?;
    let published = world.publish("email.sent", json!({ "to": 3, "nested": { "a": [1] } })).await?;

    let request = world.requests("/raw", 1).await?.remove(0);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(serde_json::from_slice::<Value>(&request.body)?, published.data);
    signature::verify(&request, &webhook.secret)
}

#[tokio::test]
async fn cloudevents_is_a_structured_cloud_event() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/ce", json!({ "payloadFormat": "cloudevents" })).await?;
    let published = world.publish("workflow.failed", json!({ "step": 7 })).await?;

    let request = world.requests("/ce", 1).await?.remove(0);
    assert_eq!(request.header("content-type"), Some("application/cloudevents+json"));
    let body: Value = serde_json::from_slice(&request.body)?;
    let id = request.header("webhook-id").context("a webhook-id")?;
    ensure!(body["time"].is_string(), "{body}");
    assert_eq!(
        body,
        json!({
            "specversion": "1.0",
            "id": id,
            "source": world.stack.event_source,
            "type": "workflow.failed",
            "time": body["time"],
            "datacontenttype": "application/json",
            "data": published.data,
        })
    );
    signature::verify(&request, &webhook.secret)
}

#[tokio::test]
async fn a_transform_makes_the_body_and_one_that_fails_can_be_mended() -> anyhow::Result<()> {
    let world = World::main().await?;
    let template = "{\"text\": {{ (\"Step \" + data.step)|tojson }}}";
    let transform = json!({ "template": template, "contentType": "application/vnd.chat+json" });
    let webhook = world.webhook("/chat", json!({ "transform": transform })).await?;
    assert_eq!(serde_json::to_value(&webhook)?["transform"], transform);
    let path = format!("/api/webhooks/{}/transform/preview", webhook.id);
    let preview: Value =
        world.api.post(&path, &json!({ "data": { "step": "a" } })).await?.json(200)?;
    assert_eq!(preview["body"], r#"{"text": "Step a"}"#);

    world.publish("task.failed", json!({ "step": "\"b\"" })).await?;
    let request = world.requests("/chat", 1).await?.remove(0);
    assert_eq!(request.header("content-type"), Some("application/vnd.chat+json"));
    assert_eq!(std::str::from_utf8(&request.body)?, r#"{"text": "Step \"b\""}"#);
    signature::verify(&request, &webhook.secret)?;
    world.settled(&webhook).await?;

    // It has no step, so there is no body: reported at once, and nothing is sent.
    world.publish("task.failed", json!({ "name": "c" })).await?;
    let failed = until("a delivery that failed", SOON, async || {
        let found = world.api.deliveries(&webhook.id).await?;
        let failed = found.iter().find(|delivery| delivery.status == "failed");
        Ok(failed.cloned().map_or_else(|| Look::not_yet(&found), Look::Found))
    })
    .await?;
    assert_eq!(failed.reason.as_deref(), Some("transform_failed"));
    let error = failed.attempts[0].error.clone().context("an error")?;
    ensure!(error.contains("line 1: `data.step` is missing"), "{error}");
    assert_eq!(world.receiver.received("/chat").len(), 1);

    let mended = json!({ "transform": { "template": "{{ data.name|tojson }}" } });
    world.api.change_webhook(&webhook.id, &mended).await?;
    let retried = world.api.retry(&webhook.id, &failed.id).await?;
    ensure!(retried.status == 202, "{retried:?}");
    let request = world.requests("/chat", 2).await?.remove(1);
    assert_eq!(std::str::from_utf8(&request.body)?, r#""c""#);
    Ok(())
}

#[tokio::test]
async fn data_too_big_to_travel_in_a_message_is_delivered_whole() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/big", json!({ "payloadFormat": "raw" })).await?;
    // Random words, because a pattern would compress to almost nothing; and close to the bus's
    // maximum size.
    let words: Vec<String> = (0..6000).map(|_| Uuid::new_v4().to_string()).collect();
    let published = world.publish("task.completed", json!({ "words": words })).await?;

    let request = world.requests("/big", 1).await?.remove(0);
    ensure!(request.body.len() > 200_000, "{} bytes", request.body.len());
    assert_eq!(serde_json::from_slice::<Value>(&request.body)?, published.data);
    signature::verify(&request, &webhook.secret)?;
    let delivery = world.settled(&webhook).await?;
    assert_eq!(serde_json::from_str::<Value>(delivery.payload_text())?, published.data);
    Ok(())
}
