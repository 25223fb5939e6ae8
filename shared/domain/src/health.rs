//! The health of a webhook's endpoint: whether deliveries are sent, parked, or ended.
//!
//! Failures in a row open the endpoint's *circuit breaker*: until its due time no request is made,
//! and deliveries are *parked*. The first delivery at the due time *claims the probe*: it moves the
//! due time and makes the one request of that interval. A success closes the circuit breaker. Days
//! without a success disable the webhook.
//!
//! A response that is about the event, such as 422, does not open the circuit breaker: the next event
//! may be accepted. But days of nothing else disable the webhook too.
//!
//! Health is stored next to the webhook's configuration, and written on condition of the version
//! that was read ([`Health::version`]). It never changes what a user set.

mod behind;
mod circuit;
mod notes;
mod noting;

pub use behind::{BEHIND_AFTER, Behind, NOTE_INTERVAL};
pub use circuit::{Circuit, DisabledCause};
pub use notes::Note;

use crate::{ids::DeliveryId, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest interval between two probes.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(1800);

/// After this long without a success a webhook is disabled,
pub const DISABLED_AFTER: Duration = Duration::from_secs(5 * 86_400);

/// if at least this many deliveries failed meanwhile.
pub const DISABLED_AFTER_DELIVERIES: u32 = 10;

/// Minimum time between two notices of one kind about one webhook.
pub const NOTICE_INTERVAL: Duration = Duration::from_secs(3600);

/// Maximum time for which a delivery can be parked: until its webhook is disabled at the latest,
/// and a day of margin.
pub const LONGEST_PARKING: Duration = Duration::from_secs(6 * 86_400);

/// When circuit breakers open, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitRules {
    /// How many failures in a row open a circuit breaker.
    pub failures: u32,
    /// The first interval; each later interval is twice as long, up to [`LONGEST_INTERVAL`].
    pub first_interval: Duration,
}

/// When each kind of notice was last sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notified {
    /// `webhook.failing`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failing: Option<Timestamp>,
    /// `webhook.recovered`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recovered: Option<Timestamp>,
    /// `webhook.disabled`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub disabled: Option<Timestamp>,
    /// `delivery.exhausted`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exhausted: Option<Timestamp>,
    /// `webhook.behind`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub behind: Option<Timestamp>,
}

/// The health of one endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Health {
    /// How often it was written; 0 if there is nothing to store yet.
    pub version: u64,
    /// Whether requests are made.
    pub circuit: Circuit,
    /// Failures without a success between them that count against the endpoint. Not increased while
    /// the circuit breaker is open.
    pub failures: u32,
    /// When the first failure since the last success happened, whatever its status.
    pub failing_since: Option<Timestamp>,
    /// How many deliveries failed since then, up to [`DISABLED_AFTER_DELIVERIES`]: each is one write
    /// of the health.
    pub deliveries: u32,
    /// For how many intervals the circuit breaker has been open.
    pub intervals: u32,
    /// The latest due time so far. Later due times are after it, so each due time identifies one
    /// interval for ever.
    pub last_due: Option<Timestamp>,
    /// The latest due time for which a wake-up was made sure of, see [`crate::release`]. It is written
    /// alone, without a new version, and only grows.
    pub wakes_at: Option<Timestamp>,
    /// When the latest release of all parked deliveries began. Written in the same way.
    pub release_began: Option<Timestamp>,
    /// The delivery whose attempt failed last, or that was the last probe: its last attempt shows
    /// what is wrong. `None` while the endpoint is healthy.
    pub last_tried: Option<DeliveryId>,
    /// The one before, while the last probe is of another delivery: a delivery that is sent for the first
    /// time has no attempt yet that shows what is wrong.
    pub tried_before: Option<DeliveryId>,
    /// How far Grapnel is behind with the webhook, as it was last noted.
    pub behind: Option<Behind>,
    /// When the platform was last notified.
    pub notified: Notified,
}

/// What to do with an attempt that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Make it.
    Pass,
    /// Park the delivery until this time, when it is released.
    Park(Timestamp),
    /// Make it if this health can be stored over what was read: then the attempt is the probe.
    Claim(Box<Health>),
    /// Do not make it: the webhook is disabled.
    Refuse,
}

/// The evidence of an attempt about its endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// The endpoint accepted the event.
    Success,
    /// The endpoint failed.
    Failure {
        /// When the attempt began.
        at: Timestamp,
        /// Whether it counts towards opening the circuit breaker: see [`counts_against`].
        counts: bool,
        /// When the same delivery failed before, if it did.
        failed_before: Option<Timestamp>,
        /// Whether the delivery has no attempt left.
        exhausted: bool,
    },
    /// The endpoint wants no further deliveries.
    Stop(DisabledCause),
}

impl Evidence {
    /// Whether it counts for a manual attempt: a failed try of a broken endpoint does not make its
    /// health worse, and a successful try of a repaired endpoint closes the circuit breaker.
    #[must_use]
    pub fn counts_if_asked_for(self) -> bool {
        !matches!(self, Self::Failure { .. })
    }
}

/// What the platform is notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The circuit breaker opened.
    Failing,
    /// The circuit breaker closed.
    Recovered,
    /// The webhook was disabled.
    Disabled(DisabledCause),
    /// A delivery has no attempt left.
    Exhausted,
    /// Grapnel is behind with the webhook.
    Behind,
}

/// A new health and its notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Must be stored over what was read.
    pub health: Health,
    /// Sent after the health is stored.
    pub changes: Vec<Change>,
}

/// Whether a failed attempt with this status counts towards opening the circuit breaker. `None` means
/// no response.
///
/// Most 4xx are about the body of one event. The others are about the endpoint: it takes no event
/// from this sender (401, 403, 407), there is no such endpoint (404, 405, 421, 451), or it is too slow
/// or too busy (408, 429).
#[must_use]
pub fn counts_against(status: Option<u16>) -> bool {
    match status {
        Some(401 | 403..=405 | 407 | 408 | 421 | 429 | 451) => true,
        Some(400..=499) => false,
        Some(_) | None => true,
    }
}

impl Health {
    /// What to do with an attempt of a delivery that failed before at `failed_before`.
    #[must_use]
    pub fn gate(
        &self,
        rules: &CircuitRules,
        failed_before: Option<Timestamp>,
        now: Timestamp,
    ) -> Gate {
        if let Some(due) = self.circuit.keeps_back_until(now) {
            return Gate::Park(due);
        }
        match self.circuit {
            Circuit::Closed => Gate::Pass,
            Circuit::Disabled { .. } => Gate::Refuse,
            Circuit::Open { .. } => {
                let mut claimed = *self;
                claimed.count_delivery(failed_before);
                claimed.open(rules, now);
                Gate::Claim(Box::new(claimed.written()))
            }
        }
    }

    /// The new health after this evidence, in the order of the attempts; `None` if nothing changes.
    /// A success of a healthy endpoint changes nothing, and neither does a failed probe.
    #[must_use]
    pub fn after(
        &self,
        evidence: &[Evidence],
        rules: &CircuitRules,
        now: Timestamp,
    ) -> Option<Outcome> {
        let mut health = *self;
        let mut changes = Vec::new();
        let exhausted = |one: &Evidence| matches!(one, Evidence::Failure { exhausted: true, .. });
        for one in evidence {
            if let Some(change) = health.take_in(*one, rules, now) {
                changes.push(change);
            }
        }
        if evidence.iter().any(exhausted) {
            changes.push(Change::Exhausted);
        }
        changes.retain(|change| health.notified.may_tell(*change, now));
        for change in &changes {
            health.notified.told(*change, now);
        }
        (health != *self).then(|| Outcome { health: health.written(), changes })
    }

    /// This health with the delivery that failed. A healthy endpoint keeps none.
    #[must_use]
    pub fn tried_with(self, delivery: DeliveryId) -> Self {
        let is_well = self.failing_since.is_none() && self.circuit == Circuit::Closed;
        Self { last_tried: Some(delivery).filter(|_| !is_well), tried_before: None, ..self }
    }

    /// This health with the delivery that is about to probe.
    #[must_use]
    pub fn probed_by(self, delivery: DeliveryId) -> Self {
        let before = self.last_tried.filter(|last| *last != delivery).or(self.tried_before);
        Self { last_tried: Some(delivery), tried_before: before, ..self }
    }

    /// The health after its owner sets the webhook to `active`: a new start. `None` if nothing
    /// changes.
    #[must_use]
    pub fn restarted(&self) -> Option<Self> {
        let fresh = self.forgotten();
        (fresh != *self).then(|| fresh.written())
    }

    /// Whether the circuit breaker is open, or was open when the webhook was disabled.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        matches!(self.circuit, Circuit::Open { .. })
    }

    #[must_use]
    pub fn is_disabled(&self) -> bool {
        matches!(self.circuit, Circuit::Disabled { .. })
    }

    fn take_in(
        &mut self,
        evidence: Evidence,
        rules: &CircuitRules,
        now: Timestamp,
    ) -> Option<Change> {
        if self.is_disabled() {
            return None;
        }
        match evidence {
            Evidence::Success => {
                let was_open = self.is_failing();
                *self = self.forgotten();
                was_open.then_some(Change::Recovered)
            }
            Evidence::Stop(cause) => Some(self.disable(cause)),
            Evidence::Failure { at, counts, failed_before, .. } => {
                if !self.is_failing() {
                    self.count_delivery(failed_before);
                    self.failing_since.get_or_insert(at);
                }
                if self.has_lost_hope(now) {
                    return Some(self.disable(DisabledCause::Failing));
                }
                // The attempt that claimed the probe has counted it.
                if !counts || self.is_failing() {
                    return None;
                }
                self.failures = self.failures.saturating_add(1);
                (self.failures >= rules.failures).then(|| {
                    self.open(rules, now);
                    Change::Failing
                })
            }
        }
    }

    /// A new health that keeps what must never be forgotten.
    fn forgotten(&self) -> Self {
        Self {
            version: self.version,
            last_due: self.last_due,
            wakes_at: self.wakes_at,
            release_began: self.release_began,
            behind: self.behind,
            notified: self.notified,
            ..Self::default()
        }
    }

    fn has_lost_hope(&self, now: Timestamp) -> bool {
        self.deliveries >= DISABLED_AFTER_DELIVERIES
            && self.failing_since.is_some_and(|since| since.until(now) >= DISABLED_AFTER)
    }

    /// Counts each delivery once, at its first failure since the endpoint began to fail.
    fn count_delivery(&mut self, failed_before: Option<Timestamp>) {
        let counted =
            self.failing_since.zip(failed_before).is_some_and(|(since, before)| before >= since);
        if !counted {
            self.deliveries = self.deliveries.saturating_add(1).min(DISABLED_AFTER_DELIVERIES);
        }
    }

    fn disable(&mut self, cause: DisabledCause) -> Change {
        self.circuit = Circuit::Disabled { cause };
        Change::Disabled(cause)
    }

    /// Opens the circuit breaker, or keeps it open, for its next interval.
    fn open(&mut self, rules: &CircuitRules, now: Timestamp) {
        let doubled = 1_u32.checked_shl(self.intervals).unwrap_or(u32::MAX);
        let interval = rules.first_interval.saturating_mul(doubled).min(LONGEST_INTERVAL);
        let after_the_last = |last: Timestamp| last.plus(Duration::from_millis(1));
        let due = now.plus(interval);
        let due = self.last_due.map_or(due, |last| due.max(after_the_last(last)));
        self.circuit = Circuit::Open { due };
        self.last_due = Some(due);
        self.intervals = self.intervals.saturating_add(1);
    }

    fn written(self) -> Self {
        Self { version: self.version + 1, ..self }
    }
}

impl Notified {
    fn of(&mut self, change: Change) -> &mut Option<Timestamp> {
        match change {
            Change::Failing => &mut self.failing,
            Change::Recovered => &mut self.recovered,
            Change::Disabled(_) => &mut self.disabled,
            Change::Exhausted => &mut self.exhausted,
            Change::Behind => &mut self.behind,
        }
    }

    fn may_tell(mut self, change: Change, now: Timestamp) -> bool {
        self.of(change).is_none_or(|last| last.until(now) >= NOTICE_INTERVAL)
    }

    fn was_told(mut self, change: Change, since: Timestamp) -> bool {
        self.of(change).is_some_and(|last| last >= since)
    }

    fn told(&mut self, change: Change, now: Timestamp) {
        *self.of(change) = Some(now);
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
