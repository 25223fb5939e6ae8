//! How long events take to their receivers, where a run is about that.

use grapnel_domain::{ids::WebhookId, time::Timestamp};
use grapnel_testing::memory::Queued;
use std::time::Duration;

/// What was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// First requests: to which webhook, when its event was put, and when it arrived.
    arrivals: Vec<(WebhookId, Timestamp, Timestamp)>,
    /// When circuits opened.
    pub(crate) opened: Vec<Timestamp>,
    /// Dead letters, as they were sent back.
    pub(crate) dead_letters: Vec<Queued>,
}

impl Measured {
    pub(crate) fn arrived(&mut self, webhook: WebhookId, put: Timestamp, now: Timestamp) {
        self.arrivals.push((webhook, put, now));
    }

    pub(crate) fn opened(&mut self, now: Timestamp) {
        self.opened.push(now);
    }

    /// Of events put in this time, to these webhooks.
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

/// How long it took, in most cases and at worst.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latencies {
    /// How many there were.
    pub count: usize,
    /// Half of them took at most this.
    pub median: Duration,
    /// Of a hundred, 99 took at most this.
    pub p99: Duration,
    /// The longest.
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
