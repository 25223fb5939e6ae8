//! Signing in and out, and requests without a session.

use crate::fake::{DELIVERY, HOST, TOKEN, WEBHOOK, World, cookie};
use grapnel_console::Refusal;
use rstest::rstest;

const SIGN_IN: &str = "/console/sign-in";

fn origin() -> String {
    format!("https://{HOST}")
}

async fn sign_in(world: &World, fields: &[(&str, &str)]) -> crate::fake::Page {
    world.post_with(SIGN_IN, fields, &[("origin", &origin())]).await
}

#[tokio::test]
async fn signing_in_sets_one_cookie_and_removes_the_other() {
    let world = World::default();
    let page = sign_in(&world, &[("credential", " gk_x ")]).await;
    assert_eq!((page.status, page.location()), (303, "./overview"));
    let flags = "Path=/; Secure; HttpOnly; SameSite=Strict";
    let expected = [
        format!("__Host-grapnel-session=gcs_new; {flags}"),
        format!("__Host-grapnel-portal=; {flags}; Max-Age=0"),
    ];
    assert_eq!(page.cookies(), expected);
}

#[rstest]
#[case("webhooks/wh_1?user=a", "./webhooks/wh_1?user=a")]
#[case("//example.com/", "./overview")]
#[case("https://example.com/", "./overview")]
#[tokio::test]
async fn after_signing_in_the_page_that_was_asked_for_opens(
    #[case] next: &str,
    #[case] expected: &str,
) {
    let page = sign_in(&World::default(), &[("credential", "gk_x"), ("next", next)]).await;
    assert_eq!(page.location(), expected);
}

#[rstest]
#[case(Refusal::UnknownKey, 403, "mistyped, or it was revoked")]
#[case(Refusal::ExpiredKey, 403, "This key has expired.")]
#[case(Refusal::UsedLink, 403, "This portal link was used before")]
#[case(Refusal::ExpiredLink, 403, "This portal link has expired.")]
#[case(Refusal::TooMany, 429, "Try again in the next one.")]
#[case(Refusal::Unavailable, 503, "Try again shortly.")]
#[tokio::test]
async fn a_credential_that_opens_nothing_is_told_why(
    #[case] refusal: Refusal,
    #[case] status: u16,
    #[case] text: &str,
) {
    let world = World::default();
    world.refuses(refusal);
    let page = sign_in(&world, &[("credential", "gk_secret")]).await;
    assert_eq!((page.status, page.cookies().len()), (status, 0));
    page.shows(text);
    page.hides("gk_secret");
}

#[rstest]
#[case::none(&[])]
#[case::blank(&[("credential", "  ")])]
#[tokio::test]
async fn without_a_credential_the_page_asks_for_one(#[case] fields: &[(&str, &str)]) {
    let page = sign_in(&World::default(), fields).await;
    assert_eq!(page.status, 422);
    page.shows("Enter an API key");
}

#[tokio::test]
async fn a_running_session_is_replaced_only_by_a_form_that_says_so() {
    let world = World::full();
    let page = world.post(SIGN_IN, &[("credential", "gpl_other"), ("next", "webhooks")]).await;
    assert_eq!((page.status, page.cookies().len()), (409, 0));
    assert!(world.signed_out().is_empty());
    page.shows("You are signed in as <bdi>user-1</bdi>");
    page.shows("value=\"gpl_other\"");
    page.hides("data-links");
    assert_eq!(page.hidden("next"), "webhooks");

    let replace = page.hidden("replace").to_owned();
    let fields = [("credential", "gpl_other"), ("replace", &*replace)];
    assert_eq!(world.post(SIGN_IN, &fields).await.status, 303);
    assert_eq!(world.signed_out(), [TOKEN]);
}

#[tokio::test]
async fn a_new_session_is_not_lost_where_the_old_one_cannot_be_ended() {
    let world = World::full();
    let replace = world.get(SIGN_IN).await.hidden("replace").to_owned();
    world.keeps_sessions();
    let page = world.post(SIGN_IN, &[("credential", "gpl_x"), ("replace", &replace)]).await;
    assert_eq!(page.status, 303);
    assert!(page.cookies().iter().any(|cookie| cookie.contains("gcs_new")), "{:?}", page.cookies());
}

#[tokio::test]
async fn a_link_opens_by_itself_only_where_no_session_runs() {
    World::default().get(SIGN_IN).await.shows("data-links=\"open\"");
    let page = World::full().get(SIGN_IN).await;
    page.hides("data-links");
    page.shows("that session ends");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_removes_both_cookies() {
    let world = World::full();
    let form = world.get("/console/webhooks").await.hidden("form").to_owned();
    let page = world.post("/console/sign-out", &[("form", &form)]).await;
    assert_eq!((page.status, page.location()), (303, "./sign-in?left=1"));
    assert_eq!(world.signed_out(), [TOKEN]);
    assert!(page.cookies().iter().all(|cookie| cookie.contains("Max-Age=0")));
    assert_eq!(page.cookies().len(), 2);
}

#[rstest]
#[case("/console/deliveries", "./sign-in?next=deliveries")]
#[case("/console/webhooks/wh_1?user=a", "../sign-in?next=webhooks%2Fwh_1%3Fuser%3Da")]
#[tokio::test]
async fn a_page_without_a_session_leads_to_the_sign_in_and_back(
    #[case] path: &str,
    #[case] expected: &str,
) {
    let page = World::default().get_with(path, &[]).await;
    assert_eq!((page.status, page.location()), (303, expected));
}

#[tokio::test]
async fn an_ended_session_is_said_and_its_form_leads_back_to_its_page() {
    let world = World::default();
    let page = world.get("/console/deliveries").await;
    assert_eq!(page.location(), "./sign-in?ended=1&next=deliveries");
    let path = format!("/console/webhooks/{WEBHOOK}/deliveries/{DELIVERY}/retry");
    let page = world.post(&path, &[("form", "x")]).await;
    let next = format!("webhooks%2F{WEBHOOK}%2Fdeliveries%2F{DELIVERY}");
    assert_eq!(page.location(), format!("../../../../sign-in?ended=1&next={next}"));
    world.get("/console/sign-in?ended=1").await.shows("Your session has ended.");
}

#[tokio::test]
async fn a_link_from_another_site_is_asked_for_again_with_the_cookie() {
    let world = World::full();
    let path = "/console/deliveries";
    let page = world.get_with(path, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(page.status, 200);
    page.shows("http-equiv=\"refresh\"");
    page.hides("<script");
    let again = [("sec-fetch-site", "same-origin"), ("cookie", &*cookie())];
    world.get_with(path, &again).await.shows("Deliveries</h1>");
    let nobody = world.get_with(path, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(nobody.status, 303, "and no second time");
}

#[tokio::test]
async fn a_link_opens_the_page_that_it_names_unless_another_was_asked_for() {
    let world = World::default();
    for (next, expected) in [
        (Some("webhooks/wh_1"), "./webhooks/wh_1"),
        (Some("../docs"), "./overview"),
        (None, "./overview"),
    ] {
        world.links("user-1", next);
        assert_eq!(sign_in(&world, &[("credential", "gpl_x")]).await.location(), expected);
    }
    world.links("user-1", Some("webhooks/wh_1"));
    let page = sign_in(&world, &[("credential", "gpl_x"), ("next", "events/evt_1")]).await;
    assert_eq!(page.location(), "./events/evt_1");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_the_user() {
    let world = World::full();
    let shown = world.get("/console/webhooks").await;
    shown.shows("Ends every session of user-1");
    let form = shown.hidden("form").to_owned();
    let path = "/console/sign-out-everywhere";
    let refused = world.post(path, &[("form", "x")]).await;
    assert_eq!(refused.status, 403);
    let page = world.post(path, &[("form", &form)]).await;
    assert_eq!((page.status, page.location()), (303, "./sign-in?left=1"));
    assert_eq!(page.cookies().len(), 2);
    assert_eq!(world.signed_out(), [format!("all of user-1, then {TOKEN}")]);

    world.has_too_many();
    let page = world.post(path, &[("form", &form)]).await;
    assert_eq!((page.status, page.cookies().len()), (200, 0), "this session goes on");
    page.shows("Sign out everywhere again.");
    world.keeps_sessions();
    let page = world.post(path, &[("form", &form)]).await;
    assert_eq!((page.status, page.cookies().len()), (503, 0));
}

#[tokio::test]
async fn an_open_page_knows_where_to_keep_its_session() {
    let world = World::full();
    world.get("/console/webhooks").await.shows("data-alive=\"./alive\"");
    assert_eq!(world.get("/console/alive").await.status, 204);
    let nobody = World::default();
    assert_eq!(nobody.get_with("/console/alive", &[]).await.status, 404);
    nobody.get_with("/console/sign-in", &[]).await.hides("data-alive");
}
