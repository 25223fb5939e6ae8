//! Portal links, and the sessions that they open.

use crate::world::{ADMIN, Answer, World, problem};
use futures::future::join_all;
use grapnel_domain::{key::KeyHash, ports::PortError, time::Timestamp};
use grapnel_testing::{
    builders::a_webhook,
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

/// Makes a link and answers what was said of it.
async fn link(world: &World, body: Value) -> Value {
    let answer = world.call("POST", "/api/portal-links").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.json()
}

async fn open(world: &World, token: &Value) -> Answer {
    let body = json!({ "token": token });
    world.call("POST", "/api/portal-sessions").json(&body).send().await
}

fn reader() -> Value {
    json!({"userId": "u", "scopes": ["webhooks:read"]})
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect("text")
}

#[tokio::test]
async fn a_link_opens_a_session_of_its_user_within_its_scopes() {
    let world = World::new();
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    let link = link(&world, reader()).await;
    let token = text(&link, "token");
    assert!(token.starts_with("gpl_") && token.len() == 4 + 43, "{token}");
    let url = format!("/console/portal#token={token}");
    let expected = json!({"token": token, "url": url, "userId": "u", "scopes": ["webhooks:read"],
        "expiresAt": "2026-11-24T06:34:00.000Z"});
    assert_eq!(link, expected);

    let answer = open(&world, &link["token"]).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    let session = answer.json();
    let key = text(&session, "key");
    assert!(key.starts_with("gps_") && key.len() == 4 + 43, "{key}");
    let expected = json!({"id": session["id"], "key": key, "userId": "u",
        "scopes": ["webhooks:read"], "createdAt": "2026-11-24T06:24:00.000Z",
        "expiresAt": "2026-11-24T07:24:00.000Z", "portal": true});
    assert_eq!(session, expected);

    assert_eq!(world.get("/api/webhooks", key).await.items().len(), 1);
    let foreign = world.get("/api/webhooks?userId=v", key).await;
    assert_eq!(foreign.problem(), problem(403, "foreign_user"));
    let delete = world.call("DELETE", format!("/api/webhooks/{}", webhook.id)).key(key);
    assert_eq!(delete.send().await.problem(), problem(403, "missing_scope"));
    let keys = world.get("/api/keys?userId=u", key).await;
    assert_eq!(keys.problem(), problem(403, "admin_required"));
}

#[tokio::test]
async fn a_link_opens_once() {
    let world = World::new();
    let link = link(&world, reader()).await;
    assert_eq!(open(&world, &link["token"]).await.status.as_u16(), 201);
    for _ in 0..2 {
        let answer = open(&world, &link["token"]).await;
        assert_eq!(answer.problem(), problem(403, "link_not_valid"));
    }
    assert_eq!(world.memory.keys().len(), 1);
}

#[tokio::test]
async fn of_many_who_open_a_link_at_once_one_gets_in() {
    let world = World::new();
    let link = link(&world, reader()).await;
    let answers = join_all((0..8).map(|_| open(&world, &link["token"]))).await;
    let opened = answers.iter().filter(|answer| answer.status.as_u16() == 201).count();
    let refused = answers.iter().filter(|answer| answer.status.as_u16() == 403).count();
    assert_eq!((opened, refused), (1, 7));
    assert_eq!(world.memory.keys().len(), 1);
}

#[rstest]
#[case(json!({}), 10 * 60, 3600)]
#[case(json!({"expiresInMinutes": 1, "sessionHours": 12}), 60, 12 * 3600)]
#[case(json!({"expiresInMinutes": 60, "sessionHours": 1}), 3600, 3600)]
#[tokio::test]
async fn links_and_sessions_end_when_they_say(
    #[case] times: Value,
    #[case] link_seconds: u64,
    #[case] session_seconds: u64,
) {
    let world = World::new();
    let mut body = reader();
    for (field, value) in times.as_object().expect("an object") {
        body[field] = value.clone();
    }
    let (late, in_time) = (link(&world, body.clone()).await, link(&world, body).await);
    world.clock.advance(Duration::from_secs(link_seconds) - Duration::from_millis(1));
    let session = open(&world, &in_time["token"]).await.json();
    world.clock.advance(Duration::from_millis(1));
    let answer = open(&world, &late["token"]).await;
    assert_eq!(answer.problem(), problem(403, "link_not_valid"));

    let end: Timestamp = text(&session, "expiresAt").parse().expect("a time");
    let key = text(&session, "key");
    world.clock.set(Timestamp::from_millis(end.as_millis() - 1));
    assert_eq!(world.get("/api/webhooks", key).await.status.as_u16(), 200);
    world.clock.set(end);
    assert_eq!(world.get("/api/webhooks", key).await.status.as_u16(), 401);
    let begun: Timestamp = text(&session, "createdAt").parse().expect("a time");
    assert_eq!(begun.whole_second().until(end), Duration::from_secs(session_seconds));
}

#[rstest]
#[case::unknown(json!("gpl_unknown"))]
#[case::empty(json!(""))]
#[case::long(json!("x".repeat(100_000)))]
#[case::nul(json!("gpl_\u{0}"))]
#[tokio::test]
async fn what_is_no_token_opens_nothing(#[case] token: Value) {
    let world = World::new();
    link(&world, reader()).await;
    assert_eq!(open(&world, &token).await.problem(), problem(403, "link_not_valid"));
    let key = world.full_key("u").await;
    assert_eq!(open(&world, &json!(key)).await.problem(), problem(403, "link_not_valid"));
    assert_eq!(open(&world, &json!(ADMIN)).await.problem(), problem(403, "link_not_valid"));
    assert_eq!(world.memory.calls(Operation::ExchangeLink), 0);
}

#[tokio::test]
async fn a_token_is_no_key() {
    let world = World::new();
    let link = link(&world, reader()).await;
    let answer = world.get("/api/webhooks", text(&link, "token")).await;
    assert_eq!(answer.problem(), problem(401, "unauthorized"));
}

#[rstest]
#[case(json!({"userId": "u"}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": []}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": ["admin"]}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read", "x"]}), &["scopes[1]"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read"], "expiresInMinutes": 61, "sessionHours": 13}), &["expiresInMinutes", "sessionHours"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read"], "expiresInMinutes": 0, "sessionHours": 0}), &["expiresInMinutes", "sessionHours"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read"], "expiresInMinutes": "9", "sessionHours": 1.5, "x": 1}), &["x", "expiresInMinutes", "sessionHours"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read"], "next": 7, "theme": "blue", "hideNavigation": "yes"}), &["next", "theme", "hideNavigation"])]
#[case(json!({"userId": "a b", "scopes": ["webhooks:read"]}), &["userId"])]
#[tokio::test]
async fn every_field_at_fault_is_named_and_no_link_is_made(
    #[case] body: Value,
    #[case] fields: &[&str],
) {
    let world = World::new();
    let answer = world.call("POST", "/api/portal-links").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), fields);
    assert_eq!(world.memory.calls(Operation::StoreLink), 0);
}

#[rstest]
#[case(json!({}), &["token"])]
#[case(json!({"token": 7}), &["token"])]
#[case(json!({"token": "gpl_x", "userId": "u"}), &["userId"])]
#[tokio::test]
async fn a_session_takes_a_token_and_nothing_else(#[case] body: Value, #[case] fields: &[&str]) {
    let answer = World::new().call("POST", "/api/portal-sessions").json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), fields);
}

#[tokio::test]
async fn a_session_is_listed_among_the_keys_and_ends_like_one() {
    let world = World::new();
    let link = link(&world, reader()).await;
    let before = world.get("/api/keys?userId=u", ADMIN).await;
    assert_eq!(before.items(), Vec::<Value>::new(), "a link is no key");
    let session = open(&world, &link["token"]).await.json();
    let list = world.get("/api/keys?userId=u", ADMIN).await;
    assert_eq!(list.items()[0]["id"], session["id"]);
    assert_eq!(list.items()[0]["portal"], true);
    assert!(!list.text.contains(KeyHash::of(text(&session, "key")).as_str()));
    let path = format!("/api/keys/{}?userId=u", text(&session, "id"));
    let answer = world.call("DELETE", path).key(ADMIN).send().await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(world.get("/api/webhooks", text(&session, "key")).await.status.as_u16(), 401);
}

#[rstest]
#[case::before(Effect::Before, 201)]
#[case::after(Effect::After, 403)]
#[tokio::test]
async fn an_exchange_that_failed_can_be_tried_again_and_one_whose_answer_was_lost_not(
    #[case] effect: Effect,
    #[case] next: u16,
) {
    let world = World::new();
    let link = link(&world, reader()).await;
    let lost = PortError::Unavailable("TransactWriteItems: timed out".into());
    world.memory.fail_next(Operation::ExchangeLink, lost, effect);
    let answer = open(&world, &link["token"]).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(!answer.text.contains("gps_"));
    assert_eq!(open(&world, &link["token"]).await.status.as_u16(), next);
    assert_eq!(world.memory.keys().len(), 1);
}
