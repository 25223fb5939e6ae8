//! A header has one name, in any case of its letters, whichever request names it.

use crate::world::{World, problem};
use grapnel_domain::{
    ids::WebhookId,
    ports::{Consistency, Webhooks},
    webhook::{HeaderValue, Headers},
};
use grapnel_testing::builders::{a_webhook, user};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

async fn with_credentials() -> (World, String, WebhookId) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").sensitive_header("Authorization", "Bearer abc");
    let webhook = webhook.header("X-Team", "sales").build();
    let id = webhook.id;
    world.memory.put_webhook(webhook);
    world.clock.advance(Duration::from_secs(5));
    (world, key, id)
}

async fn stored(world: &World, id: WebhookId) -> Headers {
    let found = world.memory.webhook(&user("u"), id, Consistency::Strong).await;
    found.expect("read").expect("there").headers.clone()
}

fn all(team: &str) -> Vec<(String, HeaderValue)> {
    vec![
        ("authorization".into(), HeaderValue::sensitive("Bearer abc")),
        ("x-team".into(), HeaderValue::plain(team)),
    ]
}

#[rstest]
#[case::removed("PATCH", json!({"authorization": null}), all("sales")[1..].to_vec())]
#[case::removed_in_capitals("PATCH", json!({"AUTHORIZATION": null, "x-TEAM": null}), vec![])]
#[case::changed("PATCH", json!({"x-team": "ops"}), all("ops"))]
#[case::kept("PATCH", json!({"authorization": {"sensitive": true}}), all("sales"))]
#[case::replaced("PUT", json!({"authorization": {"sensitive": true}, "X-TEAM": "ops"}), all("ops"))]
#[tokio::test]
async fn a_stored_header_is_found_in_any_case(
    #[case] method: &str,
    #[case] headers: Value,
    #[case] expected: Vec<(String, HeaderValue)>,
) {
    let (world, key, id) = with_credentials().await;
    let path = format!("/api/webhooks/{id}");
    let mut body = json!({"headers": headers});
    if method == "PUT" {
        let read = world.get(path.clone(), &key).await.json();
        body = json!({"name": read["name"], "url": read["url"], "events": read["events"], "headers": headers});
    }
    let answer = world.call(method, path).key(&key).json(&body).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let now: Vec<_> = stored(&world, id)
        .await
        .into_iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect();
    assert_eq!(now, expected);
}

#[rstest]
#[case::values(json!({"X-A": "1", "x-a": "2"}))]
#[case::removed_and_set(json!({"X-A": null, "x-a": "2"}))]
#[case::set_and_removed(json!({"X-A": "1", "x-a": null}))]
#[case::one_is_stored(json!({"X-TEAM": "1", "x-team": {"value": "2", "sensitive": true}}))]
#[tokio::test]
async fn two_spellings_in_one_body_are_refused_and_nothing_changes(
    #[case] headers: Value,
    #[values("POST", "PUT", "PATCH")] method: &str,
) {
    let (world, key, id) = with_credentials().await;
    let before = stored(&world, id).await;
    let path = match method {
        "POST" => "/api/webhooks".to_owned(),
        _ => format!("/api/webhooks/{id}"),
    };
    let second = headers.as_object().and_then(|map| map.keys().next_back()).expect("two").clone();
    let body = json!({
        "name": "", "url": "https://hooks.example.com/in", "events": ["*"], "headers": headers,
    });
    let answer = world.call(method, path).key(&key).json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    let fields = answer.fields();
    assert!(fields.contains(&format!("headers.{second}")), "{fields:?}");
    assert!(fields.contains(&"name".to_owned()), "{fields:?}");
    assert_eq!((stored(&world, id).await, world.memory.webhooks().len()), (before, 1));
}
