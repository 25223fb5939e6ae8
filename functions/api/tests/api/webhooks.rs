//! Webhooks: create, list, read, replace, delete.

use crate::{
    contract::fields_of_a_new_webhook,
    world::{World, problem},
};
use axum::http::header;
use grapnel_domain::{
    ports::{Consistency, Webhooks},
    webhook::{Webhook, WebhookStatus},
};
use grapnel_testing::{
    builders::{a_webhook, changed, user},
    memory::Operation,
};
use serde_json::{Value, json};
use std::{
    future::ready,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

fn draft() -> Value {
    json!({"name": "CRM", "url": "https://hooks.example.com/in", "events": ["lead.created"]})
}

#[tokio::test]
async fn a_new_webhook_is_answered_with_its_secret_and_its_place() {
    let world = World::new();
    let key = world.full_key("u").await;
    let answer = world.call("POST", "/api/webhooks").key(&key).json(&draft()).send().await;
    assert_eq!(answer.status.as_u16(), 201);

    let stored = &world.memory.webhooks()[0];
    let path = format!("/api/webhooks/{}", stored.id);
    assert_eq!(answer.header(header::LOCATION), Some(path.as_str()));
    let expected = format!(
        concat!(
            r#"{{"id":"{}","userId":"u","name":"CRM","url":"https://hooks.example.com/in","#,
            r#""events":["lead.created"],"secret":"{}","headers":{{}},"metadata":{{}},"status":"active","#,
            r#""retryConfig":{{"maxAttempts":5,"timeoutSeconds":10,"delaysSeconds":[60,300,1800,7200]}},"#,
            r#""payloadFormat":"envelope","createdAt":"2026-11-24T06:24:00.000Z","#,
            r#""updatedAt":"2026-11-24T06:24:00.000Z"}}"#
        ),
        stored.id,
        stored.secret.reveal()
    );
    assert_eq!(answer.text, expected);

    let read = world.get(path, &key).await;
    let expected = expected.replace(stored.secret.reveal(), "whsec_********");
    let expected =
        expected.replace(r#""status":"active","#, r#""status":"active","health":{"failures":0},"#);
    assert_eq!(read.text, expected);
}

#[tokio::test]
async fn every_option_is_kept() {
    let world = World::new();
    let key = world.full_key("u").await;
    let mut input = draft();
    input["headers"] = json!({"X-Team": "sales"});
    input["description"] = json!("Orders\nof the shop");
    input["metadata"] = json!({"team": "sales"});
    input["secret"] = json!("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    input["status"] = json!("disabled");
    input["payloadFormat"] = json!("cloudevents");
    input["transform"] =
        json!({"template": "{{ data|tojson }}", "contentType": "application/json"});
    input["filter"] = json!({"n": [9_007_199_254_740_993_u64, {"numeric": [">", 0.5]}]});
    input["rateLimit"] = json!(7);
    input["events"] = json!(["*", "workflow.*"]);
    let backoff = json!({"initialSeconds": 30, "multiplier": 2.0, "maxSeconds": 36000});
    input["retryConfig"] = json!({"maxAttempts": 9, "timeoutSeconds": 3, "backoff": backoff});
    let answer = world.call("POST", "/api/webhooks").key(&key).json(&input).send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    for (field, value) in input.as_object().expect("an object") {
        assert_eq!(answer.json()[field], *value, "{field}");
    }
    for field in fields_of_a_new_webhook() {
        assert!(input.get(&field).is_some(), "{field} is not tried");
    }
}

#[tokio::test]
async fn every_field_at_fault_is_named_and_nothing_is_stored() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    let input = json!({
        "name": "", "url": "http://10.0.0.1/", "events": ["lead.created", "no.such"],
        "headers": {"Host": "x"}, "payloadFormat": "xml", "rateLimit": 0, "colour": "red",
    });
    let calls =
        [("POST", "/api/webhooks".to_owned()), ("PUT", format!("/api/webhooks/{}", webhook.id))];
    for (method, path) in calls {
        let answer = world.call(method, path).key(&key).json(&input).send().await;
        assert_eq!(answer.problem(), problem(422, "invalid_fields"));
        let fields = answer.fields();
        let named =
            ["name", "url", "events[1]", "headers.Host", "payloadFormat", "rateLimit", "colour"];
        for field in named {
            assert!(fields.iter().any(|named| named == field), "{field} in {fields:?}");
        }
        assert_eq!(answer.json()["title"], "Unprocessable Content");
        assert_eq!(answer.json()["detail"], "7 fields are not valid.");
    }
    assert_eq!(world.memory.webhooks(), [webhook]);
}

#[tokio::test]
async fn what_get_answered_can_be_put_back() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook =
        a_webhook().for_user("u").header("X-A", "b").filter(r#"{"a":["x"]}"#).failing().build();
    world.memory.put_webhook(webhook.clone());
    let path = format!("/api/webhooks/{}", webhook.id);
    let read = world.get(path.clone(), &key).await;
    world.clock.advance(Duration::from_secs(5));
    let answer = world.call("PUT", path).key(&key).body(read.text.clone()).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let mut expected = read.configuration();
    expected["updatedAt"] = json!("2026-11-24T06:24:05.000Z");
    assert_eq!(answer.json(), expected);
    assert_eq!(world.memory.webhooks()[0].secret, webhook.secret);
}

#[tokio::test]
async fn options_left_out_return_to_their_defaults_and_the_secret_stays() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook =
        a_webhook().for_user("u").header("X-A", "b").filter(r#"{"a":["x"]}"#).disabled().build();
    world.memory.put_webhook(webhook.clone());
    let path = format!("/api/webhooks/{}", webhook.id);
    let answer = world.call("PUT", path).key(&key).json(&draft()).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let stored = &world.memory.webhooks()[0];
    assert!(stored.headers.is_empty());
    assert_eq!(stored.status, WebhookStatus::Active);
    assert_eq!(stored.secret, webhook.secret);
    assert_eq!(stored.created_at, webhook.created_at);
    assert_eq!(answer.json()["secret"], "whsec_********");
}

#[tokio::test]
async fn a_webhook_can_be_disabled_and_enabled() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    for status in ["disabled", "active"] {
        let mut input = draft();
        input["status"] = json!(status);
        let path = format!("/api/webhooks/{}", webhook.id);
        let answer = world.call("PUT", path.clone()).key(&key).json(&input).send().await;
        assert_eq!(answer.json()["status"], status);
        assert_eq!(world.get(path, &key).await.json()["status"], status);
    }
}

#[tokio::test]
async fn a_repeat_with_its_key_creates_no_second_webhook() {
    let world = World::new();
    let key = world.full_key("u").await;
    let create = |key: &str, body: &Value| {
        let call = world.call("POST", "/api/webhooks").key(key);
        call.header("idempotency-key", "form-1").json(body)
    };
    let first = create(&key, &draft()).send().await;
    assert_eq!(first.status.as_u16(), 201, "{}", first.text);
    world.clock.advance(Duration::from_secs(60));
    let second = create(&key, &draft()).send().await;
    assert_eq!((second.status.as_u16(), second.json()), (201, first.json()));
    assert_eq!(second.header(header::LOCATION), first.header(header::LOCATION));
    assert_eq!(world.memory.webhooks().len(), 1);

    let mut other = draft();
    other["name"] = json!("another");
    assert_eq!(create(&key, &other).send().await.problem(), problem(422, "idempotency_key_reused"));
    other["url"] = json!("http://");
    assert_eq!(create(&key, &other).send().await.problem(), problem(422, "invalid_fields"));
    // Another user's key of the same text is another.
    let theirs = create(&world.full_key("v").await, &draft()).send().await;
    assert_eq!(theirs.status.as_u16(), 201);
    assert_eq!(world.memory.webhooks().len(), 2);
    // A late repeat does not bring a deleted webhook back.
    let path = format!("/api/webhooks/{}", first.json()["id"].as_str().expect("an id"));
    assert_eq!(world.call("DELETE", path).key(&key).send().await.status.as_u16(), 204);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(create(&key, &draft()).send().await.problem(), problem(409, "webhook_deleted"));
    assert_eq!(world.memory.webhooks().len(), 1);
    let call = world.call("POST", "/api/webhooks").key(&key).header("idempotency-key", "a b");
    let answer = call.json(&draft()).send().await;
    assert_eq!(answer.problem(), problem(400, "invalid_idempotency_key"));
}

#[tokio::test]
async fn a_deleted_webhook_is_gone() {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    let path = format!("/api/webhooks/{}", webhook.id);
    let delete = world.call("DELETE", path.clone()).key(&key);
    let answer = delete.clone().send().await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert!(world.memory.webhooks().is_empty());
    assert_eq!(delete.send().await.problem(), problem(404, "not_found"));
    assert_eq!(world.get(path.clone(), &key).await.problem(), problem(404, "not_found"));
    let put = world.call("PUT", path).key(&key).json(&draft());
    assert_eq!(put.send().await.problem(), problem(404, "not_found"));
}

#[tokio::test]
async fn whoever_just_changed_a_webhook_sees_the_change() {
    let world = World::new();
    let key = world.full_key("u").await;
    world.memory.stop_replication();
    let created = world.call("POST", "/api/webhooks").key(&key).json(&draft()).send().await;
    let path = created.header(header::LOCATION).expect("there").to_owned();
    assert_eq!(world.get(path, &key).await.status.as_u16(), 200);
}

/// A webhook that somebody else changes right before each of the first `races` writes.
fn contended(races: usize) -> (World, Webhook) {
    let world = World::new();
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    let races = AtomicUsize::new(races);
    world.memory.before(Operation::ReplaceWebhook, move |memory| {
        let left = |races: usize| races.checked_sub(1);
        if races.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            let other = changed(&memory.webhooks()[0], |it| {
                it.updated_at = it.updated_at.plus(Duration::from_millis(1));
                it.secret = grapnel_domain::signature::Secret::from_random([7; 32]);
            });
            memory.put_webhook(other);
        }
        ready(())
    });
    (world, webhook)
}

#[tokio::test]
async fn a_change_that_loses_a_race_is_made_to_what_the_winner_left() {
    let (world, webhook) = contended(3);
    let key = world.full_key("u").await;
    let path = format!("/api/webhooks/{}", webhook.id);
    let answer = world.call("PUT", path).key(&key).json(&draft()).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let stored = world.memory.webhook(&user("u"), webhook.id, Consistency::Strong).await;
    let stored = stored.expect("answers").expect("there");
    assert_eq!(stored.texts.name, "CRM");
    assert_ne!(stored.secret, webhook.secret, "the winner's secret stays");
}

#[tokio::test]
async fn a_change_that_always_loses_is_a_conflict() {
    let (world, webhook) = contended(usize::MAX);
    let key = world.full_key("u").await;
    let path = format!("/api/webhooks/{}", webhook.id);
    let answer = world.call("PUT", path).key(&key).json(&draft()).send().await;
    assert_eq!(answer.problem(), problem(409, "changed_meanwhile"));
    assert!(world.memory.calls(Operation::ReplaceWebhook) <= 5);
    assert_eq!(world.memory.webhooks()[0].texts.name, webhook.texts.name);
}
