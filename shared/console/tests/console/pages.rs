//! What the pages show, and what surrounds every page.

use crate::fake::{DELIVERY, EVENT, WEBHOOK, World, cookie, delivery, page_of, problem, webhook};
use grapnel_wire::scope::Scope;
use http::header;
use rstest::rstest;
use serde_json::{Value, json};

fn delivery_page() -> String {
    format!("/console/webhooks/{WEBHOOK}/deliveries/{DELIVERY}")
}

fn pages() -> Vec<String> {
    vec![
        "/console/deliveries".into(),
        "/console/webhooks".into(),
        "/console/webhooks/new".into(),
        format!("/console/webhooks/{WEBHOOK}"),
        format!("/console/webhooks/{WEBHOOK}/edit"),
        format!("/console/webhooks/{WEBHOOK}/test"),
        format!("/console/webhooks/{WEBHOOK}/secret"),
        format!("/console/webhooks/{WEBHOOK}/delete"),
        delivery_page(),
        format!("/console/events/{EVENT}"),
        "/console/sign-in".into(),
        "/console/nowhere".into(),
    ]
}

#[tokio::test]
async fn every_page_allows_its_own_script_and_style_and_nothing_else() {
    let world = World::full();
    for path in pages() {
        let page = world.get(&path).await;
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(page.header(header::REFERRER_POLICY), "same-origin", "{path}");
        for inline in ["<style", "style=", " onclick", "javascript:", "http://", "src=\"//"] {
            page.hides(inline);
        }
        assert_eq!(page.text().matches("<script").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_page_with_its_files_is_light() {
    let world = World::full();
    let rows = (0..25).map(|_| delivery(json!({}))).collect();
    world.answers("GET /api/deliveries", 200, page_of(rows));
    let page = world.get("/console/deliveries").await;
    let mut bytes = page.bytes.len();
    let mut files = 0;
    for part in page.text().split('"').filter(|part| part.contains("assets/")) {
        let path = format!("/console/{}", part.trim_start_matches("./"));
        let file = world.get_with(&path, &[]).await;
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(file.header(header::CONTENT_ENCODING), "gzip");
        let expected = "public, max-age=31536000, immutable";
        assert_eq!(file.header(header::CACHE_CONTROL), expected, "{path}");
        bytes += file.bytes.len();
        files += 1;
    }
    assert!(files >= 3, "the style sheet, the script and the icon");
    assert!(bytes <= 100 * 1024, "{bytes} bytes");
    let old = world.get_with("/console/assets/console.000000000000.js", &[]).await;
    assert_eq!(old.status, 404);
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_cause_and_what_comes_next() {
    let page = World::full().get(&delivery_page()).await;
    page.shows("The endpoint answered 503: it is overloaded or down for maintenance.");
    page.shows("Attempt 2 of 5 is due at <time datetime=\"2026-11-24T06:25:00.000Z\">");
    page.shows("Leads to CRM");
    page.shows("took 84 ms");
    page.shows("try later");
    page.shows("&#34;email&#34;: &#34;hello@example.com&#34;");
    page.shows(&format!("href=\"../../../webhooks/{WEBHOOK}\""));
    page.shows(&format!("href=\"../../../events/{EVENT}\""));
    page.shows("Retry now");
    page.shows("Cancel the delivery");
}

#[rstest]
#[case::settled(json!({"status": "success", "waitingFor": null}), true, false)]
#[case::before_the_first(json!({"status": "pending", "attempts": []}), false, true)]
#[case::erased(json!({"status": "failed", "reason": "payload_erased", "payload": null}), false, false)]
#[tokio::test]
async fn a_button_is_there_if_the_state_allows_it(
    #[case] fields: Value,
    #[case] retry: bool,
    #[case] cancel: bool,
) {
    let world = World::full();
    let path = format!("GET /api/webhooks/{WEBHOOK}/deliveries/{DELIVERY}");
    world.answers(&path, 200, delivery(fields));
    let page = world.get(&delivery_page()).await;
    assert_eq!(page.text().contains("Retry now"), retry);
    assert_eq!(page.text().contains("Cancel the delivery"), cancel);
}

#[tokio::test]
async fn a_disabled_webhook_can_be_enabled_and_its_deliveries_not_retried() {
    let world = World::full();
    let path = format!("GET /api/webhooks/{WEBHOOK}");
    world.answers(&path, 200, webhook(json!({"status": "disabled"})));
    world.get(&delivery_page()).await.hides("Retry now");
    let waiting =
        delivery(json!({"status": "retrying", "nextAttemptAt": "2026-11-24T14:05:00.000Z"}));
    world.answers(&format!("{path}/deliveries/{DELIVERY}"), 200, waiting);
    world.get(&delivery_page()).await.shows("The webhook is disabled: unless it is enabled before");
    let page = world.get(&format!("/console/webhooks/{WEBHOOK}")).await;
    page.shows("It gets no events: it was disabled by hand.");
    page.shows("Enable</button>");
    page.hides("Disable</button>");
}

#[tokio::test]
async fn what_could_not_be_read_is_not_called_absent() {
    let world = World::full();
    let busy = problem(503, "unavailable", "Try again.");
    world.answers(&format!("GET /api/webhooks/{WEBHOOK}/deliveries"), 503, busy.clone());
    let page = world.get(&format!("/console/webhooks/{WEBHOOK}")).await;
    page.shows("The last deliveries cannot be read now.");
    world.answers("GET /api/deliveries", 200, page_of(Vec::new()));
    world.answers("GET /api/webhooks", 503, busy);
    world.get("/console/deliveries").await.hides("and no webhook");
}

#[tokio::test]
async fn a_session_sees_no_button_for_what_it_may_not_do() {
    let world = World::with(&[Scope::DeliveriesRead]);
    let page = world.get(&delivery_page()).await;
    page.hides("Retry now");
    page.hides("Cancel the delivery");
    page.hides(">Webhooks</a>");
    // Without the right to read webhooks, the name is not asked for.
    page.shows(WEBHOOK);
    assert_eq!(world.made().len(), 1);
    let world = World::with(&[Scope::WebhooksRead]);
    let page = world.get(&format!("/console/webhooks/{WEBHOOK}")).await;
    page.hides("Send a test");
    page.hides("Disable</button>");
    page.hides("Last deliveries");
    page.hides(">Deliveries</a>");
}

#[tokio::test]
async fn what_the_api_refuses_is_said() {
    let world = World::full();
    let detail = "This key lacks the scope `deliveries:read`.";
    world.answers("GET /api/deliveries", 403, problem(403, "missing_scope", detail));
    let page = world.get("/console/deliveries").await;
    assert_eq!(page.status, 403);
    page.shows("Your session lacks the scope `deliveries:read`.");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_on_every_page() {
    let world = World::full();
    for path in [
        "/console/webhooks/wh_other",
        "/console/webhooks/wh_other/deliveries/dlv_other",
        "/console/events/evt_other",
        "/console/webhooks/a%2Fb",
        "/console/webhooks/..%2Fkeys",
        "/console/deliveries?webhook=..%2Fkeys",
        "/console/deliveries?webhook=wh_other",
    ] {
        let page = world.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        page.shows("There is no such page");
    }
    assert!(world.made().iter().all(|made| !made.line.contains("keys")), "{:?}", world.made());
}

#[tokio::test]
async fn filters_live_in_the_address_and_reach_the_api() {
    let world = World::full();
    world.answers("GET /api/deliveries", 200, {
        let mut page = page_of(vec![delivery(json!({}))]);
        page["nextCursor"] = json!("djE6eA");
        page
    });
    let query =
        "status=failed&event=lead.*&since=2026-11-24T06%3A24&statusCode=5xx&until=&webhook=";
    let page = world.get(&format!("/console/deliveries?{query}")).await;
    let asked = &world.made()[0].line;
    for part in
        ["status=failed", "event=lead.*", "since=2026-11-24T06%3A24%3A00Z", "statusCode=5xx"]
    {
        assert!(asked.contains(part), "{asked}");
    }
    assert!(!asked.contains("until"), "{asked}");
    page.shows("<option value=\"failed\" selected>");
    page.shows("value=\"2026-11-24T06:24\"");
    page.shows("rel=\"next\"");
    page.shows("cursor=djE6eA");
    page.hides(">Newest</a>");
    world.get("/console/deliveries?cursor=djE6eA").await.shows(">Newest</a>");
    let of_one = format!("/console/deliveries?webhook={WEBHOOK}");
    world.get(&of_one).await.shows("Leads to CRM");
    let asked = world.made().into_iter().map(|made| made.line);
    let path = format!("GET /api/webhooks/{WEBHOOK}/deliveries?limit=25");
    assert!(asked.into_iter().any(|line| line == path));
}

#[tokio::test]
async fn a_filter_that_is_wrong_is_named_and_nothing_entered_is_lost() {
    let world = World::full();
    let mut refused = problem(400, "invalid_query", "The query string is not valid.");
    refused["errors"] = json!([{"field": "event", "message": "must be <an event type>"}]);
    world.answers("GET /api/deliveries", 400, refused);
    let page = world.get("/console/deliveries?event=%3Cb%3E&status=bogus").await;
    assert_eq!(page.status, 400);
    page.shows("must be &#60;an event type&#62;");
    page.shows("value=\"&#60;b&#62;\"");
    page.shows("<option value=\"bogus\" selected>");
}

#[tokio::test]
async fn an_empty_list_says_what_to_do_next() {
    let world = World::full();
    world.answers("GET /api/deliveries", 200, page_of(Vec::new()));
    world.get("/console/deliveries").await.shows("There is no delivery yet.");
    world.get("/console/deliveries?status=failed").await.shows("No delivery fits these filters.");
    world.answers("GET /api/webhooks", 200, page_of(Vec::new()));
    world.get("/console/deliveries").await.shows("Create a webhook first");
    world.get("/console/webhooks").await.shows("There is no webhook yet.");
}

#[tokio::test]
async fn a_page_that_has_not_changed_is_not_sent_again() {
    let world = World::full();
    for path in ["/console/deliveries", "/console/webhooks", &delivery_page()] {
        let tag = world.get(path).await.header(header::ETAG).to_owned();
        assert!(tag.len() > 10, "{path}");
        let headers = [("cookie", &*cookie()), ("if-none-match", &tag)];
        let again = world.get_with(path, &headers).await;
        assert_eq!((again.status, again.bytes.len()), (304, 0), "{path}");
        // As a proxy that compresses sends it back.
        let weak = format!("\"other\", W/{tag}");
        let weak = world.get_with(path, &[("cookie", &*cookie()), ("if-none-match", &weak)]).await;
        assert_eq!(weak.status, 304, "{path}");
        let headers = [("cookie", &*cookie()), ("if-none-match", "\"other\"")];
        assert_eq!(world.get_with(path, &headers).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_list_refreshes_itself_and_a_later_part_of_it_does_not() {
    let world = World::full();
    world.get("/console/deliveries").await.shows("data-live");
    world.get("/console/deliveries?cursor=djE6eA").await.hides("data-live");
}

#[tokio::test]
async fn an_event_is_shown_with_its_data_and_its_deliveries() {
    let page = World::full().get(&format!("/console/events/{EVENT}")).await;
    page.shows("lead.created");
    page.shows("&#34;email&#34;: &#34;hello@example.com&#34;");
    page.shows("2 attempts");
    page.shows(&format!("../webhooks/{WEBHOOK}/deliveries/{DELIVERY}"));
}

/// The path of an explanation in the API.
fn explain() -> String {
    format!("/api/events/{EVENT}/explain")
}

#[tokio::test]
async fn an_event_page_says_why_a_webhook_did_not_get_it() {
    let world = World::full();
    let page = format!("/console/events/{EVENT}");
    let unasked = world.get(&page).await;
    unasked.shows("Why did a webhook not get this event?");
    unasked.shows(&format!("<option value=\"{WEBHOOK}\">Leads to CRM</option>"));
    unasked.shows("data-live");
    assert!(world.made().iter().all(|made| !made.line.contains("explain")));

    let answer = json!({
        "verdict": "webhook_changed", "summary": "It has changed since. <b>", "matched": false,
        "failedConditions": ["/score<i>"], "changedAt": "2026-11-24T06:30:00.000Z",
    });
    world.answers(&format!("GET {}", explain()), 200, answer);
    let asked = world.get(&format!("{page}?webhook={WEBHOOK}")).await;
    asked.shows("It has changed since. &#60;b&#62;");
    asked.shows("Conditions of the present filter that fail:");
    asked.shows("/score&#60;i&#62;");
    asked.shows("2026-11-24T06:30:00.000Z");
    asked.shows(&format!("<option value=\"{WEBHOOK}\" selected>"));
    asked.hides("data-live");
    let line = format!("GET {}?webhook={WEBHOOK}", explain());
    assert!(world.made().iter().any(|made| made.line == line), "{:?}", world.made());
}

#[tokio::test]
async fn an_explanation_leads_to_the_delivery_or_says_why_there_is_none() {
    let world = World::full();
    let page = format!("/console/events/{EVENT}?webhook={WEBHOOK}");
    world.get(&page).await.shows("There is no such resource.");
    let answer = json!({
        "verdict": "waiting", "summary": "It matched.", "matched": true, "deliveryId": DELIVERY,
        "nextAttemptAt": "2026-11-24T06:25:00.000Z",
    });
    world.answers(&format!("GET {}", explain()), 200, answer);
    let asked = world.get(&page).await;
    asked.shows(&format!("../webhooks/{WEBHOOK}/deliveries/{DELIVERY}\">Open the delivery"));
    asked.shows("Next attempt:");
}

#[tokio::test]
async fn a_session_that_sees_no_webhooks_is_not_asked_which() {
    let world = World::with(&[Scope::DeliveriesRead]);
    let page = world.get(&format!("/console/events/{EVENT}?webhook={WEBHOOK}")).await;
    page.hides("Why did a webhook");
    assert!(world.made().iter().all(|made| !made.line.contains("explain")));
}

#[tokio::test]
async fn every_address_keeps_the_user_that_an_admin_names() {
    let world = World::with(&[Scope::Admin]);
    let page = world.get("/console/deliveries").await;
    page.shows("Name the user to look at.");
    assert!(world.made().is_empty());
    let page = world.get("/console/deliveries?user=acme%26co").await;
    assert!(world.made().iter().all(|made| made.line.contains("userId=acme%26co")));
    page.shows(&format!("deliveries/{DELIVERY}?user=acme%26co"));
    page.shows("href=\"./webhooks?user=acme%26co\"");
    page.shows("name=\"user\" value=\"acme&#38;co\"");
}

#[tokio::test]
async fn a_user_cannot_name_another() {
    let world = World::full();
    let page = world.get("/console/deliveries?user=other").await;
    assert!(world.made().iter().all(|made| !made.line.contains("userId")), "{:?}", world.made());
    page.hides("other");
}

#[tokio::test]
async fn when_sessions_cannot_be_read_a_page_says_so() {
    let world = World::full();
    world.is_down();
    let page = world.get("/console/deliveries").await;
    assert_eq!(page.status, 503);
    page.shows("Try again shortly.");
}

#[tokio::test]
async fn the_first_page_is_the_overview() {
    let world = World::full();
    for (path, expected) in [
        ("/console", "console/overview"),
        ("/console/", "./overview"),
        ("/console?user=acme", "console/overview?user=acme"),
    ] {
        let page = world.get(path).await;
        assert_eq!((page.status, page.location()), (303, expected));
    }
}
