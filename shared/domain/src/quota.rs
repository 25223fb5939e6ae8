//! How many API requests a user may make per minute, and how instances count together with few
//! calls.
//!
//! Each instance counts the requests that it serves. For every [share](Quota::share) of a user's
//! minute it adds to a common count, and learns the total. So a user with few requests costs
//! nothing, a user with many costs a write for each share, and a refused user costs nothing more.
//! Instances do not know what others have not added yet: together they may serve up to a share each
//! beyond the quota. The quota stops runaway loops; it is not for billing.
//!
//! A response that waits occupies an instance, which serves nobody else meanwhile. So each second
//! of waiting counts as a request. The seconds are added to the common count before the wait
//! begins, because a waiting instance cannot add them. Seconds that were not waited are given back.

use crate::{
    ids::UserId,
    time::{Minute, Timestamp},
};
use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

/// How long a quota lasts: a minute of the clock.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Requests that a user may make per minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(u32);

impl Quota {
    /// The allowed quotas.
    pub const PER_MINUTE: RangeInclusive<u32> = 1..=1_000_000;

    /// This many requests per minute; `None` if that is not allowed.
    #[must_use]
    pub fn new(per_minute: u32) -> Option<Self> {
        Self::PER_MINUTE.contains(&per_minute).then_some(Self(per_minute))
    }

    #[must_use]
    pub const fn per_minute(self) -> u32 {
        self.0
    }

    /// How many requests an instance serves before it adds to the common count: a twentieth, so
    /// that few instances together do not exceed the quota by much, and at most 50.
    #[must_use]
    pub const fn share(self) -> u32 {
        let share = self.0 / 20;
        if share == 0 {
            1
        } else if share > 50 {
            50
        } else {
            share
        }
    }
}

/// A user's quota after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub quota: Quota,
    /// Whether this request may be served.
    pub admitted: bool,
    /// How many more may be made, as far as this instance knows.
    pub remaining: u32,
    /// Whole seconds until the next minute, at least one.
    pub resets_in: Duration,
}

/// What an instance must add to the common count before it serves a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    pub minute: Minute,
    pub requests: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    served: u32,
    told: u32,
    /// What others had added at the last update.
    others: u32,
}

impl Tally {
    fn total(self) -> u32 {
        self.served.saturating_add(self.others)
    }

    /// The number to add to the common count; it counts as added from now on. More may be added
    /// than was served, because seconds were given back.
    fn tell(&mut self) -> u32 {
        let requests = self.served.saturating_sub(self.told);
        self.told = self.told.max(self.served);
        requests
    }
}

/// An instance's counts in the current minute.
#[derive(Debug)]
pub struct Tallies {
    minute: Minute,
    of_users: HashMap<UserId, Tally>,
}

impl Default for Tallies {
    fn default() -> Self {
        let minute = Minute::at_or_before(Timestamp::from_millis(0));
        Self { minute, of_users: HashMap::new() }
    }
}

impl Tallies {
    /// Decides about a request and counts it if it is admitted. The returned number must be added
    /// to the common count, and the total passed to [`heard`](Self::heard), or
    /// [`not_told`](Self::not_told) called if that failed.
    pub fn take(
        &mut self,
        quota: Quota,
        user: &UserId,
        now: Timestamp,
    ) -> (Standing, Option<Untold>) {
        let minute = Minute::at_or_before(now);
        let tally = self.tally(user, minute);
        let admitted = tally.total() < quota.per_minute();
        if admitted {
            tally.served += 1;
        }
        let is_share = tally.served.saturating_sub(tally.told) >= quota.share();
        let untold = (admitted && is_share).then(|| Untold { minute, requests: tally.tell() });
        (Standing { admitted, ..self.standing(quota, user, now) }, untold)
    }

    /// Counts the seconds of a wait: `wanted`, or as many as are left. The returned number must be
    /// added as after [`take`](Self::take); then [`granted`](Self::granted) returns how long the
    /// wait may be.
    pub fn reserve(
        &mut self,
        quota: Quota,
        user: &UserId,
        now: Timestamp,
        wanted: u32,
    ) -> (u32, Untold) {
        let minute = Minute::at_or_before(now);
        let tally = self.tally(user, minute);
        let reserved = wanted.min(quota.per_minute().saturating_sub(tally.total()));
        tally.served += reserved;
        (reserved, Untold { minute, requests: tally.tell() })
    }

    /// How many of the `reserved` seconds the quota allows, after the total is known. The rest is
    /// given back.
    pub fn granted(&mut self, quota: Quota, user: &UserId, now: Timestamp, reserved: u32) -> u32 {
        let minute = Minute::at_or_before(now);
        let tally = self.tally(user, minute);
        let excess = tally.total().saturating_sub(quota.per_minute()).min(reserved);
        tally.served = tally.served.saturating_sub(excess);
        reserved - excess
    }

    /// Gives back seconds that were granted in `minute` and not waited. Only in this instance: the
    /// others count them until this instance has served as many requests.
    pub fn give_back(&mut self, user: &UserId, minute: Minute, seconds: u32) {
        if let Some(tally) = self.of_users.get_mut(user).filter(|_| minute == self.minute) {
            tally.served = tally.served.saturating_sub(seconds);
        }
    }

    /// The user's quota. Counts nothing, and treats the request as admitted.
    pub fn standing(&mut self, quota: Quota, user: &UserId, now: Timestamp) -> Standing {
        let minute = Minute::at_or_before(now);
        let remaining = quota.per_minute().saturating_sub(self.tally(user, minute).total());
        let left = minute.next().strikes_at().as_millis().saturating_sub(now.as_millis());
        let seconds = u64::try_from(left).unwrap_or_default().div_ceil(1000).max(1);
        Standing { quota, admitted: true, remaining, resets_in: Duration::from_secs(seconds) }
    }

    /// The user's count of this minute. A new minute resets all counts.
    fn tally(&mut self, user: &UserId, minute: Minute) -> &mut Tally {
        if minute != self.minute {
            *self = Self { minute, of_users: HashMap::new() };
        }
        self.of_users.entry(user.clone()).or_default()
    }

    /// Stores the total of the common count. Totals never decrease.
    pub fn heard(&mut self, user: &UserId, minute: Minute, total: u32) {
        if let Some(tally) = self.of_users.get_mut(user).filter(|_| minute == self.minute) {
            tally.others = tally.others.max(total.saturating_sub(tally.told));
        }
    }

    /// The common count could not be changed: the number is added next time.
    pub fn not_told(&mut self, user: &UserId, untold: Untold) {
        if let Some(tally) = self.of_users.get_mut(user).filter(|_| untold.minute == self.minute) {
            tally.told = tally.told.saturating_sub(untold.requests);
        }
    }
}

#[cfg(test)]
#[path = "quota_tests.rs"]
mod tests;
