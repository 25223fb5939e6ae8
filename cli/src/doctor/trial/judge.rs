//! What the deliveries of the doctor's webhook mean.

use crate::doctor::check::Verdict;
use grapnel_client::{Attempt, Delivery, DeliveryStatus, Echo};
use std::collections::BTreeSet;

/// What helps against most failures of a delivery.
const LOOK_AT_DELIVERY: &str = "Look at the log of the delivery function for this id, and at its throttles: docs/operate.md, \"Logs\".";

/// An event was published and no delivery of it appeared.
pub(super) fn nothing_came(event: &str) -> Verdict {
    Verdict::failed(
        format!("event {event} was published, and no delivery of it came"),
        "Look at the log of the ingest function for this id, and at its throttles: docs/operate.md, \
         \"Logs\".",
    )
}

/// The delivery of a test. `echoes` is `None` with a receiver that was given.
pub(super) fn test(delivery: &Delivery, echoes: Option<&[Echo]>) -> Verdict {
    if delivery.status != DeliveryStatus::Success {
        return unsuccessful(delivery, echoes.is_some());
    }
    let took = delivery.attempts.last().map_or(0, |attempt| attempt.duration);
    let Some(echoes) = echoes else {
        let code = delivery.attempts.last().and_then(|attempt| attempt.status_code);
        let code = code.map_or_else(String::new, |code| format!(" {code}"));
        return Verdict::passed(format!("the receiver answered{code} in {took} ms"));
    };
    match answers(echoes, &delivery.event_id).as_slice() {
        [] => unseen(delivery),
        _ => Verdict::passed(format!("it arrived with a valid signature, in {took} ms")),
    }
}

/// A delivery whose first attempt the echo fails and whose second it accepts. The echo of the first may
/// have ended; that of the second has not.
pub(super) fn retry(delivery: &Delivery, echoes: &[Echo]) -> Verdict {
    let codes: Vec<Option<u16>> = delivery.status_codes();
    match (&delivery.status, codes.as_slice()) {
        (DeliveryStatus::Success, [Some(503), Some(200)]) => {}
        (DeliveryStatus::Success, _) => {
            let seen: Vec<String> = delivery.attempts.iter().map(outcome).collect();
            return Verdict::failed(
                format!(
                    "expected two attempts, 503 and 200; delivery {} had {}",
                    delivery.id,
                    seen.join(", ")
                ),
                LOOK_AT_DELIVERY,
            );
        }
        _ => return unsuccessful(delivery, true),
    }
    if answers(echoes, &delivery.event_id).last() != Some(&200) {
        return unseen(delivery);
    }
    let times: Vec<_> = delivery.attempts.iter().map(|attempt| attempt.attempted_at).collect();
    let after = match times.as_slice() {
        [first, second] => grapnel_verify::span(first.until(*second)),
        _ => String::new(),
    };
    Verdict::passed(format!("answered 503, then 200 after {after}"))
}

/// The versions of the delivery function and of the API. All requests to the echoes are signed with
/// the doctor's own secret, so the delivery function sent them.
pub(super) fn versions(echoes: &[Echo], api: &str) -> Verdict {
    let requests: Vec<_> = echoes.iter().flat_map(|echo| &echo.requests).collect();
    if requests.is_empty() {
        return Verdict::skipped("no request of the delivery function arrived");
    }
    let seen: BTreeSet<_> = requests.iter().filter_map(|it| it.sender_version.as_deref()).collect();
    if seen.is_empty() {
        return Verdict::skipped(
            "the requests arrived without the User-Agent that delivery sends: something between AWS and \
             the API replaces it",
        );
    }
    if seen.iter().all(|version| *version == api) {
        return Verdict::passed(format!("delivery runs {api}, like the API"));
    }
    let seen: Vec<_> = seen.into_iter().collect();
    Verdict::failed(
        format!("delivery runs {}, the API {api}", seen.join(" and ")),
        "Wait if the stack is being deployed. Otherwise deploy it again, with all functions from one \
         package: docs/operate.md, \"Check a deployment\".",
    )
}

/// What the echoes answered to a message, in order.
fn answers(echoes: &[Echo], message: &str) -> Vec<u16> {
    let requests = echoes.iter().flat_map(|echo| &echo.requests);
    let mut requests: Vec<_> = requests.filter(|it| it.message_id == message).collect();
    requests.sort_by_key(|request| request.at);
    requests.into_iter().map(|request| request.answered).collect()
}

/// The delivery function recorded a success, and the echo received nothing.
fn unseen(delivery: &Delivery) -> Verdict {
    Verdict::failed(
        format!("delivery {} is a success, but the echo saw no request of it", delivery.id),
        "Something between AWS and the API answers in its place: ask from where the API's address is \
         served.",
    )
}

fn unsuccessful(delivery: &Delivery, is_echo: bool) -> Verdict {
    let last = delivery.attempts.last().map_or_else(|| "no attempt".to_owned(), outcome);
    let detail = format!("delivery {} is {}: {last}", delivery.id, delivery.status);
    let answered = delivery.attempts.last().and_then(|attempt| attempt.status_code);
    match (answered, is_echo) {
        (Some(404), true) => Verdict::failed(
            detail,
            "The echo did not know the signature, or the address is another deployment's: is the clock of \
             the function right, and does the address lead to this API without changing a request?",
        ),
        (Some(_), false) => {
            Verdict::failed(detail, "The receiver must answer 2xx: look at its own log.")
        }
        (None, _) if !delivery.attempts.is_empty() => Verdict::failed(
            detail,
            "The delivery function did not reach the address. Does the address answer the public internet, \
             with a valid certificate?",
        ),
        _ => Verdict::failed(detail, LOOK_AT_DELIVERY),
    }
}

/// The result of an attempt, in a few words.
fn outcome(attempt: &Attempt) -> String {
    match (attempt.status_code, &attempt.error) {
        (Some(code), _) => code.to_string(),
        (None, Some(error)) => error.clone(),
        (None, None) => "no answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::Outcome::{self, Failed, Passed, Skipped};
    use rstest::rstest;
    use serde_json::{Value, json};

    const STARTED: &str = "2026-11-24T06:00:00.000Z";
    const LATER: &str = "2026-11-24T06:00:05.000Z";

    fn attempt(number: usize, code: u16) -> Value {
        let error = (code != 200).then(|| format!("answered {code}"));
        let mut attempt = json!({
            "attemptNumber": number, "duration": 12, "attemptedAt": if number == 1 { STARTED } else { LATER },
        });
        if code != 0 {
            attempt["statusCode"] = code.into();
        }
        if let Some(error) = error {
            attempt["error"] = error.into();
        }
        attempt
    }

    fn delivery(status: &str, codes: &[u16]) -> Delivery {
        let attempts = codes.iter().enumerate().map(|(index, code)| attempt(index + 1, *code));
        let delivery = json!({
            "id": "dlv_1", "webhookId": "wh_1", "event": "lead.created", "eventId": "evt_1", "payload": {},
            "status": status, "attempts": attempts.collect::<Vec<_>>(), "createdAt": STARTED,
        });
        serde_json::from_value(delivery).expect("a delivery")
    }

    /// An echo that received a request of each of these versions.
    fn echo_of(versions: &[Option<&str>]) -> Echo {
        let mut echo = echo("evt_1", &[200, 200][..versions.len()]);
        for (request, version) in echo.requests.iter_mut().zip(versions) {
            request.sender_version = version.map(str::to_owned);
        }
        echo
    }

    fn echo(message: &str, answered: &[u16]) -> Echo {
        let at = [STARTED, LATER];
        let requests = answered
            .iter()
            .zip(at)
            .map(|(code, at)| json!({ "messageId": message, "at": at, "answered": code }));
        let echo = json!({
            "id": "echo_1", "path": "/echo/echo_1", "expiresAt": LATER,
            "requestsLeft": 20, "requests": requests.collect::<Vec<_>>(),
        });
        serde_json::from_value(echo).expect("an echo")
    }

    #[rstest]
    #[case::well("success", &[200], &[200], Passed)]
    #[case::never_seen("success", &[200], &[], Failed)]
    #[case::refused("failed", &[404], &[], Failed)]
    #[case::unreachable("failed", &[0], &[], Failed)]
    #[case::still_pending("pending", &[], &[], Failed)]
    fn a_test_must_arrive_and_be_verified(
        #[case] status: &str,
        #[case] codes: &[u16],
        #[case] answered: &[u16],
        #[case] expected: Outcome,
    ) {
        let verdict = test(&delivery(status, codes), Some(&[echo("evt_1", answered)]));
        assert_eq!(verdict.outcome, expected, "{verdict:?}");
        assert_eq!(verdict.what_to_do.is_some(), expected == Failed);
    }

    #[test]
    fn a_receiver_that_was_given_must_answer_2xx() {
        assert_eq!(test(&delivery("success", &[200]), None).outcome, Passed);
        let verdict = test(&delivery("failed", &[500]), None);
        assert_eq!(verdict.outcome, Failed);
        assert!(verdict.what_to_do.expect("advice").contains("receiver"), "what to do");
    }

    #[test]
    fn a_request_of_another_message_does_not_count() {
        let verdict = test(&delivery("success", &[200]), Some(&[echo("evt_2", &[200])]));
        assert_eq!(verdict.outcome, Failed);
    }

    #[rstest]
    #[case::well("success", &[503, 200], &[503, 200], Passed)]
    #[case::the_first_echo_has_ended("success", &[503, 200], &[200], Passed)]
    #[case::not_retried("success", &[200], &[200], Failed)]
    #[case::failed_for_another_reason("success", &[500, 200], &[200], Failed)]
    #[case::given_up("failed", &[503, 503], &[503], Failed)]
    #[case::still_waiting("retrying", &[503], &[503], Failed)]
    #[case::never_seen("success", &[503, 200], &[503], Failed)]
    fn a_retry_must_fail_once_and_then_succeed(
        #[case] status: &str,
        #[case] codes: &[u16],
        #[case] answered: &[u16],
        #[case] expected: Outcome,
    ) {
        let verdict = retry(&delivery(status, codes), &[echo("evt_1", answered)]);
        assert_eq!(verdict.outcome, expected, "{verdict:?}");
    }

    #[rstest]
    #[case::alike(&[Some("0.2.0"), Some("0.2.0")], Passed, "delivery runs 0.2.0, like the API")]
    #[case::older(&[Some("0.1.0")], Failed, "delivery runs 0.1.0, the API 0.2.0")]
    #[case::newer(&[Some("0.3.0")], Failed, "delivery runs 0.3.0, the API 0.2.0")]
    #[case::both(&[Some("0.1.0"), Some("0.2.0")], Failed, "delivery runs 0.1.0 and 0.2.0, the API 0.2.0")]
    #[case::one_is_unknown(&[None, Some("0.2.0")], Passed, "delivery runs 0.2.0, like the API")]
    #[case::unknown(&[None], Skipped, "User-Agent")]
    #[case::no_request(&[], Skipped, "no request")]
    fn delivery_must_run_the_version_of_the_api(
        #[case] seen: &[Option<&str>],
        #[case] expected: Outcome,
        #[case] detail: &str,
    ) {
        let verdict = versions(&[echo_of(seen)], "0.2.0");
        assert_eq!(verdict.outcome, expected, "{verdict:?}");
        assert!(verdict.detail.contains(detail), "{verdict:?}");
        assert_eq!(verdict.what_to_do.is_some(), expected == Failed);
    }

    #[test]
    fn a_retry_says_how_long_it_took() {
        let verdict = retry(&delivery("success", &[503, 200]), &[echo("evt_1", &[503, 200])]);
        assert_eq!(verdict.detail, "answered 503, then 200 after 5s");
    }
}
