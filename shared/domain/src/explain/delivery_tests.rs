use super::*;
use crate::{
    delivery::{DeliveryAttempt, Reopened},
    event::Retention,
    health::{Circuit, DisabledCause, Health},
    ids::ReplayId,
    limit::{RateLimit, Slot},
    retry::next::{Made, NextStep, Verdict, next_step},
    samples::{self, changed, nth},
    webhook::WebhookStatus,
};
use rstest::rstest;
use uuid::Uuid;

const NOW: Timestamp = at(100);
const SOON: Timestamp = at(200);

const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn webhook() -> Webhook {
    samples::webhook(at(0))
}

fn with_circuit(circuit: Circuit) -> Webhook {
    webhook().with_state(Health { circuit, ..Health::default() }, None)
}

fn attempt(number: u32, error: Option<&str>) -> DeliveryAttempt {
    DeliveryAttempt {
        attempt_number: nth(number),
        status_code: Some(if error.is_none() { 200 } else { 500 }),
        response: None,
        response_remark: None,
        location: None,
        error: error.map(str::to_owned),
        duration: 1,
        attempted_at: at(1),
        manual: false,
    }
}

fn pending() -> Delivery {
    Delivery::of(&samples::event(at(0)), webhook().id, Retention { days: 8 }, at(0))
}

fn failed_twice() -> Vec<DeliveryAttempt> {
    vec![attempt(1, Some("no")), attempt(2, Some("no"))]
}

fn retrying() -> Delivery {
    Delivery {
        status: DeliveryStatus::Retrying,
        next_attempt_at: Some(SOON),
        attempts: failed_twice(),
        ..pending()
    }
}

fn ended(reason: Reason) -> Delivery {
    Delivery {
        status: DeliveryStatus::Failed,
        reason: Some(reason),
        attempts: failed_twice(),
        ..pending()
    }
}

fn delivered() -> Delivery {
    let attempts = vec![attempt(1, Some("no")), attempt(2, None), attempt(3, Some("no"))];
    Delivery { status: DeliveryStatus::Success, attempts, ..pending() }
}

fn waits(waiting_for: WaitingFor) -> Progress {
    Progress::Waits { waiting: Waiting { waiting_for, until: SOON }, final_attempt: Some(5) }
}

const DUE: Progress = Progress::Due { final_attempt: Some(5), may_wait_for_slot: false };
const OPEN: Circuit = Circuit::Open { due: SOON };
const PROBE: Circuit = Circuit::Open { due: NOW };
const GONE: Circuit = Circuit::Disabled { cause: DisabledCause::Gone };

fn slot() -> Option<Slot> {
    Some(Slot { at: SOON, moved: false })
}

#[rstest]
#[case::delivered(delivered(), Circuit::Closed, Progress::Delivered { attempt: Some(nth(2)) })]
#[case::delivered_though_open(delivered(), OPEN, Progress::Delivered { attempt: Some(nth(2)) })]
#[case::exhausted(
    ended(Reason::AttemptsExhausted),
    Circuit::Closed,
    Progress::Ended(Some(Reason::AttemptsExhausted))
)]
#[case::cancelled(ended(Reason::Cancelled), GONE, Progress::Ended(Some(Reason::Cancelled)))]
#[case::retry(retrying(), Circuit::Closed, waits(WaitingFor::Retry))]
#[case::retry_though_open(retrying(), OPEN, waits(WaitingFor::Retry))]
#[case::retry_due(Delivery { next_attempt_at: Some(NOW), ..retrying() }, Circuit::Closed, DUE)]
#[case::first_due(pending(), Circuit::Closed, DUE)]
#[case::slot(Delivery { slot: slot(), ..retrying() }, Circuit::Closed, waits(WaitingFor::RateLimit))]
#[case::parked(Delivery { parked_until: Some(NOW), ..pending() }, OPEN, waits(WaitingFor::Circuit))]
#[case::about_to_be_parked(pending(), OPEN, waits(WaitingFor::Circuit))]
#[case::probe_due(Delivery { parked_until: Some(NOW), ..pending() }, PROBE, DUE)]
#[case::released(Delivery { parked_until: Some(SOON), ..pending() }, Circuit::Closed, DUE)]
#[case::disabled_by_its_endpoint(retrying(), GONE, Progress::Ends(Reason::WebhookDisabled))]
#[case::erased(
    Delivery { payload_erased_at: Some(NOW), ..retrying() },
    Circuit::Closed,
    Progress::Ends(Reason::PayloadErased)
)]
fn every_state_has_its_explanation(
    #[case] delivery: Delivery,
    #[case] circuit: Circuit,
    #[case] expected: Progress,
) {
    let explained = of_delivery(&delivery, Some(&with_circuit(circuit)), NOW);
    assert_eq!(explained.progress, expected);
    assert_eq!(explained.attempts, delivery.attempt_count());
}

#[test]
fn a_delivery_ends_with_its_webhook() {
    let progress = |webhook: Option<&Webhook>| of_delivery(&retrying(), webhook, NOW).progress;
    assert_eq!(progress(None), Progress::Ends(Reason::WebhookDeleted));
    let disabled = changed(&webhook(), |it| it.status = WebhookStatus::Disabled);
    assert_eq!(progress(Some(&disabled)), Progress::Ends(Reason::WebhookDisabled));
}

#[test]
fn a_test_waits_for_nobody_and_has_one_attempt() {
    let test = Delivery { test: true, ..pending() };
    let expected = Progress::Due { final_attempt: Some(1), may_wait_for_slot: false };
    let limited = |webhook: &Webhook| changed(webhook, |it| it.rate_limit = RateLimit::new(1));
    for webhook in [webhook(), with_circuit(OPEN), with_circuit(GONE), limited(&webhook())] {
        assert_eq!(of_delivery(&test, Some(&webhook), NOW).progress, expected);
    }
}

#[test]
fn a_limited_webhook_may_keep_back_what_is_due() {
    let limited = changed(&webhook(), |it| it.rate_limit = RateLimit::new(1));
    let expected = Progress::Due { final_attempt: Some(5), may_wait_for_slot: true };
    assert_eq!(of_delivery(&pending(), Some(&limited), NOW).progress, expected);
}

/// A replay restarts the schedule behind the attempts so far, however early the delivery had ended.
#[rstest]
#[case::first(0, 0, 5, Some(5))]
#[case::in_between(2, 0, 5, Some(5))]
#[case::after_a_replay(1, 1, 5, Some(6))]
#[case::further_after_a_replay(3, 1, 5, Some(6))]
#[case::fewer_allowed_meanwhile(4, 0, 2, Some(5))]
#[case::at_the_end_of_the_record(199, 198, 5, Some(200))]
fn the_schedule_ends_where_it_is_decided(
    #[case] made: u32,
    #[case] schedule_from: u32,
    #[case] max_attempts: u32,
    #[case] expected: Option<u32>,
) {
    let by = ReplayId::from_uuid(Uuid::from_u128(1));
    let delivery = Delivery {
        attempts: (1..=made).map(|number| attempt(number, Some("no"))).collect(),
        reopened: (schedule_from > 0).then_some(Reopened { by, attempts: schedule_from }),
        ..retrying()
    };
    assert_eq!(delivery.final_attempt(max_attempts), expected);

    // The attempt that is said to be the last one is the last one.
    let config = changed(&webhook(), |it| it.retry_config.max_attempts = max_attempts);
    let ends = |number: u32| {
        let made = Made {
            delivery_id: delivery.id,
            attempt: nth(number),
            schedule_from: delivery.schedule_from(),
            before: DeliveryStatus::Retrying,
            test: false,
            verdict: Verdict::Failure { retry_after: None, end: None },
            config: &config.retry_config,
            now: NOW,
            event_expires_at: at(i64::from(u32::MAX)),
            longest_queue_delay: crate::delay::QueueDelay::at_most(900),
        };
        next_step(&made) == NextStep::Fail(Reason::AttemptsExhausted)
    };
    let last = expected.expect("planned");
    assert!(ends(last));
    assert!(last == made + 1 || !ends(last - 1));
}

#[test]
fn a_settled_delivery_has_no_schedule() {
    assert_eq!(delivered().final_attempt(5), None);
    assert_eq!(of_delivery(&delivered(), None, NOW).next_attempt(), None);
    assert_eq!(of_delivery(&retrying(), Some(&webhook()), NOW).next_attempt(), Some(nth(3)));
}
