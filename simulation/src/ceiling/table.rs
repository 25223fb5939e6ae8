//! The results as a table in Markdown.

use super::{Ceiling, Intakes, ceiling};
use crate::{
    document::{Part, side_by_side},
    intake::INGEST_CONCURRENCY,
};
use std::{fmt, time::Duration};

/// The cases in the document: how events are published, and `IngestMaximumConcurrency`.
const DOCUMENTED: [(Intakes, usize); 3] = [
    (Intakes::Http, INGEST_CONCURRENCY),
    (Intakes::Bus, INGEST_CONCURRENCY),
    (Intakes::Bus, TOO_FEW),
];

/// Fewer functions than the events need.
const TOO_FEW: usize = 10;

/// What happens at the ceiling of one webhook.
#[derive(Debug)]
pub struct CeilingReport {
    pub rows: Vec<(Intakes, usize, Ceiling)>,
}

impl CeilingReport {
    /// The results in the document.
    ///
    /// # Errors
    /// The broken promise.
    pub fn documented() -> Result<Self, String> {
        let run = |(intakes, ingest)| Ok((intakes, ingest, ceiling(intakes, ingest)?));
        Ok(Self { rows: side_by_side(DOCUMENTED, run)? })
    }
}

impl Part for CeilingReport {
    const NAME: &'static str = "the ceiling of one webhook";
}

impl fmt::Display for CeilingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| published over | ingest functions | sent twice | deliveries a second | all sent after | oldest | its health says | others: half, ms | 99 of 100, ms | longest, ms |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for (intakes, ingest, it) in &self.rows {
            let over = match intakes {
                Intakes::Http => "HTTP",
                Intakes::Bus => "EventBridge",
            };
            let noted = it.most_behind().map_or_else(|| "–".to_owned(), |age| format!("{age} s"));
            let [after, oldest] = [it.recovered_after, it.big.longest].map(|it| it.as_secs());
            let [half, most, longest] =
                [it.meanwhile.median, it.meanwhile.p99, it.meanwhile.longest]
                    .map(|it: Duration| it.as_millis());
            writeln!(
                f,
                "| {over} | {ingest} | {} | {} | {after} s | {oldest} s | {noted} | {half} | {most} | {longest} |",
                it.repeated,
                it.throughput(),
            )?;
        }
        Ok(())
    }
}
