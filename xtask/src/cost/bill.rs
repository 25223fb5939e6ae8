//! A month's bill: what is used, times the prices.

use super::{month::Usage, prices::Prices};
use anyhow::Result;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bill {
    /// From the dearest to the cheapest.
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) service: &'static str,
    /// What is charged, in words: `3,000,000 write units`.
    pub(super) used: String,
    pub(super) dollars: f64,
    /// Whether it is the same without any traffic.
    pub(super) fixed: bool,
}

impl Bill {
    /// Multiplies.
    ///
    /// # Errors
    /// If a price is missing.
    pub(super) fn of(usage: &Usage, prices: &Prices) -> Result<Self> {
        let price = |id| prices.of(id);
        let charged = |service, amount: f64, unit, id| -> Result<_> {
            Ok((service, number(amount, unit), amount * price(id)?))
        };
        let logs =
            usage.log_gigabytes * price("logs")? + usage.kept_log_gigabytes * price("logStorage")?;
        let list =
            usage.list_writes * price("writes")? + usage.listed_gigabytes * price("storage")?;
        let gigabytes = |number: f64| format!("{number:.2} GB");
        let (stored, sent) = (usage.stored_gigabytes, usage.sent_gigabytes);
        let lines = [
            charged("EventBridge", usage.bus_events, "events", "events")?,
            charged("API Gateway", usage.api_requests, "requests", "apiRequests")?,
            charged("SQS", usage.queue_requests, "requests", "queueRequests")?,
            charged("SQS, fair queues", usage.fair_requests, "requests", "fairQueueRequests")?,
            charged("DynamoDB writes", usage.writes, "units", "writes")?,
            charged("DynamoDB reads", usage.reads, "units", "reads")?,
            ("DynamoDB storage", gigabytes(stored), stored * price("storage")?),
            ("The list of events", number(usage.list_writes, "write units"), list),
            charged("Lambda requests", usage.invocations, "requests", "invocations")?,
            charged("Lambda time", usage.memory_time, "GB-seconds", "memoryTime")?,
            charged("Step Functions", usage.transitions, "transitions", "transitions")?,
            ("CloudWatch logs", gigabytes(usage.log_gigabytes), logs),
            ("Data to receivers", gigabytes(sent), sent * price("dataOut")?),
        ];
        let fixed = [
            charged("SQS, polling", usage.empty_polls, "requests", "queueRequests")?,
            charged("CloudWatch metrics", usage.metrics, "metrics", "metrics")?,
            charged("CloudWatch alarms", usage.alarms, "alarms", "alarms")?,
        ];
        let line = |fixed| move |(service, used, dollars)| Line { service, used, dollars, fixed };
        let lines = lines.into_iter().map(line(false)).chain(fixed.into_iter().map(line(true)));
        let mut lines: Vec<Line> = lines.filter(|line| line.dollars > 0.0).collect();
        lines.sort_by(|one, other| other.dollars.total_cmp(&one.dollars));
        Ok(Self { lines })
    }

    pub(super) fn total(&self) -> f64 {
        self.lines.iter().map(|line| line.dollars).sum()
    }

    /// What is paid without any traffic.
    pub(super) fn fixed(&self) -> f64 {
        self.lines.iter().filter(|line| line.fixed).map(|line| line.dollars).sum()
    }

    /// The dollars of a line, or 0.
    pub(super) fn of_service(&self, service: &str) -> f64 {
        let line = self.lines.iter().find(|line| line.service == service);
        line.map_or(0.0, |line| line.dollars)
    }
}

/// `1,234,567 units`
fn number(value: f64, unit: &str) -> String {
    format!("{} {unit}", grouped(value))
}

/// A whole number with commas.
pub(super) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A sum of money: cents below a hundred, then none.
pub(super) fn money(currency: &str, value: f64) -> String {
    if value < 99.995 {
        format!("{currency}{value:.2}")
    } else {
        format!("{currency}{}", grouped(value))
    }
}
