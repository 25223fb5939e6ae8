//! Messages that kill their functions, outages, and the protection of other messages.

use grapnel_simulation::{Mutation, Part, PoisonReport, Trouble, poison};
use std::time::Duration;

const DOCUMENT: &str = include_str!("../../docs/reliability.md");

/// The visibility timeout of the template.
const VISIBILITY: Duration = Duration::from_secs(420);

/// The ordinary duration of a delivery.
const ORDINARILY: Duration = Duration::from_secs(10);

/// How often a queue of the template delivers a message.
const RECEIVES: u32 = 120;

#[test]
fn no_message_takes_its_neighbours_with_it() {
    let report = PoisonReport::documented().unwrap_or_else(|broken| panic!("{broken}"));
    println!("{report}");
    for (trouble, poison) in &report.cases {
        // A run in which no message was isolated proves nothing.
        assert!(poison.healthy >= 9 && poison.isolated > 0, "{trouble:?}: {poison:?}");
        assert!(poison.late <= VISIBILITY + ORDINARILY, "{trouble:?}: {poison:?}");
        if let Some(dead_after) = poison.dead_after {
            // Once with others, and then alone.
            let expected = VISIBILITY * (1 + RECEIVES);
            assert!(dead_after >= expected, "{trouble:?}: {poison:?}");
            // After a function died, the next starts within two seconds.
            let most = expected + 2 * RECEIVES * Duration::from_secs(1);
            assert!(dead_after <= most, "{trouble:?}: {poison:?}");
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
