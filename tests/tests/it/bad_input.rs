//! What the API refuses: a clear 4xx that names what is wrong, and nothing stored.

use anyhow::{Context, ensure};
use grapnel_tests::{
    api::{Answer, Api},
    world::World,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

/// Fields of a webhook that are at fault, and the names under which the answer must list them.
fn faulty_webhooks() -> Vec<(Value, Vec<&'static str>)> {
    let long = "x".repeat(201);
    let longest_url = format!("https://hooks.example.com/{}", "x".repeat(2048));
    let headers = |name: &str, value: &str| json!({ "headers": { name: value } });
    let retry = |config: Value| json!({ "retryConfig": config });
    vec![
        // Where.
        (json!({ "url": null }), vec!["url"]),
        (json!({ "url": 7 }), vec!["url"]),
        (json!({ "url": "" }), vec!["url"]),
        (json!({ "url": "/hooks" }), vec!["url"]),
        (json!({ "url": "hooks.example.com/in" }), vec!["url"]),
        (json!({ "url": "ftp://hooks.example.com/in" }), vec!["url"]),
        (json!({ "url": "https://" }), vec!["url"]),
        (json!({ "url": "https://user:password@hooks.example.com/" }), vec!["url"]),
        (json!({ "url": "https://hooks.example.com:0/" }), vec!["url"]),
        (json!({ "url": "https://hooks.example.com:70000/" }), vec!["url"]),
        (json!({ "url": "https://hooks.example.com/#part" }), vec!["url"]),
        (json!({ "url": "https://hooks.example.com/a b" }), vec!["url"]),
        (json!({ "url": longest_url }), vec!["url"]),
        // What.
        (json!({ "events": null }), vec!["events"]),
        (json!({ "events": [] }), vec!["events"]),
        (json!({ "events": "lead.created" }), vec!["events"]),
        (json!({ "events": ["lead.created", "invoice.paid"] }), vec!["events[1]"]),
        (json!({ "events": ["work*"] }), vec!["events[0]"]),
        (json!({ "events": ["*.created"] }), vec!["events[0]"]),
        (json!({ "events": ["Lead.Created"] }), vec!["events[0]"]),
        (json!({ "events": [1, "lead.created", "lead.created"] }), vec!["events[0]", "events[2]"]),
        // Headers.
        (json!({ "headers": ["x-a"] }), vec!["headers"]),
        (json!({ "headers": { "x-a": 1 } }), vec!["headers.x-a"]),
        (headers("Host", "example.com"), vec!["headers.Host"]),
        (headers("Content-Type", "text/plain"), vec!["headers.Content-Type"]),
        (headers("content-encoding", "gzip"), vec!["headers.content-encoding"]),
        (headers("Transfer-Encoding", "chunked"), vec!["headers.Transfer-Encoding"]),
        (headers("X-Webhook-Signature", "sha256=0"), vec!["headers.X-Webhook-Signature"]),
        (headers("webhook-id", "evt_1"), vec!["headers.webhook-id"]),
        (headers("User-Agent", "curl"), vec!["headers.User-Agent"]),
        (headers("x a", "1"), vec!["headers.x a"]),
        (headers("x-split", "a\r\nevil: b"), vec!["headers.x-split"]),
        (headers("x-utf8", "caf\u{e9}"), vec!["headers.x-utf8"]),
        // How.
        (json!({ "name": long }), vec!["name"]),
        (json!({ "name": "" }), vec!["name"]),
        (json!({ "name": " " }), vec!["name"]),
        (json!({ "name": 1 }), vec!["name"]),
        (json!({ "status": "failing" }), vec!["status"]),
        (json!({ "status": "paused" }), vec!["status"]),
        (json!({ "payloadFormat": "xml" }), vec!["payloadFormat"]),
        (json!({ "rateLimit": 0 }), vec!["rateLimit"]),
        (json!({ "rateLimit": 1001 }), vec!["rateLimit"]),
        (json!({ "rateLimit": 0.5 }), vec!["rateLimit"]),
        (json!({ "rateLimit": "fast" }), vec!["rateLimit"]),
        (retry(json!("often")), vec!["retryConfig"]),
        (retry(json!({ "maxAttempts": 0 })), vec!["retryConfig.maxAttempts"]),
        (retry(json!({ "maxAttempts": 21 })), vec!["retryConfig.maxAttempts"]),
        (retry(json!({ "maxAttempts": 2.5 })), vec!["retryConfig.maxAttempts"]),
        (retry(json!({ "timeoutSeconds": 0 })), vec!["retryConfig.timeoutSeconds"]),
        (retry(json!({ "timeoutSeconds": 31 })), vec!["retryConfig.timeoutSeconds"]),
        (retry(json!({ "delaysSeconds": [] })), vec!["retryConfig.delaysSeconds"]),
        (retry(json!({ "delaysSeconds": [1, 0] })), vec!["retryConfig.delaysSeconds[1]"]),
        (retry(json!({ "delaysSeconds": [86_401] })), vec!["retryConfig.delaysSeconds[0]"]),
        (retry(json!({ "attempts": 3 })), vec!["retryConfig.attempts"]),
        (
            retry(
                json!({ "backoff": { "initialSeconds": 30, "multiplier": 11, "maxSeconds": 60 } }),
            ),
            vec!["retryConfig.backoff.multiplier"],
        ),
        (
            retry(json!({ "backoff": { "initialSeconds": 30 } })),
            vec!["retryConfig.backoff.multiplier", "retryConfig.backoff.maxSeconds"],
        ),
        (
            retry(json!({
                "delaysSeconds": [1],
                "backoff": { "initialSeconds": 30, "multiplier": 2, "maxSeconds": 60 },
            })),
            vec!["retryConfig.backoff"],
        ),
        // What nobody knows.
        (json!({ "colour": "red" }), vec!["colour"]),
        (json!({ "secret": "whsec_mine" }), vec!["secret"]),
        (json!({ "id": "wh_mine" }), vec!["id"]),
        // Everything at once.
        (
            json!({ "name": "", "url": "ftp://x", "events": ["x y"], "status": 1, "colour": "red" }),
            vec!["colour", "name", "url", "events[0]", "status"],
        ),
    ]
}

/// How many webhooks the caller has.
async fn count(api: &Api) -> anyhow::Result<usize> {
    Ok(api.webhooks().await?.items.len())
}

#[tokio::test]
async fn a_faulty_webhook_is_refused_with_every_fault_and_not_stored() -> anyhow::Result<()> {
    let world = World::main().await?;
    for (fields, at_fault) in faulty_webhooks() {
        let body = world.webhook_body("/hook", &fields);
        let answer = world.api.post("/api/webhooks", &body).await?;
        let problem = answer.problem(422).with_context(|| fields.to_string())?;
        assert_eq!(problem.code, "invalid_fields", "{fields}");
        let mut named = problem.fields();
        named.dedup();
        assert_eq!(named, at_fault, "{fields}: {problem:?}");
        ensure!(problem.errors.iter().all(|e| !e.message.is_empty()), "{fields}: {problem:?}");
    }
    assert_eq!(count(&world.api).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_faulty_change_leaves_the_webhook_as_it_was() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({ "name": "before" })).await?;
    let path = format!("/api/webhooks/{}", webhook.id);
    // Read-only fields are ignored in a change: what was read can be sent back.
    let read_only = ["secret", "id"];
    let faulty = faulty_webhooks();
    let faults = faulty.iter().filter(|(_, at_fault)| !read_only.contains(&at_fault[0]));
    for (fields, _) in faults.filter(|(fields, _)| fields["status"] != "failing") {
        let body = world.webhook_body("/changed", fields);
        let problem = world.api.put(&path, &body).await?.problem(422);
        problem.with_context(|| fields.to_string())?;
    }
    let after = world.api.webhook(&webhook.id).await?;
    assert_eq!((&after.name, &after.url), (&webhook.name, &webhook.url));
    assert_eq!(after.updated_at, webhook.updated_at);
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() -> anyhow::Result<()> {
    let world = World::main().await?;
    let twice = r#"{"name":"a","name":"b","url":"https://hooks.example.com","events":["*"]}"#;
    let cases = [
        ("", "invalid_json"),
        ("not json", "invalid_json"),
        (r#"{"name":"#, "invalid_json"),
        ("{} {}", "invalid_json"),
        ("[]", "not_an_object"),
        ("null", "not_an_object"),
        (r#""text""#, "not_an_object"),
        (twice, "duplicate_key"),
    ];
    for (body, code) in cases {
        let answer = world.api.send(Method::POST, "/api/webhooks", Some(body.into())).await?;
        assert_eq!(answer.problem(400).context(body)?.code, code, "{body}");
    }
    assert_eq!(count(&world.api).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_too_large_or_not_called_json_is_refused() -> anyhow::Result<()> {
    let world = World::main().await?;
    let body = world.webhook_body("/hook", &json!({ "name": "x".repeat(256 * 1024) }));
    let answer = world.api.post("/api/webhooks", &body).await?;
    assert_eq!(answer.problem(413)?.code, "body_too_large");

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
    for query in ["limit=0", "limit=101", "limit=ten", "cursor=garbage", "limt=5"] {
        let answer: Answer = world.api.get(&format!("/api/webhooks?{query}")).await?;
        let problem = answer.problem(400)?;
        assert_eq!(problem.code, "invalid_query", "{query}");
        let name = query.split('=').next().unwrap_or_default();
        assert_eq!(problem.fields(), [name], "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn a_faulty_key_is_refused() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cases = [
        (json!({ "userId": "with space" }), 422, "invalid_fields"),
        (json!({ "userId": 1 }), 422, "invalid_fields"),
        (json!({ "userId": "x".repeat(129) }), 422, "invalid_fields"),
        (json!({ "userId": world.user, "scopes": ["everything"] }), 422, "invalid_fields"),
        (json!({ "userId": world.user, "scopes": [] }), 422, "invalid_fields"),
        (json!({}), 400, "user_required"),
    ];
    for (body, status, code) in cases {
        let answer = world.admin.post("/api/keys", &body).await?;
        assert_eq!(answer.problem(status).context(body.to_string())?.code, code, "{body}");
    }
    let by_user = world.api.post("/api/keys", &json!({ "userId": world.user })).await?;
    assert_eq!(by_user.problem(403)?.code, "admin_required");
    Ok(())
}
