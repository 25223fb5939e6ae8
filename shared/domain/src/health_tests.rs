use super::*;
use proptest::prelude::*;

const RULES: CircuitRules = CircuitRules { failures: 3, first_interval: Duration::from_secs(60) };
const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_795_000_000_000).plus(Duration::from_secs(seconds))
}

fn failure(seconds: u64) -> Evidence {
    Evidence::Failure { at: at(seconds), counts: true, failed_before: None, exhausted: false }
}

/// A failure that is about the event.
fn refusal(seconds: u64) -> Evidence {
    Evidence::Failure { at: at(seconds), counts: false, failed_before: None, exhausted: false }
}

fn after(health: Health, evidence: &[Evidence], seconds: u64) -> Health {
    health.after(evidence, &RULES, at(seconds)).map_or(health, |outcome| outcome.health)
}

fn opened() -> Health {
    after(Health::default(), &[failure(0); 3], 0)
}

fn due(health: &Health) -> Timestamp {
    match health.circuit {
        Circuit::Open { due } => due,
        other => panic!("{other:?} is not open"),
    }
}

/// The probe is claimed as soon as it is due.
fn claimed(health: Health) -> Health {
    match health.gate(&RULES, None, due(&health)) {
        Gate::Claim(claimed) => *claimed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_failures_in_a_row_open_the_circuit_and_not_one_fewer() {
    let two = after(Health::default(), &[failure(0), failure(1)], 1);
    assert_eq!((two.circuit, two.failures, two.deliveries), (Circuit::Closed, 2, 2));
    let outcome = two.after(&[failure(2)], &RULES, at(2)).expect("a change");
    assert_eq!(due(&outcome.health), at(62));
    assert_eq!(outcome.changes, [Change::Failing]);
    assert_eq!(outcome.health.version, 2);
}

#[test]
fn a_success_between_them_begins_the_count_anew() {
    let mixed = [failure(0), failure(1), Evidence::Success, failure(2), failure(3)];
    let health = after(Health::default(), &mixed, 3);
    assert_eq!((health.circuit, health.failures), (Circuit::Closed, 2));
    let well = after(health, &[Evidence::Success], 4);
    assert_eq!((well.failures, well.failing_since, well.deliveries), (0, None, 0));
}

#[test]
fn a_success_of_a_healthy_endpoint_writes_nothing() {
    assert_eq!(Health::default().after(&[Evidence::Success; 10], &RULES, at(0)), None);
    // Even after a failure, as long as the failure was not stored.
    assert_eq!(Health::default().after(&[failure(0), Evidence::Success], &RULES, at(0)), None);
}

#[test]
fn refusals_never_open_the_circuit_and_do_not_forgive() {
    let refused = after(Health::default(), &[refusal(0); 50], 0);
    assert_eq!((refused.circuit, refused.failures), (Circuit::Closed, 0));
    assert_eq!(refused.failing_since, Some(at(0)));
    let two = after(Health::default(), &[failure(0), failure(0)], 0);
    let third = after(after(two, &[refusal(1)], 1), &[failure(2)], 2);
    assert!(third.is_failing(), "a refusal between them is no success");
}

#[test]
fn an_endpoint_that_refuses_everything_costs_ten_writes_until_it_is_disabled() {
    let mut health = Health::default();
    for seconds in 0..1_000 {
        health = after(health, &[refusal(seconds)], seconds);
    }
    assert_eq!(health.version, u64::from(DISABLED_AFTER_DELIVERIES));
    let five_days = DISABLED_AFTER.as_secs();
    let early = health.after(&[refusal(five_days - 1)], &RULES, at(five_days - 1));
    assert_eq!(early, None);
    let outcome = health.after(&[refusal(five_days)], &RULES, at(five_days)).expect("a change");
    assert_eq!(outcome.changes, [Change::Disabled(DisabledCause::Failing)]);
}

#[test]
fn one_success_in_five_days_keeps_an_endpoint_that_refuses_almost_everything() {
    let refused = after(Health::default(), &[refusal(0); 20], 0);
    let day = DISABLED_AFTER.as_secs() / 5;
    let well = refused.after(&[Evidence::Success], &RULES, at(4 * day)).expect("one write");
    assert_eq!((well.health.failing_since, well.health.deliveries), (None, 0));
    assert_eq!(well.changes, [], "it was never told to fail");
    let later = after(well.health, &[refusal(5 * day); 20], 5 * day);
    let later = after(later, &[refusal(8 * day); 20], 8 * day);
    assert_eq!(later.circuit, Circuit::Closed);
}

#[test]
fn nine_deliveries_that_are_refused_for_ever_do_not_disable() {
    let nine = after(Health::default(), &[refusal(0); 9], 0);
    let retried = Evidence::Failure {
        at: at(60),
        counts: false,
        failed_before: Some(at(1)),
        exhausted: false,
    };
    let later = 2 * DISABLED_AFTER.as_secs();
    assert_eq!(nine.after(&[retried; 20], &RULES, at(later)), None);
}

#[test]
fn what_counts_is_every_failure_that_is_about_the_endpoint() {
    let endpoint = [401, 403, 404, 405, 407, 408, 421, 429, 451];
    for status in 400..500 {
        assert_eq!(counts_against(Some(status)), endpoint.contains(&status), "{status}");
    }
    assert!((300..400).chain(500..600).all(|status| counts_against(Some(status))));
    assert!(counts_against(None));
}

#[test]
fn intervals_double_up_to_half_an_hour() {
    let mut health = opened();
    let mut lengths = vec![at(0).until(due(&health)).as_secs() / 60];
    for _ in 0..7 {
        let before = due(&health);
        health = claimed(health);
        lengths.push(before.until(due(&health)).as_secs() / 60);
    }
    assert_eq!(lengths, [1, 2, 4, 8, 16, 30, 30, 30]);
}

#[test]
fn an_open_circuit_parks_until_it_is_due_and_then_one_claims_the_probe() {
    let health = opened();
    let almost = Timestamp::from_millis(due(&health).as_millis() - 1);
    assert_eq!(health.gate(&RULES, None, almost), Gate::Park(due(&health)));
    let claimed = claimed(health);
    assert_eq!(claimed.version, health.version + 1);
    assert_eq!(claimed.gate(&RULES, None, due(&health)), Gate::Park(due(&claimed)));
    // A failed probe writes nothing, and neither do late failures.
    assert_eq!(claimed.after(&[failure(90)], &RULES, at(90)), None);
}

#[test]
fn a_success_closes_and_due_times_grow_across_closings() {
    let open = claimed(opened());
    let outcome = open.after(&[Evidence::Success], &RULES, at(61)).expect("a change");
    assert_eq!(
        (outcome.health.circuit, &*outcome.changes),
        (Circuit::Closed, &[Change::Recovered][..])
    );
    let again = after(outcome.health, &[failure(62); 3], 62);
    assert!(due(&again) > due(&open), "{:?}", due(&again));
}

#[test]
fn who_wants_no_more_is_disabled_until_the_owner_starts_anew() {
    for cause in [DisabledCause::Gone, DisabledCause::Asked] {
        let evidence = [Evidence::Stop(cause), Evidence::Success, failure(0)];
        let outcome = Health::default().after(&evidence, &RULES, at(0)).expect("a change");
        let health = outcome.health;
        assert_eq!(health.circuit, Circuit::Disabled { cause });
        assert_eq!(outcome.changes, [Change::Disabled(cause)]);
        assert_eq!(health.gate(&RULES, None, at(0)), Gate::Refuse);
        assert_eq!(health.after(&[Evidence::Success], &RULES, at(1)), None);
        let fresh = health.restarted().expect("something to forget");
        assert_eq!((fresh.circuit, fresh.version), (Circuit::Closed, health.version + 1));
    }
    assert_eq!(Health::default().restarted(), None);
}

#[test]
fn five_days_of_nothing_but_failure_disable() {
    let mut health = opened();
    while at(0).until(due(&health)) < DISABLED_AFTER {
        let now = due(&health);
        health = claimed(health);
        assert_eq!(health.after(&[failure(0)], &RULES, now), None, "too early at {now}");
    }
    let now = due(&health);
    let probed = claimed(health);
    let outcome = probed.after(&[failure(0)], &RULES, now).expect("a change");
    assert_eq!(outcome.changes, [Change::Disabled(DisabledCause::Failing)]);
}

#[test]
fn a_delivery_that_fails_again_and_again_is_one_delivery() {
    let mut health = opened();
    assert_eq!(health.deliveries, 3);
    for _ in 0..500 {
        let now = due(&health);
        let Gate::Claim(claimed) = health.gate(&RULES, Some(at(1)), now) else { panic!("parked") };
        let retried = Evidence::Failure {
            at: now,
            counts: true,
            failed_before: Some(at(1)),
            exhausted: false,
        };
        assert_eq!(claimed.after(&[retried], &RULES, now), None, "three deliveries do not disable");
        health = *claimed;
    }
}

#[test]
fn of_each_kind_there_is_one_notice_an_hour() {
    let exhausted =
        Evidence::Failure { at: at(0), counts: false, failed_before: None, exhausted: true };
    let outcome = Health::default().after(&[exhausted; 4], &RULES, at(0)).expect("told");
    assert_eq!(outcome.changes, [Change::Exhausted]);
    let told =
        |seconds| outcome.health.after(&[exhausted], &RULES, at(seconds)).map(|it| it.changes);
    assert_eq!(told(3599), Some(vec![]), "the delivery is counted without a notice");
    assert_eq!(told(3600), Some(vec![Change::Exhausted]));

    // It opens, closes and opens again within an hour: one notice for two openings.
    let closed = after(claimed(opened()), &[Evidence::Success], 61);
    let outcome = closed.after(&[failure(62); 3], &RULES, at(62)).expect("opened");
    assert!(outcome.health.is_failing());
    assert_eq!(outcome.changes, []);
}

#[test]
fn an_endpoint_that_fails_keeps_the_delivery_that_shows_why() {
    let delivery = DeliveryId::first_at(at(0));
    assert_eq!(Health::default().tried_with(delivery).last_tried, None, "it is well");
    let failing = after(Health::default(), &[failure(0)], 0).tried_with(delivery);
    assert_eq!(failing.last_tried, Some(delivery));
    let later = DeliveryId::first_at(at(9));
    let probed = claimed(opened()).tried_with(delivery).probed_by(later);
    assert_eq!((probed.last_tried, probed.tried_before), (Some(later), Some(delivery)));
    let again = probed.probed_by(later);
    assert_eq!(again.tried_before, Some(delivery), "a probe that is claimed again");
    let failed = probed.tried_with(later);
    assert_eq!((failed.last_tried, failed.tried_before), (Some(later), None));
    assert_eq!(after(failing, &[Evidence::Success], 1).last_tried, None);
    let gone =
        after(Health::default(), &[Evidence::Stop(DisabledCause::Gone)], 0).tried_with(later);
    assert_eq!(gone.last_tried, Some(later));
    assert_eq!(gone.restarted().expect("something to forget").last_tried, None);
}

fn some_evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        3 => Just(Evidence::Success),
        6 => (0..1_000_u64, any::<bool>(), any::<bool>(), proptest::option::of(0..1_000_u64)).prop_map(
            |(seconds, counts, exhausted, before)| Evidence::Failure {
                at: at(seconds),
                counts,
                failed_before: before.map(at),
                exhausted,
            }
        ),
        1 => Just(Evidence::Stop(DisabledCause::Gone)),
    ]
}

proptest! {
    /// In every history, versions count every change, due times grow, and a disabled webhook stays
    /// disabled.
    #[test]
    fn due_times_only_grow(steps in proptest::collection::vec(
        (proptest::collection::vec(some_evidence(), 1..6), 0..4_000_u64, any::<bool>()), 1..60,
    )) {
        let mut health = Health::default();
        let mut now = at(0);
        for (evidence, pause, claims) in steps {
            now = now.plus(Duration::from_secs(pause));
            let next = if claims {
                match health.gate(&RULES, None, now) {
                    Gate::Claim(claimed) => *claimed,
                    _ => continue,
                }
            } else {
                match health.after(&evidence, &RULES, now) {
                    Some(outcome) => outcome.health,
                    None => continue,
                }
            };
            prop_assert_eq!(next.version, health.version + 1);
            prop_assert!(!health.is_disabled() || next.is_disabled());
            let new_due = next.last_due != health.last_due;
            prop_assert!(next.last_due >= health.last_due);
            if let Circuit::Open { due } = next.circuit {
                prop_assert_eq!(next.last_due, Some(due));
                prop_assert!(!new_due || due >= now.plus(MINUTE) );
            }
            health = next;
        }
    }
}
