use super::*;
use crate::samples::{self, nth};
use std::time::Duration;

/// A new delivery of an event that is stored now.
fn delivery(stored_at: Timestamp, retention: Retention) -> Delivery {
    let webhook_id = WebhookId::from_uuid(uuid::Uuid::nil());
    Delivery::of(&samples::event(stored_at), webhook_id, retention, stored_at)
}

#[test]
fn only_the_first_and_the_last_five_bodies_stay() {
    let mut kept: Vec<u32> = Vec::new();
    for number in 1..=200 {
        kept.push(number);
        if let Some(index) = body_to_drop(nth(number)) {
            kept.retain(|n| *n != index + 1);
        }
        assert!(kept.len() <= 10);
    }
    assert_eq!(kept, [1, 2, 3, 4, 5, 196, 197, 198, 199, 200]);
}

#[test]
fn the_expiry_of_a_row_never_comes_nearer() {
    const DAY: Duration = Duration::from_secs(86_400);
    let stored_at = Timestamp::from_millis(1_795_000_000_000);
    let retention = Retention { days: 8 };
    let new = delivery(stored_at, retention);
    let due = stored_at.plus(DAY * 5);
    let moved = Delivery { expires_at: new.expiry(retention, due), ..new.clone() };
    assert_eq!(moved.expires_at, due.plus(DAY * 8));
    // A manual retry, or a shorter Retry-After, is due earlier than the stored time.
    assert_eq!(moved.expiry(retention, stored_at), moved.expires_at);
    // If an operator shortens the retention, the promise to existing deliveries does not change.
    assert_eq!(moved.expiry(Retention { days: 1 }, due), moved.expires_at);
}

#[test]
fn what_repeats_the_data_is_known_by_its_beginning() {
    let attempt = |status_code, error: &str| DeliveryAttempt {
        attempt_number: nth(1),
        status_code,
        response: None,
        response_remark: None,
        location: None,
        error: Some(error.to_owned()),
        duration: 0,
        attempted_at: Timestamp::from_millis(0),
        manual: false,
    };
    let failed = crate::transform::Transform {
        template: "{{ data.nothing.at_all }}".into(),
        content_type: "text/plain".into(),
    };
    let event = samples::event(Timestamp::from_millis(0));
    let failed = crate::request::render(&failed, event.id, &event.content).expect_err("undefined");
    let failed = crate::request::NoRequest::from(failed).to_string();
    let new = delivery(event.stored_at, Retention { days: 8 });
    let attempts = vec![
        attempt(None, &failed),
        attempt(None, "the receiver did not answer within 10 s"),
        attempt(None, TRANSFORM_FAILED),
        attempt(Some(500), "the receiver answered 500"),
        attempt(None, &failed),
    ];
    assert_eq!(Delivery { attempts, ..new }.errors_about_payload(), [0, 4]);
}

#[test]
fn all_of_a_response_is_forgotten_and_all_of_it_is_named() {
    let text = || Some("x".to_owned());
    let mut attempt = DeliveryAttempt {
        attempt_number: nth(1),
        status_code: Some(301),
        response: text(),
        response_remark: text(),
        location: text(),
        error: text(),
        duration: 12,
        attempted_at: Timestamp::from_millis(0),
        manual: false,
    };
    let names = |attempt: &DeliveryAttempt| {
        let json = serde_json::to_value(attempt).expect("serialises");
        let names = json.as_object().expect("an object").keys().cloned();
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names(&attempt);
    assert!(attempt.has_response());
    attempt.forget_response();
    assert!(!attempt.has_response());
    let gone: Vec<String> = before.difference(&names(&attempt)).cloned().collect();
    let mut expected = DeliveryAttempt::RESPONSE_FIELDS;
    expected.sort_unstable();
    assert_eq!(gone, expected);
}

#[test]
fn an_attempt_keeps_its_published_names() {
    let attempt = DeliveryAttempt {
        attempt_number: nth(1),
        status_code: Some(500),
        response: Some("no".into()),
        response_remark: None,
        location: None,
        error: None,
        duration: 12,
        attempted_at: Timestamp::from_millis(0),
        manual: false,
    };
    assert_eq!(
        serde_json::to_string(&attempt).expect("serialises"),
        r#"{"attemptNumber":1,"statusCode":500,"response":"no","duration":12,"attemptedAt":"1970-01-01T00:00:00.000Z"}"#
    );
}
