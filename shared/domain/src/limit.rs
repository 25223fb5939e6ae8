//! A webhook's rate limit: how many requests it takes in a second, spread evenly.
//!
//! Each limited webhook has a *limiter* that hands out *slots*: instants, one for each request, an
//! interval apart. Each attempt that is due gets one slot, and is scheduled once for that slot, so that ten thousand that are due at the same time cost ten thousand
//! messages and not a look a second each. All that the limiter keeps is the first slot that is free:
//! a reservation moves it on in one atomic step, so slots never overlap. One that is never used, since
//! an answer was lost or a function died, costs its interval and nothing else.
//!
//! A limit only ever delays. No attempt is spent, and nothing is dropped, but for a delivery whose
//! event would be gone by the time of its slot.

use crate::{
    delay::{MINUTE_MARGIN, QueueDelay},
    time::{Minute, Timestamp},
};
use grapnel_wire::limits::RATE_LIMIT;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::time::Duration;

/// An attempt may go this long before its slot: queues delay by whole seconds, rounded up, and the
/// clocks of two machines may be as far apart. A second's worth of requests may come at once, so in
/// no second come more than two seconds' worth.
pub const SLOT_LEAD: Duration = Duration::from_secs(1);

/// A slot may be past by this much and still be used. Beyond it, something of ours stood still, and
/// what piled up meanwhile must not come at once.
pub const SLOT_GRACE: Duration = Duration::from_secs(10);

const MICROS_PER_SECOND: u64 = 1_000_000;

/// Requests per second, 1–1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RateLimit(u32);

impl RateLimit {
    /// This many requests per second; `None` if that is no limit there is.
    #[must_use]
    pub fn new(per_second: u32) -> Option<Self> {
        RATE_LIMIT.contains(&per_second).then_some(Self(per_second))
    }

    /// Requests per second.
    #[must_use]
    pub const fn per_second(self) -> u32 {
        self.0
    }

    /// Microseconds from one slot to the next, rounded up: in no second begin more than are allowed.
    /// Never less than a millisecond, so that slots in whole milliseconds stay apart.
    const fn interval_micros(self) -> u64 {
        MICROS_PER_SECOND.div_ceil(self.0 as u64)
    }
}

impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let per_second = u32::deserialize(deserializer)?;
        Self::new(per_second).ok_or_else(|| de::Error::custom("not a rate limit"))
    }
}

/// An instant as a limiter counts it, in microseconds since 1970-01-01T00:00:00Z: intervals of whole
/// milliseconds would make 400 a second of 600.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotTime(i64);

impl SlotTime {
    /// From microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// This instant.
    #[must_use]
    pub const fn at(time: Timestamp) -> Self {
        Self(time.as_millis().saturating_mul(1000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The first millisecond that is not before it.
    #[must_use]
    pub const fn as_timestamp(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_add(999).div_euclid(1000))
    }

    /// So many microseconds later.
    #[must_use]
    pub fn plus_micros(self, micros: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(micros).unwrap_or(i64::MAX)))
    }
}

/// What is asked of a limiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// How many slots: one at least.
    pub count: u32,
    /// The webhook's limit.
    pub limit: RateLimit,
    /// The present: no slot is earlier.
    pub now: Timestamp,
    /// The first free slot as it was last read, by a read that may lag. It decides which write is
    /// tried first, and nothing else.
    pub seen: Option<SlotTime>,
}

impl Reservation {
    /// How far the limiter moves on, in microseconds.
    #[must_use]
    pub const fn span_micros(&self) -> u64 {
        self.limit.interval_micros() * self.count as u64
    }

    /// Where it begins, if `next` is the first free slot.
    #[must_use]
    pub fn begins(&self, next: Option<SlotTime>) -> SlotTime {
        let now = SlotTime::at(self.now);
        next.map_or(now, |next| next.max(now))
    }

    /// Its first slot, if it made `next` the first free one.
    #[must_use]
    pub fn first_before(&self, next: SlotTime) -> SlotTime {
        SlotTime(next.0.saturating_sub(i64::try_from(self.span_micros()).unwrap_or(i64::MAX)))
    }

    /// The slots of a reservation that begins with `first`.
    pub fn slots(&self, first: SlotTime) -> impl Iterator<Item = Timestamp> + use<> {
        let interval = self.limit.interval_micros();
        let count = u64::from(self.count);
        (0..count).map(move |n| first.plus_micros(n * interval).as_timestamp())
    }
}

/// A slot that an attempt has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// When the attempt may be made.
    pub at: Timestamp,
    /// It stands in for an earlier one that was past when the attempt came. It is not moved again:
    /// where everything comes late, everybody would move on for ever, and nobody would send.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub moved: bool,
}

/// What an attempt does that must keep to a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is made.
    Now,
    /// It waits for its slot.
    Wait(Slot),
    /// It reserves a slot.
    Reserve {
        /// In place of one that is past.
        moved: bool,
    },
}

impl Turn {
    /// Decides, for an attempt with this slot.
    #[must_use]
    pub fn of(slot: Option<Slot>, now: Timestamp) -> Self {
        let Some(slot) = slot else { return Self::Reserve { moved: false } };
        if slot.at > now.plus(SLOT_LEAD) {
            Self::Wait(slot)
        } else if slot.at.plus(SLOT_GRACE) < now && !slot.moved {
            Self::Reserve { moved: true }
        } else {
            Self::Now
        }
    }
}

/// How an attempt waits for its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayToWait {
    /// By its message, delayed for as long as a queue can.
    Queue,
    /// In a shared wait until this minute, the last one that strikes at or before the slot; then by
    /// queue for what is left.
    Shared(Minute),
}

impl WayToWait {
    /// Chooses as the schedule does: a queue up to its longest delay, else a shared wait, if its
    /// minute is not over before the row is recorded. If it would be, less than two minutes are
    /// left, and every queue can delay by that.
    #[must_use]
    pub fn until(slot: Timestamp, now: Timestamp, longest_queue_delay: QueueDelay) -> Self {
        let minute = Minute::at_or_before(slot);
        let by_queue = Duration::from_secs(u64::from(longest_queue_delay.seconds()));
        if now.until(slot) <= by_queue || now.until(minute.strikes_at()) < MINUTE_MARGIN {
            return Self::Queue;
        }
        Self::Shared(minute)
    }
}

#[cfg(test)]
#[path = "limit_tests.rs"]
mod tests;
