//! Crash points: the path of one event is cut at every call, once for each fault.
//!
//! [`scenario`] is the path: one event for four webhooks. The first accepts it at once; the second
//! accepts it after a retry by queue delay; the third fails, waits in a shared wait, fails for good
//! and gets a manual retry; the fourth waits for a rate limit slot. Without a fault, nothing goes
//! wrong. Each call of the path is counted. Then the path runs again for every call and every
//! [`Fault`], with only this fault in this call, and must reach the same end. The list of calls is
//! not written by hand: a new call is tried automatically.
//!
//! The ledger judges each run, as it judges the seeded runs; [`outcome`] adds checks for this path.
//! [`table`] shows what was tried.

mod outcome;
mod path;
mod scenario;
mod table;

use crate::{
    mutation::Mutation,
    trace::Trace,
    vocabulary::{Call, Cut, Fault},
    world::Run,
};

/// Different orders of simultaneous steps. The whole test runs in each order. The order decides
/// which messages share a batch and which call comes first.
const ORDERS: u64 = 5;

/// How many lines of a trace are kept to explain a failure: all of it.
const LINES: usize = 2_000;

/// The results of a call with a fault, in one of its runs.
#[derive(Debug)]
struct Case {
    call: Call,
    fault: Fault,
    kept: bool,
}

/// The results of all runs.
#[derive(Debug, Default)]
pub struct Report {
    cases: Vec<Case>,
    /// Calls of the path in all orders together.
    calls: usize,
    /// The first run that broke a promise, with its trace.
    pub failure: Option<String>,
}

impl Report {
    /// The number of runs with a fault.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.cases.len()
    }

    /// The number of runs that did not reach the expected end.
    #[must_use]
    pub fn broken(&self) -> usize {
        self.cases.iter().filter(|case| !case.kept).count()
    }
}

/// Runs the path in every order, without a fault and with every fault in every call.
#[must_use]
pub fn crash_points(mutation: Option<Mutation>) -> Report {
    let mut report = Report::default();
    for order in 0..ORDERS {
        let (undisturbed, calls) = scenario::run(order, None, mutation, Trace::off());
        report.note(order, None, &undisturbed, mutation);
        report.calls += calls.len();
        for (place, call) in calls.into_iter().enumerate() {
            for fault in Fault::ALL {
                let cut = Cut { place, fault };
                let (run, made) = scenario::run(order, Some(cut), mutation, Trace::off());
                // Until the cut, both runs are equal, so this call was cut.
                let same = made.get(place) == Some(&call);
                report.note(order, Some((call, cut)), &run, mutation);
                report.cases.push(Case { call, fault, kept: same && run.broken.is_none() });
            }
        }
    }
    report
}

impl Report {
    fn note(
        &mut self,
        order: u64,
        cut: Option<(Call, Cut)>,
        run: &Run,
        mutation: Option<Mutation>,
    ) {
        if run.broken.is_none() || self.failure.is_some() {
            return;
        }
        let what = cut.map_or_else(
            || "undisturbed".to_owned(),
            |(call, cut)| format!("{call} (call {}): {}", cut.place, cut.fault.label()),
        );
        let cut = cut.map(|(_, cut)| cut);
        let (traced, _) = scenario::run(order, cut, mutation, Trace::last(LINES));
        let broken = traced.broken.unwrap_or_default();
        let trace = traced.trace.join("\n");
        self.failure = Some(format!("{trace}\n\norder {order}, {what}: {broken}"));
    }
}
