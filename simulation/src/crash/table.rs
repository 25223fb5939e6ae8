//! The results as a table in Markdown.

use super::{Call, Fault, Report};
use crate::document::Part;
use std::fmt;

/// The order of the callers.
const CALLERS: [&str; 5] = ["ingest", "delivery", "wait", "tend", "api"];

impl Report {
    /// Each call once, grouped by caller, in the order of their first occurrence.
    fn rows(&self) -> Vec<Call> {
        let mut rows: Vec<Call> = Vec::new();
        for case in &self.cases {
            if !rows.contains(&case.call) {
                rows.push(case.call);
            }
        }
        let place = |call: &Call| CALLERS.iter().position(|caller| *caller == call.by);
        rows.sort_by_key(|call| place(call).unwrap_or(CALLERS.len()));
        rows
    }

    fn cell(&self, call: Call, fault: Fault) -> String {
        let cases = || self.cases.iter().filter(|case| case.call == call && case.fault == fault);
        let (all, kept) = (cases().count(), cases().filter(|case| case.kept).count());
        if kept == all { format!("✓ {all}") } else { format!("✗ {} of {all}", all - kept) }
    }
}

impl Part for Report {
    const NAME: &'static str = "crash points, simulated";
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| call |")?;
        Fault::ALL.iter().try_for_each(|fault| write!(f, " {} |", fault.label()))?;
        writeln!(f, "\n|---|{}", "---|".repeat(Fault::ALL.len()))?;
        for call in self.rows() {
            write!(f, "| {call} |")?;
            Fault::ALL.iter().try_for_each(|fault| write!(f, " {} |", self.cell(call, *fault)))?;
            writeln!(f)?;
        }
        let (runs, calls) = (self.runs(), self.calls);
        let (orders, faults) = (super::ORDERS, Fault::ALL.len());
        write!(f, "\n{runs} runs: {calls} calls in {orders} orders of the path, ")?;
        match self.broken() {
            0 => writeln!(f, "each with {faults} faults. All came to the right end."),
            broken => {
                writeln!(f, "each with {faults} faults. {broken} did not come to the right end.")
            }
        }
    }
}
