use super::*;
use grapnel_domain::health::CircuitRules;
use grapnel_domain::{
    delay::QueueDelay,
    delivery::Reason,
    event::{Event, EventContent, Retention},
    ids::{EventId, UserId, WebhookId},
    outbound::{Answer, BodyRemark},
};
use grapnel_testing::{
    builders::nth,
    clock::{TIME_BUDGET, VISIBILITY_TIMEOUT},
};
use rstest::rstest;
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn rules() -> Rules {
    Rules {
        retention: Retention { days: 30 },
        longest_queue_delay: QueueDelay::at_most(900),
        time_budget: TIME_BUDGET,
        visibility_timeout: VISIBILITY_TIMEOUT,
        circuit: CircuitRules { failures: 10, first_interval: Duration::from_secs(60) },
    }
}

fn delivery() -> Delivery {
    let user_id = UserId::parse("u1").expect("valid");
    let webhook: WebhookId = "wh_00000000-0000-0000-0000-000000000001".parse().expect("valid");
    let event = Event {
        id: EventId::derive(&user_id, "s", "1"),
        user_id,
        content: EventContent {
            event_type: "lead.created".into(),
            source: "s".into(),
            time: NOW,
            data: "{}".into(),
        },
        audience: None,
        stored_at: NOW,
        expires_at: rules().retention.event_expiry(NOW),
        payload_erased_at: None,
    };
    Delivery::of(&event, webhook, rules().retention, NOW)
}

fn answer(status: u16, body: &str) -> SendOutcome {
    SendOutcome::Answered(Answer {
        status,
        body: body.into(),
        truncated: false,
        retry_after: None,
        webhook_delivery: None,
        location: None,
        remark: None,
    })
}

fn decided(delivery: &Delivery, number: u32, outcome: SendOutcome) -> (AttemptRecord, NextStep) {
    let config = RetryConfig::default();
    let number = nth(number);
    let sent = Sent { outcome, duration: Duration::from_millis(12) };
    let made = Attempted { delivery, config: &config, number, manual: false, begun: NOW, sent };
    decide(made, &rules(), NOW)
}

#[test]
fn a_success_keeps_little_of_its_response() {
    let (record, next) = decided(&delivery(), 1, answer(204, &"é".repeat(1000)));
    assert_eq!(next, NextStep::Succeed);
    assert_eq!(record.status, Some(DeliveryStatus::Success));
    assert_eq!(record.attempt.status_code, Some(204));
    assert_eq!(record.attempt.duration, 12);
    assert_eq!(record.attempt.error, None);
    assert_eq!(record.attempt.response.expect("kept").len(), SUCCESS_RESPONSE_BYTES);
}

#[test]
fn a_failure_keeps_its_response_and_says_when_the_next_attempt_is_due() {
    let (record, next) = decided(&delivery(), 1, answer(500, &"x".repeat(4096)));
    let NextStep::Retry(retry) = next else { panic!("expected a retry, got {next:?}") };
    assert_eq!(record.status, Some(DeliveryStatus::Retrying));
    assert_eq!(record.next_attempt_at, Some(retry.due));
    assert_eq!(record.waits_for, None);
    assert_eq!(record.attempt.response.expect("kept").len(), 4096);
    assert_eq!(record.attempt.error.as_deref(), Some("the receiver answered 500"));
}

#[test]
fn a_long_delay_waits_in_a_shared_wait_and_moves_the_row_s_end() {
    let retrying = Delivery { status: DeliveryStatus::Retrying, ..delivery() };
    let (record, _) = decided(&retrying, 4, answer(500, ""));
    let due = record.next_attempt_at.expect("due");
    assert_eq!(record.waits_for.map(|minute| minute.strikes_at()), Some(due));
    assert!(record.expires_at >= due.plus(rules().retention.period()));
}

#[test]
fn a_redirect_is_a_failure_that_says_why() {
    let (record, _) = decided(&delivery(), 1, answer(302, ""));
    assert_eq!(record.status, Some(DeliveryStatus::Retrying));
    assert!(record.attempt.error.expect("an error").contains("redirects are not followed"));
    assert_eq!(record.attempt.response, None);
}

#[test]
fn no_answer_is_a_failure_with_its_error() {
    let outcome = SendOutcome::Failed { error: "the connection was refused".into() };
    let (record, _) = decided(&delivery(), 1, outcome);
    assert_eq!(record.attempt.status_code, None);
    assert_eq!(record.attempt.error.as_deref(), Some("the connection was refused"));
}

#[test]
fn a_lost_connection_is_a_failed_attempt_and_says_nothing_of_the_endpoint() {
    let outcome = SendOutcome::ConnectionLost { error: "a kept connection broke".into() };
    assert_eq!(evidence(&outcome, &delivery(), NOW, NextStep::Succeed), None);
    let (record, next) = decided(&delivery(), 1, outcome);
    assert!(matches!(next, NextStep::Retry(_)), "{next:?}");
    assert_eq!(record.status, Some(DeliveryStatus::Retrying));
    assert_eq!(record.attempt.status_code, None);
    assert_eq!(record.attempt.error.as_deref(), Some("a kept connection broke"));
}

#[test]
fn what_was_not_sent_ends_failed_at_once_and_says_nothing_of_the_endpoint() {
    let outcome = SendOutcome::NotSent { error: "the transform failed".into() };
    assert_eq!(evidence(&outcome, &delivery(), NOW, NextStep::Succeed), None);
    let (record, next) = decided(&delivery(), 1, outcome);
    assert_eq!(next, NextStep::Fail(Reason::TransformFailed));
    assert_eq!(record.status, Some(DeliveryStatus::Failed));
    assert_eq!(record.attempt.error.as_deref(), Some("the transform failed"));
}

#[test]
fn the_last_attempt_ends_failed() {
    let retrying = Delivery { status: DeliveryStatus::Retrying, ..delivery() };
    let (record, next) = decided(&retrying, 5, answer(500, ""));
    assert_eq!(next, NextStep::Fail(Reason::AttemptsExhausted));
    assert_eq!(record.status, Some(DeliveryStatus::Failed));
    assert_eq!(record.reason, Some(Reason::AttemptsExhausted));
}

#[test]
fn a_failed_manual_retry_of_a_settled_delivery_changes_nothing_but_the_list() {
    let failed = Delivery { status: DeliveryStatus::Failed, ..delivery() };
    let (record, next) = decided(&failed, 6, answer(500, ""));
    assert_eq!(next, NextStep::LeaveSettled);
    assert_eq!((record.status, record.reason, record.next_attempt_at), (None, None, None));
}

#[test]
fn text_is_cut_between_characters() {
    assert_eq!(shortened("aé".into(), 2), "a");
    assert_eq!(shortened("aé".into(), 3), "aé");
    assert_eq!(shortened(String::new(), 3), "");
}

#[rstest]
#[case(301, "the receiver answered 301; redirects are not followed", true)]
#[case(302, "the receiver answered 302; redirects are not followed", true)]
#[case(303, "the receiver answered 303; redirects are not followed", true)]
#[case(307, "the receiver answered 307; redirects are not followed", true)]
#[case(308, "the receiver answered 308; redirects are not followed", true)]
#[case(300, "the receiver answered 300", false)]
#[case(
    304,
    "the receiver answered 304 (not modified), which is neither a success nor a redirect",
    false
)]
#[case(404, "the receiver answered 404", false)]
fn where_a_redirect_points_is_on_record(
    #[case] status: u16,
    #[case] error: &str,
    #[case] is_kept: bool,
) {
    let SendOutcome::Answered(answer) = answer(status, "") else { unreachable!("it is one") };
    let location = Some("https://new.example.com/".to_owned());
    let answer = Answer { location: location.clone(), ..answer };
    let (record, _) = decided(&delivery(), 1, SendOutcome::Answered(answer));
    assert_eq!(record.attempt.error.as_deref(), Some(error));
    assert_eq!(record.attempt.location, location.filter(|_| is_kept));
}

#[test]
fn what_is_to_be_known_of_a_body_is_on_record() {
    let SendOutcome::Answered(answer) = answer(200, "") else { unreachable!("it is one") };
    let remark = Some(BodyRemark::Compressed(Some("gzip".into())));
    let (record, _) = decided(&delivery(), 1, SendOutcome::Answered(Answer { remark, ..answer }));
    assert_eq!(
        record.attempt.response_remark.as_deref(),
        Some("the body is compressed (gzip) although no request asks for that, and is not kept")
    );
}
