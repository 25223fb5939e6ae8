use super::*;
use grapnel_wire::delivery::REASONS;
use rstest::rstest;
use serde_json::{Value, json};

fn attempt(fields: Value) -> Value {
    let mut attempt =
        json!({"attemptNumber": 1, "duration": 84, "attemptedAt": "2026-11-24T06:24:00.000Z"});
    for (name, value) in fields.as_object().expect("an object") {
        attempt[name] = value.clone();
    }
    attempt
}

fn delivery(status: &str, fields: Value) -> Delivery {
    let mut delivery = json!({
        "id": "dlv_1", "webhookId": "wh_1", "event": "lead.created", "eventId": "evt_1",
        "payload": null, "status": status, "attempts": [], "createdAt": "2026-11-24T06:24:00.000Z",
    });
    for (name, value) in fields.as_object().expect("an object") {
        delivery[name] = value.clone();
    }
    serde_json::from_value(delivery).expect("a delivery")
}

#[rstest]
#[case(1, false, "Delivered at the first attempt.")]
#[case(2, false, "Delivered at the second attempt.")]
#[case(10, false, "Delivered at the tenth attempt.")]
#[case(11, false, "Delivered at the 11th attempt.")]
#[case(12, false, "Delivered at the 12th attempt.")]
#[case(21, false, "Delivered at the 21st attempt.")]
#[case(22, false, "Delivered at the 22nd attempt.")]
#[case(103, false, "Delivered at the 103rd attempt.")]
#[case(112, false, "Delivered at the 112th attempt.")]
#[case(3, true, "Delivered at the third attempt, a manual retry.")]
fn a_success_says_at_which_attempt(
    #[case] number: u32,
    #[case] manual: bool,
    #[case] expected: &str,
) {
    let last = attempt(json!({"attemptNumber": number, "manual": manual, "statusCode": 200}));
    assert_eq!(cause(&delivery("success", json!({"attempts": [last]}))), expected);
}

/// Attempts by their statuses and whether each is a manual retry.
fn attempts(of: &[(u16, bool)]) -> Vec<Value> {
    let one = |(place, (status, manual)): (usize, &(u16, bool))| {
        let mut fields =
            json!({"attemptNumber": place + 1, "statusCode": status, "manual": manual});
        if *status >= 300 {
            fields["error"] = json!(format!("the receiver answered {status}"));
        }
        attempt(fields)
    };
    of.iter().enumerate().map(one).collect()
}

#[rstest]
#[case(&[(200, false), (500, true)], "Delivered at the first attempt; a later resend failed.")]
#[case(&[(200, false), (200, true)], "Delivered at the first attempt, and resent by a manual retry.")]
#[case(&[(500, false), (200, true), (500, true)], "Delivered at the second attempt, a manual retry; a later resend failed.")]
fn what_comes_of_resending_a_success_changes_no_success(
    #[case] of: &[(u16, bool)],
    #[case] expected: &str,
) {
    assert_eq!(cause(&delivery("success", json!({"attempts": attempts(of)}))), expected);
}

#[test]
fn an_endpoint_that_is_gone_is_why_its_webhook_was_disabled() {
    let fields = json!({"reason": "webhook_disabled", "attempts": attempts(&[(410, false)])});
    let expected = "The endpoint answered 410: it wants no further events at this URL, so the webhook was disabled.";
    assert_eq!(cause(&delivery("failed", fields)), expected);
}

#[test]
fn a_success_of_which_only_a_later_failure_is_known_was_delivered() {
    let last = attempts(&[(500, true)]);
    assert_eq!(cause(&delivery("success", json!({"attempts": last}))), "Delivered.");
}

#[test]
fn before_the_first_attempt_there_is_no_cause() {
    assert_eq!(cause(&delivery("pending", json!({}))), "No attempt has been made yet.");
}

#[rstest]
#[case("attempts_exhausted", "The endpoint answered 500: it failed while it handled the request.")]
#[case("webhook_disabled", "The webhook was disabled, so no further attempt is made.")]
#[case("webhook_deleted", "The webhook was deleted when an attempt was due.")]
#[case("event_expired", "The event expires before another attempt would be due.")]
#[case("aborted", "The endpoint asked for no further attempt of this delivery.")]
#[case("transform_failed", "The webhook's transform made no body from this event.")]
#[case("cancelled", "The delivery was cancelled.")]
#[case("payload_erased", "The event's data was erased, so there is nothing left to send.")]
#[case("of_tomorrow\u{202e}", "The delivery ended for the reason `of_tomorrow⟨U+202E⟩`.")]
fn a_reason_is_a_sentence(#[case] reason: &str, #[case] expected: &str) {
    let last = attempt(json!({"statusCode": 500, "error": "the receiver answered 500"}));
    let ended = delivery("failed", json!({"reason": reason, "attempts": [last]}));
    assert_eq!(cause(&ended), expected);
}

#[test]
fn no_reason_of_the_api_is_shown_by_its_code() {
    for reason in REASONS {
        let sentence = cause(&delivery("failed", json!({"reason": reason})));
        assert!(!sentence.contains('`'), "{reason}: {sentence}");
    }
}

/// The errors that the sender and the delivery function write.
#[rstest]
#[case("the receiver did not answer within 10 s", "No answer within 10 s.")]
#[case("the receiver did not answer within 1500 ms", "No answer within 1500 ms.")]
#[case(
    "no connection to the receiver came about within 10 s",
    "No connection to the endpoint within 10 s."
)]
#[case("the receiver's TLS certificate has expired", "The endpoint's certificate has expired.")]
#[case(
    "the receiver's TLS certificate is not valid yet",
    "The endpoint's certificate is not valid yet."
)]
#[case(
    "the receiver's TLS certificate is for another host name",
    "The endpoint's certificate is for another host name."
)]
#[case(
    "the receiver's TLS certificate has been revoked",
    "The endpoint's certificate has been revoked."
)]
#[case(
    "the receiver's TLS certificate is self-signed, from an unknown authority, or lacks its intermediate certificate",
    "The endpoint's certificate is self-signed, from an unknown authority, or lacks its intermediate certificate."
)]
#[case("the receiver's TLS certificate is not valid", "The endpoint's certificate is not valid.")]
#[case(
    "the name server did not answer for an hour: SERVFAIL",
    "The endpoint's host name could not be looked up: no name server gave a usable answer for an hour."
)]
#[case(
    "the host name hooks.example.com does not exist",
    "The host name hooks.example.com does not exist."
)]
#[case(
    "the host name hooks.example.com has no address",
    "The host name hooks.example.com has no address."
)]
#[case(
    "hooks.example.com resolves to 10.0.0.1, which is a private address",
    "Hooks.example.com resolves to 10.0.0.1, which is a private address, and requests are sent to public addresses only."
)]
#[case(
    "the host name has only IPv6 addresses, which could not be reached: it needs an IPv4 address",
    "The host name has only IPv6 addresses, which could not be reached: it needs an IPv4 address."
)]
#[case(
    "the transform failed: unknown field `x`",
    "The webhook's transform made no body from this event."
)]
#[case("the receiver refused the connection", "The receiver refused the connection.")]
#[case("there is no route to the receiver", "There is no route to the receiver.")]
#[case(
    "the receiver closed the connection before answering",
    "The receiver closed the connection before answering."
)]
#[case("the receiver's answer is not valid HTTP", "The receiver's answer is not valid HTTP.")]
#[case(
    "the webhook's URL cannot be used in an HTTP request",
    "The webhook's URL cannot be used in an HTTP request."
)]
#[case("\u{202e}<script>", "⟨U+202E⟩<script>.")]
fn an_attempt_without_an_answer_says_why(#[case] error: &str, #[case] expected: &str) {
    let last = attempt(json!({"error": error}));
    assert_eq!(cause(&delivery("retrying", json!({"attempts": [last]}))), expected);
}

#[rstest]
#[case(301, "The endpoint answered 301: redirects are not followed, so enter the new URL.")]
#[case(304, "The endpoint answered 304: \"not modified\" is neither a success nor a redirect.")]
#[case(401, "The endpoint answered 401: it rejected the signature or the credentials.")]
#[case(404, "The endpoint answered 404: it has nothing at this URL.")]
#[case(410, "The endpoint answered 410: it wants no further events at this URL.")]
#[case(429, "The endpoint answered 429: it gets too many requests.")]
#[case(503, "The endpoint answered 503: it is overloaded or down for maintenance.")]
#[case(103, "The endpoint answered 103: an interim answer is no success.")]
#[case(300, "The endpoint answered 300: only 2xx is a success.")]
#[case(418, "The endpoint answered 418: it refused the request.")]
#[case(599, "The endpoint answered 599: it failed.")]
#[case(999, "The endpoint answered 999: this is no status of HTTP.")]
fn a_status_says_what_the_receiver_means(#[case] status: u16, #[case] expected: &str) {
    let last = attempt(json!({
        "statusCode": status, "error": format!("the receiver answered {status}"),
    }));
    assert_eq!(cause(&delivery("retrying", json!({"attempts": [last]}))), expected);
}

#[test]
fn every_status_has_a_sentence_and_it_is_one() {
    for status in 100..=999 {
        let last = attempt(json!({"statusCode": status, "error": "it failed"}));
        let sentence = cause(&delivery("retrying", json!({"attempts": [last]})));
        assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "{sentence}");
    }
}

#[test]
fn a_status_of_tomorrow_is_named() {
    let unknown = delivery("parked", json!({}));
    assert_eq!(cause(&unknown), "Its status is `parked`, which this page does not know.");
}
