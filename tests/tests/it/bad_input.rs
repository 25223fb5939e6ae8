//! Refusals of the deployed API, one request for each kind: a clear 4xx that names the fault, and
//! nothing stored. `functions/api/tests/corpus` has the inputs one by one.

use anyhow::ensure;
use grapnel_tests::{
    api::{Answer, Api},
    world::World,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

/// How many webhooks the caller has.
async fn count(api: &Api) -> anyhow::Result<usize> {
    Ok(api.webhooks().await?.items.len())
}

#[tokio::test]
async fn a_faulty_webhook_is_refused_with_every_fault_and_not_stored() -> anyhow::Result<()> {
    let world = World::main().await?;
    let faulty: Value = json!({
        "name": " ", "url": "ftp://x", "events": ["lead.created", "x y"], "filter": { "a": [] },
        "headers": { "Host": "x", "x-split": "a\r\nevil: b" }, "description": "\0",
        "metadata": { "a": 1 }, "status": "paused", "payloadFormat": "xml",
        "retryConfig": { "maxAttempts": 0 }, "rateLimit": 0.5, "transform": { "template": "{{" },
        "colour": "red",
    });
    let at_fault = [
        "colour",
        "name",
        "url",
        "events[1]",
        "filter/a",
        "headers.Host",
        "headers.x-split",
        "description",
        "metadata.a",
        "status",
        "retryConfig.maxAttempts",
        "payloadFormat",
        "transform.template",
        "rateLimit",
    ];
    let refused = |answer: Answer| {
        let problem = answer.problem(422)?;
        assert_eq!(problem.code, "invalid_fields", "{problem:?}");
        assert_eq!(problem.fields(), at_fault, "{problem:?}");
        ensure!(problem.errors.iter().all(|error| !error.message.is_empty()), "{problem:?}");
        anyhow::Ok(())
    };
    refused(world.api.post("/api/webhooks", &faulty).await?)?;
    assert_eq!(count(&world.api).await?, 0);

    let webhook = world.webhook("/hook", json!({ "name": "before" })).await?;
    let path = format!("/api/webhooks/{}", webhook.id);
    refused(world.api.put(&path, &faulty).await?)?;
    let after = world.api.webhook(&webhook.id).await?;
    assert_eq!((&after.name, &after.url), (&webhook.name, &webhook.url));
    assert_eq!(after.updated_at, webhook.updated_at);
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_no_json_too_large_or_not_called_json_is_refused() -> anyhow::Result<()> {
    let world = World::main().await?;
    let post = async |body: &str| {
        world.api.send(Method::POST, "/api/webhooks", Some(body.to_owned().into())).await
    };
    assert_eq!(post("not json").await?.problem(400)?.code, "invalid_json");
    assert_eq!(post("[]").await?.problem(400)?.code, "not_an_object");
    let twice = r#"{"name":"a","name":"b","url":"https://hooks.example.com","events":["*"]}"#;
    assert_eq!(post(twice).await?.problem(400)?.code, "duplicate_key");

    let body = world.webhook_body("/hook", &json!({ "name": "x".repeat(256 * 1024) }));
    assert_eq!(post(&body.to_string()).await?.problem(413)?.code, "body_too_large");

    let body = world.webhook_body("/hook", &json!({})).to_string().into_bytes();
    let content_type = Some((header::CONTENT_TYPE, "text/plain"));
    let answer = world.api.send_as(Method::POST, "/api/webhooks", content_type, body).await?;
    assert_eq!(answer.problem(415)?.code, "unsupported_media_type");
    assert_eq!(count(&world.api).await?, 0);
    Ok(())
}

#[tokio::test]
async fn an_unknown_path_method_or_parameter_is_refused() -> anyhow::Result<()> {
    let world = World::main().await?;
    let unknown = world.api.get("/api/nothing").await?.problem(404)?;
    assert_eq!(unknown.code, "unknown_route");
    let patched = world.api.send(Method::PATCH, "/api/webhooks", None).await?;
    assert_eq!(patched.problem(405)?.code, "method_not_allowed");
    ensure!(patched.headers.contains_key(header::ALLOW), "{patched:?}");
    let problem = world.api.get("/api/webhooks?limt=5").await?.problem(400)?;
    assert_eq!((problem.code.as_str(), problem.fields()), ("invalid_query", vec!["limt"]));
    Ok(())
}

#[tokio::test]
async fn a_faulty_key_is_refused() -> anyhow::Result<()> {
    let world = World::main().await?;
    let faulty = json!({ "userId": "with space", "scopes": ["everything"] });
    let problem = world.admin.post("/api/keys", &faulty).await?.problem(422)?;
    assert_eq!(problem.code, "invalid_fields", "{problem:?}");
    let by_user = world.api.post("/api/keys", &json!({ "userId": world.user })).await?;
    assert_eq!(by_user.problem(403)?.code, "admin_required");
    Ok(())
}
