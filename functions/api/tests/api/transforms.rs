//! Transforms: saved, shown, tried.

use crate::world::{Answer, World, problem};
use grapnel_testing::builders::a_webhook;
use serde_json::{Value, json};

/// Previews on a webhook with this template, if any.
async fn preview(stored: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").events(["task.failed"]);
    let webhook = stored.into_iter().fold(webhook, |webhook, text| webhook.transform(text)).build();
    world.memory.put_webhook(webhook.clone());
    let path = format!("/api/webhooks/{}/transform/preview", webhook.id);
    let answer = world.call("POST", path).key(&key).body(body).send().await;
    assert_eq!(world.memory.webhooks(), [webhook], "nothing changes");
    assert!(world.memory.events_queue().messages().is_empty(), "nothing is sent");
    answer
}

#[tokio::test]
async fn a_preview_shows_what_would_be_sent() {
    let stored = Some("{{ type }} {{ timestamp }}");
    let shown =
        json!({"contentType": "text/plain", "body": "task.failed 2026-11-24T06:24:00.000Z"});
    let answer = preview(stored, "").await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.json(), shown);
    let named = preview(stored, r#"{"event":"lead.created"}"#).await;
    assert_eq!(named.json()["body"], "lead.created 2026-11-24T06:24:00.000Z");

    // Numbers of given data keep their digits.
    let given =
        r#"{"transform":{"template":"{\"n\":{{ data.n }}}"},"data":{"n":12345678901234567890123}}"#;
    let expected =
        json!({"contentType": "application/json", "body": r#"{"n":12345678901234567890123}"#});
    assert_eq!(preview(None, given).await.json(), expected);
    assert_eq!(preview(stored, given).await.json(), expected);
}

#[tokio::test]
async fn a_template_that_fails_is_told_with_its_line() {
    let answer = preview(Some("a\n{{ data.missing }}"), "").await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["transform.template"]);
    assert!(answer.text.contains("line 2: `data.missing` is missing"), "{}", answer.text);
}

#[tokio::test]
async fn a_template_that_takes_too_long_is_stopped() {
    let template =
        "{% for i in data.l %}{% if data.l[::-1]|last is number %}{% endif %}{% endfor %}";
    let list = vec!["0"; 125_000].join(",");
    let body = format!(r#"{{"transform":{{"template":"{template}"}},"data":{{"l":[{list}]}}}}"#);
    let answer = preview(None, body).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert!(answer.text.contains("line 1: it takes too many steps"), "{}", answer.text);
}

#[tokio::test]
async fn every_fault_is_named() {
    let body =
        json!({"transform": {"template": "{{ x }}"}, "event": "no.such", "data": 1, "more": 1});
    let answer = preview(None, body.to_string()).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["more", "transform.template", "event", "data"]);
    assert_eq!(preview(None, "{}").await.fields(), ["transform"]);
    assert_eq!(preview(None, r#"{"transform":7}"#).await.fields(), ["transform"]);
}

#[tokio::test]
async fn a_webhook_is_not_saved_with_a_template_that_is_none() {
    let world = World::new();
    let key = world.full_key("u").await;
    let draft = |transform: Value| json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"], "transform": transform});
    for transform in
        [json!({}), json!({"template": "{{"}), json!("x"), json!({"template": "{{ y }}"})]
    {
        let call = world.call("POST", "/api/webhooks").key(&key).json(&draft(transform));
        assert_eq!(call.send().await.problem(), problem(422, "invalid_fields"));
    }
    let call = world
        .call("POST", "/api/webhooks")
        .key(&key)
        .json(&draft(json!({"template": "{{ data }}"})));
    let answer = call.send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    let whole = json!({"template": "{{ data }}", "contentType": "application/json"});
    assert_eq!(answer.json()["transform"], whole, "with its default");
}
