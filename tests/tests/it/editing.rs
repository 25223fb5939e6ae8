//! Changing a webhook on the deployed system.

use anyhow::ensure;
use grapnel_tests::world::World;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_sensitive_header_is_sent_and_never_shown_whatever_else_is_changed() -> anyhow::Result<()>
{
    let world = World::main().await?;
    let headers = json!({ "Authorization": { "value": "Bearer 7f3a", "sensitive": true } });
    let fields =
        json!({ "headers": headers, "description": "Orders", "metadata": { "team": "sales" } });
    let webhook = world.webhook("/hook", fields).await?;
    let path = format!("/api/webhooks/{}", webhook.id);
    let patch = json!({ "name": "renamed", "metadata": { "team": null, "stage": "test" } });
    let body = Some(patch.to_string().into_bytes());
    let patched = world.api.send(Method::PATCH, &path, body).await?;
    assert_eq!(patched.status, 200, "{}", patched.text);
    ensure!(!patched.text.contains("7f3a"), "{}", patched.text);
    let patched: serde_json::Value = patched.json(200)?;
    assert_eq!(patched["headers"], json!({ "Authorization": { "sensitive": true } }));
    assert_eq!(patched["metadata"], json!({ "stage": "test" }));
    assert_eq!(patched["description"], "Orders");

    world.publish("lead.created", json!({})).await?;
    world.settled(&webhook).await?;
    let received = world.receiver.received("/hook");
    assert_eq!(received[0].header("authorization"), Some("Bearer 7f3a"));

    let named: serde_json::Value =
        world.api.get("/api/webhooks?name=REN&event=lead.created").await?.json(200)?;
    assert_eq!(named["items"][0]["id"], json!(webhook.id));
    let none: serde_json::Value =
        world.api.get("/api/webhooks?name=REN&status=failing").await?.json(200)?;
    assert_eq!(none["items"], json!([]));
    Ok(())
}
