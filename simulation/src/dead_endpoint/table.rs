//! The costs as a table in Markdown.

use super::{Cost, Dead, dead_endpoint};
use crate::document::Part;
use std::{fmt, thread};

/// The numbers of deliveries in the document: small enough for every test run.
const DOCUMENTED: [u64; 3] = [100, 1_000, 10_000];

/// The costs of dead endpoints.
#[derive(Debug)]
pub struct DeadEndpoint {
    /// The costs in the order of the table.
    pub costs: Vec<Cost>,
}

impl DeadEndpoint {
    /// The costs in the document.
    ///
    /// # Errors
    /// The broken promise.
    pub fn documented() -> Result<Self, String> {
        Self::of(&DOCUMENTED)
    }

    /// The costs of each of these numbers of deliveries.
    ///
    /// # Errors
    /// The broken promise.
    pub fn of(deliveries: &[u64]) -> Result<Self, String> {
        let run = |dead| -> Result<Vec<Cost>, String> {
            deliveries.iter().map(|count| dead_endpoint(*count, dead)).collect()
        };
        let (good, hours) = thread::scope(|scope| {
            let good = scope.spawn(|| run(Dead::ForGood));
            let hours = run(Dead::ForHours);
            (good.join().unwrap_or_else(|_| Err("a run panicked".to_owned())), hours)
        });
        Ok(Self { costs: good?.into_iter().chain(hours?).collect() })
    }
}

impl Part for DeadEndpoint {
    const NAME: &'static str = "one dead endpoint";
}

impl fmt::Display for DeadEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| the endpoint is dead | deliveries | failed requests | executions | messages | each | row writes | each |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|")?;
        for cost in &self.costs {
            let dead = match cost.dead {
                Dead::ForGood => "for good",
                Dead::ForHours => "for six hours",
            };
            let Cost { deliveries, failed_requests, executions, messages, writes, .. } = *cost;
            let [per_message, per_write] =
                [messages, writes].map(|all| hundredths(all, deliveries));
            let [deliveries, failed_requests, executions, messages, writes] =
                [deliveries, failed_requests, executions, messages, writes].map(grouped);
            writeln!(
                f,
                "| {dead} | {deliveries} | {failed_requests} | {executions} | {messages} | {per_message} | {writes} | {per_write} |"
            )?;
        }
        Ok(())
    }
}

/// `all` per `each`, with two decimals.
fn hundredths(all: u64, each: u64) -> String {
    let hundredths = (all * 100).checked_div(each).unwrap_or_default();
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A number with commas.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(
            [7, 1_000, 31_074, 1_000_000].map(grouped),
            ["7", "1,000", "31,074", "1,000,000"]
        );
        assert_eq!(hundredths(31_074, 10_000), "3.10");
        assert_eq!(hundredths(5, 0), "0.00");
    }
}
