//! The latencies of events, in runs that measure them.

use grapnel_domain::{ids::WebhookId, tending::Spread, time::Timestamp};
use grapnel_testing::memory::Queued;
use std::{collections::BTreeMap, time::Duration};

/// The measurements.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// First requests: the webhook, when its event was put, and when the request arrived.
    arrivals: Vec<(WebhookId, Timestamp, Timestamp)>,
    /// When circuit breakers opened.
    pub(crate) opened: Vec<Timestamp>,
    /// Writes by deliveries that left the index of waits, for each of its parts and each second.
    pub(crate) left_index: BTreeMap<(Spread, i64), u64>,
    /// Dead letters, as they were redriven.
    pub(crate) dead_letters: Vec<Queued>,
}

impl Measured {
    pub(crate) fn arrived(&mut self, webhook: WebhookId, put: Timestamp, now: Timestamp) {
        self.arrivals.push((webhook, put, now));
    }

    pub(crate) fn opened(&mut self, now: Timestamp) {
        self.opened.push(now);
    }

    /// When the last first request arrived at a webhook whose event was put before this time.
    pub(crate) fn last_arrival_of_events_until(
        &self,
        webhook: WebhookId,
        until: Timestamp,
    ) -> Option<Timestamp> {
        let older = self.arrivals.iter().filter(|(at, put, _)| *at == webhook && *put < until);
        older.map(|(.., arrived)| *arrived).max()
    }

    /// How many first requests arrived at this webhook.
    pub(crate) fn arrivals_at(&self, webhook: WebhookId) -> u64 {
        self.arrivals.iter().filter(|(at, ..)| *at == webhook).count() as u64
    }

    /// When the last first request to one of these webhooks arrived.
    pub(crate) fn last_arrival(&self, webhooks: &[WebhookId]) -> Option<Timestamp> {
        let theirs = self.arrivals.iter().filter(|(webhook, ..)| webhooks.contains(webhook));
        theirs.map(|(.., arrived)| *arrived).max()
    }

    /// For events that were put in this period, and these webhooks.
    pub(crate) fn between(
        &self,
        webhooks: &[WebhookId],
        from: Timestamp,
        until: Timestamp,
    ) -> Latencies {
        let chosen = self
            .arrivals
            .iter()
            .filter(|(webhook, put, _)| (from..until).contains(put) && webhooks.contains(webhook));
        Latencies::of(chosen.map(|(_, put, arrived)| put.until(*arrived)).collect())
    }
}

/// The distribution of latencies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latencies {
    pub count: usize,
    /// The median.
    pub median: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The maximum.
    pub longest: Duration,
}

impl Latencies {
    pub(crate) fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let at = |percent: usize| {
            let place = (all.len() * percent).div_ceil(100).saturating_sub(1);
            all.get(place).copied().unwrap_or_default()
        };
        Self { count: all.len(), median: at(50), p99: at(99), longest: at(100) }
    }
}
