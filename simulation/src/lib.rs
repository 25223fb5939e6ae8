//! The real ingest, delivery and API handlers in a simulated world: AWS in memory with the worst
//! behaviour that its documentation allows, receivers that answer, fail, hang and flap, users who
//! interfere, and time that passes only when nothing else is left to do.
//!
//! One number, the seed, decides everything: the same seed gives the same run, byte for byte. After
//! each step and at the end, the handlers' actions are compared with the design's promises.
//!
//! - [`world`] runs a seed: it takes the next step from the agenda and polls the [`task`]s that wait
//!   for it. [`sim`] has the agenda and the shared state.
//! - [`plan`] draws a run from its seed: webhooks and receivers, events, users' actions, and how often
//!   each fault happens.
//! - [`aws`] stands between the handlers and the ports in memory; [`lambda`] receives messages and
//!   invokes the functions; [`execution`] is the state machine for waits; [`receiver`] is a receiver.
//! - [`ledger`] keeps its own records and finds broken promises; [`history`] has earlier versions of
//!   rows.
//! - [`explanations`] explains what is on record, and compares it with the ledger.
//! - [`crash`] tries one path with every fault in every call.
//! - [`isolation`], [`dead_endpoint`] and [`throttling`] measure the costs of load for other users, for
//!   the owner and for receivers: functions are as scarce as [`source`] describes, and [`measured`]
//!   has the latencies.
//! - [`poison`] is about messages that kill their functions, and about outages.
//! - [`document`] writes tables of results into a document.
//! - [`mutation`] gives the handlers deliberate mistakes from outside, to test the tests.

mod aws;
mod ceiling;
mod counts;
mod crash;
mod crowd;
mod dead_endpoint;
mod document;
mod execution;
mod explanations;
mod history;
mod intake;
mod invocation;
mod isolation;
mod lambda;
mod ledger;
mod measured;
mod mutation;
mod outage;
mod partition;
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
mod world;

pub use ceiling::{BIG_EVENTS, Ceiling, CeilingReport, Intakes, ceiling};
pub use counts::{Count, Counts, Group};
pub use crash::{Report, crash_points};
pub use crowd::{Crowd, crowd};
pub use dead_endpoint::{But, Cost, Dead, DeadEndpoint, dead_endpoint, dead_endpoint_but};
pub use document::Part;
pub use intake::{Grouping, Pool};
pub use isolation::{Circumstances, Isolation, IsolationReport, isolation};
pub use measured::Latencies;
pub use mutation::Mutation;
pub use outage::{Look, Outage, OutageReport, SCALE, outage};
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

/// How many lines of a trace are kept to explain a failure.
const LINES: usize = 400;

#[must_use]
pub fn simulate(seed: u64, mutation: Option<Mutation>) -> Run {
    world::run(seed, mutation, Trace::off())
}

/// Runs one seed and keeps the last `lines` lines of its trace.
#[must_use]
pub fn simulate_traced(seed: u64, mutation: Option<Mutation>, lines: usize) -> Run {
    world::run(seed, mutation, Trace::last(lines))
}

/// The results of many runs.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many runs ended.
    pub runs: u64,
    /// The counts of all runs.
    pub counts: Counts,
    /// The first run that broke a promise, with its trace.
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
    /// The broken promise, the events before it, and the command that repeats the run.
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
