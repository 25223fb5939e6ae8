//! The overview, and the figures on other pages.

use crate::fake::{WEBHOOK, World, cookie, figures, page_of, problem, stats, webhook};
use grapnel_wire::scope::Scope;
use rstest::rstest;
use serde_json::json;

const OTHER: &str = "wh_01938d2e-7b1c-7c3a-9f00-1234567890ac";

#[tokio::test]
async fn it_shows_the_figures_of_a_day_as_numbers_as_a_picture_and_as_a_table() {
    let world = World::full();
    let page = world.get("/console/overview").await;
    let lines: Vec<_> = world.made().into_iter().map(|made| made.line).collect();
    assert_eq!(lines, ["GET /api/stats?last=24h", "GET /api/webhooks?limit=100"]);
    page.shows("<dt>Deliveries</dt><dd>1\u{a0}257</dd>");
    page.shows(r#"<div class="bad"><dt>Success rate</dt><dd>98.7 %</dd>"#);
    page.shows("status=failed&#38;since=2026-11-24T05%3A00%3A00.000Z\">16</a>");
    page.shows("<dd>≤ 100 ms</dd>");
    page.shows("<dd>≤ 2.5 s</dd>");
    page.shows(r#"<svg class="chart""#);
    page.shows("the highest bar is 1\u{a0}257");
    page.shows(r#"<td data-label="From" class="when"><time datetime="2026-11-24T05:00:00.000Z""#);
    page.shows("24 hours</a>");
    page.shows(r#"aria-current="page">Overview</a>"#);
    page.hides("There were too many");
}

#[rstest]
#[case("1h", "2h")]
#[case("24h", "24h")]
#[case("7d", "7d")]
#[case("30d", "30d")]
#[case("1y", "24h")]
#[tokio::test]
async fn a_range_is_in_the_address(#[case] range: &str, #[case] last: &str) {
    let world = World::full();
    world.get(&format!("/console/overview?range={range}")).await;
    assert_eq!(world.made()[0].line, format!("GET /api/stats?last={last}"));
}

#[tokio::test]
async fn webhooks_that_fail_come_first() {
    let world = World::full();
    let failing = json!({"id": OTHER, "name": "Broken", "status": "failing"});
    let webhooks = page_of(vec![webhook(json!({})), webhook(failing)]);
    world.answers("GET /api/webhooks", 200, webhooks);
    let of_webhooks = json!([
        {"webhookId": WEBHOOK, "figures": figures(5, 3, 0)},
        {"webhookId": OTHER, "figures": figures(0, 1, 0)},
    ]);
    world.answers("GET /api/stats", 200, stats(json!({ "webhooks": of_webhooks })));
    let page = world.get("/console/overview").await;
    let place = |text: &str| page.text().find(text).unwrap_or_else(|| panic!("{text}"));
    assert!(place("Broken") < place("Leads to CRM"));
}

#[tokio::test]
async fn what_is_not_counted_is_said() {
    let world = World::full();
    let fields =
        json!({"complete": false, "lostHours": 1500, "total": figures(0, 0, 0), "webhooks": []});
    world.answers("GET /api/stats", 200, stats(fields));
    let page = world.get("/console/overview").await;
    page.shows("There were too many deliveries to count all of them at once.");
    page.shows("1\u{a0}500 hours of webhooks are not counted");
    page.shows("No event was delivered in this time.");
    page.shows("There is no webhook yet.");
    page.hides("<svg class=\"chart\"");
}

#[tokio::test]
async fn webhooks_have_figures_of_the_last_day_and_are_shown_without_if_there_are_none() {
    let world = World::full();
    let (list, one) = ("/console/webhooks", format!("/console/webhooks/{WEBHOOK}"));
    world.get(list).await.shows(r#"<span class="rate bad">98.7 %</span>"#);
    world.get(&one).await.shows("<dt>Success rate</dt><dd>98.7 %</dd>");
    let line = format!("GET /api/stats?last=24h&webhook={WEBHOOK}");
    assert!(world.made().iter().any(|made| made.line == line));

    // The script of an open page takes the live part alone, which has no figures.
    let before = world.made().len();
    let headers = [("cookie", &*cookie()), ("x-part", "live")];
    world.get_with(&one, &headers).await.shows("Last deliveries");
    assert!(world.made()[before..].iter().all(|made| !made.line.contains("/api/stats")));

    world.answers("GET /api/stats", 503, problem(503, "throttled", "Try again."));
    world.get(list).await.shows("not counted");
    world.get(&one).await.shows("The figures cannot be counted now.");
    assert_eq!(world.get("/console/overview").await.status, 503);
}

#[tokio::test]
async fn who_may_not_see_deliveries_sees_no_figures() {
    let world = World::with(&[Scope::WebhooksRead]);
    for path in ["/console/webhooks".to_owned(), format!("/console/webhooks/{WEBHOOK}")] {
        world.get(&path).await.hides("98.7 %");
    }
    assert!(world.made().iter().all(|made| !made.line.contains("/api/stats")));
    world.answers("GET /api/stats", 403, problem(403, "missing_scope", "This key lacks it."));
    assert_eq!(world.get("/console/overview").await.status, 403);
}
