//! The costs of load: a dead endpoint for its owner, a user with a hundred hanging endpoints for
//! other users, and throttling for receivers.

use grapnel_simulation::{
    But, Circumstances, Cost, DELIVERIES, Dead, DeadEndpoint, Grouping, Isolation, IsolationReport,
    Latencies, Part, Pool, Throttled, ThrottlingReport, crowd, dead_endpoint_but,
};
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../docs/reliability.md");

/// The median from an event to its request.
const HALF_WITHIN: Duration = Duration::from_millis(150);

/// The 99th percentile.
const MOST_WITHIN: Duration = Duration::from_secs(1);

/// Lambda adds a function every 200 ms. A message that waits for it waits for half of that on
/// average.
const NEXT_FUNCTION: Duration = Duration::from_millis(100);

/// Far from any goal.
const FAR: Duration = Duration::from_secs(10);

#[test]
fn endpoints_that_hang_do_not_delay_who_has_others() {
    let report = IsolationReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    let of = |circumstances| report.of(circumstances).expect("it was tried");
    let shipped = Circumstances::SHIPPED;
    let Isolation { calm, before, after } = of(shipped);
    for Latencies { count, p99, .. } in [calm, before, after] {
        assert!(count >= 100, "{count} are too few to tell");
        assert!(p99 <= MOST_WITHIN, "{p99:?}");
    }
    assert!(calm.median <= HALF_WITHIN && after.median <= HALF_WITHIN, "{calm:?}, {after:?}");
    assert!(before.median <= HALF_WITHIN + NEXT_FUNCTION, "{before:?}");

    // Every part of the configuration is necessary.
    for turns in [Grouping::Nobody, Grouping::Webhooks] {
        let before = of(Circumstances { turns, ..shipped }).before;
        assert!(before.median > FAR, "{turns:?} would do: {before:?}");
    }
    let fewer = of(Circumstances { pool: Pool::on_demand(50), ..shipped }).before;
    assert!(fewer.p99 > FAR, "50 functions would do: {fewer:?}");

    // With enough pollers for the whole burst, the goal is met.
    let Isolation { before, after, .. } = of(Circumstances::provisioned(50));
    for Latencies { median, p99, .. } in [before, after] {
        assert!(median <= HALF_WITHIN && p99 <= MOST_WITHIN, "{median:?}, {p99:?}");
    }

    // The document states this limit. With too few pollers it takes as long as Lambda takes to
    // notice.
    let few = Circumstances::provisioned(2);
    let Isolation { before, after, .. } = of(few);
    assert!(MOST_WITHIN < before.p99 && before.longest < Duration::from_secs(5), "{before:?}");
    assert!(after.median <= HALF_WITHIN && after.p99 <= MOST_WITHIN, "{after:?}");
    let at_once = of(Circumstances { pool: few.pool.noticed_at_once(), ..few }).before;
    assert!(at_once.p99 <= MOST_WITHIN, "{at_once:?}");
    // Without room to grow, it takes one time limit, once.
    let full = of(Circumstances { pool: shipped.pool.full_grown(), ..shipped });
    assert!(full.before.p99 > FAR && full.before.longest < Duration::from_secs(32), "{full:?}");
    assert!(full.after.p99 <= MOST_WITHIN, "{full:?}");

    assert!(
        report.is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --isolation --write"
    );
}

#[test]
fn whoever_is_let_go_slowly_is_let_go_once() {
    // In pages of two, they take as long as a hundred thousand: minutes, in which a wake-up looks.
    let cost = dead_endpoint_but(2_000, Dead::ForHours, But::PagesOf(2));
    let cost = cost.unwrap_or_else(|broken| panic!("{broken}"));
    println!("{cost:?}");
    // A repeated request is an error.
    assert!(cost.failed_requests <= 2 * 6 + 60, "{cost:?}");
}

/// One release at a time goes through the parked deliveries, although several functions see the circuit
/// breaker close at once, and wake-ups look meanwhile.
#[test]
fn parked_deliveries_are_released_once_by_however_many_the_circuit_breaker_is_closed() {
    for retries in [0, 2, 8] {
        let but = But::RetriedInPagesOf(2, retries);
        let cost = dead_endpoint_but(2_000, Dead::ForHours, but);
        let cost = cost.unwrap_or_else(|broken| panic!("{broken}"));
        println!("{cost:?}");
        // Beside the deliveries: one probe for each due time.
        assert!(cost.released <= 2_000 + 2 * 6 + 60, "{retries}: {cost:?}");
        assert_eq!(cost.closed, 1, "{retries}: {cost:?}");
    }
}

#[test]
fn a_dead_endpoint_costs_requests_and_executions_by_time_and_not_by_deliveries() {
    let report = DeadEndpoint::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    for Cost { dead, deliveries, failed_requests, executions, messages, writes, .. } in
        &report.costs
    {
        // A probe each half hour, a few more at first, and requests that were running when it opened.
        // Only retries of probes wait in executions.
        let hours = match dead {
            Dead::ForGood => 5 * 24,
            Dead::ForHours => 6,
        };
        let most = 2 * hours + 60;
        assert!(*failed_requests <= most, "{failed_requests} requests for {deliveries}, {dead:?}");
        assert!(*executions <= hours / 2 + 5, "{executions} executions for {deliveries}, {dead:?}");
        // For each delivery: the attempt, the check after parking, the release. For each probe: its
        // release, its schedule, and its check.
        let probes = 10 * most;
        assert!(*messages <= 3 * deliveries + probes, "{messages} for {deliveries}, {dead:?}");
        assert!(*writes <= 4 * deliveries + probes, "{writes} for {deliveries}, {dead:?}");
    }
    // The circuit breaker is the reason: without it every attempt of every delivery is a request.
    let without = dead_endpoint_but(100, Dead::ForGood, But::CircuitNeverOpens);
    assert_eq!(without.map(|cost| cost.failed_requests), Ok(500));

    assert!(
        report.is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --dead-endpoint --write"
    );
}

#[test]
fn a_throttling_wave_shorter_than_the_tries_of_a_record_sends_nothing_twice() {
    let report = ThrottlingReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    for (throttled, seconds, [before, now]) in &report.rows {
        if *seconds < 19 {
            assert_eq!(*now, 0, "{throttled:?} throttled for {seconds} s");
        }
        // A wave that a few tries outlast would show nothing.
        let reached = match throttled {
            Throttled::OneWebhook => DELIVERIES / 20,
            Throttled::DeliveriesTable => DELIVERIES,
        };
        assert!(*before > reached / 10, "{throttled:?} throttled for {seconds} s: {before}");
        assert!(now < before, "{throttled:?} throttled for {seconds} s: {now} and {before}");
    }
    assert!(
        report.is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --throttling --write"
    );
}

/// A partition of an index takes 1,000 writes a second. While 2,000 deliveries a second fail, each
/// of the 16 parts also takes 125 writes by those that enter it.
const MOST_WRITES: u64 = 700 - 125;

#[test]
fn a_minute_with_a_hundred_thousand_deliveries_keeps_no_other_user_waiting() {
    let crowd = crowd(100_000).unwrap_or_else(|broken| panic!("{broken}"));
    println!("{crowd:?}");
    assert!(crowd.all_after <= Duration::from_secs(60), "{crowd:?}");
    assert!(crowd.single_after <= Duration::from_secs(5), "{crowd:?}");
    assert!(crowd.most_writes <= MOST_WRITES, "{crowd:?}");
    assert_eq!(crowd.messages, 100_001, "nothing is sent twice");
}
