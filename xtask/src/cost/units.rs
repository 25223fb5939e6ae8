//! What an event, a delivery and a failure take, in units of AWS, from the counted paths.
//!
//! Each unit of a healthy path is a number for each event and a number for each delivery: two paths
//! with one and with ten webhooks give both. Only the reads of webhooks before attempts depend on the
//! batch, so they are counted apart ([`WebhookReads`]). A delivery that fails is alone at its endpoint in the
//! counted paths, so it shares no unit with others.

use super::paths::{self, Path, Row};
use anyhow::{Result, ensure};
use grapnel_domain::retry::{RetryConfig, Schedule};
use std::ops::{Add, Mul, Sub};

/// Delays up to this many seconds wait in the queue (`LongestQueueDelaySeconds`).
const LONGEST_QUEUE_DELAY: u32 = 900;

/// Units of AWS, apart from those that batches share: polls, invocations, sends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Units {
    /// Read units of everything but an event's data.
    pub(super) reads: f64,
    /// Read units of an event's data that takes up to 4 KB.
    pub(super) event_reads: f64,
    pub(super) writes: f64,
    /// Writes of the index that lists events.
    pub(super) list_writes: f64,
    /// Writes of the other indexes.
    pub(super) index_writes: f64,
    /// Messages of the delivery queue.
    pub(super) messages: f64,
    /// Events that Grapnel puts on the bus.
    pub(super) notices: f64,
}

/// The counted units that bills are made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counted {
    pub(super) event: Units,
    pub(super) delivery: Units,
    pub(super) webhooks: WebhookReads,
    /// What a delivery costs beyond one that succeeds at once, by the number of its attempts that
    /// fail, from one. The last number has no attempt left.
    failing: Vec<Units>,
    /// The number of its long waits.
    waits: Vec<u32>,
    pub(super) execution: Execution,
}

/// Read units of webhooks before the first attempts of a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct WebhookReads {
    /// Of a delivery that is alone with its webhook.
    alone: f64,
    /// Of one read for all of a user's webhooks in a batch: ten.
    together: f64,
}

/// An execution of a minute that all deliveries share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Execution {
    pub(super) transitions: f64,
    /// Calls of the tend function.
    pub(super) visits: f64,
    /// Read units of the queries that find the deliveries.
    pub(super) reads: f64,
}

impl Counted {
    /// Derives the units from the paths.
    ///
    /// # Errors
    /// If a path is missing, or if the default schedule is not the one that the derivation is for.
    pub(super) fn of(all: &[Path]) -> Result<Self> {
        let one_webhook = paths::named(all, "healthy, one webhook")?;
        let ten_webhooks = paths::named(all, "healthy, ten webhooks")?;
        let one = per_delivery(one_webhook);
        let without = |path| per_delivery_of(path, |row| !reads_webhooks(row));
        let delivery = (without(ten_webhooks) * 10.0 - without(one_webhook)) * (1.0 / 9.0);
        let event = without(one_webhook) - delivery;
        let webhooks = WebhookReads::of(one_webhook, ten_webhooks);
        let after_a_delay = paths::named(all, "a retry after a delay of the queue")?;
        let after_a_wait = paths::named(all, "a retry after a long wait, alone at its endpoint")?;

        let schedule = RetryConfig::default().schedule;
        let Schedule::DelaysSeconds(delays) = &schedule else {
            anyhow::bail!("the default schedule has no list of delays")
        };
        let long = |delay: &u32| *delay > LONGEST_QUEUE_DELAY;
        let lengths: Vec<bool> = delays.iter().map(long).collect();
        ensure!(lengths == [false, false, true, true], "the schedule differs from the paths'");

        // Each failed attempt records the endpoint's failure; the success after them the recovery.
        let recovery = Units { writes: health_writes(after_a_delay) - 1.0, ..Units::default() };
        let (delayed, waited) =
            (per_delivery(after_a_delay) - one, per_delivery(after_a_wait) - one);
        let attempt_with_delay = delayed - recovery;
        let attempt_with_wait = waited - attempt_with_delay * 2.0 - recovery;
        // The last attempt fails in place of the one that succeeds: the failure is recorded, not the
        // recovery, the row enters the index of failed deliveries and, with five failures, takes a
        // second KB, and a notice says so.
        let given_up = Units { writes: 2.0, index_writes: 1.0, notices: 1.0, ..Units::default() };
        let failing = vec![
            delayed,
            delayed + attempt_with_delay,
            waited,
            waited + attempt_with_wait,
            waited + attempt_with_wait - recovery + given_up,
        ];
        let waits = vec![0, 0, 1, 2, 2];
        let execution = Execution::of(after_a_wait)?;
        Ok(Self { event, delivery, webhooks, failing, waits, execution })
    }

    /// The number of attempts that a delivery has.
    pub(super) fn attempts(&self) -> usize {
        self.failing.len()
    }

    /// What a delivery costs beyond one that succeeds at once if so many of its attempts fail.
    pub(super) fn failing(&self, attempts: usize) -> Units {
        let index = attempts.checked_sub(1).and_then(|index| self.failing.get(index));
        index.copied().unwrap_or_default()
    }

    /// Its long waits.
    pub(super) fn waits(&self, attempts: usize) -> u32 {
        let index = attempts.checked_sub(1).and_then(|index| self.waits.get(index));
        index.copied().unwrap_or_default()
    }
}

impl WebhookReads {
    fn of(one_webhook: &Path, ten_webhooks: &Path) -> Self {
        let each = |path: &Path| {
            let reads = path.rows.iter().filter(|row| reads_webhooks(row)).map(|row| row.count);
            reads.map(|count| count.reads / count.calls).sum()
        };
        Self { alone: each(one_webhook), together: each(ten_webhooks) }
    }

    /// For each delivery, if so many of a batch go to webhooks of one user. One read for two is taken
    /// to be as large as one for ten.
    pub(super) fn each(&self, webhooks: f64) -> f64 {
        self.alone.min(self.together / webhooks)
    }
}

impl Execution {
    fn of(path: &Path) -> Result<Self> {
        let Some(executions) = path.executions else {
            anyhow::bail!("the path with a long wait has no executions")
        };
        let reads = path.rows.iter().filter(|row| is_search(row)).map(|row| row.count.reads);
        Ok(Self {
            transitions: executions.transitions / executions.number,
            visits: executions.visits / executions.number,
            reads: reads.sum::<f64>() / executions.number,
        })
    }
}

/// Whether an execution makes these calls however many deliveries wait for its minute.
fn is_search(row: &Row) -> bool {
    row.function == "tend" && row.call.starts_with("Query")
}

/// Whether these calls read webhooks before attempts.
fn reads_webhooks(row: &Row) -> bool {
    row.function == "delivery" && row.call == "Query WebhooksTable"
}

fn health_writes(path: &Path) -> f64 {
    let rows = path.rows.iter().filter(|row| row.call == "UpdateItem WebhooksTable");
    rows.map(|row| row.count.writes).sum::<f64>() / path.deliveries
}

fn per_delivery(path: &Path) -> Units {
    per_delivery_of(path, |_| true)
}

fn per_delivery_of(path: &Path, counts: impl Fn(&Row) -> bool) -> Units {
    let rows = path.rows.iter().filter(|row| !is_search(row) && counts(row)).map(units);
    rows.fold(Units::default(), Add::add) * (1.0 / path.deliveries)
}

fn units(row: &Row) -> Units {
    let count = row.count;
    let is_event = row.call.ends_with("EventsTable");
    let is_data = is_event && row.function == "delivery";
    let of = |condition: bool, value: f64| if condition { value } else { 0.0 };
    Units {
        reads: of(!is_data, count.reads),
        event_reads: of(is_data, count.reads),
        writes: count.writes,
        list_writes: of(is_event, count.index_writes),
        index_writes: of(!is_event, count.index_writes),
        messages: of(row.call.ends_with("DeliveryQueue"), count.messages),
        notices: of(row.call.starts_with("PutEvents"), count.messages),
    }
}

impl Add for Units {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            event_reads: self.event_reads + other.event_reads,
            writes: self.writes + other.writes,
            list_writes: self.list_writes + other.list_writes,
            index_writes: self.index_writes + other.index_writes,
            messages: self.messages + other.messages,
            notices: self.notices + other.notices,
        }
    }
}

impl Mul<f64> for Units {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self {
            reads: self.reads * factor,
            event_reads: self.event_reads * factor,
            writes: self.writes * factor,
            list_writes: self.list_writes * factor,
            index_writes: self.index_writes * factor,
            messages: self.messages * factor,
            notices: self.notices * factor,
        }
    }
}

impl Sub for Units {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other * -1.0
    }
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
