//! Echoes: who may make them, and who gets which answer.

use crate::world::{ADMIN, Answer, Call, World, problem};
use axum::http::header;
use futures::future::join_all;
use grapnel_domain::{
    echo::{LIFETIME, MAX_MESSAGE_ID_BYTES, MAX_REQUESTS},
    ports::{Clock, PortError},
    signature::Secret,
};
use grapnel_testing::memory::{Effect, Operation};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const BODY: &str = r#"{"id":"evt_1","type":"lead.created","data":{"private":"payload"}}"#;
const UNKNOWN: &str = "/echo/echo_01938d2e-7b1c-7c3a-9f00-1234567890ab";

fn secret() -> Secret {
    Secret::from_random([0xA5; 32])
}

async fn make(world: &World, fail_first: usize) -> Value {
    let body = json!({ "secret": secret().reveal(), "failFirst": fail_first });
    let answer = world.call("POST", "/api/echoes").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    answer.json()
}

fn text<'a>(echo: &'a Value, field: &str) -> &'a str {
    echo[field].as_str().expect("text")
}

async fn shown(world: &World, echo: &Value) -> Answer {
    world.get(format!("/api/echoes/{}", text(echo, "id")), ADMIN).await
}

/// What signs a request.
struct Signing<'a> {
    secret: Secret,
    id: &'a str,
    /// How many seconds after the present.
    seconds: i64,
}

impl Signing<'_> {
    fn right() -> Self {
        Self { secret: secret(), id: "evt_1", seconds: 0 }
    }

    fn call(&self, world: &World, path: &str) -> Call {
        let time = world.clock.now().as_secs() + self.seconds;
        let signature = self.secret.sign_standard(self.id, time, BODY.as_bytes());
        world
            .call("POST", path)
            .header("webhook-id", self.id)
            .header("webhook-timestamp", &time.to_string())
            .header("webhook-signature", &signature)
            .body(BODY)
    }
}

fn signed(world: &World, echo: &Value) -> Call {
    Signing::right().call(world, text(echo, "path"))
}

#[tokio::test]
async fn an_echo_is_shown_without_its_secret() {
    let world = World::new();
    let echo = make(&world, 1).await;
    let id = text(&echo, "id");
    let expected = json!({"id": id, "path": format!("/echo/{id}"),
        "expiresAt": "2026-11-24T06:34:00.000Z", "requestsLeft": 20, "requests": []});
    assert_eq!(echo, expected);
    let answer = shown(&world, &echo).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    assert!(!answer.text.contains(&secret().reveal()[6..]));
}

#[rstest]
#[case::none(0)]
#[case::some(2)]
#[case::most(5)]
#[tokio::test]
async fn the_first_signed_requests_are_failed_and_the_others_accepted(#[case] fail_first: usize) {
    let world = World::new();
    let echo = make(&world, fail_first).await;
    let mut recorded = Vec::new();
    for place in 0..7 {
        world.clock.advance(Duration::from_secs(1));
        let at = world.clock.now();
        let answer = signed(&world, &echo).send().await;
        let status = if place < fail_first { 503 } else { 200 };
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        if status == 503 {
            assert_eq!(answer.problem(), problem(503, "echo_fails_first"));
            assert_eq!(answer.header(header::RETRY_AFTER), Some("1"));
        } else {
            assert_eq!(answer.json(), json!({"status": "received"}));
        }
        recorded.push(json!({"messageId": "evt_1", "at": at, "answered": status}));
    }
    let shown = shown(&world, &echo).await.json();
    assert_eq!(shown["requests"], json!(recorded));
    assert_eq!(shown["requestsLeft"], MAX_REQUESTS - 7);
}

#[tokio::test]
async fn an_answer_has_nothing_of_the_request() {
    let world = World::new();
    let echo = make(&world, 1).await;
    for status in [503, 200] {
        let call = ["origin", "referer", "user-agent", "cookie", "content-type", "x-any"]
            .iter()
            .fold(signed(&world, &echo), |call, name| call.header(name, "https://sent.example"));
        let answer = call.send().await;
        assert_eq!(answer.status.as_u16(), status);
        let all = format!("{:?} {}", answer.headers, answer.text);
        for sent in ["sent.example", "evt_1", "payload"] {
            assert!(!all.contains(sent), "{sent}: {all}");
        }
    }
}

#[tokio::test]
async fn fail_first_may_be_left_out() {
    let world = World::new();
    let body = json!({ "secret": secret().reveal() });
    let echo = world.call("POST", "/api/echoes").key(ADMIN).json(&body).send().await.json();
    assert_eq!(signed(&world, &echo).send().await.status.as_u16(), 200);
}

/// Everything that is not signed for a live echo is answered alike, and changes nothing.
#[tokio::test]
async fn an_unsigned_request_is_answered_as_if_there_were_no_echo() {
    let world = World::new();
    let echo = make(&world, 1).await;
    let path = text(&echo, "path").to_owned();
    let right = Signing::right;
    let is_signed = |signing: Signing<'_>| signing.call(&world, &path);
    let without = |name| {
        let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        let time = world.clock.now().as_secs();
        let signature = secret().sign_standard("evt_1", time, BODY.as_bytes());
        let values = ["evt_1".to_owned(), time.to_string(), signature];
        let kept = headers.into_iter().zip(values).filter(|(header, _)| *header != name);
        kept.fold(world.call("POST", path.as_str()), |call, (name, value)| {
            call.header(name, &value)
        })
        .body(BODY)
    };
    let long = "i".repeat(MAX_MESSAGE_ID_BYTES + 1);
    let mut requests = vec![
        world.call("POST", path.as_str()),
        world.call("POST", path.as_str()).key(ADMIN).json(&json!({})),
        without("webhook-id"),
        without("webhook-timestamp"),
        without("webhook-signature"),
        is_signed(Signing { secret: Secret::from_random([1; 32]), ..right() }),
        is_signed(Signing { seconds: -301, ..right() }),
        is_signed(Signing { seconds: 301, ..right() }),
        is_signed(Signing { id: &long, ..right() }),
        is_signed(right()).body("{}"),
        is_signed(right()).body(""),
        // A second value leaves open which one was signed.
        is_signed(right()).header("webhook-id", "evt_1"),
        is_signed(right()).header("webhook-timestamp", "1"),
        is_signed(right()).header("webhook-signature", "v1,AAAA"),
        // The other of the two signatures is not enough.
        world
            .call("POST", path.as_str())
            .body(BODY)
            .header("x-webhook-signature", &secret().sign_body(BODY.as_bytes())),
    ];
    let uuid = text(&echo, "id").trim_start_matches("echo_");
    for id in [
        format!("ECHO_{uuid}"),
        format!("echo_{}", uuid.replace('-', "")),
        format!("echo_{uuid}%23"),
        format!("key_{uuid}"),
        uuid.to_owned(),
        "x".repeat(5000),
        "%00".to_owned(),
        "%ff".to_owned(),
    ] {
        requests.push(right().call(&world, &format!("/echo/{id}")));
    }
    requests.push(right().call(&world, UNKNOWN));
    let not_found = world.call("POST", UNKNOWN).send().await;
    for request in requests {
        let answer = request.send().await;
        assert_eq!(answer.problem(), problem(404, "not_found"));
        assert_eq!(answer.text, not_found.text);
    }
    assert_eq!(world.memory.calls(Operation::RecordRequest), 0);
    assert_eq!(shown(&world, &echo).await.json(), echo);
}

#[tokio::test]
async fn a_request_that_cannot_be_signed_costs_no_read() {
    let world = World::new();
    let echo = make(&world, 0).await;
    let path = text(&echo, "path");
    let late = Signing { seconds: -301, ..Signing::right() };
    world.call("POST", path).body(BODY).send().await;
    late.call(&world, path).send().await;
    Signing::right().call(&world, "/echo/echo_1").send().await;
    assert_eq!(world.memory.calls(Operation::Echo), 0);
    Signing { secret: Secret::from_random([1; 32]), ..Signing::right() }
        .call(&world, path)
        .send()
        .await;
    assert_eq!(world.memory.calls(Operation::Echo), 1);
}

#[tokio::test]
async fn an_echo_answers_a_bounded_number_of_requests() {
    let world = World::new();
    let echo = make(&world, 1).await;
    // The same request again, as somebody who captured it would send it.
    let captured = signed(&world, &echo);
    for _ in 0..MAX_REQUESTS {
        captured.clone().send().await;
    }
    for _ in 0..2 {
        let answer = captured.clone().send().await;
        assert_eq!(answer.problem(), problem(410, "echo_exhausted"));
    }
    assert_eq!(world.memory.calls(Operation::RecordRequest), MAX_REQUESTS);
    let unsigned = world.call("POST", text(&echo, "path")).send().await;
    assert_eq!(unsigned.problem(), problem(404, "not_found"));
    let shown = shown(&world, &echo).await.json();
    assert_eq!(shown["requestsLeft"], 0);
    assert_eq!(shown["requests"].as_array().expect("a list").len(), MAX_REQUESTS);
}

#[tokio::test]
async fn requests_at_once_are_each_counted() {
    let world = World::new();
    let echo = make(&world, 5).await;
    let answers = join_all((0..MAX_REQUESTS + 4).map(|_| signed(&world, &echo).send())).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(503), count(200), count(410)), (5, MAX_REQUESTS - 5, 4));
}

#[tokio::test]
async fn an_echo_ends_when_it_says_though_its_row_is_there() {
    let world = World::new();
    let echo = make(&world, 0).await;
    world.clock.advance(LIFETIME - Duration::from_millis(1));
    assert_eq!(signed(&world, &echo).send().await.status.as_u16(), 200);
    world.clock.advance(Duration::from_millis(1));
    let answer = signed(&world, &echo).send().await;
    assert_eq!(answer.problem(), problem(404, "not_found"));
    assert_eq!(shown(&world, &echo).await.problem(), problem(404, "not_found"));
}

#[tokio::test]
async fn a_deleted_echo_is_gone_for_everybody() {
    let world = World::new();
    let (echo, other) = (make(&world, 0).await, make(&world, 0).await);
    let delete = || world.call("DELETE", format!("/api/echoes/{}", text(&echo, "id"))).key(ADMIN);
    assert_eq!(delete().send().await.status.as_u16(), 204);
    assert_eq!(delete().send().await.problem(), problem(404, "not_found"));
    assert_eq!(shown(&world, &echo).await.problem(), problem(404, "not_found"));
    assert_eq!(signed(&world, &echo).send().await.problem(), problem(404, "not_found"));
    assert_eq!(signed(&world, &other).send().await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_admin_key_opens_no_echo_and_no_key_is_needed() {
    let world = World::new();
    let echo = make(&world, 0).await;
    let user = world.full_key("u").await;
    for key in [ADMIN, user.as_str()] {
        let unsigned = world.call("POST", text(&echo, "path")).key(key).body(BODY).send().await;
        assert_eq!(unsigned.problem(), problem(404, "not_found"));
        let signed = signed(&world, &echo).key(key).send().await;
        assert_eq!(signed.status.as_u16(), 200);
    }
    for method in ["GET", "PUT", "DELETE"] {
        let answer = world.call(method, text(&echo, "path")).key(ADMIN).send().await;
        assert_eq!(answer.problem(), problem(405, "method_not_allowed"));
    }
}

#[rstest]
#[case::a_delivery(&[grapnel_domain::request::USER_AGENT], Some(env!("CARGO_PKG_VERSION")))]
#[case::another_version(&["Grapnel/1.20.3-rc.1"], Some("1.20.3-rc.1"))]
#[case::no_header(&[], None)]
#[case::another_program(&["curl/8.5.0"], None)]
#[case::more_than_a_version(&["Grapnel/0.1.0 <script>"], None)]
#[case::twice(&["Grapnel/0.1.0", "Grapnel/0.1.0"], None)]
#[tokio::test]
async fn the_version_of_a_signed_requests_sender_is_shown(
    #[case] user_agents: &[&str],
    #[case] expected: Option<&str>,
) {
    let world = World::new();
    let echo = make(&world, 0).await;
    let call = user_agents
        .iter()
        .fold(signed(&world, &echo), |call, value| call.header("user-agent", value));
    assert_eq!(call.send().await.status.as_u16(), 200);
    let shown = shown(&world, &echo).await;
    let request = &shown.json()["requests"][0];
    assert_eq!(request.get("senderVersion"), expected.map(Value::from).as_ref());
    assert!(!shown.text.contains("script") && !shown.text.contains("curl"), "{}", shown.text);
}

#[rstest]
#[case(json!({}), &["secret"])]
#[case(json!({"secret": null}), &["secret"])]
#[case(json!({"secret": 7, "failFirst": "1"}), &["secret", "failFirst"])]
#[case(json!({"secret": "whsec_", "failFirst": -1}), &["secret", "failFirst"])]
#[case(json!({"secret": "whsec_AAAA", "failFirst": 6}), &["secret", "failFirst"])]
#[case(json!({"secret": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "failFirst": 0.5}), &["secret", "failFirst"])]
#[case(json!({"secret": "x", "failFirst": 18_446_744_073_709_551_615_u64, "userId": "u", "url": "x"}), &["url", "userId", "secret", "failFirst"])]
#[tokio::test]
async fn every_field_at_fault_is_named_and_no_echo_is_made(
    #[case] body: Value,
    #[case] fields: &[&str],
) {
    let world = World::new();
    let answer = world.call("POST", "/api/echoes").key(ADMIN).json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), fields);
    assert_eq!(world.memory.calls(Operation::StoreEcho), 0);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_the_echo_is_read() {
    let world = World::new();
    let echo = make(&world, 0).await;
    let answer = signed(&world, &echo).body(vec![b'x'; 256 * 1024 + 1]).send().await;
    assert_eq!(answer.problem(), problem(413, "body_too_large"));
    assert_eq!(world.memory.calls(Operation::Echo), 0);
}

#[tokio::test]
async fn any_bytes_that_are_signed_are_accepted() {
    let world = World::new();
    let echo = make(&world, 0).await;
    let (time, body) = (world.clock.now().as_secs(), vec![0xFF; 256 * 1024]);
    let signature = secret().sign_standard("evt_1", time, &body);
    let wrong = Secret::from_random([1; 32]).sign_standard("evt_1", time, &body);
    let call = world.call("POST", text(&echo, "path")).header("webhook-id", "evt_1");
    let call = call.header("webhook-timestamp", &time.to_string());
    let call = call.header("webhook-signature", &format!("{wrong} {signature}"));
    let answer = call.header("content-type", "text/plain").body(body).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
}

#[rstest]
#[case::before(Effect::Before, 1)]
#[case::after(Effect::After, 0)]
#[tokio::test]
async fn a_record_that_failed_is_a_503_that_the_sender_repeats(
    #[case] effect: Effect,
    #[case] failures_left: usize,
) {
    let world = World::new();
    let echo = make(&world, 1).await;
    let lost = PortError::Unavailable("UpdateItem: timed out".into());
    world.memory.fail_next(Operation::RecordRequest, lost, effect);
    let answer = signed(&world, &echo).send().await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    for _ in 0..failures_left {
        let answer = signed(&world, &echo).send().await;
        assert_eq!(answer.problem(), problem(503, "echo_fails_first"));
    }
    assert_eq!(signed(&world, &echo).send().await.status.as_u16(), 200);
}
