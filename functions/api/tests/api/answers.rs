//! Answers that every route shares: what is not there, what failed, and what is logged.

use crate::world::{ADMIN, REQUEST_ID, World, problem};
use axum::http::header;
use grapnel_domain::{
    ports::{Clock, PortError},
    signature::Secret,
};
use grapnel_testing::{
    builders::a_webhook,
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::json;
use std::{cell::RefCell, io};

#[tokio::test]
async fn health_needs_no_key_and_touches_nothing() {
    let world = World::new();
    let answer = world.call("GET", "/health").send().await;
    assert_eq!(answer.status.as_u16(), 200);
    let expected = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(answer.json(), expected);
    assert_eq!(world.memory.calls(Operation::Key), 0);
}

#[rstest]
fn an_unknown_path_is_not_found(
    #[values(
        "/",
        "/api",
        "/api/",
        "/api/webhooks/",
        "/api//webhooks",
        "/API/webhooks",
        "/health/",
        "/api/webhooks/x/",
        "/api/webhooks/x/secret/rotate/now",
        "/api/webhooks/x/deliveries/y/retry/",
        "/api/keys/x/y",
        "/%ff",
        "/api/webhook%73/x/y"
    )]
    path: &str,
    #[values("GET", "POST", "DELETE", "BREW")] method: &str,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = runtime.block_on(World::new().call(method, path).key(ADMIN).send());
    assert_eq!(answer.problem(), problem(404, "unknown_route"));
}

#[rstest]
#[case("/health", "POST", &["GET"])]
#[case("/api/webhooks", "DELETE", &["GET", "POST"])]
#[case("/api/webhooks/x", "POST", &["DELETE", "GET", "PATCH", "PUT"])]
#[case("/api/webhooks/x/secret", "PUT", &["GET"])]
#[case("/api/webhooks/x/secret/rotate", "GET", &["POST"])]
#[case("/api/webhooks/x/test", "GET", &["POST"])]
#[case("/api/webhooks/x/deliveries", "POST", &["GET"])]
#[case("/api/webhooks/x/deliveries/y", "DELETE", &["GET"])]
#[case("/api/webhooks/x/deliveries/y/retry", "GET", &["POST"])]
#[case("/api/keys", "PUT", &["GET", "POST"])]
#[case("/api/keys/x", "GET", &["DELETE"])]
#[case("/api/keys", "BREW", &["GET", "POST"])]
#[tokio::test]
async fn another_method_is_refused_with_those_that_are_allowed(
    #[case] path: &str,
    #[case] method: &str,
    #[case] allowed: &[&str],
) {
    let answer = World::new().call(method, path).send().await;
    assert_eq!(answer.problem(), problem(405, "method_not_allowed"));
    let allow = answer.header(header::ALLOW).expect("there");
    let mut named: Vec<&str> = allow.split(',').filter(|name| *name != "HEAD").collect();
    named.sort_unstable();
    assert_eq!(named, allowed);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::new();
    let key = world.full_key("u").await;
    let answer = world.call("HEAD", "/api/webhooks").key(&key).send().await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""));
    assert_eq!(world.call("HEAD", "/api/webhooks").send().await.status.as_u16(), 401);
}

const SECRET_TEXT: &str = "arn:aws:dynamodb:table/webhooks-of-somebody";

#[rstest]
#[case::throttled(PortError::Throttled(SECRET_TEXT.into()), 503, "temporarily_unavailable")]
#[case::cut_off(PortError::Unavailable(SECRET_TEXT.into()), 503, "temporarily_unavailable")]
#[case::broken(PortError::Unusable(SECRET_TEXT.into()), 500, "internal_error")]
#[tokio::test]
async fn a_failure_of_ours_says_so_and_tells_nothing_of_its_cause(
    #[case] error: PortError,
    #[case] status: u16,
    #[case] code: &str,
) {
    let operations = [
        (Operation::Key, "GET", "", ""),
        (Operation::ListWebhooks, "GET", "", ""),
        (Operation::ReplaceWebhook, "PATCH", "/ID", r#"{"name":"x"}"#),
        (Operation::Webhook, "GET", "/ID", ""),
        (Operation::DeleteWebhook, "DELETE", "/ID", ""),
        (Operation::ListDeliveries, "GET", "/ID/deliveries", ""),
        (Operation::ReplaceWebhook, "POST", "/ID/secret/rotate", ""),
        (
            Operation::CreateWebhook,
            "POST",
            "",
            r#"{"name":"x","url":"https://hooks.example.com/","events":["*"]}"#,
        ),
    ];
    for (operation, method, path, body) in operations {
        let world = World::new();
        let key = world.full_key("u").await;
        let webhook = a_webhook().for_user("u").build();
        world.memory.put_webhook(webhook.clone());
        world.memory.fail_next(operation, error.clone(), Effect::Before);
        let path = format!("/api/webhooks{}", path.replace("ID", &webhook.id.to_string()));
        let answer = world.call(method, path).key(&key).body(body).send().await;
        assert_eq!(answer.problem(), problem(status, code), "{operation:?}");
        assert!(!answer.text.contains("arn:"), "{}", answer.text);
        assert_eq!(answer.header(header::RETRY_AFTER).is_some(), status == 503);
    }
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_next_request_is_served() {
    let world = World::new();
    world.memory.before(Operation::Key, |_| async { panic!("{SECRET_TEXT}") });
    let answer = world.get("/api/webhooks", "gk_x").await;
    assert_eq!(answer.problem(), problem(500, "internal_error"));
    assert!(!answer.text.contains("arn:"));
    assert_eq!(world.get("/api/webhooks?userId=u", ADMIN).await.status.as_u16(), 200);
}

thread_local! {
    /// What this test's thread logged.
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged_lines() -> Vec<serde_json::Value> {
    let text = String::from_utf8(LOG.take()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test]
async fn one_line_is_logged_with_the_user_and_without_what_was_sent() {
    // For the whole process: with one for this thread only, other tests' threads decide whether a
    // line is of interest to anybody.
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing_subscriber::filter::LevelFilter::INFO)
        .with_writer(|| ThreadLog)
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the only one");

    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    let path = format!("/api/webhooks/{}?userId=u", webhook.id);
    let body = json!({"name": "the-name", "url": "ftp://the-url", "events": []});
    world.call("PUT", path).key(&key).json(&body).send().await;
    world.call("GET", "/the-path?the-query=1").key(&key).send().await;
    let throttled = PortError::Throttled("GetItem: ThrottlingException".into());
    world.memory.fail_next(Operation::Key, throttled, Effect::Before);
    world.get("/api/webhooks", &key).await;
    let broken = PortError::Unusable("Query: ValidationException".into());
    world.memory.fail_next(Operation::ListWebhooks, broken, Effect::Before);
    world.get("/api/webhooks", &key).await;
    let secret = Secret::from_random([0xA5; 32]);
    let body = json!({"secret": secret.reveal()});
    let echo = world.call("POST", "/api/echoes").key(ADMIN).json(&body).send().await.json();
    let time = world.clock.now().as_secs();
    let signature = secret.sign_standard("the-message", time, b"the-payload");
    for body in ["the-payload", "the-name"] {
        let call = world.call("POST", echo["path"].as_str().expect("text")).body(body);
        let call = call.header("webhook-timestamp", &time.to_string());
        let call = call.header("webhook-id", "the-message");
        call.header("webhook-signature", &signature).send().await;
    }

    let lines = logged_lines();
    let seen: Vec<_> = lines
        .iter()
        .map(|line| {
            (line["level"].as_str(), line["http.route"].as_str(), line["http.status"].as_u64())
        })
        .collect();
    let expected = [
        (Some("INFO"), Some("/api/webhooks/{id}"), Some(422)),
        (Some("INFO"), Some("(none)"), Some(404)),
        (Some("WARN"), Some("/api/webhooks"), Some(503)),
        (Some("ERROR"), Some("/api/webhooks"), Some(500)),
        (Some("INFO"), Some("/api/echoes"), Some(201)),
        (Some("INFO"), Some("/echo/{echoId}"), Some(200)),
        (Some("INFO"), Some("/echo/{echoId}"), Some(404)),
    ];
    assert_eq!(seen, expected);
    assert_eq!(
        (&lines[0]["message"], &lines[0]["http.method"]),
        (&json!("answered"), &json!("PUT"))
    );
    assert_eq!(lines[0]["user.id"], "u");
    assert!(lines[0]["duration_ms"].is_u64());
    assert!(lines.iter().all(|line| line["http.request_id"].is_string()), "{lines:?}");
    assert_eq!(lines[1].get("user.id"), None);
    assert_eq!(lines[2]["error"], "throttled: GetItem: ThrottlingException");
    assert_eq!(lines[3]["error"], "unusable: Query: ValidationException");
    let text = format!("{lines:?}");
    let sent = ["the-name", "the-url", "the-path", "the-query", "the-message", "the-payload"];
    for sent in [&sent[..], &[key.as_str(), "whsec_", &secret.reveal()[6..], &signature]].concat() {
        assert!(!text.contains(sent), "{sent}");
    }
}

#[tokio::test]
async fn a_request_keeps_the_id_that_its_caller_gave_it() {
    let world = World::new();
    let call = || world.call("GET", "/health");
    let longest = "x".repeat(128);
    for id in ["req-1", "01J9/a+b=", longest.as_str()] {
        let answer = call().header("x-request-id", id).send().await;
        assert_eq!(answer.header(REQUEST_ID), Some(id));
    }
    let mut seen = std::collections::HashSet::new();
    let longer = "x".repeat(129);
    for ids in [vec![], vec![""], vec!["a b"], vec![longer.as_str()], vec!["a", "a"]] {
        let call = ids.iter().fold(call(), |call, id| call.header("x-request-id", id));
        let answer = call.send().await;
        let id = answer.header(REQUEST_ID).expect("one").to_owned();
        assert!(uuid::Uuid::try_parse(&id).is_ok() && seen.insert(id), "{ids:?}");
    }
}
