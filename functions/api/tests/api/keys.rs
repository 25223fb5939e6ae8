//! API keys.

use crate::world::{ADMIN, World, problem};
use grapnel_domain::{
    key::KeyHash,
    ports::{Keys, PortError},
    scope::Scope,
    time::Timestamp,
};
use grapnel_testing::{
    builders::user,
    memory::{Effect, Operation},
};
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
        let expected = json!([
            "webhooks:read",
            "webhooks:write",
            "webhooks:secrets",
            "events:publish",
            "deliveries:read",
            "deliveries:retry"
        ]);
        assert_eq!(answer.json()["scopes"], expected, "and never `admin`");
    }
}

#[rstest]
#[case(json!({"userId": "u", "scopes": "webhooks:read"}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": []}), &["scopes"])]
#[case(json!({"userId": "u", "scopes": ["webhooks:read", "Admin", 7, "webhooks:read"]}), &["scopes[1]", "scopes[2]", "scopes[3]"])]
#[case(json!({"userId": "u", "nam": "x", "scopes": [null]}), &["nam", "scopes[0]"])]
#[case(json!({"userId": "u", "name": " ", "description": "a\nb"}), &["name", "description"])]
#[case(json!({"userId": "u", "name": "x".repeat(101), "description": "x".repeat(501)}), &["name", "description"])]
#[case(json!({"userId": "u", "name": 7, "description": ["x"]}), &["name", "description"])]
#[case(json!({"userId": "u", "expiresInDays": 0}), &["expiresInDays"])]
#[case(json!({"userId": "u", "expiresInDays": 3654}), &["expiresInDays"])]
#[case(json!({"userId": "u", "expiresInDays": 1.5}), &["expiresInDays"])]
#[case(json!({"userId": "u", "expiresInDays": -1}), &["expiresInDays"])]
#[case(json!({"userId": "u", "expiresAt": "tomorrow"}), &["expiresAt"])]
#[case(json!({"userId": "u", "expiresAt": "2026-11-24T06:24:00.999Z"}), &["expiresAt"])]
#[case(json!({"userId": "u", "expiresAt": "2036-11-25T06:24:01Z"}), &["expiresAt"])]
#[case(json!({"userId": "u", "expiresAt": 1_800_000_000}), &["expiresAt"])]
#[case(json!({"userId": "u", "expiresAt": "2027-01-01T00:00:00Z", "expiresInDays": 3}), &["expiresInDays"])]
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
    let world = World::new();
    let lost = PortError::Unavailable("PutItem: timeout".into());
    world.memory.fail_next(Operation::StoreKey, lost, Effect::After);
    let call = world.call("POST", "/api/keys").key(ADMIN).json(&json!({"userId": "u"}));
    let answer = call.send().await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!(!answer.text.contains("gk_"));
}

/// Makes a key and answers what was said of it.
async fn made(world: &World, admin: &str, body: Value) -> Value {
    let answer = world.call("POST", "/api/keys").key(admin).json(&body).send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.json()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect("text")
}

#[rstest]
#[case(json!({"expiresInDays": 1}), "2026-11-25T06:24:00.000Z")]
#[case(json!({"expiresInDays": 3653}), "2036-11-24T06:24:00.000Z")]
#[case(json!({"expiresAt": "2026-11-24T07:24:01.7+01:00"}), "2026-11-24T06:24:01.000Z")]
#[tokio::test]
async fn a_key_works_until_it_expires_and_not_a_moment_longer(
    #[case] mut body: Value,
    #[case] expires_at: &str,
) {
    let world = World::new();
    body["userId"] = json!("u");
    let key = made(&world, ADMIN, body).await;
    assert_eq!(text(&key, "expiresAt"), expires_at);
    let end: Timestamp = expires_at.parse().expect("a time");
    for (millis, status) in [(end.as_millis() - 1, 200), (end.as_millis(), 401)] {
        world.clock.set(Timestamp::from_millis(millis));
        let answer = world.get("/api/webhooks", text(&key, "key")).await;
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[tokio::test]
async fn keys_are_listed_newest_first_and_never_shown() {
    let world = World::new();
    let older = made(&world, ADMIN, json!({"userId": "u", "name": "CI"})).await;
    let body = json!({"userId": "u", "description": "For a day.", "expiresInDays": 1,
        "scopes": ["webhooks:read"]});
    let newer = made(&world, ADMIN, body).await;
    let other = made(&world, ADMIN, json!({"userId": "v"})).await;
    world.get("/api/webhooks", text(&older, "key")).await;

    let list = world.get("/api/keys?userId=u", ADMIN).await;
    let expected = [
        json!({"id": newer["id"], "userId": "u", "description": "For a day.",
            "scopes": ["webhooks:read"], "createdAt": "2026-11-24T06:24:00.000Z",
            "expiresAt": "2026-11-25T06:24:00.000Z"}),
        json!({"id": older["id"], "userId": "u", "name": "CI", "scopes": older["scopes"],
            "createdAt": "2026-11-24T06:24:00.000Z", "lastUsedOn": "2026-11-24"}),
    ];
    assert_eq!(list.items(), expected);
    for key in [&older, &newer, &other] {
        let key = text(key, "key");
        assert!(!list.text.contains(key) && !list.text.contains(KeyHash::of(key).as_str()));
    }

    let first = world.get("/api/keys?userId=u&limit=1", ADMIN).await;
    let cursor = first.next_cursor().expect("one more");
    let second = world.get(format!("/api/keys?userId=u&limit=1&cursor={cursor}"), ADMIN).await;
    assert_eq!([first.items(), second.items()].concat(), expected);
    assert_eq!(second.next_cursor(), None);
    // A cursor says where, never whose.
    let others = world.get(format!("/api/keys?userId=v&cursor={cursor}"), ADMIN).await;
    assert_eq!(others.items(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_revoked_key_ends_with_the_answer() {
    let world = World::new();
    let key = made(&world, ADMIN, json!({"userId": "u"})).await;
    let path = format!("/api/keys/{}", text(&key, "id"));
    let revoke = |user: &str| world.call("DELETE", format!("{path}?userId={user}")).key(ADMIN);
    assert_eq!(revoke("v").send().await.problem(), problem(404, "not_found"));
    assert_eq!(world.get("/api/webhooks", text(&key, "key")).await.status.as_u16(), 200);

    assert_eq!(revoke("u").send().await.status.as_u16(), 204);
    let answer = world.get("/api/webhooks", text(&key, "key")).await;
    assert_eq!(answer.problem(), problem(401, "unauthorized"));
    assert_eq!(world.get("/api/keys?userId=u", ADMIN).await.items(), Vec::<Value>::new());
    assert_eq!(revoke("u").send().await.problem(), problem(404, "not_found"), "asked again");
    for id in ["x", "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab", "%00"] {
        let call = world.call("DELETE", format!("/api/keys/{id}?userId=u")).key(ADMIN);
        assert_eq!(call.send().await.problem(), problem(404, "not_found"), "{id}");
    }
}

#[tokio::test]
async fn a_revocation_whose_answer_was_lost_has_ended_the_key() {
    let world = World::new();
    let key = made(&world, ADMIN, json!({"userId": "u"})).await;
    let lost = PortError::Unavailable("DeleteItem: timed out".into());
    world.memory.fail_next(Operation::RevokeKey, lost, Effect::After);
    let path = format!("/api/keys/{}?userId=u", text(&key, "id"));
    let answer = world.call("DELETE", path).key(ADMIN).send().await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert_eq!(world.get("/api/webhooks", text(&key, "key")).await.status.as_u16(), 401);
}

#[tokio::test]
async fn an_admins_key_makes_and_ends_keys_and_may_be_ended_itself() {
    let world = World::new();
    let body = json!({"userId": "operations", "scopes": ["admin"], "name": "Console"});
    let admin = made(&world, ADMIN, body).await;
    assert_eq!(admin["scopes"], json!(["admin"]));
    let admin_key = text(&admin, "key");
    let key = made(&world, admin_key, json!({"userId": "u"})).await;
    assert_eq!(world.get("/api/webhooks", text(&key, "key")).await.status.as_u16(), 200);
    let list = world.get("/api/keys?userId=operations", admin_key).await;
    assert_eq!(list.items().len(), 1);
    let own = world.get("/api/webhooks", admin_key).await;
    assert_eq!(own.problem(), problem(400, "user_required"), "it acts for nobody by itself");

    let path = format!("/api/keys/{}?userId=operations", text(&admin, "id"));
    let answer = world.call("DELETE", path).key(admin_key).send().await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(world.get("/api/keys?userId=u", admin_key).await.status.as_u16(), 401);
}

#[tokio::test]
async fn the_first_use_of_a_day_is_noted_and_no_other() {
    let world = World::new();
    let key = world.full_key("u").await;
    let used_on = || world.memory.keys()[0].last_used_on.map(|day| day.to_string());
    assert_eq!(used_on(), None);
    for (day, notes) in [("2026-11-24", 1), ("2026-11-24", 1), ("2026-11-26", 2)] {
        world.clock.set(format!("{day}T23:59:59Z").parse().expect("a time"));
        assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 200);
        assert_eq!(used_on().as_deref(), Some(day));
        assert_eq!(world.memory.calls(Operation::NoteKeyUse), notes);
    }
    world.get("/api/webhooks?userId=u", ADMIN).await;
    world.get("/api/webhooks", "gk_unknown").await;
    assert_eq!(world.memory.calls(Operation::NoteKeyUse), 2);
}

#[tokio::test]
async fn a_use_that_cannot_be_noted_is_served_all_the_same() {
    let world = World::new();
    let key = world.full_key("u").await;
    let throttled = PortError::Throttled("UpdateItem: ThrottlingException".into());
    world.memory.fail_next(Operation::NoteKeyUse, throttled, Effect::Before);
    assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 200);
    assert_eq!(world.memory.keys()[0].last_used_on, None);
    assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 200);
    assert!(world.memory.keys()[0].last_used_on.is_some(), "by the next request");
}

#[tokio::test]
async fn a_key_that_the_index_does_not_show_yet_works_and_is_not_found_by_its_id() {
    let world = World::new();
    world.memory.stop_replication();
    let key = made(&world, ADMIN, json!({"userId": "u"})).await;
    assert_eq!(world.get("/api/webhooks", text(&key, "key")).await.status.as_u16(), 200);
    let path = format!("/api/keys/{}?userId=u", text(&key, "id"));
    let call = world.call("DELETE", path).key(ADMIN);
    assert_eq!(call.clone().send().await.problem(), problem(404, "not_found"));
    world.memory.resume_replication();
    assert_eq!(call.send().await.status.as_u16(), 204);
}
