//! Loads at the limits: one webhook that gets more than it can take, and an outage of the largest
//! receiver. Every figure of the generated tables has a limit in this file, and no program writes it.

use grapnel_simulation::{
    BIG_EVENTS, Ceiling, CeilingReport, Intakes, Look, Outage, OutageReport, Part, SCALE, outage,
};
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../docs/scale.md");

/// The events of the big webhook come at 2,000 a second; its partition takes 1,000 writes.
#[test]
fn a_webhook_that_gets_too_much_is_late_itself_and_nobody_else_is() {
    let report = CeilingReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    for (intakes, ingest, it) in &report.rows {
        let Ceiling { repeated, refused, calm, meanwhile, big, recovered_after, .. } = it;
        assert_eq!(*repeated, 0, "nothing is sent twice, {intakes:?}");
        assert!(*refused > 10_000, "it was no load: {refused}");
        assert_eq!(big.count as u64, BIG_EVENTS);
        assert!((450..=650).contains(&it.throughput()), "{} a second", it.throughput());
        // Its age grows, its health says so within a minute, and it is over when all was sent.
        assert!(big.longest > Duration::from_secs(60), "{:?}", big.longest);
        let most = Duration::from_secs(it.most_behind().unwrap_or_default());
        assert!(most >= Duration::from_secs(60) && most <= big.longest, "{most:?}");
        assert!(*recovered_after < Duration::from_secs(1_500), "{recovered_after:?}");
        // The others.
        assert!(calm.count >= 300 && meanwhile.count >= 300, "{calm:?}, {meanwhile:?}");
        let most = match (intakes, ingest) {
            (Intakes::Http, _) => Duration::from_secs(1),
            // Messages of EventBridge have no group: with enough functions none waits for long.
            (Intakes::Bus, 50) => Duration::from_secs(5),
            // Ingest cannot take 2,000 events a second.
            (Intakes::Bus, _) => Duration::from_secs(120),
        };
        assert!(meanwhile.longest <= most, "{intakes:?}, {ingest}: {meanwhile:?}");
        assert!(meanwhile.median <= Duration::from_millis(150), "{meanwhile:?}");
    }
    assert!(
        report.is_in(DOCUMENT),
        "docs/scale.md says something else: cargo xtask simulate --ceiling --write"
    );
}

/// Judges an outage of so many minutes.
fn assert_made_up_for(outage: &Outage, minutes: u64) {
    let Outage { looks, recovered_after, repeated, failed, executions, .. } = outage;
    let Outage { parked, releases, extra_messages, extra_writes, deliveries, .. } = *outage;
    assert_eq!(*repeated, 0, "nothing is sent twice");
    assert!(*failed <= 150 && *executions <= 10, "{failed} requests, {executions} executions");
    let times = parked * u64::from(SCALE);
    assert!((deliveries..=deliveries * 11 / 10).contains(&times), "{times} times parked");
    // A page releases two hundred rows, which are one here.
    assert!((parked..=parked + 1_000).contains(&releases), "{releases} releases of {parked}");
    assert!(extra_messages <= 5 * parked / 2 && extra_writes <= 5 * parked / 2, "{outage:?}");
    for Look { minute, others, .. } in looks {
        assert!(others.p99 <= Duration::from_secs(1), "minute {minute}: {others:?}");
    }
    // The partition takes 1,000 writes a second. 250 new deliveries take 500 of them, and a page a second
    // takes 400.
    assert!(*recovered_after <= Duration::from_secs(minutes * 3 / 2 * 60), "{recovered_after:?}");
}

#[test]
fn an_outage_of_the_largest_receiver_is_made_up_for() {
    // A probe of the circuit breaker is due just after it.
    let minutes = 15;
    let outage = outage(minutes, &[14, 17, 36]).unwrap_or_else(|broken| panic!("{broken}"));
    assert_made_up_for(&outage, minutes);
}

#[test]
#[ignore = "two minutes long: each night"]
fn an_outage_of_two_hours_is_as_documented() {
    let report = OutageReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    assert_made_up_for(&report.outage, 120);
    assert!(
        report.is_in(DOCUMENT),
        "docs/scale.md says something else: cargo xtask simulate --outage --write"
    );
}
