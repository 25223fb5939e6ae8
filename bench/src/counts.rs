//! What was asked of the stand-in, in the units that AWS charges.

use std::{
    collections::BTreeMap,
    ops::{AddAssign, Sub},
};

/// Counted calls of one operation on one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    pub calls: u64,
    /// Half read units, because an eventually consistent read of 4 KB is half a unit.
    pub half_reads: u64,
    /// Write units of the table.
    pub writes: u64,
    /// Write units of its indexes.
    pub index_writes: u64,
    /// Requests as SQS charges them: one for each started 64 KiB of a call.
    pub queue_requests: u64,
    /// Messages or events in the calls.
    pub messages: u64,
    /// Bytes of the requests' bodies.
    pub bytes_in: u64,
    /// Bytes of the answers' bodies.
    pub bytes_out: u64,
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.half_reads += other.half_reads;
        self.writes += other.writes;
        self.index_writes += other.index_writes;
        self.queue_requests += other.queue_requests;
        self.messages += other.messages;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
    }
}

impl Sub for Count {
    type Output = Self;

    /// What was counted since `earlier`.
    fn sub(self, earlier: Self) -> Self {
        Self {
            calls: self.calls - earlier.calls,
            half_reads: self.half_reads - earlier.half_reads,
            writes: self.writes - earlier.writes,
            index_writes: self.index_writes - earlier.index_writes,
            queue_requests: self.queue_requests - earlier.queue_requests,
            messages: self.messages - earlier.messages,
            bytes_in: self.bytes_in - earlier.bytes_in,
            bytes_out: self.bytes_out - earlier.bytes_out,
        }
    }
}

/// Counts by operation and resource, such as `PutItem EventsTable`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    lines: BTreeMap<String, Count>,
}

impl Counts {
    pub(crate) fn add(&mut self, line: &str, count: Count) {
        match self.lines.get_mut(line) {
            Some(known) => *known += count,
            None => {
                self.lines.insert(line.to_owned(), count);
            }
        }
    }

    /// Adds all of `others`.
    pub fn add_all(&mut self, others: &Self) {
        others.lines().for_each(|(line, count)| self.add(line, count));
    }

    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = |line: &str| earlier.lines.get(line).copied().unwrap_or_default();
        let lines = self.lines.iter().map(|(line, count)| (line.clone(), *count - before(line)));
        Self { lines: lines.filter(|(_, count)| *count != Count::default()).collect() }
    }

    pub fn lines(&self) -> impl Iterator<Item = (&str, Count)> {
        self.lines.iter().map(|(line, count)| (line.as_str(), *count))
    }

    #[must_use]
    pub fn total(&self) -> Count {
        let mut total = Count::default();
        self.lines.values().for_each(|count| total += *count);
        total
    }
}
