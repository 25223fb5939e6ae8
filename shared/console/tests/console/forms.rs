//! Forms: where they come from, whose they are, and what they do.

use crate::fake::{DELIVERY, HOST, WEBHOOK, World, cookie, delivery, problem, webhook};
use grapnel_wire::scope::Scope;
use rstest::rstest;
use serde_json::json;

fn delivery_page() -> String {
    format!("/console/webhooks/{WEBHOOK}/deliveries/{DELIVERY}")
}

fn retry() -> String {
    format!("/api/webhooks/{WEBHOOK}/deliveries/{DELIVERY}/retry")
}

async fn form_of(world: &World) -> String {
    world.get("/console/webhooks").await.hidden("form").to_owned()
}

fn changes(world: &World) -> Vec<String> {
    let lines = world.made().into_iter().map(|made| made.line);
    lines.filter(|line| !line.starts_with("GET ")).collect()
}

#[rstest]
#[case::elsewhere(&[("origin", "https://evil.example.com")])]
#[case::nowhere(&[])]
#[case::opaque(&[("origin", "null")])]
#[case::cross_site(&[("origin", "https://grapnel.example.com"), ("sec-fetch-site", "cross-site")])]
#[tokio::test]
async fn a_form_from_elsewhere_does_nothing(#[case] headers: &[(&str, &str)]) {
    let world = World::full();
    let form = form_of(&world).await;
    let cookie = cookie();
    let headers = [headers, &[("cookie", &cookie)]].concat();
    for path in [
        format!("{}/retry", delivery_page()),
        format!("{}/cancel", delivery_page()),
        format!("/console/webhooks/{WEBHOOK}/test"),
        format!("/console/webhooks/{WEBHOOK}/status"),
        format!("/console/webhooks/{WEBHOOK}/edit"),
        format!("/console/webhooks/{WEBHOOK}/secret"),
        format!("/console/webhooks/{WEBHOOK}/delete"),
        "/console/webhooks/new".to_owned(),
        "/console/sign-out".to_owned(),
        "/console/sign-out-everywhere".to_owned(),
        "/console/portal".to_owned(),
        "/console/sign-in".to_owned(),
    ] {
        let fields = [("form", &*form), ("credential", "gk_x"), ("status", "disabled")];
        let page = world.post_with(&path, &fields, &headers).await;
        assert_eq!((page.status, page.cookies().len()), (403, 0), "{path}");
        page.shows("This form was refused");
    }
    assert!(changes(&world).is_empty() && world.signed_out().is_empty());
}

#[rstest]
#[case::none(&[])]
#[case::another(&[("form", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")])]
#[tokio::test]
async fn a_form_of_another_session_does_nothing(#[case] fields: &[(&str, &str)]) {
    let world = World::full();
    for path in [
        format!("{}/retry", delivery_page()),
        format!("{}/cancel", delivery_page()),
        format!("/console/webhooks/{WEBHOOK}/test"),
        format!("/console/webhooks/{WEBHOOK}/status"),
        format!("/console/webhooks/{WEBHOOK}/edit"),
        format!("/console/webhooks/{WEBHOOK}/secret"),
        format!("/console/webhooks/{WEBHOOK}/delete"),
        "/console/webhooks/new".to_owned(),
        "/console/sign-out".to_owned(),
    ] {
        let page = world.post(&path, fields).await;
        assert_eq!(page.status, 403, "{path}");
        page.shows("This form belongs to another session");
    }
    assert!(changes(&world).is_empty() && world.signed_out().is_empty());
}

#[tokio::test]
async fn a_retry_waits_for_its_attempt_and_leads_back_to_the_delivery() {
    let world = World::full();
    world.answers(&format!("POST {}", retry()), 200, delivery(json!({})));
    let form = form_of(&world).await;
    let page = world.post(&format!("{}/retry", delivery_page()), &[("form", &form)]).await;
    let expected = format!("../../../../webhooks/{WEBHOOK}/deliveries/{DELIVERY}?done=retried");
    assert_eq!((page.status, page.location()), (303, &*expected));
    assert_eq!(changes(&world), [format!("POST {}", retry())]);
    let page = world.get(&format!("{}?done=retried", delivery_page())).await;
    page.shows("One more attempt was asked for.");
}

#[tokio::test]
async fn what_the_api_refuses_is_said_with_a_way_back() {
    let world = World::with(&[Scope::WebhooksRead, Scope::DeliveriesRead]);
    let detail = "This key lacks the scope `deliveries:retry`.";
    world.answers(&format!("POST {}", retry()), 403, problem(403, "missing_scope", detail));
    let form = form_of(&world).await;
    let page = world.post(&format!("{}/retry", delivery_page()), &[("form", &form)]).await;
    assert_eq!(page.status, 403);
    page.shows("Your session lacks the scope `deliveries:retry`.");
    page.shows(&format!("href=\"../../../../webhooks/{WEBHOOK}/deliveries/{DELIVERY}\""));
    let detail = "The first attempt has not been made yet.";
    world.answers(&format!("POST {}", retry()), 409, problem(409, "first_attempt_pending", detail));
    let page = world.post(&format!("{}/retry", delivery_page()), &[("form", &form)]).await;
    assert_eq!(page.status, 409);
    page.shows(detail);
}

#[tokio::test]
async fn a_cancelled_delivery_is_shown_as_such() {
    let world = World::full();
    let path = format!("/api/webhooks/{WEBHOOK}/deliveries/{DELIVERY}/cancel");
    world.answers(&format!("POST {path}"), 200, delivery(json!({})));
    let form = form_of(&world).await;
    let page = world.post(&format!("{}/cancel", delivery_page()), &[("form", &form)]).await;
    assert!(page.location().ends_with("?done=cancelled"), "{}", page.location());
}

#[tokio::test]
async fn a_test_leads_to_its_delivery() {
    let world = World::full();
    let path = format!("POST /api/webhooks/{WEBHOOK}/test");
    world.answers(&path, 200, delivery(json!({"test": true})));
    let form = form_of(&world).await;
    let page = world.post(&format!("/console/webhooks/{WEBHOOK}/test"), &[("form", &form)]).await;
    let expected = format!("../../webhooks/{WEBHOOK}/deliveries/{DELIVERY}?done=tested");
    assert_eq!((page.status, page.location()), (303, &*expected));
}

#[tokio::test]
async fn a_webhook_is_disabled_as_the_version_that_was_shown() {
    let world = World::full();
    let path = format!("PATCH /api/webhooks/{WEBHOOK}");
    world.answers(&path, 200, webhook(json!({"status": "disabled"})));
    let shown = world.get(&format!("/console/webhooks/{WEBHOOK}")).await;
    let version = shown.hidden("version").replace("&#34;", "\"");
    let fields =
        [("form", shown.hidden("form")), ("version", &version), ("status", shown.hidden("status"))];
    let page = world.post(&format!("/console/webhooks/{WEBHOOK}/status"), &fields).await;
    assert!(page.location().ends_with("?done=disabled"), "{}", page.location());
    let made = world.made().pop().expect("a request");
    assert_eq!(made.if_match.as_deref(), Some("\"7\""));
    assert_eq!(made.body, r#"{"status":"disabled"}"#);

    let stale = problem(412, "changed_meanwhile", "The resource has changed since you read it.");
    world.answers(&path, 412, stale);
    let page = world.post(&format!("/console/webhooks/{WEBHOOK}/status"), &fields).await;
    assert_eq!(page.status, 412);
    page.shows("It has changed since you opened the page.");
}

#[tokio::test]
async fn a_form_that_is_none_does_nothing() {
    let world = World::full();
    let form = form_of(&world).await;
    let origin = format!("https://{HOST}");
    let cookie = cookie();
    let headers = [("cookie", &*cookie), ("origin", &origin)];
    let path = format!("{}/retry", delivery_page());
    let long = "x".repeat(270_000);
    let page = world.post_with(&path, &[("form", &form), ("x", &long)], &headers).await;
    assert_eq!(page.status, 400);
    let other = [headers.as_slice(), &[("content-type", "text/plain")]].concat();
    let page = world.send("POST", &path, &other, &format!("form={form}")).await;
    assert_eq!(page.status, 400);
    assert!(changes(&world).is_empty());
}
