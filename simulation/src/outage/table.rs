//! The results as a table in Markdown.

use super::{Look, Outage, SCALE, outage};
use crate::document::Part;
use std::fmt;

/// Minutes of the outage.
const LENGTH: u64 = 120;

/// Minutes since the outage began.
const DOCUMENTED: [u64; 7] = [5, 60, 119, 125, 180, 240, 290];

/// An outage of the largest receiver.
#[derive(Debug)]
pub struct OutageReport {
    pub outage: Outage,
}

impl OutageReport {
    /// The results in the document.
    ///
    /// # Errors
    /// The broken promise.
    pub fn documented() -> Result<Self, String> {
        Ok(Self { outage: outage(LENGTH, &DOCUMENTED)? })
    }
}

impl Part for OutageReport {
    const NAME: &'static str = "an outage of the largest receiver";
}

impl fmt::Display for OutageReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outage { looks, deliveries, recovered_after, repeated, failed, executions, .. } =
            &self.outage;
        let Outage { parked, releases, extra_messages, extra_writes, .. } = self.outage;
        let scale = u64::from(SCALE);
        writeln!(f, "| minutes | parked | messages on the queue | delivery functions at work |")?;
        writeln!(f, "|--:|--:|--:|--:|")?;
        for Look { minute, queued, parked, functions, .. } in looks {
            let functions = functions * scale / 60;
            writeln!(f, "| {minute} | {} | {} | {functions} |", parked * scale, queued * scale)?;
        }
        writeln!(f)?;
        writeln!(f, "| | |\n|---|--:|")?;
        let minutes = recovered_after.as_secs().div_ceil(60);
        writeln!(f, "| all deliveries of the outage were sent after it, minutes | {minutes} |")?;
        writeln!(f, "| requests sent twice | {repeated} |")?;
        writeln!(f, "| failed requests to the receiver | {failed} |")?;
        writeln!(f, "| executions | {executions} |")?;
        writeln!(f, "| deliveries of the webhook in the outage | {} |", deliveries)?;
        writeln!(f, "| times parked | {} |", parked * scale)?;
        writeln!(
            f,
            "| messages beyond those of healthy deliveries | {} |",
            extra_messages * scale + releases
        )?;
        writeln!(f, "| row writes beyond those of healthy deliveries | {} |", extra_writes * scale)
    }
}
