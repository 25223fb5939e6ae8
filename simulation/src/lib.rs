//! The real ingest, delivery and API handlers in a simulated world: AWS in memory that behaves as
//! badly as its documentation allows, receivers that answer, fail, hang and flap, users who interfere,
//! and time that passes only when nothing else is left to do.
//!
//! One number, the seed, decides everything: the same seed is the same run, byte for byte. After each
//! step and at the end, what the handlers did is held against what the design promises.
//!
//! - [`world`] runs a seed: it takes one thing after another from the agenda and polls the
//!   [`task`]s that wait for it. [`sim`] holds the agenda and all that they share.
//! - [`plan`] draws a run from its seed: webhooks and receivers, events, what users do, and how often
//!   what goes wrong.
//! - [`aws`] stands between the handlers and the ports in memory; [`lambda`] receives messages and
//!   invokes the functions; [`execution`] is the wait state machine, [`watch`] the one that watches circuits; [`receiver`] the other end.
//! - [`ledger`] keeps its own account and says what is not as promised; [`history`] knows how rows
//!   were before.
//! - [`crash`] leaves nothing to chance: one path, cut at every call in every way.
//! - [`isolation`], [`dead_endpoint`] and [`throttling`] are about load, and measure what it costs others,
//!   its owner and receivers: functions are as scarce as [`source`] has them, and [`measured`] holds the clock.
//! - [`poison`] is about messages that kill their functions, and about outages.
//! - [`document`] is where tables of results go.
//! - [`mutation`] makes the handlers wrong, from outside, to test the tests.

mod aws;
mod counts;
mod crash;
mod dead_endpoint;
mod document;
mod execution;
mod history;
mod intake;
mod invocation;
mod isolation;
mod lambda;
mod ledger;
mod measured;
mod mutation;
mod plan;
mod poison;
mod random;
mod receiver;
mod sim;
mod source;
mod task;
mod throttling;
mod trace;
mod users;
mod vocabulary;
mod watch;
mod world;

pub use counts::{Count, Counts, Group};
pub use crash::{Report, crash_points};
pub use dead_endpoint::{But, Cost, Dead, DeadEndpoint, dead_endpoint, dead_endpoint_but};
pub use document::Part;
pub use intake::{Grouping, Pool};
pub use isolation::{Circumstances, Isolation, IsolationReport, isolation};
pub use measured::Latencies;
pub use mutation::Mutation;
pub use poison::{Poison, PoisonReport, Trouble, poison};
pub use throttling::{DELIVERIES, Throttled, ThrottlingReport, ThrottlingWave, Tries, throttling};
pub use vocabulary::Fault;
pub use world::Run;

use std::{
    num::NonZero,
    ops::Range,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use trace::Trace;

/// Lines of a trace that are kept for whoever looks into a failure.
const LINES: usize = 400;

/// Runs one seed.
#[must_use]
pub fn simulate(seed: u64, mutation: Option<Mutation>) -> Run {
    world::run(seed, mutation, Trace::off())
}

/// Runs one seed and keeps the last lines of its trace, at most so many.
#[must_use]
pub fn simulate_traced(seed: u64, mutation: Option<Mutation>, lines: usize) -> Run {
    world::run(seed, mutation, Trace::last(lines))
}

/// What came of many runs.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many ran to their end.
    pub runs: u64,
    /// What happened in all of them.
    pub counts: Counts,
    /// The first seed that showed something that is not as promised, with its trace.
    pub failure: Option<Run>,
}

/// Runs every seed of the range, on as many threads as there are processors, until one fails.
#[must_use]
pub fn simulate_all(seeds: Range<u64>, mutation: Option<Mutation>) -> Verdict {
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicBool::new(false);
    let verdict = Mutex::new(Verdict::default());
    let work = || {
        let mut mine = Verdict::default();
        while !failed.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if !seeds.contains(&seed) {
                break;
            }
            let run = simulate(seed, mutation);
            mine.runs += 1;
            mine.counts.merge(&run.counts);
            if run.broken.is_some() {
                failed.store(true, Ordering::Relaxed);
                mine.failure = Some(simulate_traced(seed, mutation, LINES));
            }
        }
        verdict.lock().unwrap_or_else(PoisonError::into_inner).merge(mine);
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    verdict.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Verdict {
    fn merge(&mut self, other: Self) {
        self.runs += other.runs;
        self.counts.merge(&other.counts);
        self.failure = match (self.failure.take(), other.failure) {
            (Some(mine), Some(theirs)) if mine.seed > theirs.seed => Some(theirs),
            (mine, theirs) => mine.or(theirs),
        };
    }
}

impl Run {
    /// What was not as promised, what led to it, and how to see it again.
    #[must_use]
    pub fn explanation(&self) -> String {
        let Self { seed, broken, trace, .. } = self;
        let broken = broken.as_deref().unwrap_or("everything is as promised");
        format!(
            "{}\n\nseed {seed}: {broken}\nagain: cargo xtask simulate --seeds 1 --from {seed}",
            trace.join("\n")
        )
    }
}
