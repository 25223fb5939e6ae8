//! How sessions begin and end, and that they count for the console alone.

use super::{SIGN_IN, cookie_of, form, form_of, form_token, page, sign_in, signed_in, token_of};
use crate::world::{ADMIN, NEXT_ADMIN, World, api, problem};
use axum::http::header;
use grapnel_api::{AdminKeys, Api, Quotas, router};
use grapnel_domain::{
    key::{ApiKey, KeyHash, KeyUse, Opener},
    ports::{Clock, PortError},
    quota::Quota,
    scope::Scope,
};
use grapnel_testing::memory::{Effect, Memory, Operation};
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

const LIST: &str = "/console/deliveries";
const HOUR: Duration = Duration::from_secs(3600);

async fn link(world: &World, user: &str, hours: u64) -> String {
    let body = json!({"userId": user, "scopes": ["webhooks:read", "deliveries:read"], "sessionHours": hours});
    let answer = world.call("POST", "/api/portal-links").key(ADMIN).json(&body).send().await;
    answer.json()["token"].as_str().expect("text").to_owned()
}

/// The stored session of a cookie.
fn stored(world: &World, cookie: &str) -> Option<ApiKey> {
    let found = world.memory.keys().into_iter().filter(ApiKey::is_of_console);
    let found: Vec<ApiKey> = found.collect();
    assert!(found.len() <= 1, "{found:?}");
    assert!(token_of(cookie).starts_with("gcs_") && token_of(cookie).len() == 4 + 43, "{cookie}");
    found.into_iter().next()
}

async fn is_running(world: &World, cookie: &str) -> bool {
    let answer = page(world, &format!("{LIST}?user=u"), cookie).await;
    match answer.status.as_u16() {
        200 => true,
        303 => {
            let location = answer.header(header::LOCATION).expect("an address");
            let door =
                if cookie.starts_with("__Host-grapnel-portal") { "portal" } else { "sign-in" };
            assert!(location.starts_with(&format!("./{door}?ended=1&next=")), "{location}");
            false
        }
        status => panic!("{status}: {}", answer.text),
    }
}

#[tokio::test]
async fn a_key_opens_a_session_of_its_user_with_its_scopes() {
    let world = World::new();
    let key = world.key("u", &[Scope::WebhooksRead, Scope::DeliveriesRead]).await;
    let cookie = signed_in(&world, &key).await;
    assert!(cookie.starts_with("__Host-grapnel-session=gcs_"), "{cookie}");
    let session = stored(&world, &cookie).expect("a session");
    assert_eq!(session.user_id.as_str(), "u");
    assert_eq!(session.scopes, [Scope::WebhooksRead, Scope::DeliveriesRead]);
    assert_eq!(session.purpose, KeyUse::Console(Opener::Key(KeyHash::of(&key))));
    let end = world.clock.now().plus(2 * HOUR);
    assert_eq!(session.expires_at, Some(end));
    assert_eq!(session.latest_end, Some(world.clock.now().plus(12 * HOUR)));
    let opener = world.memory.keys().into_iter().find(|key| !key.is_of_console());
    let used_on = opener.expect("the key").last_used_on;
    assert_eq!(used_on, Some(world.clock.now().day()), "a key that opens sessions is in use");
    assert!(is_running(&world, &cookie).await);
    world.clock.set(end);
    assert!(!is_running(&world, &cookie).await);
}

#[tokio::test]
async fn a_session_in_use_goes_on_up_to_its_bound_with_a_write_an_hour() {
    let world = World::new();
    let key = world.key("u", &[Scope::WebhooksRead]).await;
    let cookie = signed_in(&world, &key).await;
    let begin = world.clock.now();
    // An open page asks every 40 minutes.
    for _ in 0..17 {
        world.clock.advance(Duration::from_secs(40 * 60));
        assert_eq!(page(&world, "/console/alive", &cookie).await.status.as_u16(), 204);
    }
    let session = stored(&world, &cookie).expect("a session");
    assert_eq!(session.expires_at, Some(begin.plus(12 * HOUR)));
    let writes = world.memory.calls(Operation::MoveEnd);
    assert!((6..=9).contains(&writes), "{writes}");
    world.clock.set(begin.plus(12 * HOUR));
    assert!(!is_running(&world, &cookie).await, "never beyond its bound");
}

#[tokio::test]
async fn sign_ins_count_for_the_quota_of_the_keys_user() {
    let memory = Memory::new();
    let quotas = Quotas::new(Quota::new(3));
    let router = router(Api { quotas, ..api(&memory) });
    let world = World::of(memory, router);
    let key = world.full_key("u").await;
    for status in [303, 303, 303, 429] {
        assert_eq!(sign_in(&world, &key).await.status.as_u16(), status);
    }
    assert_eq!(world.memory.keys().iter().filter(|key| key.is_of_console()).count(), 3);
    assert_eq!(sign_in(&world, ADMIN).await.status.as_u16(), 303, "admins have none");
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let world = World::new();
    let key = world.full_key("u").await;
    let unused = signed_in(&world, &key).await;
    world.clock.advance(2 * HOUR);
    assert!(!is_running(&world, &unused).await);
    assert_eq!(world.memory.calls(Operation::MoveEnd), 0);
}

#[tokio::test]
async fn an_end_that_could_not_be_moved_stops_no_request() {
    let world = World::new();
    let cookie = signed_in(&world, &world.full_key("u").await).await;
    world.clock.advance(Duration::from_secs(90 * 60));
    let lost = PortError::Throttled("UpdateItem".into());
    world.memory.fail_next(Operation::MoveEnd, lost, Effect::Before);
    assert!(is_running(&world, &cookie).await);
    assert!(is_running(&world, &cookie).await, "and the next request moves it");
    world.clock.advance(HOUR);
    assert!(is_running(&world, &cookie).await);
}

#[tokio::test]
async fn a_session_ends_with_its_key_even_if_that_is_sooner() {
    let world = World::new();
    let body = json!({"userId": "u", "expiresAt": "2026-11-24T07:00:00Z"});
    let made = world.call("POST", "/api/keys").key(ADMIN).json(&body).send().await.json();
    let cookie = signed_in(&world, made["key"].as_str().expect("text")).await;
    let session = stored(&world, &cookie).expect("a session");
    assert_eq!(session.expires_at, "2026-11-24T07:00:00Z".parse().ok());
}

#[tokio::test]
async fn a_revoked_key_ends_its_sessions_at_once() {
    let world = World::new();
    let body = json!({"userId": "u"});
    let made = world.call("POST", "/api/keys").key(ADMIN).json(&body).send().await.json();
    let cookie = signed_in(&world, made["key"].as_str().expect("text")).await;
    assert!(is_running(&world, &cookie).await);
    let path = format!("/api/keys/{}?userId=u", made["id"].as_str().expect("text"));
    assert_eq!(world.call("DELETE", path).key(ADMIN).send().await.status.as_u16(), 204);
    assert!(!is_running(&world, &cookie).await);
}

#[rstest]
#[case::of_the_deployment(true)]
#[case::stored(false)]
#[tokio::test]
async fn a_session_of_an_admin_ends_after_an_hour(#[case] of_deployment: bool) {
    let world = World::new();
    let stored = world.key("operations", &[Scope::Admin]).await;
    let cookie = signed_in(&world, if of_deployment { ADMIN } else { &stored }).await;
    assert!(is_running(&world, &cookie).await);
    world.clock.advance(HOUR - Duration::from_millis(1));
    assert!(is_running(&world, &cookie).await);
    world.clock.advance(Duration::from_millis(1));
    assert!(!is_running(&world, &cookie).await);
}

#[tokio::test]
async fn an_admin_session_is_listed_and_revoked() {
    let world = World::new();
    let cookie = signed_in(&world, ADMIN).await;
    let listed = world.get("/api/keys?userId=deployment-admin", ADMIN).await;
    let items = listed.items();
    assert_eq!(items.len(), 1);
    assert_eq!((&items[0]["console"], &items[0]["scopes"]), (&json!(true), &json!(["admin"])));
    assert!(!listed.text.contains(KeyHash::of(ADMIN).as_str()));
    let path =
        format!("/api/keys/{}?userId=deployment-admin", items[0]["id"].as_str().expect("id"));
    assert_eq!(world.call("DELETE", path).key(ADMIN).send().await.status.as_u16(), 204);
    assert!(!is_running(&world, &cookie).await);
}

#[tokio::test]
async fn an_admin_key_that_was_replaced_has_no_session() {
    let world = World::new();
    let (old, new) = (signed_in(&world, ADMIN).await, signed_in(&world, NEXT_ADMIN).await);
    let mut hash = [0; 32];
    hex::decode_to_slice(KeyHash::of(NEXT_ADMIN).as_str(), &mut hash).expect("hex");
    let admin_keys = AdminKeys::new(&[hash]);
    let router = router(Api { admin_keys, ..api(&world.memory) });
    let later = World::of(world.memory.clone(), router);
    assert!(!is_running(&later, &old).await);
    assert!(is_running(&later, &new).await);
}

#[tokio::test]
async fn a_portal_link_opens_one_session() {
    let world = World::new();
    let token = link(&world, "u", 2).await;
    let cookie = signed_in(&world, &token).await;
    assert!(cookie.starts_with("__Host-grapnel-portal=gcs_"), "{cookie}");
    let session = stored(&world, &cookie).expect("a session");
    assert_eq!(session.purpose, KeyUse::Console(Opener::Link));
    assert_eq!(session.expires_at, Some(world.clock.now().plus(2 * HOUR)));
    assert!(is_running(&world, &cookie).await);
    let listed = world.get("/api/keys?userId=u", ADMIN).await.items();
    assert_eq!((&listed[0]["portal"], &listed[0]["console"]), (&json!(true), &json!(true)));

    let again = sign_in(&world, &token).await;
    assert_eq!(again.status.as_u16(), 403);
    assert!(again.text.contains("was used before"), "{}", again.text);
    world.clock.advance(2 * HOUR);
    assert!(!is_running(&world, &cookie).await);
}

#[tokio::test]
async fn a_credential_that_opens_nothing_is_told_why_and_stores_nothing() {
    let world = World::new();
    let late = link(&world, "u", 1).await;
    let body = json!({"userId": "u", "expiresAt": "2026-11-24T06:30:00Z"});
    let made = world.call("POST", "/api/keys").key(ADMIN).json(&body).send().await.json();
    world.clock.advance(HOUR);
    let keys = world.memory.keys().len();
    for (credential, text) in [
        ("gk_unknown", "mistyped, or it was revoked"),
        ("gpl_unknown", "was used before, or does not exist"),
        (&late, "This portal link has expired."),
        (made["key"].as_str().expect("text"), "This key has expired."),
        ("not a key at all", "mistyped, or it was revoked"),
    ] {
        let answer = sign_in(&world, credential).await;
        assert_eq!(answer.status.as_u16(), 403, "{credential}");
        assert!(answer.text.contains(text), "{credential}: {}", answer.text);
        assert!(!answer.text.contains(credential), "{credential}");
    }
    assert_eq!(world.memory.keys().len(), keys);
}

#[tokio::test]
async fn a_session_is_no_credential_of_the_api() {
    let world = World::new();
    let key = world.full_key("u").await;
    let token = link(&world, "u", 1).await;
    for credential in [key.as_str(), ADMIN, &token] {
        let cookie = signed_in(&world, credential).await;
        for path in ["/api/webhooks?userId=u", "/api/deliveries?userId=u", "/api/keys?userId=u"] {
            let answer = world.get(path, token_of(&cookie)).await;
            assert_eq!(answer.problem(), problem(401, "unauthorized"), "{path}");
            let call = world.call("GET", path).header("cookie", &cookie);
            assert_eq!(call.send().await.problem(), problem(401, "unauthorized"), "{path}");
        }
        let again = sign_in(&world, token_of(&cookie)).await;
        assert_eq!(again.status.as_u16(), 403, "nor does it open another");
    }
}

#[tokio::test]
async fn a_key_and_a_portal_session_are_no_sessions_of_the_console() {
    let world = World::new();
    let key = world.full_key("u").await;
    let body = json!({"token": link(&world, "u", 1).await});
    let opened = world.call("POST", "/api/portal-sessions").json(&body).send().await.json();
    let portal = opened["key"].as_str().expect("text");
    for token in [&*key, portal, ADMIN] {
        for name in ["__Host-grapnel-session", "__Host-grapnel-portal"] {
            assert!(!is_running(&world, &format!("{name}={token}")).await, "{token}");
        }
    }
}

#[tokio::test]
async fn no_header_says_who_calls() {
    let world = World::new();
    for name in
        ["identity", "x-identity", "x-user-id", "x-session", "x-forwarded-user", "extensions"]
    {
        for value in ["admin", "Admin", r#"{"User":{"id":"u","scopes":["admin"]}}"#] {
            let call = world.call("GET", "/api/webhooks?userId=u").header(name, value);
            assert_eq!(call.send().await.problem(), problem(401, "unauthorized"), "{name}");
        }
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let world = World::new();
    let key = world.full_key("u").await;
    let cookie = signed_in(&world, &key).await;
    // The list of keys lags: a session that began a moment ago must end all the same.
    world.memory.stop_replication();
    let answer = form_of(&world, "/console/sign-out", &cookie, &[]).await;
    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(stored(&world, &cookie), None);
    assert!(!is_running(&world, &cookie).await);
    assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 200, "the key works on");
}

#[tokio::test]
async fn a_session_is_replaced_by_a_form_that_says_so_and_then_ends() {
    let world = World::new();
    let first = signed_in(&world, &world.full_key("u").await).await;
    let other = world.full_key("v").await;
    let call = form(&world, SIGN_IN, &[("credential", &other)]).header("cookie", &first);
    assert_eq!(call.page().await.status.as_u16(), 409);
    assert!(is_running(&world, &first).await);
    let token = form_token(&world, &first).await;
    let fields = [("credential", other.as_str()), ("replace", &token)];
    let answer = form(&world, SIGN_IN, &fields).header("cookie", &first).page().await;
    assert_eq!(answer.status.as_u16(), 303);
    assert!(!is_running(&world, &first).await);
    assert!(is_running(&world, &cookie_of(&answer)).await);
}

#[tokio::test]
async fn a_request_costs_two_reads_for_its_session_and_one_for_that_of_a_link() {
    let world = World::new();
    let key = world.full_key("u").await;
    let token = link(&world, "u", 1).await;
    for (credential, reads) in [(key.as_str(), 2), (ADMIN, 1), (&token, 1)] {
        let cookie = signed_in(&world, credential).await;
        let before = world.memory.calls(Operation::Key);
        page(&world, "/console/webhooks?user=u", &cookie).await;
        assert_eq!(world.memory.calls(Operation::Key) - before, reads, "{credential}");
    }
}

#[tokio::test]
async fn when_the_table_does_not_answer_nobody_is_signed_out() {
    let world = World::new();
    let cookie = signed_in(&world, &world.full_key("u").await).await;
    let lost = PortError::Unavailable("GetItem: timed out".into());
    world.memory.fail_next(Operation::Key, lost.clone(), Effect::Before);
    assert_eq!(page(&world, LIST, &cookie).await.status.as_u16(), 503);
    let key = world.full_key("v").await;
    world.memory.fail_next(Operation::StoreKey, lost, Effect::Before);
    let answer = sign_in(&world, &key).await;
    assert_eq!(answer.status.as_u16(), 503);
    assert_eq!(answer.headers.get_all(header::SET_COOKIE).iter().count(), 0);
    assert!(is_running(&world, &cookie).await);
}

#[tokio::test]
async fn the_document_has_no_path_of_the_console() {
    let paths = crate::contract::DOCUMENT["paths"].as_object().expect("paths");
    assert!(paths.keys().all(|path| !path.starts_with("/console")));
}
