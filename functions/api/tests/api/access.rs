//! Who may do what: every route against every kind of caller.

use crate::{
    routes::{KEY, effects, is_of_deployment, routes},
    world::{ADMIN, NEXT_ADMIN, World, problem},
};
use grapnel_domain::{
    ids::KeyId,
    key::{ApiKey, KeyHash},
    ports::Clock,
    scope::Scope,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, user},
    clock::START,
    memory::Operation,
};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test(start_paused = true)]
async fn whoever_has_the_scope_may() {
    let world = World::new();
    for route in routes(&world) {
        let call = match route.scope {
            Some(scope) => route.call(&world).key(&world.key("owner", &[scope]).await),
            None => route.call_with_query(&world, "?userId=owner").key(ADMIN),
        };
        let answer = call.send().await;
        let succeeded = route.succeeded(answer.status.as_u16());
        assert!(succeeded, "{} {}: {}", route.name(), answer.status, answer.text);
    }
}

#[tokio::test(start_paused = true)]
async fn the_admin_may_everything_for_the_user_that_it_names() {
    for admin in [ADMIN, NEXT_ADMIN, "stored"] {
        let world = World::new();
        let stored = world.key("operations", &[Scope::Admin]).await;
        let admin = if admin == "stored" { &stored } else { admin };
        for route in routes(&world) {
            let answer = route.call_with_query(&world, "?userId=owner").key(admin).send().await;
            let succeeded = route.succeeded(answer.status.as_u16());
            assert!(succeeded, "{} {}: {}", route.name(), answer.status, answer.text);
        }
    }
}

#[tokio::test]
async fn nobody_may_anything_without_a_valid_key() {
    let world = World::new();
    let values = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Basic b3duZXI6",
        "gk_owner",
        "Bearer gk_unknown",
        "Bearer two words",
        // The hash that the deployment holds is not the key.
        "Bearer 0000000000000000000000000000000000000000000000000000000000000000",
    ];
    for route in routes(&world) {
        let answer = route.call(&world).send().await;
        assert_eq!(answer.problem(), problem(401, "unauthorized"), "{}", route.name());
        for value in values {
            let answer = route.call(&world).header("authorization", value).send().await;
            assert_eq!(answer.problem(), problem(401, "unauthorized"), "{} {value}", route.name());
        }
    }
    assert_eq!(effects(&world), []);
}

#[tokio::test]
async fn a_key_is_none_from_the_moment_it_expires() {
    let world = World::new();
    let routes = routes(&world);
    for (name, scopes) in [("owner", &Scope::OF_USERS[..]), ("operations", &[Scope::Admin])] {
        let key = format!("gk_of_{name}");
        let id = KeyId::from_uuid(Uuid::from_u128(8));
        let expires_at = Some(world.clock.now());
        let row = ApiKey::new(id, user(name), scopes.to_vec(), START);
        world.memory.put_key(&KeyHash::of(&key), ApiKey { expires_at, ..row });
        for route in &routes {
            let answer = route.call_with_query(&world, "?userId=owner").key(&key).send().await;
            assert_eq!(answer.problem(), problem(401, "unauthorized"), "{}", route.name());
        }
    }
    assert_eq!(effects(&world), []);
    assert_eq!(world.memory.calls(Operation::NoteKeyUse), 0);
}

#[tokio::test]
async fn two_keys_are_none() {
    let world = World::new();
    let key = world.full_key("owner").await;
    let answer = world.call("GET", "/api/webhooks").key(&key).key(&key).send().await;
    assert_eq!(answer.problem(), problem(401, "unauthorized"));
}

#[tokio::test]
async fn the_scheme_may_be_written_in_any_case() {
    let world = World::new();
    let key = world.full_key("owner").await;
    let call = world.call("GET", "/api/webhooks").header("authorization", &format!("bEARER {key}"));
    assert_eq!(call.send().await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_key_without_the_scope_may_not_and_is_told_which_it_lacks() {
    let world = World::new();
    for route in routes(&world) {
        let Some(scope) = route.scope else { continue };
        let others: Vec<Scope> =
            Scope::OF_USERS.into_iter().filter(|other| *other != scope).collect();
        let key = world.key("owner", &others).await;
        let answer = route.call(&world).key(&key).send().await;
        assert_eq!(answer.problem(), problem(403, "missing_scope"), "{}", route.name());
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(scope.as_str()), "{}: {detail}", route.name());
    }
    assert_eq!(effects(&world), []);
}

#[tokio::test]
async fn only_admins_manage_keys_echoes_and_the_catalogue() {
    let world = World::new();
    let key = world.full_key("owner").await;
    for route in routes(&world).iter().filter(|route| route.scope.is_none()) {
        for query in ["", "?userId=owner", "?userId=stranger"] {
            let answer = route.call_with_query(&world, query).key(&key).send().await;
            assert_eq!(answer.problem(), problem(403, "admin_required"), "{}", route.name());
        }
    }
    assert_eq!(world.memory.calls(Operation::StoreKey), 1, "the test's own");
    assert_eq!(effects(&world), []);
}

#[tokio::test(start_paused = true)]
async fn another_users_webhook_is_not_there() {
    let world = World::new();
    let key = world.full_key("stranger").await;
    let before = world.memory.webhooks();
    let mut routes = routes(&world);
    let before = [before, world.memory.webhooks()].concat();
    routes.retain(|route| route.names_thing);
    for route in &routes {
        let admin = route.call_with_query(&world, "?userId=stranger").key(ADMIN).send().await;
        assert_eq!(admin.problem(), problem(404, "not_found"), "{}", route.name());
        if route.scope.is_some() {
            let answer = route.call(&world).key(&key).send().await;
            assert_eq!(admin.text, answer.text, "{}", route.name());
        }
    }
    assert!(world.memory.keys().iter().any(|key| key.id == KEY));
    assert_eq!(world.memory.webhooks(), before);
    assert!(world.memory.delivery_queue().messages().is_empty());
    assert!(world.memory.events_queue().messages().is_empty());
    let list = world.get("/api/webhooks", &key).await;
    assert_eq!(list.items(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_users_key_does_not_name_another_user() {
    let world = World::new();
    let key = world.full_key("stranger").await;
    for route in routes(&world) {
        if route.scope.is_none() {
            continue;
        }
        for query in ["?userId=owner", "?userId=stranger&userId=owner", "?userId="] {
            let answer = route.call_with_query(&world, query).key(&key).send().await;
            assert_eq!(answer.problem(), problem(403, "foreign_user"), "{} {query}", route.name());
        }
        if route.body.is_some() {
            let call = route.call(&world).key(&key).json(&json!({"userId": "owner"}));
            let answer = call.send().await;
            assert_eq!(answer.problem(), problem(403, "foreign_user"), "{}", route.name());
        }
    }
    assert_eq!(effects(&world), []);
}

#[tokio::test(start_paused = true)]
async fn a_users_key_may_name_its_own_user() {
    let world = World::new();
    let key = world.full_key("owner").await;
    for route in routes(&world) {
        if route.scope.is_some() {
            let answer = route.call_with_query(&world, "?userId=owner").key(&key).send().await;
            assert!(route.succeeded(answer.status.as_u16()), "{} {}", route.name(), answer.status);
        }
    }
}

#[tokio::test]
async fn the_admin_must_name_a_user() {
    let world = World::new();
    for route in routes(&world) {
        if !is_of_deployment(&route.path) {
            let answer = route.call(&world).key(ADMIN).send().await;
            assert_eq!(answer.problem(), problem(400, "user_required"), "{}", route.name());
        }

        let answer = route.call_with_query(&world, "?userId=a%20b").key(ADMIN).send().await;
        assert_eq!(answer.problem(), problem(400, "invalid_query"), "{}", route.name());
        assert_eq!(answer.fields(), ["userId"]);

        let twice = "?userId=owner&userId=owner";
        let answer = route.call_with_query(&world, twice).key(ADMIN).send().await;
        assert_eq!(answer.problem(), problem(400, "invalid_query"), "{}", route.name());
    }
    assert_eq!(effects(&world), []);
}

#[rstest]
#[case::the_same("?userId=owner", json!("owner"), 202, "")]
#[case::in_the_body_only("", json!("owner"), 202, "")]
#[case::null_is_none("?userId=owner", json!(null), 202, "")]
#[case::two_users("?userId=owner", json!("stranger"), 400, "user_conflict")]
#[case::impossible("", json!("a b"), 422, "invalid_fields")]
#[case::not_text("?userId=owner", json!(7), 422, "invalid_fields")]
#[tokio::test]
async fn the_admin_may_name_the_user_in_the_body(
    #[case] query: &str,
    #[case] in_body: Value,
    #[case] status: u16,
    #[case] code: &str,
) {
    let world = World::new();
    let routes = routes(&world);
    let route = routes.iter().find(|route| route.path.ends_with("/retry")).expect("there");
    let call = route.call_with_query(&world, query).key(ADMIN).json(&json!({"userId": in_body}));
    assert_eq!(call.send().await.problem(), problem(status, code));
}

#[tokio::test]
async fn the_key_is_looked_at_before_the_input_and_the_scope_before_what_is_there() {
    let world = World::new();
    let reader = world.key("owner", &[Scope::WebhooksRead]).await;
    let call = world.call("PUT", "/api/webhooks/no-id?x=1").header("content-type", "text/plain");
    let call = call.body("{");
    assert_eq!(call.clone().send().await.problem(), problem(401, "unauthorized"));
    assert_eq!(call.key(&reader).send().await.problem(), problem(403, "missing_scope"));
}

#[tokio::test]
async fn what_cannot_be_an_id_is_not_found() {
    let world = World::new();
    let key = world.full_key("owner").await;
    let uuid = "01938d2e-7b1c-7c3a-9f00-1234567890ab";
    let ids = [
        "x".to_owned(),
        uuid.to_owned(),
        format!("dlv_{uuid}"),
        format!("wh_{}", uuid.to_uppercase()),
        format!("wh_{uuid}%23health"),
        format!("wh_{uuid}%2F"),
        "%ff".to_owned(),
        "%00".to_owned(),
        "..".to_owned(),
        "x".repeat(5000),
        // Possible, but nobody's.
        format!("wh_{uuid}"),
    ];
    for id in ids {
        for path in ["", "/secret", "/deliveries", "/deliveries/x"] {
            let answer = world.get(format!("/api/webhooks/{id}{path}"), &key).await;
            assert_eq!(answer.problem(), problem(404, "not_found"), "{id:.50}{path}");
        }
        let answer = world.call("DELETE", format!("/api/webhooks/{id}")).key(&key).send().await;
        assert_eq!(answer.problem(), problem(404, "not_found"), "{id:.50}");
    }
}

#[tokio::test]
async fn a_delivery_of_another_webhook_is_not_found() {
    let world = World::new();
    let key = world.full_key("owner").await;
    let (mine, other) =
        (a_webhook().for_user("owner").build(), a_webhook().for_user("owner").build());
    let delivery = a_delivery().to(&other).delivered().build();
    for webhook in [&mine, &other] {
        world.memory.put_webhook(webhook.clone());
    }
    world.memory.put_delivery(delivery.clone());
    let path = |webhook: &str| format!("/api/webhooks/{webhook}/deliveries/{}", delivery.id);
    let answer = world.get(path(&mine.id.to_string()), &key).await;
    assert_eq!(answer.problem(), problem(404, "not_found"));
    let answer = world.post(format!("{}/retry", path(&mine.id.to_string())), &key).await;
    assert_eq!(answer.problem(), problem(404, "not_found"));
    assert_eq!(world.get(path(&other.id.to_string()), &key).await.status.as_u16(), 200);
}
