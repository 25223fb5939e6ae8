use super::*;
use crate::{Client, DeliveryStatus, WebhookStatus};
use futures::TryStreamExt;
use grapnel_receiver::{Reply, Script, TestReceiver};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const ID: &str = "wh_1";

fn client(api: &TestReceiver) -> Client {
    Client::builder(api.url("/base/")).key("gk_1").build().expect("a client")
}

fn answer(status: u16, body: &Value) -> Reply {
    Reply::status(status).body(body.to_string())
}

fn a_webhook() -> Value {
    json!({
        "id": ID, "userId": "u", "name": "n", "url": "https://example.com", "events": ["*"],
        "secret": "whsec_********", "headers": {}, "status": "active",
        "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "delaysSeconds": [60]},
        "payloadFormat": "envelope",
        "createdAt": "2026-11-24T06:24:00.000Z", "updatedAt": "2026-11-24T06:24:00.000Z",
    })
}

#[tokio::test]
async fn a_call_goes_to_the_api_with_the_key_and_the_user() {
    let api = TestReceiver::start().await.expect("starts");
    api.answer_with("/base/api/webhooks/wh_1", answer(200, &a_webhook()));
    let client = Client::builder(api.url("/base")).key("gk_1").user("u & v").build();
    let webhook = client.expect("a client").webhook(ID).await.expect("answered");
    assert_eq!(webhook.status, WebhookStatus::Active);
    let request = &api.received("/base/api/webhooks/wh_1")[0];
    assert_eq!(request.header("authorization"), Some("Bearer gk_1"));
    assert_eq!(request.query.as_deref(), Some("userId=u+%26+v"));
}

#[tokio::test]
async fn what_a_newer_api_adds_is_ignored_and_kept_in_the_raw_answer() {
    let api = TestReceiver::start().await.expect("starts");
    let mut newer = a_webhook();
    newer["priority"] = json!({"perSecond": 5});
    newer["status"] = json!("resting");
    newer["payloadFormat"] = json!("xml");
    newer["retryConfig"]["jitter"] = json!(0.1);
    api.answer_with("/base/api/webhooks/wh_1", answer(200, &newer));
    let webhook = client(&api).webhook(ID).await.expect("read all the same");
    assert_eq!(webhook.status, WebhookStatus::Other("resting".into()));
    assert_eq!(webhook.status, "resting");
    let raw = client(&api).webhook(ID).raw().await.expect("answered");
    assert_eq!(raw.get(), newer.to_string());
}

#[tokio::test]
async fn a_refusal_keeps_its_code_its_detail_and_every_field() {
    let api = TestReceiver::start().await.expect("starts");
    let problem = json!({
        "type": "about:blank", "title": "Unprocessable Content", "status": 422,
        "code": "invalid_fields", "detail": "2 fields are not valid.", "instance": "new",
        "errors": [{"field": "url", "message": "a"}, {"field": "events[1]", "message": "b"}],
    });
    api.answer_with("/base/api/webhooks", answer(422, &problem).header("retry-after", "7"));
    let error = client(&api).create_webhook(&json!({})).await.expect_err("refused");
    assert_eq!(
        error.to_string(),
        "2 fields are not valid. (invalid_fields)\n  url: a\n  events[1]: b"
    );
    let problem = error.problem().expect("a problem");
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid_fields"));
    assert_eq!(problem.retry_after, Some(Duration::from_secs(7)));
}

#[rstest]
#[case::a_proxy(Reply::status(502).body("<html>Bad gateway</html>"), "<html>Bad gateway</html>")]
#[case::a_redirect(Reply::redirect("http://127.0.0.1:1/"), "nothing")]
#[case::other_json(answer(200, &json!({"hello": 1})), r#"{"hello":1}"#)]
#[case::no_text(Reply::status(200).body(vec![0xff, 0xfe]), "no text")]
#[tokio::test]
async fn what_is_not_grapnels_is_called_so(#[case] reply: Reply, #[case] shown: &str) {
    let api = TestReceiver::start().await.expect("starts");
    api.answer_with("/base/api/webhooks", reply);
    let call = client(&api).create_webhook(&json!({}));
    let error = call.await.expect_err("not usable");
    assert!(matches!(error, Error::NotGrapnel { .. }), "{error:?}");
    assert!(error.to_string().contains("/base/api/webhooks answered "), "{error}");
    assert!(error.to_string().contains(shown), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let api = TestReceiver::start().await.expect("starts");
    api.answer_with("/base/health", Reply::status(200).body(vec![b'x'; 1 << 20]).endless());
    let error = client(&api).health().await.expect_err("too long");
    assert!(matches!(error, Error::NotGrapnel { .. }), "{error:?}");
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_a_lost_post_is_not() {
    let api = TestReceiver::start().await.expect("starts");
    let path = "/base/api/webhooks/wh_1";
    let twice_lost = Script::in_order([Reply::close(), Reply::status(503)]);
    api.answer_with(path, twice_lost.then(answer(200, &a_webhook())));
    client(&api).webhook(ID).await.expect("the third try");
    assert_eq!(api.received(path).len(), 3);

    let path = "/base/api/webhooks/wh_1/secret/rotate";
    api.answer_with(path, Reply::close());
    let error = client(&api).rotate_secret(ID, None).await.expect_err("lost");
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
    assert_eq!(api.received(path).len(), 1);
}

#[tokio::test]
async fn deleting_succeeds_where_the_lost_try_has_deleted() {
    let api = TestReceiver::start().await.expect("starts");
    let missing = json!({
        "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
        "detail": "There is no such resource.",
    });
    let path = "/base/api/webhooks/wh_1";
    api.answer_with(path, Script::in_order([Reply::close()]).then(answer(404, &missing)));
    client(&api).delete_webhook(ID).await.expect("gone");
    let error = client(&api).delete_webhook(ID).await.expect_err("was not there");
    assert_eq!(error.problem().map(|problem| problem.status), Some(404));
    api.answer_with(path, Reply::status(204));
    client(&api).delete_webhook(ID).await.expect("deleted");
}

#[tokio::test]
async fn a_list_is_read_to_its_end_and_no_further_than_asked() {
    let delivery = |number: usize| {
        json!({
            "id": format!("dlv_{number}"), "webhookId": ID, "event": "lead.created",
            "eventId": "evt_1", "payload": null, "status": "success", "attempts": [],
            "createdAt": "2026-11-24T06:24:00.000Z",
        })
    };
    let page = |numbers: std::ops::Range<usize>, next: Option<&str>| {
        let items: Vec<Value> = numbers.map(delivery).collect();
        let mut page = json!({ "items": items });
        if let Some(next) = next {
            page["nextCursor"] = json!(next);
        }
        answer(200, &page)
    };
    let pages = || Script::in_order([page(0..2, Some("a b")), page(0..0, Some("c"))]);
    let path = "/base/api/webhooks/wh_1/deliveries";
    let api = TestReceiver::start().await.expect("starts");
    api.answer_with(path, pages().then(page(2..3, None)));
    let all = client(&api).deliveries(ID).all().await.expect("read");
    let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["dlv_0", "dlv_1", "dlv_2"]);
    assert!(all.iter().all(|one| one.is_settled() && one.status == DeliveryStatus::Success));
    let asked: Vec<_> = api.received(path).iter().map(|one| one.query.clone()).collect();
    let asked: Vec<_> = asked.iter().map(|query| query.as_deref().unwrap_or("")).collect();
    assert_eq!(asked, ["limit=100", "limit=100&cursor=a+b", "limit=100&cursor=c"]);

    api.answer_with(path, pages().then(Reply::close()));
    let one: Vec<_> =
        client(&api).deliveries(ID).most(1).raw().stream().try_collect().await.expect("read");
    assert_eq!(one.len(), 1);
    assert_eq!(api.received(path).len(), 4, "one page more");
}

#[rstest]
#[tokio::test]
async fn a_text_that_would_change_the_path_is_no_id(
    #[values("", ".", "..", "a/b", "a?b", "a#b", "%2e%2e", "a b", "é")] id: &str,
) {
    let client = Client::builder("http://127.0.0.1:1").build().expect("a client");
    let error = client.delete_webhook(id).await.expect_err("refused");
    assert!(matches!(error, Error::InvalidId(_)), "{error:?}");
}
