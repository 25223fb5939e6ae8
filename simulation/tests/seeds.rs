//! Ten thousand runs without a broken promise; and handlers with deliberate mistakes, each of which
//! is found.

use grapnel_simulation::{Count, Group, Mutation, simulate, simulate_all, simulate_traced};

/// Seeds that keep every promise, and within which each mistake must be found.
const SEEDS: u64 = 10_000;

#[test]
fn ten_thousand_seeds_keep_every_promise() {
    let verdict = simulate_all(0..SEEDS, None);
    if let Some(run) = verdict.failure {
        panic!("{}", run.explanation());
    }
    println!("{}", verdict.counts);
    assert_eq!(verdict.runs, SEEDS);
    // Something that never happened was not tested.
    for count in Count::ALL {
        let least = if count.group() == Group::Repair { 1 } else { 100 };
        assert!(verdict.counts.of(*count) >= least, "{}: too few", count.label());
    }
}

#[test]
fn a_seed_is_always_the_same_run() {
    for seed in 0..60 {
        let first = simulate_traced(seed, None, usize::MAX);
        assert!(first.trace.len() > 3, "seed {seed} did nothing");
        let again = std::thread::spawn(move || simulate_traced(seed, None, usize::MAX)).join();
        assert_eq!(first, again.expect("no panic"), "seed {seed}");
        assert_eq!(first.counts, simulate(seed, None).counts, "watching seed {seed} changes it");
    }
}

#[test]
fn every_mistake_is_found() {
    let mut missed = Vec::new();
    for mutation in Mutation::ALL {
        let verdict = simulate_all(0..SEEDS, Some(*mutation));
        let Some(run) = verdict.failure else {
            missed.push(mutation);
            continue;
        };
        let broken = run.broken.unwrap_or_default();
        println!("{mutation:?}: {} runs, seed {}: {broken}", verdict.runs, run.seed);
        let unchanged = simulate(run.seed, None);
        assert_eq!(unchanged.broken, None, "seed {} fails without {mutation:?}", run.seed);
    }
    assert!(missed.is_empty(), "{SEEDS} seeds did not show {missed:?}");
}
