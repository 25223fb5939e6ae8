//! Whether a pasted request is signed as it should be.

use crate::fake::{Page, WEBHOOK, World, page_of, problem, webhook};
use grapnel_wire::scope::Scope;
use rstest::rstest;
use serde_json::json;

/// The example of Standard Webhooks: a secret, and a request that was signed with it.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const REQUEST: &str = "POST /hook HTTP/1.1\r\nwebhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\n\
    webhook-timestamp: 1614265330\r\n\
    webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n\r\n\
    {\"test\": 2432232314}";
const FITS: &str = "<code>webhook-signature</code></dt><dd>fits</dd>";

async fn check(world: &World, fields: &[(&str, &str)]) -> Page {
    let form = world.get("/console/verify").await.hidden("form").to_owned();
    let fields = [&[("form", form.as_str()), ("do", "check")], fields].concat();
    world.post("/console/verify", &fields).await
}

#[tokio::test]
async fn each_header_is_judged_and_the_secret_is_not_shown_again() {
    let world = World::full();
    let page = check(&world, &[("request", REQUEST), ("secret", SECRET)]).await;
    assert_eq!(page.status, 200);
    page.shows(FITS);
    page.shows("is a time; its age is not checked");
    page.shows("2432232314}</textarea>");
    page.hides(SECRET);
    assert!(world.made().iter().all(|made| made.line == "GET /api/webhooks?limit=100"));

    let recent = [("request", REQUEST), ("secret", SECRET), ("age", "checked")];
    check(&world, &recent).await.shows("is too old: signed");
}

#[tokio::test]
async fn a_changed_body_is_told_how_it_was_changed() {
    let world = World::full();
    let changed = REQUEST.replace(r#"{"test": 2432232314}"#, r#"{"test":2432232314}"#);
    let page = check(&world, &[("request", &changed), ("secret", SECRET)]).await;
    page.shows("The signature does not fit.");
    page.shows("The body was changed after signing");
    let longer = format!("{REQUEST}\r\n");
    let page = check(&world, &[("request", &longer), ("secret", SECRET)]).await;
    page.shows("a line break was added at its end");
}

#[tokio::test]
async fn the_secret_of_a_webhook_is_used_and_not_shown() {
    let world = World::full();
    let secret = json!({"secret": SECRET, "previousSecrets": []});
    world.answers(&format!("GET /api/webhooks/{WEBHOOK}/secret"), 200, secret);
    let page = world.get(&format!("/console/verify?webhook={WEBHOOK}")).await;
    page.shows("selected>Leads to CRM");
    let page = check(&world, &[("request", REQUEST), ("webhook", WEBHOOK)]).await;
    page.shows(FITS);
    page.hides(SECRET);
    for other in ["wh_01938d2e-7b1c-7c3a-9f00-1234567890ac", "a/b"] {
        let page = check(&world, &[("request", REQUEST), ("webhook", other)]).await;
        assert_eq!(page.status, 404, "{other}");
    }
}

#[tokio::test]
async fn without_the_scope_no_webhook_can_be_chosen() {
    let world = World::with(&[Scope::WebhooksRead]);
    world.get("/console/verify").await.hides("With the secret of");
    let page = check(&world, &[("request", REQUEST), ("webhook", WEBHOOK)]).await;
    assert_eq!(page.status, 422);
    page.shows("Enter the secret, or choose a webhook.");
    assert!(world.made().iter().all(|made| !made.line.contains("secret")));
}

#[rstest]
#[case("", SECRET, "The headers do not end: there is no empty line.")]
#[case("{}", SECRET, "This is no request")]
#[case("a: 1\r\ntransfer-encoding: chunked\r\n\r\n2", SECRET, "The body is written as")]
#[case(REQUEST, "whsec_short", "This is no secret")]
#[tokio::test]
async fn what_cannot_be_checked_is_said(
    #[case] request: &str,
    #[case] secret: &str,
    #[case] said: &str,
) {
    let world = World::full();
    let page = check(&world, &[("request", request), ("secret", secret)]).await;
    assert_eq!(page.status, 422);
    page.shows(said);
    page.hides(&format!("value=\"{secret}"));
}

#[tokio::test]
async fn what_was_pasted_is_shown_as_text() {
    let world = World::full();
    let hostile = "\"'><script>alert(1)</script>\u{202e}";
    world.answers("GET /api/webhooks", 200, page_of(vec![webhook(json!({"name": hostile}))]));
    let request = format!("webhook-id: {hostile}\r\nx: {hostile}\r\n\r\n{hostile}");
    let page = check(&world, &[("request", &request), ("secret", SECRET)]).await;
    assert_eq!(page.text().matches("<script").count(), 1);
    page.hides("\u{202e}");
}

#[tokio::test]
async fn a_secret_that_cannot_be_read_is_said() {
    let world = World::full();
    let path = format!("GET /api/webhooks/{WEBHOOK}/secret");
    world.answers(&path, 503, problem(503, "temporarily_unavailable", "Try again."));
    let page = check(&world, &[("request", REQUEST), ("webhook", WEBHOOK)]).await;
    assert_eq!(page.status, 503);
}
