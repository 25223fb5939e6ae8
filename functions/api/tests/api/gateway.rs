//! Events of API Gateway, as the function gets them, and what it hands back.

use crate::world::World;
use grapnel_api::readable;
use grapnel_domain::webhook::Webhook;
use grapnel_testing::builders::a_webhook;
use lambda_http::{Adapter, Context, LambdaEvent, request::LambdaRequest, tower::ServiceExt};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

/// An event in the form of the published example of payload format 2.0.
fn event(method: &str, raw_path: &str, raw_query: &str, key: &str, body: Option<&str>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": raw_query,
        "headers": {
            "accept": "*/*",
            "authorization": format!("Bearer {key}"),
            "content-type": "application/json",
            "host": "r3pmxmplak.execute-api.us-east-2.amazonaws.com",
            "x-forwarded-for": "203.0.113.7",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": "r3pmxmplak.execute-api.us-east-2.amazonaws.com",
            "domainPrefix": "r3pmxmplak",
            "http": {
                "method": method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "24/Nov/2026:06:24:00 +0000",
            "timeEpoch": 1_795_501_440_000_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        event["body"] = json!(body);
    }
    event
}

/// What the function answers, as it leaves it.
async fn answer(world: &World, event: Value) -> Value {
    let request: LambdaRequest = serde_json::from_value(event).expect("an event");
    let function = Adapter::from(world.router()).map_request(readable);
    let event = LambdaEvent::new(request, Context::default());
    let response = function.oneshot(event).await.expect("infallible");
    serde_json::to_value(response).expect("JSON")
}

fn body(answer: &Value) -> Value {
    assert_eq!(answer["isBase64Encoded"], false, "text stays text");
    serde_json::from_str(answer["body"].as_str().expect("text")).expect("JSON")
}

async fn world() -> (World, String, Webhook) {
    let world = World::new();
    let key = world.full_key("u").await;
    let webhook = a_webhook().for_user("u").build();
    world.memory.put_webhook(webhook.clone());
    (world, key, webhook)
}

#[tokio::test]
async fn the_console_knows_by_which_host_it_was_called_and_believes_no_caller_about_it() {
    let (world, key, _) = world().await;
    let host = "r3pmxmplak.execute-api.us-east-2.amazonaws.com";
    for (origin, forwarded, expected) in [
        (host, None, 303),
        ("evil.example.com", None, 403),
        ("evil.example.com", Some("evil.example.com"), 403),
    ] {
        let body = format!("credential={key}");
        let mut event = event("POST", "/console/sign-in", "", &key, Some(&body));
        event["headers"]["content-type"] = json!("application/x-www-form-urlencoded");
        event["headers"]["origin"] = json!(format!("https://{origin}"));
        if let Some(forwarded) = forwarded {
            event["headers"]["x-forwarded-host"] = json!(forwarded);
        }
        let answer = answer(&world, event).await;
        assert_eq!(answer["statusCode"], expected, "{origin} {forwarded:?}");
        let cookies = answer["cookies"].as_array().expect("a list").len();
        assert_eq!(cookies, if expected == 303 { 2 } else { 0 });
        if expected == 303 {
            let cookie = answer["cookies"][0].as_str().expect("text");
            assert!(cookie.starts_with("__Host-grapnel-session=gcs_"), "{cookie}");
        }
    }
}

#[tokio::test]
async fn a_request_through_the_gateway_is_answered() {
    let (world, key, _) = world().await;
    let draft = json!({"name": "é", "url": "https://hooks.example.com/", "events": ["*"]});
    let text = draft.to_string();
    let created = answer(&world, event("POST", "/api/webhooks", "", &key, Some(&text))).await;
    assert_eq!(created["statusCode"], 201);
    assert_eq!(created["headers"]["content-type"], "application/json");
    assert_eq!(body(&created)["name"], "é");
    let location = created["headers"]["location"].as_str().expect("text");
    let read = answer(&world, event("GET", location, "userId=u", &key, None)).await;
    assert_eq!(read["statusCode"], 200);
    assert_eq!(body(&read)["id"], body(&created)["id"]);
    let deleted = answer(&world, event("DELETE", location, "", &key, None)).await;
    assert_eq!(deleted["statusCode"], 204);
}

#[tokio::test]
async fn a_problem_leaves_as_text() {
    let (world, _, _) = world().await;
    let problem = answer(&world, event("GET", "/api/webhooks", "", "gk_wrong", None)).await;
    assert_eq!(problem["statusCode"], 401);
    assert_eq!(problem["headers"]["content-type"], "application/problem+json");
    assert_eq!(problem["headers"]["www-authenticate"], "Bearer");
    assert_eq!(body(&problem)["code"], "unauthorized");
}

#[tokio::test]
async fn a_body_in_base64_is_read() {
    let (world, key, webhook) = world().await;
    let path = format!("/api/webhooks/{}/secret/rotate", webhook.id);
    let mut event = event("POST", &path, "", &key, Some("eyJncmFjZVNlY29uZHMiOjYwfQ=="));
    event["isBase64Encoded"] = json!(true);
    let rotated = answer(&world, event).await;
    assert_eq!(body(&rotated)["previousSecretValidUntil"], "2026-11-24T06:25:00.000Z");
}

#[rstest]
#[case::query_begins_no_path("/api/webhooks?userId=u", "", 404)]
#[case::fragment("/api/webhooks#", "userId=u", 404)]
#[case::space("/api/webhooks/a b", "", 404)]
#[case::brackets("/api/webhooks/<{[|^`\"\\]}>", "", 404)]
#[case::controls("/api/webhooks/\u{0}\n\u{7f}", "", 404)]
#[case::not_ascii("/api/webhooks/é\u{202e}", "", 404)]
#[case::kept_percent("/api/webhooks/%2541", "", 404)]
#[case::bare_percent("/api/webhooks/%", "", 404)]
#[case::no_slash("api/webhooks", "", 200)]
#[case::empty("", "", 404)]
#[case::a_query_with_spaces("/api/webhooks", "a b=1", 400)]
#[case::a_query_with_quotes("/api/webhooks", "x=\"<1>\"", 400)]
#[case::a_query_with_a_hash("/api/webhooks", "limit=1#x", 400)]
#[case::an_encoded_query("/api/webhooks", "user%49d=%75", 200)]
#[tokio::test]
async fn whatever_the_gateway_lets_through_is_answered(
    #[case] path: &str,
    #[case] query: &str,
    #[case] status: u16,
) {
    let (world, key, _) = world().await;
    let answer = answer(&world, event("GET", path, query, &key, None)).await;
    assert_eq!(answer["statusCode"], status, "{answer}");
    body(&answer);
}

proptest! {
    #[test]
    fn no_path_and_no_query_is_too_odd(
        path in prop_oneof!["\\PC{0,40}", "/[ -~]{0,40}", "(.|\n){0,20}"],
        query in prop_oneof!["\\PC{0,40}", "[ -~]{0,40}", "(.|\n){0,20}"],
        host in "[ -~]{0,20}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut event = event("GET", &path, &query, "x", None);
        event["headers"]["host"] = json!(host);
        event["headers"]["x-forwarded-proto"] = json!("://");
        let answer = runtime.block_on(answer(&World::new(), event));
        let status = answer["statusCode"].as_u64().expect("a status");
        prop_assert!((400..500).contains(&status) || path.ends_with("health"), "{}", answer);
    }
}
