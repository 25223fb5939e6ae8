//! Messages that kill their functions, outages, and who is not to suffer from them.

use grapnel_simulation::{Mutation, Part, PoisonReport, Trouble, poison};
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../docs/reliability.md");

/// The visibility timeout of the template, and what a delivery takes besides.
const LATEST: Duration = Duration::from_secs(420 + 10);

#[test]
fn no_message_takes_its_neighbours_with_it() {
    let report = PoisonReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    for (trouble, poison) in &report.cases {
        // What suspects nobody proves nothing.
        assert!(poison.healthy >= 9 && poison.isolated > 0, "{trouble:?}: {poison:?}");
        assert!(poison.late <= LATEST, "{trouble:?}: {poison:?}");
        let half_a_day = Duration::from_secs(12 * 3600);
        if let Some(dead_after) = poison.dead_after {
            assert!(dead_after >= half_a_day, "{trouble:?}: {poison:?}");
            assert!(dead_after <= half_a_day + 2 * LATEST, "{trouble:?}: {poison:?}");
        }
    }
    assert!(
        report.is_in(DOCUMENT),
        "docs/reliability.md says something else: cargo xtask simulate --poison --write"
    );
}

#[test]
fn suspects_that_are_begun_or_moved_late_delay_their_neighbours() {
    for mutation in Mutation::OF_ISOLATION {
        let found = [Trouble::Delivery, Trouble::Event].map(|trouble| {
            let broken = poison(trouble, Some(*mutation)).expect_err("the mistake shows");
            println!("{mutation:?}, {trouble:?}: {broken}");
            broken.contains("late") || broken.contains("dead letter")
        });
        assert_eq!(found, [true; 2], "{mutation:?}");
    }
}
