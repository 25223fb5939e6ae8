//! The results as a table in Markdown.

use super::{Circumstances, Isolation, isolation};
use crate::{
    document::{Part, side_by_side},
    intake::{Grouping, Pool},
    measured::Latencies,
};
use std::fmt;

/// The circumstances in the document, with their names.
const DOCUMENTED: [(&str, Circumstances); 8] = [
    ("as shipped", SHIPPED),
    ("with a turn for each webhook", Circumstances { turns: Grouping::Webhooks, ..SHIPPED }),
    ("without turns", Circumstances { turns: Grouping::Nobody, ..SHIPPED }),
    ("with at most 50 functions", Circumstances { pool: Pool::on_demand(50), ..SHIPPED }),
    (
        "with all functions at work already",
        Circumstances { pool: SHIPPED.pool.full_grown(), ..SHIPPED },
    ),
    ("with 50 provisioned pollers", Circumstances::provisioned(50)),
    ("with two provisioned pollers", TWO_POLLERS),
    (
        "the same, if a backlog is noticed at once",
        Circumstances { pool: TWO_POLLERS.pool.noticed_at_once(), ..TWO_POLLERS },
    ),
];

const SHIPPED: Circumstances = Circumstances::SHIPPED;

/// The smallest number of pollers.
const TWO_POLLERS: Circumstances = Circumstances::provisioned(2);

/// The latencies of the bystander's events under each of these circumstances.
#[derive(Debug)]
pub struct IsolationReport {
    cases: Vec<(&'static str, Circumstances, Isolation)>,
}

impl IsolationReport {
    /// The results in the document.
    ///
    /// # Errors
    /// The broken promise.
    pub fn documented() -> Result<Self, String> {
        let run = |case: (&'static str, Circumstances)| {
            isolation(&case.1).map(|isolation| (case.0, case.1, isolation))
        };
        Ok(Self { cases: side_by_side(DOCUMENTED, run)? })
    }

    /// The result under these circumstances, if they were tried.
    #[must_use]
    pub fn of(&self, circumstances: Circumstances) -> Option<Isolation> {
        let found = self.cases.iter().find(|(_, tried, _)| *tried == circumstances);
        found.map(|(.., isolation)| *isolation)
    }
}

impl Part for IsolationReport {
    const NAME: &'static str = "a hundred endpoints that hang";
}

impl fmt::Display for IsolationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| milliseconds | before circuits open: half | 99 of 100 | longest | after: half | 99 of 100 | longest |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|")?;
        for (name, _, Isolation { before, after, .. }) in &self.cases {
            let [before, after] = [before, after].map(cells);
            writeln!(f, "| {name} | {before} | {after} |")?;
        }
        Ok(())
    }
}

fn cells(latencies: &Latencies) -> String {
    let Latencies { median, p99, longest, .. } = latencies;
    [median, p99, longest].map(|each| each.as_millis().to_string()).join(" | ")
}
