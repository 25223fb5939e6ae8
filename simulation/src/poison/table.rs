//! The results as a table in Markdown.

use super::{Poison, Trouble, poison};
use crate::document::{Part, side_by_side};
use std::{fmt, time::Duration};

/// The scenarios in the document.
const DOCUMENTED: [Trouble; 6] = [
    Trouble::Delivery,
    Trouble::Deliveries(120),
    Trouble::Event,
    Trouble::NoFunctions(1),
    Trouble::TablesOut(3),
    Trouble::TablesOut(11),
];

/// The results of each scenario.
#[derive(Debug)]
pub struct PoisonReport {
    /// In the order of the table.
    pub cases: Vec<(Trouble, Poison)>,
}

impl PoisonReport {
    /// The results in the document.
    ///
    /// # Errors
    /// The broken promise.
    pub fn documented() -> Result<Self, String> {
        let run = |trouble| poison(trouble, None).map(|poison| (trouble, poison));
        Ok(Self { cases: side_by_side(DOCUMENTED, run)? })
    }
}

impl Part for PoisonReport {
    const NAME: &'static str = "messages that kill a function";
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery => write!(f, "one delivery of ten kills the function"),
            Self::Deliveries(count) => write!(f, "the same {count} times, every five seconds"),
            Self::Event => write!(f, "one event of ten kills the function"),
            Self::TablesOut(hours) => write!(f, "no table answers for {hours} h"),
            Self::NoFunctions(hours) => write!(f, "no function can be invoked for {hours} h"),
        }
    }
}

impl fmt::Display for PoisonReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| what happens | healthy deliveries | failed or dead letters | latest | messages isolated | the message that kills is a dead letter after |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|")?;
        for (trouble, Poison { healthy, late, isolated, dead_after }) in &self.cases {
            let dead_after = dead_after.map(minutes).unwrap_or_default();
            let late = late.as_secs();
            writeln!(f, "| {trouble} | {healthy} | 0 | {late} s | {isolated} | {dead_after} |")?;
        }
        Ok(())
    }
}

fn minutes(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    format!("{} h {} min", minutes / 60, minutes % 60)
}
