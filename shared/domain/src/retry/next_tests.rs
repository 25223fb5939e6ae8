use super::*;
use crate::{
    ids::{EventId, UserId, WebhookId},
    retry::{Backoff, Schedule, after::parse_retry_after},
    samples::nth,
};
use proptest::prelude::*;
use uuid::Uuid;

fn delivery(seed: u128) -> DeliveryId {
    let user = UserId::parse("u").expect("valid");
    let event = EventId::derive(&user, "s", "1");
    DeliveryId::derive(
        &WebhookId::from_uuid(Uuid::from_u128(seed)),
        &event,
        Timestamp::from_millis(0),
    )
}

fn made(config: &RetryConfig, attempt: u32) -> Made<'_> {
    Made {
        delivery_id: delivery(1),
        attempt: nth(attempt),
        schedule_from: 0,
        before: DeliveryStatus::Retrying,
        test: false,
        verdict: Verdict::Failure { retry_after: None, end: None },
        config,
        now: Timestamp::from_millis(1_795_000_000_000),
        event_expires_at: Timestamp::from_millis(i64::MAX),
        longest_queue_delay: QueueDelay::at_most(900),
    }
}

fn retry(step: NextStep) -> Retry {
    match step {
        NextStep::Retry(retry) => retry,
        other => panic!("expected a retry, got {other:?}"),
    }
}

fn any_config() -> impl Strategy<Value = RetryConfig> {
    let list = prop::collection::vec(1_u32..=86_400, 1..=19).prop_map(Schedule::DelaysSeconds);
    let backoff =
        (1_u32..=86_400, 1.0_f64..=10.0, 1_u32..=86_400).prop_map(|(a, multiplier, b)| {
            Schedule::Backoff(Backoff {
                initial_seconds: a.min(b),
                multiplier,
                max_seconds: a.max(b),
            })
        });
    (1_u32..=20, prop_oneof![list, backoff]).prop_map(|(max_attempts, schedule)| RetryConfig {
        max_attempts,
        timeout_seconds: 10,
        schedule,
    })
}

proptest! {
    #[test]
    fn a_delay_is_never_shorter_than_configured_and_at_most_a_tenth_longer(
        config in any_config(), attempt in 1_u32..20, seed: u128, offset in 0_i64..120_000,
    ) {
        prop_assume!(attempt < config.max_attempts);
        let made = Made {
            delivery_id: delivery(seed),
            now: Timestamp::from_millis(1_795_000_000_000 + offset),
            ..made(&config, attempt)
        };
        let retry = retry(next_step(&made));
        let configured = f64::from(config.delay_before(attempt + 1));
        let waited = made.now.until(retry.due).as_secs_f64();
        prop_assert!(waited >= configured);
        // A shared wait ends at a full minute, and at the next one if less than 30 s are left.
        let rounding = if retry.wait.is_some() { 90.0 } else { 0.0 };
        prop_assert!(waited <= configured * (1.0 + MAX_JITTER) + rounding + 0.001);
    }

    #[test]
    fn the_way_to_wait_follows_from_the_time_left(
        config in any_config(), attempt in 1_u32..20, limit in 0_u64..=900, offset in 0_i64..120_000,
    ) {
        prop_assume!(attempt < config.max_attempts);
        let now = Timestamp::from_millis(1_795_000_000_000 + offset);
        let longest_queue_delay = QueueDelay::at_most(limit);
        let retry = retry(next_step(&Made { now, longest_queue_delay, ..made(&config, attempt) }));
        match retry.wait {
            None => prop_assert!(u64::from(queue_delay(retry.due, now).seconds()) <= limit),
            Some(minute) => {
                prop_assert_eq!(minute.strikes_at(), retry.due);
                prop_assert!(now.until(retry.due) >= MINUTE_MARGIN);
            }
        }
    }

    #[test]
    fn every_schedule_ends_failed_after_exactly_the_configured_attempts(config in any_config()) {
        let mut attempt = 1;
        while let NextStep::Retry(_) = next_step(&made(&config, attempt)) {
            attempt += 1;
        }
        prop_assert_eq!(attempt, config.max_attempts);
        let last = next_step(&made(&config, attempt));
        prop_assert_eq!(last, NextStep::Fail(Reason::AttemptsExhausted));
    }

    #[test]
    fn retry_after_only_lengthens_and_no_further_than_a_day(
        config in any_config(), attempt in 1_u32..20, wish in 0_u64..1_000_000,
    ) {
        prop_assume!(attempt < config.max_attempts);
        let plain = made(&config, attempt);
        let verdict = Verdict::Failure { retry_after: Some(Duration::from_secs(wish)), end: None };
        let asked = Made { verdict, ..plain.clone() };
        let (without, with) = (retry(next_step(&plain)), retry(next_step(&asked)));
        prop_assert!(with.due >= without.due);
        let waited = asked.now.until(with.due);
        prop_assert!(waited >= Duration::from_secs(wish).min(MAX_RETRY_AFTER));
        let bound = MAX_RETRY_AFTER.mul_f64(1.0 + MAX_JITTER) + Duration::from_secs(90);
        prop_assert!(waited <= bound);
    }

    #[test]
    fn any_retry_after_text_is_read_without_a_panic(text: String) {
        if let Some(wish) = parse_retry_after(&text, Timestamp::from_millis(0)) {
            prop_assert!(wish <= MAX_RETRY_AFTER);
        }
    }
}

#[test]
fn a_repeated_decision_is_the_same_decision() {
    let config = RetryConfig::default();
    assert_eq!(next_step(&made(&config, 2)), next_step(&made(&config, 2)));
}

#[test]
fn success_ends_every_delivery() {
    let config = RetryConfig::default();
    for before in [DeliveryStatus::Pending, DeliveryStatus::Retrying, DeliveryStatus::Failed] {
        let success = Made { verdict: Verdict::Success, before, ..made(&config, 1) };
        assert_eq!(next_step(&success), NextStep::Succeed);
    }
}

#[test]
fn a_failed_manual_retry_leaves_a_settled_delivery_as_it_was() {
    let config = RetryConfig::default();
    for before in [DeliveryStatus::Success, DeliveryStatus::Failed] {
        assert_eq!(next_step(&Made { before, ..made(&config, 2) }), NextStep::LeaveSettled);
    }
}

#[test]
fn a_test_is_never_retried() {
    let config = RetryConfig::default();
    let test = Made { test: true, before: DeliveryStatus::Pending, ..made(&config, 1) };
    assert_eq!(next_step(&test), NextStep::Fail(Reason::AttemptsExhausted));
}

#[test]
fn a_retry_that_its_event_would_not_live_to_see_is_not_scheduled() {
    let config = RetryConfig::default();
    let now = made(&config, 1).now;
    let short = Made { event_expires_at: now.plus(Duration::from_secs(30)), ..made(&config, 1) };
    assert_eq!(next_step(&short), NextStep::Fail(Reason::EventExpired));
}

#[test]
fn a_schedule_that_began_anew_has_its_own_delays_and_its_own_end() {
    let config = RetryConfig::default();
    let anew = |attempt| Made { schedule_from: 5, ..made(&config, attempt) };
    let waited = |attempt| {
        let made = anew(attempt);
        made.now.until(retry(next_step(&made)).due).as_secs()
    };
    assert!((60..=66).contains(&waited(6)));
    assert!((300..=330).contains(&waited(7)));
    assert!(waited(9) >= 7200);
    assert_eq!(next_step(&anew(10)), NextStep::Fail(Reason::AttemptsExhausted));
}

#[test]
fn no_schedule_goes_beyond_what_a_row_holds() {
    let config = RetryConfig::default();
    let anew = |attempt| Made { schedule_from: 198, ..made(&config, attempt) };
    assert!(matches!(next_step(&anew(199)), NextStep::Retry(_)));
    assert_eq!(next_step(&anew(200)), NextStep::Fail(Reason::AttemptsExhausted));
}
