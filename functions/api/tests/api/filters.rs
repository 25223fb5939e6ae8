//! Filters: saved, shown, tried.

use crate::world::{Answer, World, problem};
use grapnel_testing::builders::a_webhook;
use serde_json::{Value, json};

/// Tries on a webhook with this filter, if any.
async fn try_on(stored: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u");
    let webhook = stored.into_iter().fold(webhook, |webhook, text| webhook.filter(text)).build();
    world.memory.put_webhook(webhook.clone());
    let call = world.call("POST", format!("/api/webhooks/{}/filter/test", webhook.id)).key(&key);
    let answer = call.body(body).send().await;
    assert_eq!(world.memory.webhooks(), [webhook], "nothing changes");
    assert!(world.memory.events_queue().messages().is_empty(), "nothing is sent");
    answer
}

async fn verdict(stored: Option<&str>, body: Value) -> Value {
    let answer = try_on(stored, body.to_string()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn data_is_tried_on_the_given_filter_or_on_the_webhooks_own() {
    let stored = Some(r#"{"state":["new"]}"#);
    let data = |state| json!({"data": {"state": state}});
    assert_eq!(verdict(stored, data("new")).await, json!({"matches": true}));
    let differs = json!({"matches": false, "unsatisfied": ["/state"]});
    assert_eq!(verdict(stored, data("old")).await, differs);
    let given = json!({"data": {"state": "old", "n": 1}, "filter": {"state": ["old"], "n": [1]}});
    assert_eq!(verdict(stored, given).await, json!({"matches": true}));
    assert_eq!(verdict(None, data("any")).await, json!({"matches": true}));
    let null = json!({"data": {"state": "old"}, "filter": null});
    assert_eq!(verdict(stored, null).await, differs);
}

#[tokio::test]
async fn numbers_of_the_data_keep_their_digits() {
    for (number, expected) in [("9007199254740993", true), ("9007199254740992", false)] {
        let body = format!(r#"{{"data":{{"n":{number}.0}},"filter":{{"n":[9007199254740993]}}}}"#);
        let answer = try_on(None, body).await;
        assert_eq!(answer.json()["matches"], expected, "{number}");
    }
}

/// Whatever is done with a webhook, the numbers of its filter stay as they were written.
#[tokio::test]
async fn numbers_of_a_filter_keep_their_digits() {
    let world = World::new();
    let key = world.full_key("u").await;
    let filter = r#"{"x":[37.807807921694092,{"numeric":["<=",4999999999.999999]}]}"#;
    let draft = format!(
        r#"{{"name":"x","url":"https://hooks.example.com/","events":["*"],"filter":{filter}}}"#
    );
    let created = world.call("POST", "/api/webhooks").key(&key).body(draft.clone()).send().await;
    assert!(created.text.contains(filter), "{}", created.text);
    let path = format!("/api/webhooks/{}", created.json()["id"].as_str().expect("an id"));
    let renamed = world.call("PATCH", path.clone()).key(&key).body(r#"{"name":"y"}"#).send().await;
    assert!(renamed.text.contains(filter), "{}", renamed.text);
    let merged = world.call("PATCH", path.clone()).key(&key);
    let merged = merged.body(r#"{"filter":{"y":[0.10000000000000000001]}}"#).send().await;
    assert!(merged.text.contains("37.807807921694092"), "{}", merged.text);
    assert!(merged.text.contains(r#""y":[0.10000000000000000001]"#), "{}", merged.text);
    let replaced = world.call("PUT", path.clone()).key(&key).body(draft).send().await;
    assert!(replaced.text.contains(filter), "{}", replaced.text);
    let removed = world.call("PATCH", path).key(&key).body(r#"{"filter":null}"#).send().await;
    assert!(removed.json().get("filter").is_none(), "{}", removed.text);
}

#[tokio::test]
async fn decimals_match_digit_for_digit() {
    for (asked, given, expected) in [
        ("37.807807921694092", "37.807807921694092", true),
        ("37.807807921694092", "37.8078079216941", false),
        ("0.1", "1e-1", true),
        ("-0", "0", true),
        ("12345678901234567890", "12345678901234567890.0", true),
        ("12345678901234567890", "12345678901234567891", false),
        (r#"{"numeric":["<",0.3]}"#, "0.29999999999999999999", true),
        (r#"{"numeric":["=",4999999999.999999]}"#, "4999999999.999999", true),
        (r#"{"numeric":["=",4999999999.999999]}"#, "4999999999.9999990001", false),
    ] {
        let body = format!(r#"{{"filter":{{"x":[{asked}]}},"data":{{"x":{given}}}}}"#);
        assert_eq!(try_on(None, body).await.json()["matches"], expected, "{asked} {given}");
    }
}

/// What could take too long is not saved, and trying one that was stored is bounded.
#[tokio::test]
async fn a_filter_that_could_take_too_long_is_refused() {
    let wildcards: Vec<Value> = (0..99).map(|n| json!({"wildcard": format!("*{n}*ab")})).collect();
    let filter = json!({"a": wildcards});
    let refused = try_on(None, json!({"filter": filter, "data": {}}).to_string()).await;
    assert_eq!(refused.problem(), problem(422, "invalid_fields"));
    assert_eq!(refused.fields(), ["filter/a"]);
    let list = vec!["a".repeat(8); 23_000];
    let stopped = verdict(Some(&filter.to_string()), json!({"data": {"a": list}})).await;
    assert_eq!(stopped, json!({"matches": true}), "as its event would be");
}

#[tokio::test]
async fn a_stored_filter_that_cannot_be_read_lets_everything_pass_and_is_shown() {
    let stored = r#"{"a":[{"from-the-future":1}]}"#;
    assert_eq!(verdict(Some(stored), json!({"data": {}})).await, json!({"matches": true}));
    let world = World::new();
    let key = world.full_key("u").await;
    for text in [stored, "{"] {
        let webhook = a_webhook().for_user("u").filter(text).build();
        world.memory.put_webhook(webhook.clone());
        let answer = world.get(format!("/api/webhooks/{}", webhook.id), &key).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert!(!answer.json()["filter"].is_null());
    }
}

#[tokio::test]
async fn every_fault_is_named_with_its_place() {
    let body = json!({"filter": {"a": [{"prefix": 1}], "b": []}, "colour": "red"});
    let answer = try_on(None, body.to_string()).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["colour", "data", "filter/a/0/prefix", "filter/b"]);
    for body in [json!({"data": [], "filter": 7}), json!({"data": null, "filter": "x"})] {
        let answer = try_on(None, body.to_string()).await;
        assert_eq!(answer.fields(), ["data", "filter"]);
    }
}

#[tokio::test]
async fn a_webhook_is_not_saved_with_a_filter_that_is_none() {
    let world = World::new();
    let key = world.full_key("u").await;
    let draft = |filter: Value| json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"], "filter": filter});
    for (filter, fields) in [
        (json!({"a": [{"wildcard": "**"}], "b": 1}), vec!["filter/a/0/wildcard", "filter/b"]),
        (json!([]), vec!["filter"]),
        (json!({}), vec!["filter"]),
    ] {
        let call = world.call("POST", "/api/webhooks").key(&key).json(&draft(filter));
        let answer = call.send().await;
        assert_eq!(answer.problem(), problem(422, "invalid_fields"));
        assert_eq!(answer.fields(), fields);
    }
    let call = world.call("POST", "/api/webhooks").key(&key).json(&draft(json!(null)));
    let answer = call.send().await;
    assert_eq!(answer.status.as_u16(), 201);
    assert!(answer.json().get("filter").is_none(), "none is none");
}
