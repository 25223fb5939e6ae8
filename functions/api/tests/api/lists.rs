//! Pages: limits, cursors, and what a query may hold.

use crate::world::{ADMIN, Answer, World, problem};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grapnel_domain::webhook::Webhook;
use grapnel_testing::builders::{a_delivery, a_webhook};
use rstest::rstest;
use serde_json::json;

fn webhooks(world: &World, user: &str, count: usize) -> Vec<Webhook> {
    let webhooks: Vec<_> = (0..count).map(|_| a_webhook().for_user(user).build()).collect();
    webhooks.iter().for_each(|webhook| world.memory.put_webhook(webhook.clone()));
    webhooks
}

#[tokio::test]
async fn an_empty_list_has_no_next_page() {
    let world = World::new();
    let key = world.full_key("u").await;
    assert_eq!(world.get("/api/webhooks", &key).await.text, r#"{"items":[]}"#);
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let world = World::new();
    let key = world.full_key("u").await;
    let expected: Vec<String> =
        webhooks(&world, "u", 103).iter().map(|webhook| webhook.id.to_string()).collect();
    webhooks(&world, "other", 3);

    let default = world.get("/api/webhooks", &key).await;
    assert_eq!(default.ids(), expected[..50]);

    let pages = world.pages("/api/webhooks?limit=40", &key).await;
    let sizes: Vec<usize> = pages.iter().map(|page| page.items().len()).collect();
    assert_eq!(sizes, [40, 40, 23]);
    assert_eq!(pages.iter().flat_map(Answer::ids).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn an_exact_last_page_has_no_next_page() {
    let world = World::new();
    let key = world.full_key("u").await;
    webhooks(&world, "u", 2);
    assert_eq!(world.get("/api/webhooks?limit=2", &key).await.next_cursor(), None);
}

#[tokio::test]
async fn a_cursor_that_somebody_else_got_shows_nothing_of_theirs() {
    let world = World::new();
    let (mine, other) = (world.full_key("u").await, world.full_key("other").await);
    let theirs = webhooks(&world, "other", 3);
    let own = webhooks(&world, "u", 1);
    let cursor = world.get("/api/webhooks?limit=1", &other).await.next_cursor().expect("more");
    let page = world.get(format!("/api/webhooks?cursor={cursor}"), &mine).await;
    assert_eq!(page.ids(), [own[0].id.to_string()]);
    assert!(theirs.iter().all(|webhook| !page.text.contains(&webhook.id.to_string())));
}

#[rstest]
#[case::empty("".into())]
#[case::garbage("!!".into())]
#[case::not_text(URL_SAFE_NO_PAD.encode([0xff, 0xfe]))]
#[case::other_version(URL_SAFE_NO_PAD.encode("v2:wh_01938d2e-7b1c-7c3a-9f00-1234567890ab"))]
#[case::a_bare_id("wh_01938d2e-7b1c-7c3a-9f00-1234567890ab".into())]
#[case::another_list(URL_SAFE_NO_PAD.encode("v1:dlv_01938d2e-7b1c-8c3a-9f00-1234567890ab"))]
#[case::long("A".repeat(4000))]
#[tokio::test]
async fn what_is_no_cursor_of_this_list_is_refused(#[case] cursor: String) {
    let world = World::new();
    let key = world.full_key("u").await;
    let answer = world.get(format!("/api/webhooks?cursor={cursor}"), &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    assert_eq!(answer.fields(), ["cursor"]);
}

#[tokio::test]
async fn every_parameter_at_fault_is_named() {
    let world = World::new();
    let key = world.full_key("u").await;
    let answer = world.get("/api/webhooks?limit=0&cursor=x", &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    assert_eq!(answer.fields(), ["limit", "cursor"]);
    let answer = world.get("/api/webhooks?limt=5&limit=1&limit=2&%ff=1", &key).await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    assert_eq!(answer.fields(), ["limt", "limit", "\u{fffd}"]);
}

#[rstest]
#[case("GET", "")]
#[case("PUT", "")]
#[case("DELETE", "")]
#[case("GET", "/secret")]
#[case("POST", "/secret/rotate")]
#[case("POST", "/test")]
#[case("GET", "/deliveries/DELIVERY")]
#[case("POST", "/deliveries/DELIVERY/retry")]
#[tokio::test]
async fn only_lists_have_pages(#[case] method: &str, #[case] path: &str) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = webhooks(&world, "u", 1).remove(0);
    let delivery = a_delivery().to(&webhook).build();
    world.memory.put_delivery(delivery.clone());
    let path = path.replace("DELIVERY", &delivery.id.to_string());
    let path = format!("/api/webhooks/{}{path}?limit=5", webhook.id);
    for key in [key.as_str(), ADMIN] {
        let answer = world.call(method, path.clone()).key(key).send().await;
        assert_eq!(answer.problem(), problem(400, "invalid_query"));
        assert_eq!(answer.fields(), ["limit"]);
    }
    assert_eq!(world.memory.webhooks(), [webhook]);
}

#[tokio::test]
async fn a_route_without_a_key_refuses_parameters_and_a_link_to_a_page_may_have_some() {
    let world = World::new();
    let session = world.call("POST", "/api/portal-sessions?x=1").json(&json!({"token": "gpl_x"}));
    let answer = session.send().await;
    assert_eq!(answer.problem(), problem(400, "invalid_query"));
    assert_eq!(answer.fields(), ["x"]);
    for path in ["/api/openapi.json?x=1", "/api/openapi.json?userId=u"] {
        let answer = world.call("GET", path).send().await;
        assert_eq!(answer.problem(), problem(400, "invalid_query"), "{path}");
    }
    for path in ["/docs?utm_source=mail", "/docs/redoc.js?v=2", "/health?from=monitor"] {
        assert_eq!(world.call("GET", path).send().await.status.as_u16(), 200, "{path}");
    }
}
