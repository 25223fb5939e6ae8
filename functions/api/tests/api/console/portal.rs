//! Portal links: their addresses, what they open, and that their sessions keep to them.

use super::{cookie_of, form, page, sign_in, signed_in};
use crate::world::{ADMIN, World, api, problem};
use grapnel_api::{Api, ConsoleSettings, router};
use grapnel_domain::{
    key::{ApiKey, Look, Theme},
    ports::Clock,
};
use grapnel_testing::memory::{Memory, Operation};
use rstest::rstest;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);
const APP: &str = "https://app.example.com";

async fn link_with(world: &World, fields: Value, headers: &[(&str, &str)]) -> Value {
    let mut body = json!({"userId": "u", "scopes": ["webhooks:read", "deliveries:read"]});
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    let call = world.call("POST", "/api/portal-links").key(ADMIN).json(&body);
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
    let answer = call.send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.json()
}

fn token(link: &Value) -> &str {
    link["token"].as_str().expect("text")
}

fn session(world: &World) -> ApiKey {
    let found: Vec<ApiKey> =
        world.memory.keys().into_iter().filter(ApiKey::is_of_console).collect();
    let [session] = &found[..] else { panic!("{found:?}") };
    session.clone()
}

fn deciding(console: ConsoleSettings) -> World {
    let memory = Memory::new();
    let router = router(Api { console: Arc::new(console), ..api(&memory) });
    World::of(memory, router)
}

#[rstest]
#[case::host(None, &[("host", "hooks.example.com")], "https://hooks.example.com/console")]
#[case::behind_the_gateway(None, &[("x-forwarded-host", "x.execute-api.example.com"), ("x-forwarded-proto", "https")], "https://x.execute-api.example.com/console")]
#[case::without_tls(None, &[("host", "127.0.0.1:8080"), ("x-forwarded-proto", "http")], "http://127.0.0.1:8080/console")]
#[case::no_host(None, &[], "/console")]
#[case::impossible(None, &[("host", "a.example/x#")], "/console")]
#[case::configured(Some("https://a.example/b/console"), &[("host", "hooks.example.com")], "https://a.example/b/console")]
#[tokio::test]
async fn a_link_has_its_whole_address(
    #[case] configured: Option<&str>,
    #[case] headers: &[(&str, &str)],
    #[case] expected: &str,
) {
    let url = configured.map(ToOwned::to_owned);
    let world = deciding(ConsoleSettings { url, ..ConsoleSettings::default() });
    let link = link_with(&world, json!({}), headers).await;
    assert_eq!(link["url"], format!("{expected}/portal#token={}", token(&link)));
    let call = world.call("GET", "/console/portal");
    assert_eq!(call.page().await.status.as_u16(), 200, "the address is a page");
}

#[tokio::test]
async fn a_link_opens_its_page_with_its_look() {
    let world = World::new();
    let fields =
        json!({"next": "/console/webhooks?status=active", "theme": "dark", "hideNavigation": true});
    let link = link_with(&world, fields, &[]).await;
    let answer = form(&world, "/console/portal", &[("credential", token(&link))]).page().await;
    assert_eq!(answer.header(axum::http::header::LOCATION), Some("./webhooks?status=active"));
    assert_eq!(session(&world).look, Look { theme: Some(Theme::Dark), hides_navigation: true });
    let list = page(&world, "/console/webhooks", &cookie_of(&answer)).await;
    assert!(
        list.text.contains("data-theme=\"dark\"") && !list.text.contains("<header"),
        "{}",
        list.text
    );
}

#[rstest]
#[case("webhooks")]
#[case("/console")]
#[case("/console/")]
#[case("/console/sign-out")]
#[case("/api/keys")]
#[case("//console/webhooks")]
#[case("/console//webhooks")]
#[case("https://example.com/console/webhooks")]
#[case("javascript:alert(1)")]
#[case("/console/webhooks/../../docs")]
#[case("/console/webhooks/%2e%2e/x")]
#[case("/console\\webhooks")]
#[case("/console/webhooks\\x")]
#[case("/console/webhooks#x")]
#[case("/console/webhooks\r\nx")]
#[case("")]
#[tokio::test]
async fn what_is_no_page_of_the_console_is_refused_by_name(#[case] next: &str) {
    let world = World::new();
    let body = json!({"userId": "u", "scopes": ["webhooks:read"], "next": next});
    let answer = world.call("POST", "/api/portal-links").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["next"]);
    assert_eq!(world.memory.calls(Operation::StoreLink), 0);
}

#[tokio::test]
async fn a_session_in_use_never_outlives_the_hours_of_its_link() {
    let world = World::new();
    let link = link_with(&world, json!({"sessionHours": 3}), &[]).await;
    let begin = world.clock.now();
    let cookie = signed_in(&world, token(&link)).await;
    assert_eq!(session(&world).expires_at, Some(begin.plus(2 * HOUR)));
    world.clock.advance(HOUR + HOUR / 2);
    assert_eq!(page(&world, "/console/deliveries", &cookie).await.status.as_u16(), 200);
    assert_eq!(session(&world).expires_at, Some(begin.plus(3 * HOUR)));
    world.clock.set(begin.plus(3 * HOUR));
    assert_eq!(page(&world, "/console/alive", &cookie).await.status.as_u16(), 404);
}

#[tokio::test]
async fn an_embedded_session_has_a_cookie_of_its_own_and_its_page_is_framed() {
    let frame_origins = vec![APP.to_owned()];
    let world = deciding(ConsoleSettings { frame_origins, ..ConsoleSettings::default() });
    let link = link_with(&world, json!({}), &[]).await;
    let cookie = cookie_of(&sign_in(&world, token(&link)).await);
    assert!(cookie.starts_with("__Host-grapnel-embedded=gcs_"), "{cookie}");
    let list = page(&world, "/console/deliveries", &cookie).await;
    let policy = list.header(axum::http::header::CONTENT_SECURITY_POLICY).expect("a policy");
    assert!(policy.ends_with("frame-ancestors https://app.example.com"), "{policy}");

    let admin = signed_in(&world, ADMIN).await;
    let list = page(&world, "/console/deliveries?user=u", &admin).await;
    let policy = list.header(axum::http::header::CONTENT_SECURITY_POLICY).expect("a policy");
    assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn a_new_link_goes_on_for_the_same_user_alone() {
    let world = World::new();
    let cookie = signed_in(&world, token(&link_with(&world, json!({}), &[]).await)).await;
    let open = |link: Value| {
        let call = form(&world, "/console/portal", &[("credential", token(&link))]);
        call.header("cookie", &cookie)
    };
    let foreign = link_with(&world, json!({"userId": "v"}), &[]).await;
    assert_eq!(open(foreign.clone()).page().await.status.as_u16(), 409);
    assert!(world.memory.keys().iter().all(|key| key.user_id.as_str() == "u"));
    let same = link_with(&world, json!({}), &[]).await;
    let answer = open(same).page().await;
    assert_eq!(answer.status.as_u16(), 303);
    assert_eq!(page(&world, "/console/alive", &cookie).await.status.as_u16(), 404, "the old one");
    let new = cookie_of(&answer);
    assert_eq!(page(&world, "/console/alive", &new).await.status.as_u16(), 204);
    // The refused link was not used up.
    assert_eq!(sign_in(&world, token(&foreign)).await.status.as_u16(), 303);
}
