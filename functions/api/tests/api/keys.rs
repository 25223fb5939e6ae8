//! API keys.

use crate::world::{ADMIN, World, problem};
use grapnel_domain::{
    ports::{KeyHash, ReadKeys},
    scope::Scope,
};
use grapnel_testing::{builders::user, memory::Operation};
use rstest::rstest;
use serde_json::{Value, json};

#[tokio::test]
async fn a_new_key_is_shown_once_and_only_its_hash_is_stored() {
    let world = World::new();
    let body = json!({"userId": "u", "scopes": ["deliveries:read", "webhooks:read"]});
    let answer = world.call("POST", "/api/keys").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    let shown = answer.json();
    let key = shown["key"].as_str().expect("text");
    let random = key.strip_prefix("gk_").expect("the prefix");
    assert_eq!(random.len(), 43, "base64url of 32 bytes");

    let stored = world.memory.key(&KeyHash::of(key)).await.expect("answers").expect("stored");
    assert_eq!(stored.user_id, user("u"));
    assert_eq!(stored.scopes, [Scope::WebhooksRead, Scope::DeliveriesRead]);
    let expected = format!(
        concat!(
            r#"{{"id":"{}","key":"{}","userId":"u","scopes":["webhooks:read","deliveries:read"],"#,
            r#""createdAt":"2026-11-24T06:24:00.000Z"}}"#
        ),
        stored.id, key
    );
    assert_eq!(answer.text, expected);
    assert_eq!(world.get("/api/webhooks", key).await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_key_has_every_scope_unless_some_are_named() {
    let world = World::new();
    for (query, body) in [("", json!({"userId": "u"})), ("?userId=u", json!({"scopes": null}))] {
        let call = world.call("POST", format!("/api/keys{query}")).key(ADMIN).json(&body);
        let answer = call.send().await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
        let expected =
            json!(["webhooks:read", "webhooks:write", "deliveries:read", "deliveries:retry"]);
        assert_eq!(answer.json()["scopes"], expected);
    }
}

#[rstest]
#[case(json!({"userId": "u", "scopes": "webhooks:read"}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": []}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read", "admin", 7, "webhooks:read"]}), &["scopes[1]", "scopes[2]", "scopes[3]"])]
#[case(json!({"userId": "u", "name": "x", "scopes": [null]}), &["name", "scopes[0]"])]
#[case(json!({"userId": ""}), &["userId"])]
#[case(json!({"userId": ["u"]}), &["userId"])]
#[tokio::test]
async fn every_field_at_fault_is_named_and_no_key_is_made(
    #[case] body: Value,
    #[case] fields: &[&str],
) {
    let world = World::new();
    let answer = world.call("POST", "/api/keys").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), fields);
    assert_eq!(world.memory.calls(Operation::StoreKey), 0);
}

#[tokio::test]
async fn a_key_that_may_not_have_been_stored_is_not_shown() {
    use grapnel_domain::ports::PortError;
    use grapnel_testing::memory::Effect;
    let world = World::new();
    let lost = PortError::Unavailable("PutItem: timeout".into());
    world.memory.fail_next(Operation::StoreKey, lost, Effect::After);
    let call = world.call("POST", "/api/keys").key(ADMIN).json(&json!({"userId": "u"}));
    let answer = call.send().await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(!answer.text.contains("gk_"));
}
