//! Loads at the limits: one webhook that gets more than it can take, and an outage of the largest
//! receiver. Every figure of the generated tables has a limit in this file, and no program writes it.

use grapnel_simulation::{
    BIG_EVENTS, Ceiling, CeilingReport, Intakes, Look, Outage, OutageReport, Part, SCALE,
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
        assert!((450..=1_000).contains(&it.throughput()), "{} a second", it.throughput());
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

#[test]
fn an_outage_of_the_largest_receiver_is_made_up_for() {
    let report = OutageReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    let Outage { looks, recovered_after, repeated, failed, .. } = &report.outage;
    let Outage { executions, parked, extra_messages, extra_writes, .. } = report.outage;
    assert_eq!(*repeated, 0, "nothing is sent twice");
    assert!(*failed <= 150 && executions <= 100, "{failed} requests, {executions} executions");
    let deliveries = parked * u64::from(SCALE);
    assert!((1_700_000..=2_500_000).contains(&deliveries), "{deliveries} were parked");
    assert!(extra_messages <= 3 * parked && extra_writes <= 3 * parked, "{:?}", report.outage);
    for Look { minute, functions, .. } in looks {
        assert!(functions * u64::from(SCALE) / 60 <= 200, "minute {minute}: {functions}");
    }
    // At most what the partition has left: 500 writes a second, two for each delivery.
    assert!(*recovered_after <= Duration::from_secs(4 * 3600), "{recovered_after:?}");
    assert!(
        report.is_in(DOCUMENT),
        "docs/scale.md says something else: cargo xtask simulate --outage --write"
    );
}
