//! Every call of one event's path, with every fault.

use grapnel_simulation::{Mutation, Part, crash_points};

const DOCUMENT: &str = include_str!("../../docs/reliability.md");

/// Mistakes that a fault in a single call reveals. The others need two faults or a lagging read;
/// the seeded runs find them.
const MISTAKES: [Mutation; 10] = [
    Mutation::StaleIsMerelyAcknowledged,
    Mutation::SchedulesBeforeRecording,
    Mutation::AcknowledgesBeforeScheduling,
    Mutation::TakesOutBeforeEnqueuing,
    Mutation::SendsAgainSoon,
    Mutation::SkipsPending,
    Mutation::SkipsKnownEvents,
    Mutation::TrustsBatches,
    Mutation::AcknowledgesFailures,
    Mutation::StaleSendsAttempts,
];

#[test]
fn no_call_can_fail_or_kill_its_caller_so_that_a_promise_breaks() {
    let report = crash_points(None);
    println!("{report}");
    if let Some(failure) = &report.failure {
        panic!("{failure}");
    }
    assert_eq!(report.broken(), 0);
    assert!(
        report.is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --crash-points --write"
    );
}

#[test]
fn a_mistake_in_the_order_of_calls_breaks_some_of_them() {
    for mutation in MISTAKES {
        let report = crash_points(Some(mutation));
        let failure = report.failure.as_deref().unwrap_or_default();
        let (broken, runs) = (report.broken(), report.runs());
        println!(
            "{mutation:?}: {broken} of {runs}: {}",
            failure.lines().last().unwrap_or_default()
        );
        assert!(broken > 0, "no crash point shows {mutation:?}");
        assert!(broken < runs, "{mutation:?} breaks what nobody disturbed: it tests nothing here");
    }
}
