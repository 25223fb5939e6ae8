//! How it went, as a table in Markdown.

use super::{Circumstances, Isolation, isolation};
use crate::{document::Part, measured::Latencies, source::Grouping};
use std::{fmt, thread};

/// What the document tells of, and what it calls that.
const DOCUMENTED: [(&str, Circumstances); 5] = [
    ("as shipped", Circumstances::SHIPPED),
    ("with a turn for each webhook", turns(Grouping::Webhooks)),
    ("without turns", turns(Grouping::Nobody)),
    ("with at most 50 functions", Circumstances { most: 50, ..Circumstances::SHIPPED }),
    (
        "with all functions at work already",
        Circumstances { at_first: Circumstances::SHIPPED.most, ..Circumstances::SHIPPED },
    ),
];

const fn turns(turns: Grouping) -> Circumstances {
    Circumstances { turns, ..Circumstances::SHIPPED }
}

/// How long the bystander's events took under each of some circumstances.
#[derive(Debug)]
pub struct IsolationReport {
    cases: Vec<(&'static str, Circumstances, Isolation)>,
}

impl IsolationReport {
    /// What the document tells of.
    ///
    /// # Errors
    /// What was not as promised.
    pub fn documented() -> Result<Self, String> {
        let run = |case: (&'static str, Circumstances)| {
            isolation(&case.1).map(|isolation| (case.0, case.1, isolation))
        };
        let results: Vec<Result<_, String>> = thread::scope(|scope| {
            let runs: Vec<_> =
                DOCUMENTED.into_iter().map(|case| scope.spawn(move || run(case))).collect();
            let panicked = |_| Err("a run panicked".to_owned());
            runs.into_iter().map(|run| run.join().unwrap_or_else(panicked)).collect()
        });
        Ok(Self { cases: results.into_iter().collect::<Result<_, _>>()? })
    }

    /// How it went under these circumstances, if they were tried.
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
