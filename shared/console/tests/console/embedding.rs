//! Portal sessions within pages of listed origins, and everything else within none.

use crate::fake::{HOST, Page, TOKEN, World, cookie};
use grapnel_console::{Look, Settings};
use http::header;
use rstest::rstest;

const APP: &str = "https://app.example.com";
const PORTAL: &str = "/console/portal";
const LIST: &str = "/console/webhooks";

fn listing() -> Settings {
    Settings { frame_origins: vec![APP.into(), "https://b.example".into()], ..Settings::default() }
}

fn embedded_cookie() -> String {
    format!("__Host-grapnel-embedded={TOKEN}")
}

/// A portal session runs where portal sessions may be embedded.
fn of_portal() -> World {
    World::full().deciding(listing()).of_portal(Look::default())
}

fn ancestors(page: &Page) -> &str {
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    policy.split_once("frame-ancestors ").expect("a rule").1
}

async fn sent(world: &World, origin: &str, fields: &[(&str, &str)], cookie: &str) -> Page {
    let headers = [("origin", origin), ("cookie", cookie)];
    world.post_with(PORTAL, fields, &headers).await
}

async fn from_here(world: &World, fields: &[(&str, &str)], cookie: &str) -> Page {
    sent(world, &format!("https://{HOST}"), fields, cookie).await
}

#[tokio::test]
async fn pages_of_portal_sessions_are_framed_by_listed_origins() {
    let world = of_portal();
    for path in [LIST, "/console/deliveries", "/console/nowhere", PORTAL] {
        let page = world.get_with(path, &[("cookie", &embedded_cookie())]).await;
        assert_eq!(ancestors(&page), "https://app.example.com https://b.example", "{path}");
        assert!(!page.headers.contains_key(header::X_FRAME_OPTIONS), "{path}");
    }
    let page = world.get_with(LIST, &[("cookie", &embedded_cookie())]).await;
    page.shows("data-embedders=\"https://app.example.com https://b.example\"");
    assert_eq!(ancestors(&world.get_with(PORTAL, &[]).await), ancestors(&page), "to open a link");
}

#[tokio::test]
async fn pages_of_keys_and_the_sign_in_are_framed_by_nobody() {
    let world = World::full().deciding(listing());
    let both = format!("{}; {}", embedded_cookie(), cookie());
    for (path, cookies) in [
        (LIST, cookie()),
        (PORTAL, cookie()),
        (LIST, both.clone()),
        (PORTAL, both),
        ("/console/sign-in", embedded_cookie()),
        ("/console/sign-in", String::new()),
        (LIST, String::new()),
    ] {
        let page = world.get_with(path, &[("cookie", &cookies)]).await;
        assert_eq!(ancestors(&page), "'none'", "{path} {cookies}");
        assert_eq!(page.header(header::X_FRAME_OPTIONS), "DENY", "{path} {cookies}");
    }
    world.get(LIST).await.hides("data-embedders");
}

#[tokio::test]
async fn without_listed_origins_nothing_is_embedded() {
    let world = World::full().of_portal(Look::default());
    let cookie = format!("__Host-grapnel-portal={TOKEN}");
    for path in [LIST, PORTAL] {
        let page = world.get_with(path, &[("cookie", &cookie)]).await;
        assert_eq!(ancestors(&page), "'none'", "{path}");
        assert_eq!(page.header(header::X_FRAME_OPTIONS), "DENY", "{path}");
        page.hides("data-embedders");
    }
    let page = from_here(&World::default(), &[("credential", "gpl_x")], "").await;
    let set = "__Host-grapnel-portal=gcs_new; Path=/; Secure; HttpOnly; SameSite=Strict";
    assert!(page.cookies().contains(&set), "{:?}", page.cookies());
}

#[tokio::test]
async fn only_the_cookie_of_a_portal_session_is_sent_within_other_pages() {
    let world = World::default().deciding(listing());
    let page = from_here(&world, &[("credential", "gpl_x")], "").await;
    assert_eq!((page.status, page.location()), (303, "./overview"));
    let strict = "Path=/; Secure; HttpOnly; SameSite=Strict";
    let expected = [
        format!("__Host-grapnel-session=; {strict}; Max-Age=0"),
        "__Host-grapnel-embedded=gcs_new; Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
            .into(),
    ];
    assert_eq!(page.cookies(), expected);
    let origin = format!("https://{HOST}");
    let fields = [("credential", "gk_x")];
    let page = world.post_with("/console/sign-in", &fields, &[("origin", &origin)]).await;
    let set = page.cookies()[0];
    assert_eq!(set, format!("__Host-grapnel-session=gcs_new; {strict}"));
}

#[rstest]
#[case("gk_x")]
#[case("an-admin-key")]
#[case("gps_x")]
#[case("")]
#[tokio::test]
async fn the_page_that_may_be_framed_takes_links_alone(#[case] credential: &str) {
    let world = World::default().deciding(listing());
    let page = from_here(&world, &[("credential", credential)], "").await;
    assert_eq!((page.status, page.cookies().len()), (422, 0));
    page.shows("Enter the token of a portal link.");
    world.get_with(PORTAL, &[]).await.hides("API key");
}

#[tokio::test]
async fn a_link_sent_by_a_listed_origin_is_opened_by_a_page_of_ours() {
    let world = World::default().deciding(listing());
    let fields = [("credential", "gpl_x"), ("next", "webhooks")];
    let page = sent(&world, APP, &fields, "").await;
    assert_eq!((page.status, page.cookies().len()), (200, 0), "nothing is opened yet");
    page.shows("value=\"gpl_x\"");
    page.shows("data-entered=\"open\"");
    assert_eq!(page.hidden("next"), "webhooks");
    // The same from our page sees a session whose cookie no other site sends.
    let running = World::full().deciding(listing());
    let page = from_here(&running, &fields, &cookie()).await;
    assert_eq!((page.status, page.cookies().len()), (409, 0));
    page.hides("data-links");
    page.hides("data-entered");
}

#[rstest]
#[case::unlisted("https://evil.example", PORTAL)]
#[case::with_a_path("https://app.example.com/", PORTAL)]
#[case::of_another_scheme("http://app.example.com", PORTAL)]
#[case::opaque("null", PORTAL)]
#[case::to_the_sign_in(APP, "/console/sign-in")]
#[case::to_another_form(APP, "/console/sign-out")]
#[tokio::test]
async fn nothing_else_is_taken_from_elsewhere(#[case] origin: &str, #[case] path: &str) {
    let world = of_portal();
    let form = world.get_with(LIST, &[("cookie", &embedded_cookie())]).await;
    let fields = [("credential", "gpl_x"), ("form", form.hidden("form"))];
    let headers = [("origin", origin), ("cookie", &embedded_cookie())];
    let page = world.post_with(path, &fields, &headers).await;
    assert_eq!((page.status, page.cookies().len()), (403, 0));
    assert!(world.signed_out().is_empty());
}

#[tokio::test]
async fn a_form_within_a_frame_needs_our_origin_and_its_token() {
    let world = of_portal();
    let cookie = embedded_cookie();
    let form = world.get_with(LIST, &[("cookie", &cookie)]).await.hidden("form").to_owned();
    let origin = format!("https://{HOST}");
    let here = [("origin", &*origin), ("cookie", &cookie), ("sec-fetch-site", "same-origin")];
    let refused = world.post_with("/console/sign-out", &[("form", "x")], &here).await;
    assert_eq!(refused.status, 403);
    let page = world.post_with("/console/sign-out", &[("form", &form)], &here).await;
    assert_eq!((page.status, page.location()), (303, "./portal?left=1"));
    assert_eq!(world.signed_out(), [TOKEN]);
}

#[tokio::test]
async fn a_link_for_the_same_user_goes_on_without_a_click_and_one_for_another_does_not() {
    let world = of_portal();
    world.links("user-1", None);
    let page = world.get_with(PORTAL, &[("cookie", &embedded_cookie())]).await;
    page.shows("data-links=\"open\"");
    assert_eq!(page.hidden("replace"), "", "what the script sends is no click");
    let page = from_here(&world, &[("credential", "gpl_x")], &embedded_cookie()).await;
    assert_eq!(page.status, 303);
    assert_eq!(world.signed_out(), [TOKEN]);

    let world = of_portal();
    world.links("user-2", None);
    let page = from_here(&world, &[("credential", "gpl_x")], &embedded_cookie()).await;
    assert_eq!((page.status, page.cookies().len()), (409, 0));
    page.hides("data-links");
    assert!(world.signed_out().is_empty());
    let click = [("credential", "gpl_x"), ("replace", page.hidden("replace"))];
    assert_eq!(from_here(&world, &click, &embedded_cookie()).await.status, 303);
}

#[tokio::test]
async fn an_ended_portal_session_leads_to_the_page_that_may_be_framed() {
    let world = World::default().deciding(listing());
    let page = world.get_with(LIST, &[("cookie", &embedded_cookie())]).await;
    assert_eq!(page.location(), "./portal?ended=1&next=webhooks");
    let within = [("sec-fetch-dest", "iframe"), ("sec-fetch-site", "cross-site")];
    let page = world.get_with(LIST, &within).await;
    assert_eq!(page.location(), "./portal?next=webhooks");
    let both = format!("{}; {}", embedded_cookie(), cookie());
    let page = world.get_with(LIST, &[("cookie", &both)]).await;
    assert_eq!(page.location(), "./sign-in?ended=1&next=webhooks");
    world.get_with("/console/portal?ended=1", &[]).await.shows("Open a new link.");
}

#[tokio::test]
async fn the_script_for_other_pages_keeps_its_address() {
    let page = World::default().get_with("/console/assets/portal.js", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header(header::CACHE_CONTROL), "public, max-age=3600");
    assert_eq!(page.header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
}
