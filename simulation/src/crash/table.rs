//! What was tried, as a table in Markdown.

use super::{Call, Fault, Report};
use grapnel_testing::document::{generated_part, with_generated_part};
use std::fmt;

/// The name of the table's part of `docs/reliability.md`.
const PART: &str = "crash points, simulated";

/// The order in which the callers come.
const CALLERS: [&str; 4] = ["ingest", "delivery", "wait", "api"];

impl Report {
    /// Whether a document says just this.
    #[must_use]
    pub fn is_in(&self, document: &str) -> bool {
        generated_part(document, PART) == Some(self.to_string().trim())
    }

    /// The document with this report in its place; `None` if it has no place for it.
    #[must_use]
    pub fn written_into(&self, document: &str) -> Option<String> {
        with_generated_part(document, PART, &self.to_string())
    }

    /// Each call once, callers together, else in the order in which they first came.
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
