//! The results as a table in Markdown.

use super::{Throttled, ThrottlingWave, Tries, throttling};
use crate::document::{Part, side_by_side};
use std::{fmt, time::Duration};

/// The waves in the document: the throttled writes, and the number of seconds.
const DOCUMENTED: [(Throttled, u64); 4] = [
    (Throttled::OneWebhook, 10),
    (Throttled::DeliveriesTable, 10),
    (Throttled::DeliveriesTable, 18),
    (Throttled::DeliveriesTable, 60),
];

/// Repeated requests in each wave.
#[derive(Debug)]
pub struct ThrottlingReport {
    /// The throttled writes, the number of seconds, and how many requests were repeated with three
    /// tries of a record and with retries by time.
    pub rows: Vec<(Throttled, u64, [u64; 2])>,
}

impl ThrottlingReport {
    /// The results in the document.
    ///
    /// # Errors
    /// The broken promise.
    pub fn documented() -> Result<Self, String> {
        let run = |(throttled, seconds): (Throttled, u64)| {
            let lasts = Duration::from_secs(seconds);
            let of = |tries| throttling(&ThrottlingWave { throttled, lasts, tries });
            Ok((throttled, seconds, [of(Tries::Three)?, of(Tries::ByTime)?]))
        };
        Ok(Self { rows: side_by_side(DOCUMENTED, run)? })
    }
}

impl Part for ThrottlingReport {
    const NAME: &'static str = "throttling waves";
}

impl fmt::Display for ThrottlingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| writes are throttled | for | sent twice, with three tries of a record | sent twice, with tries by time |"
        )?;
        writeln!(f, "|---|--:|--:|--:|")?;
        for (throttled, seconds, [before, now]) in &self.rows {
            let throttled = match throttled {
                Throttled::OneWebhook => "one of twenty webhooks (a partition)",
                Throttled::DeliveriesTable => "the deliveries table",
            };
            writeln!(f, "| {throttled} | {seconds} s | {before} | {now} |")?;
        }
        Ok(())
    }
}
