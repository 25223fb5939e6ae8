//! The form of a webhook: what it asks the API for, and what it shows.

use crate::fake::{DELIVERY, EVENT, WEBHOOK, World, event_type, page_of, problem, webhook};
use grapnel_wire::scope::Scope;
use rstest::rstest;
use serde_json::{Value, json};

const NEW: &str = "/console/webhooks/new";

fn edit() -> String {
    format!("/console/webhooks/{WEBHOOK}/edit")
}

fn api() -> String {
    format!("/api/webhooks/{WEBHOOK}")
}

/// Sends the edit form with these fields.
async fn send(world: &World, more: &[(&str, &str)]) -> crate::fake::Page {
    let shown = world.get(&edit()).await;
    let form = shown.hidden("form").to_owned();
    let fields = [&[("form", &*form), ("version", "\"7\"")], more].concat();
    world.post(&edit(), &fields).await
}

/// The fields of the webhook as it is stored.
const STORED: [(&str, &str); 7] = [
    ("name", "Leads to CRM"),
    ("url", "https://hooks.example.com/crm"),
    ("patterns", "lead.*"),
    ("maxAttempts", "5"),
    ("timeoutSeconds", "10"),
    ("delaysSeconds", "60"),
    ("body", "envelope"),
];

fn with(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = STORED.iter().filter(|(name, _)| changes.iter().all(|(other, _)| other != name));
    kept.chain(changes).copied().collect()
}

fn changes(world: &World) -> Vec<(String, Value)> {
    let made = world.made().into_iter().filter(|made| !made.line.starts_with("GET "));
    made.map(|made| (made.line, serde_json::from_str(&made.body).unwrap_or_default())).collect()
}

#[rstest]
#[case(&[("url", " https://new.example.com/ ")], json!({"url": "https://new.example.com/"}))]
#[case(&[("patterns", "task.*\r\nlead.*")], json!({"events": ["task.*", "lead.*"]}))]
#[case(&[("maxAttempts", "3")], json!({"retryConfig": {"maxAttempts": 3}}))]
#[case(&[("maxAttempts", "")], json!({"retryConfig": {"maxAttempts": null}}))]
#[case(&[("delaysSeconds", "60, x")], json!({"retryConfig": {"delaysSeconds": [60, "x"]}}))]
#[case(
    &[("growth", "backoff"), ("initialSeconds", "10"), ("multiplier", "2"), ("maxSeconds", "600")],
    json!({"retryConfig": {"delaysSeconds": null, "backoff": {"initialSeconds": 10, "multiplier": 2, "maxSeconds": 600}}})
)]
#[case(&[("body", "raw")], json!({"payloadFormat": "raw"}))]
#[case(&[("body", "transform"), ("template", "{}\r\n")], json!({"transform": {"template": "{}\n"}}))]
#[case(&[("rateLimit", "20")], json!({"rateLimit": 20}))]
#[case(&[("filter", "{\"a\":[1.50]}")], json!({"filter": {"a": [1.50]}}))]
#[case(&[("filter", "nonsense")], json!({"filter": "nonsense"}))]
#[case(&[("headerName", "X-A"), ("headerValue", "1")], json!({"headers": {"X-A": "1"}}))]
#[case(
    &[("headerName", "X-A"), ("headerValue", "1"), ("headerKind", "sensitive")],
    json!({"headers": {"X-A": {"sensitive": true, "value": "1"}}})
)]
#[case(&[("metadataName", "team"), ("metadataValue", "sales")], json!({"metadata": {"team": "sales"}}))]
#[tokio::test]
async fn a_change_is_the_patch_of_what_was_changed(
    #[case] typed: &[(&'static str, &'static str)],
    #[case] expected: Value,
) {
    let world = World::full();
    world.answers(&format!("PATCH {}", api()), 200, webhook(json!({})));
    let page = send(&world, &with(typed)).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(changes(&world), [(format!("PATCH {}", api()), expected)]);
    let made = world.made().pop().expect("a request");
    assert_eq!(made.if_match.as_deref(), Some("\"7\""));
}

#[tokio::test]
async fn stored_headers_keep_their_masks_and_what_is_left_out_is_removed() {
    let world = World::full();
    let stored = json!({
        "headers": {"Authorization": {"sensitive": true}, "X-Old": "1", "X-Kept": "2"},
        "filter": {"a": [1], "b": {"c": [2.0], "d": [3]}}, "metadata": {"x": "1"},
    });
    world.answers(&format!("GET {}", api()), 200, webhook(stored));
    world.answers(&format!("PATCH {}", api()), 200, webhook(json!({})));
    let typed = [
        ("headerName", "authorization"),
        ("headerValue", ""),
        ("headerKind", "sensitive"),
        ("headerStored", "1"),
        ("headerName", "X-Kept"),
        ("headerValue", "2"),
        ("headerKind", ""),
        ("headerStored", ""),
        ("filter", "{\"b\": {\"c\": [2.00], \"d\": [ 3 ]}}"),
    ];
    let page = send(&world, &with(&typed)).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let made = world.made().pop().expect("a request");
    let expected =
        r#"{"filter":{"a":null,"b":{"c":[2.00]}},"headers":{"X-Old":null},"metadata":{"x":null}}"#;
    assert_eq!(made.body, expected, "numbers keep their digits");
}

#[rstest]
#[case(&[("headerName", "X-A"), ("headerValue", "1"), ("headerName", "x-a"), ("headerValue", "2")], "n-headers-0")]
#[case(&[("metadataName", "a"), ("metadataValue", "1"), ("metadataName", "a"), ("metadataValue", "2")], "n-metadata-0")]
#[case(&[("filter", "{\"a\": {\"b\": null}}")], "n-filter")]
#[case(&[("filter", "{\"a\":[2],\"a\":[3]}")], "n-filter")]
#[tokio::test]
async fn what_json_cannot_say_is_a_fault_of_the_form(
    #[case] typed: &[(&'static str, &'static str)],
    #[case] id: &str,
) {
    let world = World::full();
    let page = send(&world, &with(typed)).await;
    assert_eq!(page.status, 422);
    page.shows(&format!("id=\"{id}\""));
    assert!(changes(&world).is_empty());
}

#[tokio::test]
async fn the_form_offers_the_catalogue_with_samples_and_shows_no_sensitive_value() {
    let world = World::full();
    let old = event_type(json!({"name": "lead.old", "deprecated": true}));
    let used = event_type(json!({"name": "lead.used", "deprecated": true, "sample": null}));
    world.answers("GET /api/event-types", 200, page_of(vec![event_type(json!({})), old, used]));
    let fields = json!({
        "events": ["lead.used", "custom.thing", "task.*"],
        "headers": {"Authorization": {"sensitive": true}},
    });
    world.answers(&format!("GET {}", api()), 200, webhook(fields));
    let page = world.get(&edit()).await;
    page.shows("name=\"event\" value=\"lead.created\">");
    page.shows("A lead was created.");
    page.shows("&#34;email&#34;: &#34;hello@example.com&#34;");
    page.shows("name=\"event\" value=\"lead.used\" checked>");
    page.shows("name=\"event\" value=\"custom.thing\" checked>");
    page.hides("name=\"event\" value=\"lead.old\"");
    page.shows("placeholder=\"stored, not shown\"");
    page.shows("<option value=\"sensitive\" selected>");
    page.shows("spellcheck=\"false\" placeholder=\"lead.*\">\ntask.*</textarea>");
}

#[tokio::test]
async fn the_schedule_is_drawn_for_what_is_stored_and_for_what_is_typed() {
    let world = World::full();
    let page = world.get(&edit()).await;
    page.shows("<circle cx=\"14.0\" cy=\"20\" r=\"6\"/>");
    page.shows("5 attempts; the last one is 4 min after the first.");
    let before = world.made().len();
    let typed =
        with(&[("delaysSeconds", "10"), ("maxAttempts", "2"), ("do", "schedule"), ("part", "1")]);
    let page = send(&world, &typed).await;
    assert_eq!(page.status, 200);
    page.shows("2 attempts; the last one is 10 s after the first.");
    assert_eq!(world.made().len(), before + 2, "the page that is opened asks; drawing does not");
    let typed = with(&[("delaysSeconds", "soon"), ("do", "schedule")]);
    send(&world, &typed)
        .await
        .shows("It can be drawn when every delay is a whole number of seconds.");
}

#[tokio::test]
async fn a_form_is_created_under_its_name() {
    let world = World::full();
    world.answers("POST /api/webhooks", 201, webhook(json!({})));
    let shown = world.get(NEW).await;
    let name = shown.hidden("formName");
    assert!(name.starts_with("form-"), "{name}");
    let fields =
        [("form", shown.hidden("form")), ("formName", name), ("name", "a"), ("secret", "whsec_x")];
    let page = world.post(NEW, &fields).await;
    assert_eq!(
        (page.status, page.location()),
        (303, &*format!("../webhooks/{WEBHOOK}?done=created"))
    );
    let made = world.made().pop().expect("a request");
    assert_eq!(made.idempotency_key.as_deref(), Some(name));
    let body: Value = serde_json::from_str(&made.body).expect("JSON");
    let expected = json!({
        "name": "a", "url": "", "events": [], "headers": {}, "metadata": {}, "retryConfig": {},
        "secret": "whsec_x",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_older_version_is_not_saved_over() {
    let world = World::full();
    let shown = world.get(&edit()).await;
    world.has_version("\"8\"");
    world.answers(
        &format!("GET {}", api()),
        200,
        webhook(json!({"name": "Theirs", "rateLimit": 7})),
    );
    let fields =
        [&with(&[("name", "Mine")])[..], &[("form", shown.hidden("form")), ("version", "\"7\"")]]
            .concat();
    let page = world.post(&edit(), &fields).await;
    assert_eq!(page.status, 412);
    page.shows("Stored now: <pre dir=\"auto\">Theirs</pre>");
    page.shows("Stored now: <pre dir=\"auto\">7</pre>");
    page.shows("value=\"Mine\"");
    page.shows("name=\"version\" value=\"&#34;8&#34;\"");
    assert!(changes(&world).is_empty());
}

#[tokio::test]
async fn a_refusal_without_faults_is_said_above_the_form() {
    let world = World::full();
    let full = problem(409, "webhook_limit_reached", "A user may have 100 webhooks.");
    world.answers("POST /api/webhooks", 409, full);
    let shown = world.get(NEW).await;
    let page = world.post(NEW, &[("form", shown.hidden("form")), ("name", "kept")]).await;
    assert_eq!(page.status, 409);
    page.shows("<p>A user may have 100 webhooks.</p>");
    page.shows("value=\"kept\"");
}

#[tokio::test]
async fn an_event_is_tried_only_by_who_may_see_events() {
    let world = World::with(&[Scope::WebhooksRead, Scope::WebhooksWrite]);
    let verdict = json!({"matches": false, "unsatisfied": ["/email"]});
    world.answers(&format!("POST {}/filter/test", api()), 200, verdict);
    let typed = with(&[("filter", "{\"email\":[\"x\"]}"), ("do", "try"), ("eventId", EVENT)]);
    let page = send(&world, &typed).await;
    page.shows("The sample of lead.created");
    page.shows("<bdi>/email</bdi></code> has <code><bdi>&#34;hello@example.com&#34;</bdi>");
    page.shows("wants <code><bdi>[&#34;x&#34;]</bdi>");
    page.hides(&format!("Event {EVENT}"));
    assert!(!world.made().iter().any(|made| made.line.contains("/api/events/")));
    let world = World::full();
    world.answers(&format!("POST {}/filter/test", api()), 200, json!({"matches": true}));
    let page = send(&world, &typed).await;
    page.shows(&format!("Event {EVENT} of type lead.created"));
    page.shows("It passes the filter: it is sent.");
    page.hides(DELIVERY);
}

#[tokio::test]
async fn what_was_typed_outlives_its_session() {
    let world = World::full();
    world.answers("POST /api/webhooks", 201, webhook(json!({})));
    let shown = world.get(NEW).await;
    let stale = crate::fake::cookie().replace("gcs_", "gcs_old_");
    let origin = format!("https://{}", crate::fake::HOST);
    let fields = [("form", shown.hidden("form")), ("name", "Typed <b>"), ("do", "save")];
    let headers = [("cookie", &*stale), ("origin", &origin)];
    let ended = world.post_with(NEW, &fields, &headers).await;
    assert_eq!(ended.status, 403);
    ended.shows("Your session has ended, so nothing was done.");
    ended.shows("href=\"../sign-in\" target=\"_blank\" rel=\"noopener\"");
    ended.shows("name=\"name\" value=\"Typed &#60;b&#62;\"");
    assert_eq!(ended.hidden("form"), "");

    // After signing in in another tab.
    let fields = [("name", "Typed <b>"), ("do", "save")];
    let again = world.post(NEW, &fields).await;
    assert_eq!(again.status, 403);
    again.shows("This form belongs to another session");
    assert!(changes(&world).is_empty());
    let fields = [("form", again.hidden("form")), ("name", "Typed <b>"), ("do", "save")];
    assert_eq!(world.post(NEW, &fields).await.status, 303);

    // A click has nothing to lose.
    let fields = [("form", shown.hidden("form"))];
    let click = world.post_with(NEW, &fields, &headers).await;
    assert_eq!(click.status, 303);
}

/// The value of a field as a browser sends it: numbers of characters are read as HTML says.
fn sent_back(page: &crate::fake::Page, begin: &str, end: &str) -> String {
    let text = page.text().split_once(begin).and_then(|(_, rest)| rest.split_once(end));
    let text = text.expect("the field").0.replace("&#34;", "\"");
    assert!(!text.contains("&#1"), "Windows-1252 in HTML: {text}");
    text.replace('\0', "\u{fffd}")
}

#[tokio::test]
async fn characters_that_html_cannot_number_are_not_changed_by_another_change() {
    let world = World::full();
    let stored = json!({"description": "nul\u{0}", "filter": {"a": ["\u{80}\u{85}\u{9f}"]}});
    world.answers(&format!("GET {}", api()), 200, webhook(stored));
    world.answers(&format!("PATCH {}", api()), 200, webhook(json!({})));
    let shown = world.get(&edit()).await;
    let description =
        sent_back(&shown, "<textarea id=\"description\" name=\"description\" rows=\"2\">\n", "</");
    let filter = sent_back(&shown, "\"new\"] }'>\n", "</textarea>");
    let named = with(&[("name", "Renamed")]);
    let typed = [&named[..], &[("description", &*description), ("filter", &*filter)]].concat();
    let page = send(&world, &typed).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let expected = (format!("PATCH {}", api()), json!({"name": "Renamed"}));
    assert_eq!(changes(&world), [expected]);
}

#[rstest]
#[case("headerName", "n-headers", 20, 25)]
#[case("metadataName", "n-metadata", 50, 55)]
#[tokio::test]
async fn more_rows_than_a_form_can_have_are_a_fault(
    #[case] field: &str,
    #[case] id: &str,
    #[case] most: usize,
    #[case] kept: usize,
) {
    let world = World::full();
    let names: Vec<String> = (0..1000).map(|number| format!("X-{number}")).collect();
    for what in ["save", "rows", "try", "schedule"] {
        for path in [edit(), NEW.to_owned()] {
            let shown = world.get(&path).await;
            let mut fields: Vec<(&str, &str)> = names.iter().map(|name| (field, &**name)).collect();
            fields.extend([("form", shown.hidden("form")), ("version", "\"7\""), ("do", what)]);
            let page = world.post(&path, &fields).await;
            assert_eq!(page.status, 422, "{path} {what}");
            page.shows(&format!("id=\"{id}\""));
            page.shows(&format!("at most {most} rows, not 1000; this page has the first {kept}"));
            assert_eq!(page.text().matches("value=\"X-").count(), kept, "{path} {what}");
        }
    }
    assert!(changes(&world).is_empty());
}

#[tokio::test]
async fn the_data_of_a_test_outlives_its_session() {
    let world = World::full();
    let path = format!("/console/webhooks/{WEBHOOK}/test");
    let shown = world.get(&path).await;
    assert_eq!(shown.text().matches("name=\"do\" value=\"send\"").count(), 2, "both buttons");
    shown.hides("<button>Send</button>");
    let stale = crate::fake::cookie().replace("gcs_", "gcs_old_");
    let origin = format!("https://{}", crate::fake::HOST);
    let fields = [("form", shown.hidden("form")), ("data", "{\"typed\":1}"), ("do", "send")];
    let headers = [("cookie", &*stale), ("origin", &origin)];
    let ended = world.post_with(&path, &fields, &headers).await;
    assert_eq!(ended.status, 403);
    ended.shows("name=\"data\" value=\"{&#34;typed&#34;:1}\"");
}

#[tokio::test]
async fn a_test_that_leads_to_no_delivery_is_said_to_be_sent() {
    let world = World::with(&[Scope::WebhooksRead, Scope::WebhooksWrite]);
    let path = format!("/console/webhooks/{WEBHOOK}");
    world.answers(&format!("POST {}/test", api()), 200, crate::fake::delivery(json!({})));
    let shown = world.get(&path).await;
    let fields = [("form", shown.hidden("form"))];
    let page = world.post(&format!("{path}/test"), &fields).await;
    assert!(page.location().ends_with("?done=tested"), "{}", page.location());
    world.get(&format!("{path}?done=tested")).await.shows("The test was sent.");
}
