//! The state machine for waits, beyond what an emulator does with it.

use grapnel_domain::tending::SENT_AGAIN_AFTER;
use serde_json::{Value, json};

fn retriers() -> Vec<Value> {
    let machine: Value =
        serde_json::from_str(include_str!("../../../../infra/wait.asl.json")).expect("JSON");
    machine["States"]["Tend"]["Retry"].as_array().expect("retriers").clone()
}

#[test]
fn a_call_that_may_have_sent_messages_is_tried_again_when_they_have_had_their_effect() {
    let [_, other] = &retriers()[..] else { panic!("two retriers") };
    assert_eq!(other["ErrorEquals"], json!(["States.ALL"]));
    assert_eq!(other["IntervalSeconds"], SENT_AGAIN_AFTER.as_secs());
    // Jitter would shorten the pause.
    assert_eq!(other.get("JitterStrategy"), None);
}

/// Errors of Lambda itself: the function was not called.
#[test]
fn a_call_that_did_not_begin_is_tried_again_soon() {
    let [first, _] = &retriers()[..] else { panic!("two retriers") };
    let of_lambda = ["TooManyRequestsException", "ServiceException", "AWSLambdaException"];
    assert_eq!(first["ErrorEquals"], json!(of_lambda.map(|name| format!("Lambda.{name}"))));
    assert_eq!(first["IntervalSeconds"], 1);
}

/// The most that Step Functions allows.
#[test]
fn a_call_is_tried_for_ever() {
    for retrier in retriers() {
        assert_eq!(retrier["MaxAttempts"], 99_999_999, "{retrier}");
        assert!(retrier["MaxDelaySeconds"].as_u64().is_some_and(|most| most <= 300), "{retrier}");
    }
}
