//! What wakes open circuit breakers.

use super::{Ledger, name};
use crate::{invocation::Invocation, trace::short};
use grapnel_domain::{delivery::Delivery, ids::WebhookId, message::MakeAttempt, time::Timestamp};

impl Ledger {
    /// The wake-up for this due time was sent.
    pub(crate) fn wake_up_made(&mut self, webhook: WebhookId, due: Timestamp) {
        let latest = self.wake_ups.entry(webhook).or_insert(due);
        *latest = due.max(*latest);
    }

    /// Whether a wake-up for this due time or a later one was made.
    pub(super) fn has_wake_up(&self, webhook: WebhookId, due: Timestamp) -> bool {
        self.wake_ups.get(&webhook).is_some_and(|latest| *latest >= due)
    }

    /// The health notes that there is a wake-up.
    pub(crate) fn wake_up_noted(&mut self, webhook: WebhookId, due: Timestamp) {
        if !self.has_wake_up(webhook, due) {
            self.broken(format!("{}: a wake-up at {due} was noted and not made", short(webhook)));
        }
    }

    /// The message of an attempt was acknowledged, and nothing wakes the delivery that was parked or
    /// those that wait for its probe.
    pub(super) fn fault_of_wake_up(
        &self,
        invocation: &Invocation,
        attempt: &MakeAttempt,
        row: Option<&Delivery>,
    ) -> Option<String> {
        let key = super::key(attempt.target.key());
        let is_parked = |until: &Timestamp| row.is_some_and(|row| row.parked_until == Some(*until));
        let parked =
            invocation.kept_back.iter().filter(|(of, until)| *of == key && is_parked(until));
        let mut unwoken = parked.filter(|(_, until)| !self.has_wake_up(key.0, *until));
        if let Some((_, until)) = unwoken.next() {
            return Some(format!("{} is parked until {until}, and nothing wakes it", name(key)));
        }
        let mut probes = invocation.probes.iter().filter(|_| invocation.faults == 0);
        let probe = probes.find(|(of, due)| *of == key.0 && !self.has_wake_up(*of, *due))?;
        Some(format!("{}: a probe, and no wake-up at {}", name(key), probe.1))
    }
}
