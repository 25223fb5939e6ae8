//! The release of parked deliveries: what wakes an open circuit breaker, what a release does, and
//! when it looks again.
//!
//! A *wake-up* is the release for one due time of a circuit breaker: a delayed message. It is made sure
//! of by each function that opens the circuit breaker, claims a probe or parks a delivery. The health
//! notes the due time for which that was done ([`crate::health::Health::wakes_at`]), after it was done: if
//! the function dies in between, the next one does it again.
//!
//! A wake-up looks again until it finds nobody three times: the index of parked deliveries lags, and a
//! message that it sent may be lost with its function. It ends earlier if the circuit breaker is due
//! later by now, because another wake-up then takes over.
//!
//! One release at a time goes through all parked deliveries. It notes when it begins a page
//! ([`crate::health::Health::release_began`]). If it finds a later note, another release or a second copy of
//! its message has begun a page; from then on it only looks. Two releases at a time would send each delivery
//! twice, and would leave hardly any writes for new deliveries.

use crate::{
    delivery::ParkedRow,
    health::{Circuit, Health},
    ids::{UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A wake-up comes this long after the due time: by then it is due by every clock, and clocks may
/// differ by a second.
const CLOCKS_DIFFER: Duration = Duration::from_secs(1);

/// The pause before the next look.
const PAUSE: Duration = Duration::from_secs(60);

/// The pause before the last look: by then the index shows every row that was recorded before the
/// first one.
const LAST_PAUSE: Duration = Duration::from_secs(120);

/// A release of all parked deliveries sends one page of this many rows each second. Each row takes two
/// writes: one when it leaves the index, and one for its attempt. So of the 1,000 writes a second that a
/// webhook's partition takes, at least 600 are left for new deliveries.
pub const PAGE_ROWS: u16 = 200;

/// A release that began no page for this long stands still. A page takes less than a second, and some twenty
/// if writes are refused.
const STANDS_STILL: Duration = Duration::from_secs(30);

/// The pause before the next page.
pub const PAGE_EVERY: Duration = Duration::from_secs(1);

/// A release ends after this many looks in a row that find nobody, beside the first.
const LOOKS: u32 = 2;

/// A message that releases parked deliveries of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseParked {
    /// The webhook whose deliveries are released.
    pub webhook_id: WebhookId,
    pub user_id: UserId,
    /// The end of the page before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cursor: Option<ParkedRow>,
    /// When it began its last page, if it releases all.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub began: Option<Timestamp>,
    /// `None` for the release after the circuit breaker closed, which sends them at once.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub look: Option<Look>,
}

/// What a release knows that was made to look whether anybody is parked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Look {
    /// The due time whose wake-up it is; `None` if it follows another release.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Timestamp>,
    /// How many looks in a row found nobody.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub empty: u32,
    /// The delivery that had been parked longest at the look before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub first: Option<ParkedRow>,
}

// serde passes a reference.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a release does with a page of parked deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release {
    /// Nothing yet: it is the wake-up of the present due time, and comes again then.
    ComeBack(Timestamp),
    /// Nothing: the circuit breaker is due later, and needs a wake-up for that.
    EnsureWakeUp,
    /// The delivery that has been parked longest is sent, as a probe. It stays in the index: if the
    /// probe dies, it is found there.
    Probe,
    /// All are sent.
    All,
    /// Nothing: another release is on its way through them. It looks again, because that one may be lost.
    LeaveAlone,
}

/// The time at which the wake-up for this due time comes.
#[must_use]
pub fn wakes_at(due: Timestamp) -> Timestamp {
    due.plus(CLOCKS_DIFFER)
}

impl ReleaseParked {
    /// The release after a circuit breaker closed.
    #[must_use]
    pub const fn now(user_id: UserId, webhook_id: WebhookId) -> Self {
        Self { webhook_id, user_id, cursor: None, began: None, look: None }
    }

    /// The wake-up of a circuit breaker that is due at `due`.
    #[must_use]
    pub fn wake_up(user_id: UserId, webhook_id: WebhookId, due: Timestamp) -> Self {
        let look = Look { due: Some(due), ..Look::default() };
        Self { look: Some(look), ..Self::now(user_id, webhook_id) }
    }

    /// What to do with a page whose first row is `first`. `health` was read after the page; `None` if
    /// the webhook was deleted. If it `receives` nothing, each delivery ends with its reason.
    #[must_use]
    pub fn decide(
        &self,
        health: Option<&Health>,
        receives: bool,
        first: Option<ParkedRow>,
        now: Timestamp,
    ) -> Release {
        match health.map(|health| health.circuit).filter(|_| receives) {
            Some(Circuit::Open { due }) if now < due => {
                // The note of this due time stands for this very message.
                let is_its_wake_up = self.look.is_some_and(|look| look.due == Some(due));
                if is_its_wake_up { Release::ComeBack(due) } else { Release::EnsureWakeUp }
            }
            Some(Circuit::Open { .. }) => Release::Probe,
            _ if self.is_overtaken(health) || self.meets_one_at_work(health, now) => {
                Release::LeaveAlone
            }
            Some(Circuit::Closed) if self.meets_another(first) => Release::LeaveAlone,
            Some(Circuit::Closed | Circuit::Disabled { .. }) | None => Release::All,
        }
    }

    /// The time that it notes when it begins this page. The next pages of a release note a later time than
    /// the one before, although the clocks of functions differ.
    #[must_use]
    pub fn begins_at(&self, health: Option<&Health>, now: Timestamp) -> Timestamp {
        let latest = self.began.and_then(|_| health?.release_began);
        latest.map_or(now, |latest| now.max(latest.plus(Duration::from_millis(1))))
    }

    /// Another release began later.
    fn is_overtaken(&self, health: Option<&Health>) -> bool {
        let latest = health.and_then(|health| health.release_began);
        self.began.is_some_and(|began| latest > Some(began))
    }

    /// The function that closed the circuit breaker sends a release at once. While the first row
    /// changes from look to look, that one is on its way.
    fn meets_another(&self, first: Option<ParkedRow>) -> bool {
        let on_its_way_to_a_probe = self.cursor.is_some();
        let changed = first.is_some() && self.look.is_some_and(|look| look.first != first);
        self.began.is_none() && (on_its_way_to_a_probe || changed)
    }

    /// A look meets a release that began a page just now.
    fn meets_one_at_work(&self, health: Option<&Health>, now: Timestamp) -> bool {
        let latest = health.and_then(|health| health.release_began);
        let is_at_work = latest.is_some_and(|latest| latest.until(now) < STANDS_STILL);
        self.look.is_some() && self.began.is_none() && is_at_work
    }

    /// This release, which began a page at that time.
    #[must_use]
    pub fn begun(self, at: Timestamp) -> Self {
        Self { began: Some(at), ..self }
    }

    /// The release that continues after this page.
    #[must_use]
    pub fn next_page(self, after: ParkedRow) -> Self {
        Self { cursor: Some(after), ..self }
    }

    /// The look and the pause before it if a page failed whose first row is `first`. Rows of the pages
    /// before have left the index, so it is the first of all.
    #[must_use]
    pub fn look_after_failure(self, first: Option<ParkedRow>) -> (Self, Duration) {
        let look = Look { due: None, empty: 0, first };
        (Self { cursor: None, began: None, look: Some(look), ..self }, PAUSE)
    }

    /// The next look and the pause before it; `None` if there was nobody for long enough.
    #[must_use]
    pub fn next_look(self, first: Option<ParkedRow>) -> Option<(Self, Duration)> {
        let anybody = first.is_some() || self.cursor.is_some();
        let before = self.look.map_or(0, |look| look.empty);
        let empty = if anybody { 0 } else { before.saturating_add(1) };
        if empty > LOOKS {
            return None;
        }
        let first = first.filter(|_| self.cursor.is_none());
        let look = Look { due: None, empty, first };
        let pause = if empty == LOOKS { LAST_PAUSE } else { PAUSE };
        Some((Self { cursor: None, began: None, look: Some(look), ..self }, pause))
    }
}

#[cfg(test)]
#[path = "release_tests.rs"]
mod tests;
