//! Figures of a user's deliveries.

use crate::{Call, Client, call::path};
use grapnel_wire::{
    stats::{Stats, StatsBy},
    time::Timestamp,
};
use reqwest::Method;

/// Which deliveries to count. What is left out, the API decides.
#[derive(Debug, Clone, Default)]
pub struct StatsFilter {
    /// The hour of this time is the first one.
    pub from: Option<Timestamp>,
    /// The hour before this time is the last one.
    pub to: Option<Timestamp>,
    /// In place of `from` and `to`: the last hours, such as `24h`, or days, such as `7d`.
    pub last: Option<String>,
    /// The periods.
    pub by: Option<StatsBy>,
    /// Only this webhook.
    pub webhook: Option<String>,
    /// The events' type, a group such as `lead.*`, or `*`.
    pub event: Option<String>,
}

impl Client {
    /// How many deliveries succeeded, failed or are open, and how fast receivers answer.
    pub fn stats(&self, filter: StatsFilter) -> Call<Stats> {
        let StatsFilter { from, to, last, by, webhook, event } = filter;
        self.call(Method::GET, path(&["api", "stats"]))
            .query("from", from)
            .query("to", to)
            .query("last", last)
            .query("by", by)
            .query("webhook", webhook)
            .query("event", event)
    }
}
