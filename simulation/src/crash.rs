//! Crash points: one event's path, cut at every call, once for each thing that can happen to it.
//!
//! [`scenario`] is the path: one event for four webhooks, of which one takes it at once, one takes
//! it after a retry by queue delay, one fails, waits in a shared wait, fails for good and is asked
//! for once more by its user, and one waits for a slot of its rate limit. Nothing goes wrong in it by
//! itself. Each call that it makes is counted;
//! then it runs again for every call and [`Fault`], with this fault in this call and no other, and
//! must come to the same end. No call is listed by hand: a new one is tried as soon as it is made.
//!
//! The ledger judges each run as it judges the seeded ones; [`outcome`] adds what is known of this
//! path alone. [`table`] tells what was tried.

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

/// Orders in which what happens at the same time may happen: the whole is done in each of them. They
/// decide who shares a batch and whose call comes first.
const ORDERS: u64 = 5;

/// Lines of a trace that are kept for whoever looks into a failure: all of it.
const LINES: usize = 2_000;

/// What came of a call with a fault, in one of its runs.
#[derive(Debug)]
struct Case {
    call: Call,
    fault: Fault,
    kept: bool,
}

/// What came of all runs.
#[derive(Debug, Default)]
pub struct Report {
    cases: Vec<Case>,
    /// Calls that the path makes, in all orders together.
    calls: usize,
    /// The first run that was not as promised: which one, and its trace.
    pub failure: Option<String>,
}

impl Report {
    /// How many runs there were with a fault in them.
    #[must_use]
    pub fn runs(&self) -> usize {
        self.cases.len()
    }

    /// How many of them did not come to the end that they should have.
    #[must_use]
    pub fn broken(&self) -> usize {
        self.cases.iter().filter(|case| !case.kept).count()
    }
}

/// Runs the path in every order, undisturbed and with every fault in every call.
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
                // Up to the cut the same happens as without it, so it is this call that was cut.
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
