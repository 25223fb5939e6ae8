//! The capacity of the deliveries table's partitions: each webhook's deliveries are in one, which takes
//! so many writes a second.

use crate::{aws::Aws, counts::Count, plan::Target, task::millis};
use grapnel_domain::{ids::WebhookId, ports::PortError, time::Timestamp};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
};

/// Writes a second of a partition, as AWS documents it.
pub(crate) const WRITES_A_SECOND: u32 = 1_000;

/// How often the SDK tries a call.
pub(crate) const SDK_TRIES: u32 = 3;

/// The longest pause before the SDK's second try, in milliseconds. The one before the third is twice
/// as long.
const SDK_BACKOFF_MILLIS: u64 = 100;

/// The partitions that were written.
#[derive(Debug)]
pub(crate) struct Partitions {
    writes_per_second: Option<u32>,
    /// When each partition has its whole capacity again, in microseconds.
    full_at: BTreeMap<WebhookId, i64>,
}

impl Partitions {
    pub(crate) fn new(writes_per_second: Option<u32>) -> Self {
        Self { writes_per_second, full_at: BTreeMap::new() }
    }

    /// Takes a write out of the target's capacity of one second. Whether there was one.
    fn take(&mut self, target: Target, now: Timestamp) -> bool {
        let (Some(rate), Target::Delivery(webhook)) = (self.writes_per_second, target) else {
            return true;
        };
        let now = now.as_millis() * 1000;
        let one = 1_000_000 / i64::from(rate);
        let full_at = self.full_at.entry(webhook).or_insert(now);
        let taken = (*full_at).max(now) + one;
        let fits = taken <= now + 1_000_000;
        if fits {
            *full_at = taken;
        }
        fits
    }
}

/// The SDK's retry quota of an instance: a retry takes five tokens of five hundred, and a call that
/// succeeds gives one back. So long throttling ends retries.
#[derive(Debug)]
pub(crate) struct RetryTokens(AtomicI64);

impl RetryTokens {
    const ALL: i64 = 500;
    const OF_A_RETRY: i64 = 5;

    fn take(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed) - Self::OF_A_RETRY;
        if left >= 0 {
            self.0.store(left, Ordering::Relaxed);
        }
        left >= 0
    }

    fn give_back(&self) {
        let tokens = self.0.load(Ordering::Relaxed) + 1;
        self.0.store(tokens.min(Self::ALL), Ordering::Relaxed);
    }
}

impl Default for RetryTokens {
    fn default() -> Self {
        Self(AtomicI64::new(Self::ALL))
    }
}

impl Aws {
    /// Waits until the partition has a write left for this call, for so many tries.
    pub(crate) async fn find_capacity(
        &self,
        target: Target,
        name: &'static str,
        tries: u32,
    ) -> Result<(), PortError> {
        let sim = self.sim();
        let mut backoff = SDK_BACKOFF_MILLIS;
        for again in (0..tries).rev() {
            let now = sim.now();
            if sim.with(|state| state.partitions.take(target, now)) {
                self.retries().give_back();
                return Ok(());
            }
            sim.pause(2..=20).await;
            if again == 0 || !self.retries().take() {
                break;
            }
            let pause = sim.draw(|random| random.within(0..=backoff));
            sim.sleep(millis(pause)).await;
            backoff *= 2;
        }
        sim.with(|state| state.fault(Count::WaveThrottles));
        Err(PortError::Throttled(name.into()))
    }
}
