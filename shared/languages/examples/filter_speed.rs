//! The processor time of the filters that are the most expensive, with data of the maximum size:
//! `cargo run --release --package grapnel-languages --example filter_speed`.
//!
//! `shared/domain/src/fan_out.rs` derives the maximum of `MaxWebhooksPerUser` from the slowest line.

#[path = "../src/filter/bombs.rs"]
mod bombs;

use grapnel_languages::{
    MAX_DATA_BYTES,
    filter::{Filter, MAX_STEPS},
};
use rustix::time::{ClockId, clock_gettime};
use std::{hint::black_box, time::Duration};

const RUNS: usize = 9;

fn main() {
    println!("{:<36} {:>10} {:>9} {:>9} {:>12}", "filter", "steps", "compile", "match", "steps/s");
    for (name, filter, data) in bombs::bombs() {
        assert!(data.len() <= MAX_DATA_BYTES, "{name}");
        let filter = Filter::parse(&filter.to_string(), "filter").expect("accepted");
        let matcher = filter.matcher().expect("compiles");
        let steps = matcher.matches(&data).expect("within the budget").steps;
        let compile = median(|| {
            black_box(filter.matcher()).expect("compiles");
        });
        let matching = median(|| {
            black_box(matcher.matches(&data)).expect("within the budget");
        });
        println!(
            "{name:<36} {steps:>10} {:>6} µs {:>6} µs {:>10.0} M",
            compile.as_micros(),
            matching.as_micros(),
            steps as f64 / matching.as_secs_f64() / 1e6
        );
    }
    println!("a filter's budget: {MAX_STEPS} steps");
}

/// The median processor time of a run.
fn median(run: impl Fn()) -> Duration {
    let mut samples: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = now();
            run();
            now().saturating_sub(began)
        })
        .collect();
    samples.sort_unstable();
    samples[RUNS / 2]
}

/// The processor time of this process so far.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("a positive time");
    Duration::new(seconds, u32::try_from(time.tv_nsec).expect("less than a second"))
}
