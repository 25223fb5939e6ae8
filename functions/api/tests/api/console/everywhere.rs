//! All sessions of a user, ended at once.

use super::{form_of, page, signed_in};
use crate::world::{ADMIN, Answer, World, problem};
use grapnel_domain::{key::ApiKey, ports::PortError};
use grapnel_testing::memory::{Effect, Operation};
use serde_json::{Value, json};

async fn portal_session(world: &World, user: &str) -> String {
    let body = json!({"userId": user, "scopes": ["webhooks:read"]});
    let link = world.call("POST", "/api/portal-links").key(ADMIN).json(&body).send().await.json();
    let body = json!({"token": link["token"]});
    let opened = world.call("POST", "/api/portal-sessions").json(&body).send().await.json();
    opened["key"].as_str().expect("text").to_owned()
}

async fn end(world: &World, query: &str) -> Answer {
    world.call("DELETE", format!("/api/sessions?{query}")).key(ADMIN).send().await
}

fn sessions(world: &World) -> usize {
    let is_session = |key: &ApiKey| key.is_of_console() || key.is_of_portal();
    world.memory.keys().iter().filter(|key| is_session(key)).count()
}

async fn is_running(world: &World, cookie: &str) -> bool {
    page(world, "/console/alive", cookie).await.status.as_u16() == 204
}

#[tokio::test]
async fn every_session_of_the_user_ends_and_nobody_elses() {
    let world = World::new();
    let (key, other) = (world.full_key("u").await, world.full_key("v").await);
    let portal = portal_session(&world, "u").await;
    let cookie = signed_in(&world, &key).await;
    let others = signed_in(&world, &other).await;
    let answer = end(&world, "userId=u").await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({"ended": 2})));
    assert!(!is_running(&world, &cookie).await);
    assert_eq!(world.get("/api/webhooks", &portal).await.problem(), problem(401, "unauthorized"));
    assert!(is_running(&world, &others).await);
    assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 200, "keys stay");
    assert_eq!(end(&world, "userId=u").await.json(), json!({"ended": 0}), "again");
}

#[tokio::test]
async fn a_user_with_many_is_ended_page_by_page() {
    let world = World::new();
    world.full_key("u").await;
    for _ in 0..7 {
        portal_session(&world, "u").await;
    }
    let (mut ended, mut pages, mut cursor) = (0, 0, String::new());
    loop {
        let answer = end(&world, &format!("userId=u&limit=3{cursor}")).await.json();
        ended += answer["ended"].as_u64().expect("a number");
        pages += 1;
        let Some(next) = answer["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((ended, pages, sessions(&world)), (7, 3, 0));
    let answer = end(&world, "userId=u&limit=0&cursor=x").await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
}

#[tokio::test]
async fn what_stops_in_between_is_ended_by_a_repeat() {
    let world = World::new();
    for _ in 0..25 {
        portal_session(&world, "u").await;
    }
    let lost = PortError::Unavailable("DeleteItem: timed out".into());
    world.memory.fail_after(Operation::DeleteKey, 15, lost, Effect::Before);
    let answer = end(&world, "userId=u").await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert!((1..25).contains(&sessions(&world)), "{}", sessions(&world));
    assert_eq!(end(&world, "userId=u").await.status.as_u16(), 200);
    assert_eq!(sessions(&world), 0);
}

#[tokio::test]
async fn only_an_admin_ends_others_sessions_by_the_api() {
    let world = World::new();
    let key = world.full_key("u").await;
    for query in ["", "?userId=u", "?userId=v"] {
        let call = world.call("DELETE", format!("/api/sessions{query}")).key(&key);
        assert_eq!(call.send().await.problem(), problem(403, "admin_required"), "{query}");
    }
    assert_eq!(world.memory.calls(Operation::ListSessions), 0);
}

#[tokio::test]
async fn a_reader_signs_out_everywhere_and_here_last() {
    let world = World::new();
    let key = world.full_key("u").await;
    let (here, there) = (signed_in(&world, &key).await, signed_in(&world, &key).await);
    let portal = portal_session(&world, "u").await;
    let path = "/console/sign-out-everywhere";

    let lost = PortError::Unavailable("DeleteItem: timed out".into());
    world.memory.fail_next(Operation::DeleteKey, lost, Effect::Before);
    assert_eq!(form_of(&world, path, &here, &[]).await.status.as_u16(), 503);
    assert!(is_running(&world, &here).await, "so that it can be asked for again");

    assert_eq!(form_of(&world, path, &here, &[]).await.status.as_u16(), 303);
    for cookie in [&here, &there] {
        assert!(!is_running(&world, cookie).await);
    }
    assert_eq!(world.get("/api/webhooks", &portal).await.status.as_u16(), 401);
    assert_eq!(world.get("/api/webhooks", &key).await.items(), Vec::<Value>::new());
}
