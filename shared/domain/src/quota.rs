//! How many requests of the API a user may make in a minute, and how those who serve them keep count
//! together without asking each other each time.
//!
//! Each instance counts what it serves. For every [share](Quota::share) of a user's minute it tells a
//! count that all instances have in common, and learns what the others have told. So a user who asks
//! seldom costs nothing, one who asks much costs a write for each share, and one who is refused costs
//! nothing again. What instances have not told yet is unknown to the others: together they may serve
//! up to a share each beyond the quota. It is there to stop a loop that has gone wild, not to bill.
//!
//! An answer that waits occupies an instance, which serves nobody else meanwhile. So each second of
//! waiting counts as a request. The seconds are told before the wait begins: an instance that waits
//! has no other occasion to tell them. What was not waited in the end is given back.

use crate::{
    ids::UserId,
    time::{Minute, Timestamp},
};
use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

/// How long a quota lasts: a minute of the clock.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Requests that a user may make in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota(u32);

impl Quota {
    /// The quotas there are.
    pub const PER_MINUTE: RangeInclusive<u32> = 1..=1_000_000;

    /// This many requests in a minute; `None` if that is no quota there is.
    #[must_use]
    pub fn new(per_minute: u32) -> Option<Self> {
        Self::PER_MINUTE.contains(&per_minute).then_some(Self(per_minute))
    }

    /// Requests in a minute.
    #[must_use]
    pub const fn per_minute(self) -> u32 {
        self.0
    }

    /// Requests that an instance serves before it tells: a twentieth, so that few instances are not
    /// far beyond the quota together, and at most 50.
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

/// Where a user stands after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What may be made in a minute.
    pub quota: Quota,
    /// Whether this request may be served.
    pub admitted: bool,
    /// How many more may be, as far as is known here.
    pub remaining: u32,
    /// Whole seconds until the next minute, at least one.
    pub resets_in: Duration,
}

/// What an instance must tell the common count before it serves a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untold {
    /// The minute to which they belong.
    pub minute: Minute,
    /// Requests.
    pub requests: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    served: u32,
    told: u32,
    /// What others had told when we last heard.
    others: u32,
}

impl Tally {
    fn total(self) -> u32 {
        self.served.saturating_add(self.others)
    }

    /// What the common count must be told, and from here on has been told. More may have been told
    /// than was served: seconds that were given back.
    fn tell(&mut self) -> u32 {
        let requests = self.served.saturating_sub(self.told);
        self.told = self.told.max(self.served);
        requests
    }
}

/// What one instance has served in the minute that is.
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
    /// Judges a request and counts it if it is admitted. What is untold must be told, and the answer
    /// brought to [`heard`](Self::heard), or to [`not_told`](Self::not_told) if there is none.
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

    /// Counts the seconds of a wait: `wanted`, or as many as are left. What is untold must be told as
    /// after [`take`](Self::take), and then [`granted`](Self::granted) says how long the wait may be.
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

    /// How many of the `reserved` seconds the quota holds, now that the others have been heard. The
    /// rest is given back.
    pub fn granted(&mut self, quota: Quota, user: &UserId, now: Timestamp, reserved: u32) -> u32 {
        let minute = Minute::at_or_before(now);
        let tally = self.tally(user, minute);
        let excess = tally.total().saturating_sub(quota.per_minute()).min(reserved);
        tally.served = tally.served.saturating_sub(excess);
        reserved - excess
    }

    /// Gives seconds back that were granted in `minute` and not waited. Here only: the others have
    /// heard of them, and count them until this instance has served as much.
    pub fn give_back(&mut self, user: &UserId, minute: Minute, seconds: u32) {
        if let Some(tally) = self.of_users.get_mut(user).filter(|_| minute == self.minute) {
            tally.served = tally.served.saturating_sub(seconds);
        }
    }

    /// Where the user stands. Nothing is counted, and what was asked is admitted.
    pub fn standing(&mut self, quota: Quota, user: &UserId, now: Timestamp) -> Standing {
        let minute = Minute::at_or_before(now);
        let remaining = quota.per_minute().saturating_sub(self.tally(user, minute).total());
        let left = minute.next().strikes_at().as_millis().saturating_sub(now.as_millis());
        let seconds = u64::try_from(left).unwrap_or_default().div_ceil(1000).max(1);
        Standing { quota, admitted: true, remaining, resets_in: Duration::from_secs(seconds) }
    }

    /// The user's tally of this minute. With a new minute all tallies begin anew.
    fn tally(&mut self, user: &UserId, minute: Minute) -> &mut Tally {
        if minute != self.minute {
            *self = Self { minute, of_users: HashMap::new() };
        }
        self.of_users.entry(user.clone()).or_default()
    }

    /// Takes in what the common count came to when we told it. Counts never go down.
    pub fn heard(&mut self, user: &UserId, minute: Minute, total: u32) {
        if let Some(tally) = self.of_users.get_mut(user).filter(|_| minute == self.minute) {
            tally.others = tally.others.max(total.saturating_sub(tally.told));
        }
    }

    /// The common count could not be told: it will be with what comes next.
    pub fn not_told(&mut self, user: &UserId, untold: Untold) {
        if let Some(tally) = self.of_users.get_mut(user).filter(|_| untold.minute == self.minute) {
            tally.told = tally.told.saturating_sub(untold.requests);
        }
    }
}

#[cfg(test)]
#[path = "quota_tests.rs"]
mod tests;
