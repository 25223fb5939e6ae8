//! Time: instants in whole milliseconds, the minutes that waits share, the hours that figures are
//! counted by, and days.
//! Nothing here reads a clock.

use jiff::{SignedDuration, civil};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr, time::Duration};

const MILLIS_PER_MINUTE: i64 = 60_000;
const MILLIS_PER_HOUR: i64 = 3_600_000;
const MILLIS_PER_DAY: i64 = 86_400_000;
const HOURS_PER_DAY: i64 = MILLIS_PER_DAY / MILLIS_PER_HOUR;

const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// An instant, in milliseconds since 1970-01-01T00:00:00Z. Written as `2026-11-24T06:24:00.123Z`,
/// always with three decimals, so that the texts sort as the instants do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// A text that is not a timestamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid RFC 3339 time")]
pub struct InvalidTime;

impl Timestamp {
    /// The first that can be written: 0000-01-01T00:00:00Z.
    const FIRST: Self = Self(-62_167_219_200_000);

    /// The last that can be written: 9999-12-31T23:59:59.999Z, by which people mean "for ever".
    pub const LAST: Self = Self(253_402_300_799_999);

    /// An instant of UTC's calendar. [`jiff::Timestamp`] ends a day before the year 9999 does.
    pub(crate) fn from_utc(time: civil::DateTime) -> Option<Self> {
        let since = i64::try_from(time.duration_since(EPOCH).as_millis()).ok()?;
        let time = Self(since);
        (Self::FIRST..=Self::LAST).contains(&time).then_some(time)
    }

    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The day, in UTC, that it belongs to.
    #[must_use]
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(MILLIS_PER_DAY))
    }

    /// The hour, in UTC, that it belongs to.
    #[must_use]
    pub const fn hour(self) -> Hour {
        Hour(self.0.div_euclid(MILLIS_PER_HOUR))
    }

    /// This instant without its fraction of a second, as a time-to-live keeps it.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(self.as_secs().saturating_mul(1000))
    }

    /// How long from `self` until `later`; zero if that is past.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// This instant moved back.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant moved forward.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match EPOCH.checked_add(SignedDuration::from_millis(self.0)) {
            Ok(time) => write!(f, "{time:.3}Z"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    /// Reads a time as RFC 3339 has it, which is less than what ISO 8601 allows.
    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        if !is_rfc_3339(text) {
            return Err(InvalidTime);
        }
        let zone = text.len() - if text.ends_with(['Z', 'z']) { 1 } else { "+00:00".len() };
        let (local, zone) = text.split_at(zone);
        let local: civil::DateTime = local.parse().map_err(|_| InvalidTime)?;
        // An offset can lead out of the years that can be written.
        let time = local.checked_sub(offset(zone)).map_err(|_| InvalidTime)?;
        Self::from_utc(time).ok_or(InvalidTime)
    }
}

/// How far a zone such as `+05:30` is ahead of UTC; none for `Z`.
fn offset(zone: &str) -> SignedDuration {
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let ahead = SignedDuration::from_mins(number(zone.get(1..3)) * 60 + number(zone.get(4..)));
    if zone.starts_with('-') { -ahead } else { ahead }
}

/// Whether a text has the form `2026-11-24T06:24:00Z`, with a fraction and an offset if need be. What
/// the calendar allows shows when it is read. No clock of ours knows leap seconds.
fn is_rfc_3339(text: &str) -> bool {
    let fits = |part: &str, form: &str| {
        part.len() == form.len()
            && part.bytes().zip(form.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                wanted => byte.eq_ignore_ascii_case(&wanted),
            })
    };
    let (Some(begin), Some(rest)) = (text.get(..19), text.get(19..)) else { return false };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let end = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if end.len() == fraction.len() {
                return false;
            }
            end
        }
        None => rest,
    };
    let offset = fits(rest, "Z")
        || rest.strip_prefix(['+', '-']).is_some_and(|offset| {
            fits(offset, "00:00") && offset[..2] < *"24" && offset[3..] < *"60"
        });
    fits(begin, "0000-00-00T00:00:00") && begin[17..] < *"60" && offset
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A minute of the clock, the unit in which waits are shared. Written `20261124T0624Z`: it is part
/// of an execution's name, where colons are not allowed, and sorts as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Minute(i64);

impl Minute {
    /// The first minute that strikes at or after `time`.
    #[must_use]
    pub const fn at_or_after(time: Timestamp) -> Self {
        Self((time.0 + MILLIS_PER_MINUTE - 1).div_euclid(MILLIS_PER_MINUTE))
    }

    /// The last minute that strikes at or before `time`.
    #[must_use]
    pub const fn at_or_before(time: Timestamp) -> Self {
        Self(time.0.div_euclid(MILLIS_PER_MINUTE))
    }

    /// The minute after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The instant at which it strikes.
    #[must_use]
    pub const fn strikes_at(self) -> Timestamp {
        Timestamp(self.0 * MILLIS_PER_MINUTE)
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.strikes_at().0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y%m%dT%H%MZ")),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Minute {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        // `%H%M` would accept other widths; the one spelling is checked by writing it again.
        let civil =
            jiff::civil::DateTime::strptime("%Y%m%dT%H%MZ", text).map_err(|_| InvalidTime)?;
        let time = jiff::tz::Offset::UTC.to_timestamp(civil).map_err(|_| InvalidTime)?;
        let minute = Self(time.as_millisecond().div_euclid(MILLIS_PER_MINUTE));
        if minute.to_string() == text { Ok(minute) } else { Err(InvalidTime) }
    }
}

impl Serialize for Minute {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Minute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An hour of a day in UTC, the unit in which figures are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hour(i64);

impl Hour {
    /// The instant at which it begins.
    #[must_use]
    pub const fn begins_at(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(MILLIS_PER_HOUR))
    }

    /// The hour after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The hour that is this many hours later.
    #[must_use]
    pub const fn plus(self, hours: i64) -> Self {
        Self(self.0.saturating_add(hours))
    }

    /// How many hours later `later` is; negative if it is earlier.
    #[must_use]
    pub const fn until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0)
    }

    /// The day that it belongs to.
    #[must_use]
    pub const fn day(self) -> Day {
        Day(self.0.div_euclid(HOURS_PER_DAY))
    }

    /// Its number in the day: 0–23.
    #[must_use]
    pub const fn of_day(self) -> i64 {
        self.0.rem_euclid(HOURS_PER_DAY)
    }
}

/// A day in UTC. Written `2026-11-24`, which sorts as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The instant at which it begins.
    #[must_use]
    pub const fn begins_at(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(MILLIS_PER_DAY))
    }

    /// Its first hour.
    #[must_use]
    pub const fn first_hour(self) -> Hour {
        Hour(self.0.saturating_mul(HOURS_PER_DAY))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.begins_at().0) {
            Ok(time) => write!(f, "{}", time.strftime("%Y-%m-%d")),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        let date = jiff::civil::Date::strptime("%Y-%m-%d", text).map_err(|_| InvalidTime)?;
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        let time = jiff::tz::Offset::UTC.to_timestamp(midnight).map_err(|_| InvalidTime)?;
        let day = Timestamp(time.as_millisecond()).day();
        if day.to_string() == text { Ok(day) } else { Err(InvalidTime) }
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
