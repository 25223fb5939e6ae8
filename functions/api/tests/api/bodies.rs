//! What a body may be, on every route that reads one.

use crate::world::{ADMIN, World, problem};
use grapnel_domain::delivery::Reason;
use grapnel_testing::builders::{a_delivery, a_webhook};
use rstest::rstest;
use serde_json::json;

const LIMIT: usize = 256 * 1024;

/// A route that reads a body, and whether it needs one.
#[derive(Clone)]
struct Route {
    method: &'static str,
    path: String,
    needs_body: bool,
}

/// A webhook of `u`, and every such route.
fn routes(world: &World) -> Vec<Route> {
    let webhook = a_webhook().for_user("u").transform("{{ type }}").build();
    let delivery = a_delivery().to(&webhook).failed(1, Reason::AttemptsExhausted).build();
    let one = format!("/api/webhooks/{}", webhook.id);
    let retry = format!("{one}/deliveries/{}/retry", delivery.id);
    let waiting = a_delivery().to(&webhook).retrying().build();
    let cancel = format!("{one}/deliveries/{}/cancel", waiting.id);
    world.memory.put_webhook(webhook);
    world.memory.put_delivery(delivery);
    world.memory.put_delivery(waiting);
    let route = |method, path, needs_body| Route { method, path, needs_body };
    vec![
        route("POST", "/api/keys".into(), true),
        route("POST", "/api/echoes".into(), true),
        route("POST", "/api/webhooks".into(), true),
        route("POST", "/api/portal-links".into(), true),
        route("PUT", one.clone(), true),
        route("PUT", "/api/event-types/invoice.paid".into(), true),
        route("PATCH", one.clone(), true),
        route("POST", format!("{one}/secret/rotate"), false),
        route("POST", format!("{one}/test"), false),
        route("POST", format!("{one}/filter/test"), true),
        route("POST", format!("{one}/transform/preview"), false),
        route("POST", retry, false),
        route("POST", cancel, false),
        route("POST", format!("{one}/replay"), false),
        route("POST", "/api/replays".into(), false),
    ]
}

/// Sends a body to every route, as the admin for `u`, and expects the same problem of each.
async fn expect(content_type: Option<&str>, body: &[u8], status: u16, code: &str) {
    let world = World::new();
    let routes = routes(&world);
    let before = world.memory.webhooks();
    for route in routes {
        let mut call = world.call(route.method, format!("{}?userId=u", route.path)).key(ADMIN);
        if let Some(content_type) = content_type {
            call = call.header("content-type", content_type);
        }
        let answer = call.body(body).send().await;
        assert_eq!(answer.problem(), problem(status, code), "{} {}", route.method, route.path);
    }
    assert_eq!(world.memory.webhooks(), before);
    assert!(world.memory.delivery_queue().messages().is_empty());
    assert!(world.memory.events_queue().messages().is_empty());
}

#[rstest]
#[case::text(b"hello".as_slice())]
#[case::cut(br#"{"name":"#)]
#[case::spaces(b"  ")]
#[case::two_values(b"{} {}")]
#[case::single_quotes(b"{'a':1}")]
#[case::not_utf8(b"{\"a\":\"\xff\"}")]
#[case::byte_order_mark(b"\xef\xbb\xbf{}")]
#[case::a_form(b"name=x&url=y")]
#[case::deep(&[b'['; 100_000])]
#[case::half_a_surrogate_pair(br#"{"a":"\ud800"}"#)]
#[case::half_a_surrogate_pair_in_a_name(br#"{"\udc00":1}"#)]
#[case::half_a_surrogate_pair_as_bytes(b"{\"a\":\"\xed\xa0\x80\"}")]
#[case::a_raw_nul(b"{\"a\":\"\0\"}")]
#[case::a_nul_behind_it(b"{}\0")]
#[case::a_number_too_large(br#"{"a":1e999}"#)]
#[tokio::test]
async fn what_is_not_json_is_refused(#[case] body: &[u8]) {
    expect(None, body, 400, "invalid_json").await;
}

#[rstest]
#[case(b"[]".as_slice())]
#[case(b"null")]
#[case(b"7")]
#[case(b"\"{}\"")]
#[case(b"[{}]")]
#[tokio::test]
async fn what_is_not_an_object_is_refused(#[case] body: &[u8]) {
    expect(Some("application/json"), body, 400, "not_an_object").await;
}

#[tokio::test]
async fn a_key_given_twice_is_refused_at_any_depth() {
    expect(None, br#"{"userId":"u","userId":"u"}"#, 400, "duplicate_key").await;
    expect(None, br#"{"a":{"b":[{"c":1,"c":1}]}}"#, 400, "duplicate_key").await;
}

/// An object in which lists are nested so deep, in a field that nobody knows.
fn nested(levels: usize) -> String {
    format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels))
}

#[tokio::test]
async fn nesting_is_read_to_127_levels() {
    expect(None, nested(127).as_bytes(), 400, "invalid_json").await;
    let world = World::new();
    let call = world.call("POST", "/api/webhooks?userId=u").key(ADMIN).body(nested(126));
    assert_eq!(call.send().await.problem(), problem(422, "invalid_fields"));
}

#[tokio::test]
async fn numbers_are_kept_as_they_came_where_data_are() {
    let world = World::new();
    let numbers = r#"{"a":9007199254740993,"b":18446744073709551615,"c":1.0,"d":123456789012345678901234567890}"#;
    let webhook = a_webhook().for_user("u").build();
    let path = format!("/api/webhooks/{}", webhook.id);
    world.memory.put_webhook(webhook);

    // What data are rendered into.
    let body =
        format!(r#"{{"transform":{{"template":"{{{{ data|tojson }}}}"}},"data":{numbers}}}"#);
    let preview = format!("{path}/transform/preview?userId=u");
    let answer = world.call("POST", preview).key(ADMIN).body(body).send().await;
    assert_eq!(answer.json()["body"], numbers);

    // A filter compares numbers down to the last digit.
    for (asked, matches) in [("9007199254740993", true), ("9007199254740992", false)] {
        let body = format!(r#"{{"filter":{{"a":[{asked}]}},"data":{numbers}}}"#);
        let test = format!("{path}/filter/test?userId=u");
        let answer = world.call("POST", test).key(ADMIN).body(body).send().await;
        assert_eq!(answer.json()["matches"], matches, "{asked}");
    }

    // And what is stored.
    let filter = r#"{"a":[9007199254740993,18446744073709551615]}"#;
    let change = world.call("PATCH", format!("{path}?userId=u")).key(ADMIN);
    let answer = change.body(format!(r#"{{"filter":{filter}}}"#)).send().await;
    assert!(answer.text.contains(filter), "{}", answer.text);
}

#[tokio::test]
async fn a_body_over_256_kib_is_refused() {
    let body = vec![b' '; LIMIT + 1];
    expect(Some("application/json"), &body, 413, "body_too_large").await;
}

#[tokio::test]
async fn a_body_of_256_kib_is_read() {
    let world = World::new();
    let key = world.full_key("u").await;
    let draft = json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"]});
    let mut body = draft.to_string();
    body.push_str(&" ".repeat(LIMIT - body.len()));
    let answer = world.call("POST", "/api/webhooks").key(&key).body(body).send().await;
    assert_eq!(answer.status.as_u16(), 201);
}

#[rstest]
#[case("text/plain")]
#[case("application/x-www-form-urlencoded")]
#[case("multipart/form-data; boundary=x")]
#[case("application/jsonp")]
#[case("text/json+json")]
#[case("json")]
#[case("")]
#[tokio::test]
async fn another_content_type_is_refused(#[case] content_type: &str) {
    expect(Some(content_type), b"{}", 415, "unsupported_media_type").await;
}

#[rstest]
#[case(None)]
#[case(Some("application/json"))]
#[case(Some("Application/JSON ; charset=utf-8"))]
#[case(Some("application/vnd.example+json"))]
#[tokio::test]
async fn json_is_read_by_any_of_its_names(#[case] content_type: Option<&str>) {
    let world = World::new();
    let key = world.full_key("u").await;
    let draft = json!({"name": "x", "url": "https://hooks.example.com/", "events": ["*"]});
    let mut call = world.call("POST", "/api/webhooks").key(&key).body(draft.to_string());
    if let Some(content_type) = content_type {
        call = call.header("content-type", content_type);
    }
    assert_eq!(call.send().await.status.as_u16(), 201);
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_left_out_where_nothing_is_needed() {
    let world = World::new();
    for route in routes(&world) {
        // What `curl -X POST -d ''` sends.
        let call = world.call(route.method, format!("{}?userId=u", route.path)).key(ADMIN);
        let call = call.header("content-type", "application/x-www-form-urlencoded");
        let answer = call.send().await;
        if route.needs_body {
            assert_eq!(answer.problem(), problem(400, "invalid_json"), "{}", route.path);
        } else {
            assert!(answer.status.is_success(), "{}: {}", route.path, answer.text);
        }
    }
}

#[tokio::test]
async fn a_body_where_none_is_read_is_ignored() {
    let world = World::new();
    let key = world.full_key("u").await;
    let answer = world.call("GET", "/api/webhooks").key(&key).body("{").send().await;
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn a_key_that_means_something_elsewhere_is_an_unknown_field() {
    let world = World::new();
    let key = world.full_key("u").await;
    let body = r#"{"$serde_json::private::RawValue":"{}"}"#;
    let answer = world.call("POST", "/api/webhooks").key(&key).body(body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert!(answer.fields().contains(&"$serde_json::private::RawValue".to_owned()));
}

#[rstest]
#[case::byte_order_mark(b"\xef\xbb\xbf{\"name\":\"a\"}", "begins with a byte order mark")]
#[case::powershell(b"\xff\xfe{\0}\0", "is UTF-16 or UTF-32")]
#[case::big_endian(b"\xfe\xff\0{\0}", "is UTF-16 or UTF-32")]
#[case::without_a_mark(b"{\0}\0", "is UTF-16 or UTF-32")]
#[tokio::test]
async fn another_encoding_is_named(#[case] body: &[u8], #[case] expected: &str) {
    let world = World::new();
    let call = world.call("POST", "/api/webhooks?userId=u").key(ADMIN);
    let answer = call.header("content-type", "application/json").body(body).send().await;
    assert_eq!(answer.problem(), problem(400, "invalid_json"));
    let detail = answer.json()["detail"].as_str().expect("a text").to_owned();
    assert!(detail.contains(expected), "{detail}");
}
