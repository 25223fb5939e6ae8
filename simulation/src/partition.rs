//! The capacity of partitions, which take so many writes a second: each webhook's deliveries are in one
//! of the deliveries table, and each user's events in one of the events table (and in one of its index,
//! which takes as many).

use crate::plan::Target;
use grapnel_domain::time::Timestamp;
use std::collections::BTreeMap;

/// Writes a second of a partition, as AWS documents it.
pub(crate) const WRITES_A_SECOND: u32 = 1_000;

/// The partitions that were written.
#[derive(Debug)]
pub(crate) struct Partitions {
    writes_per_second: Option<u32>,
    /// When each partition has its whole capacity again, in microseconds.
    full_at: BTreeMap<Target, i64>,
}

impl Partitions {
    pub(crate) fn new(writes_per_second: Option<u32>) -> Self {
        Self { writes_per_second, full_at: BTreeMap::new() }
    }

    /// Takes a write out of the target's capacity of one second. Whether there was one.
    pub(crate) fn take(&mut self, target: Target, now: Timestamp) -> bool {
        let (Some(rate), Target::Delivery(_) | Target::Event(_)) = (self.writes_per_second, target)
        else {
            return true;
        };
        let now = now.as_millis() * 1000;
        let one = 1_000_000 / i64::from(rate);
        let full_at = self.full_at.entry(target).or_insert(now);
        let taken = (*full_at).max(now) + one;
        let fits = taken <= now + 1_000_000;
        if fits {
            *full_at = taken;
        }
        fits
    }
}
