//! The present, and the time zone in which times are shown and read.

use grapnel_domain::time::Timestamp;
use jiff::{ZonedDateTime, tz::TimeZone};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The present and a time zone. Both stay the same for all that one command prints.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

/// The present.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

impl Clock {
    /// The present, in UTC or in the machine's time zone.
    pub(crate) fn system(utc: bool) -> Self {
        let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
        Self { now: now(), zone }
    }

    /// A clock that stands still.
    #[cfg(test)]
    pub(crate) fn at(now: &str, zone: &str) -> Self {
        let zone = if zone == "UTC" { TimeZone::UTC } else { TimeZone::get(zone).expect("a zone") };
        Self { now: now.parse().expect("a time"), zone }
    }

    /// The present.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The time zone.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A time in this zone.
    ///
    /// # Errors
    /// When it is outside the years that jiff knows.
    pub(crate) fn zoned(&self, time: Timestamp) -> Result<ZonedDateTime, jiff::Error> {
        Ok(jiff::Timestamp::from_millisecond(time.as_millis())?
            .to_zoned_datetime(self.zone.clone()))
    }

    /// The zone's name, short enough for a column's title: `UTC`, `CET`.
    pub(crate) fn zone_name(&self) -> String {
        self.zoned(self.now).map_or_else(|_| "UTC".to_owned(), |it| it.strftime("%Z").to_string())
    }

    /// A time for a table: `06:21:00` today, `11-24 06:21` this year, else `2025-11-24`.
    pub(crate) fn short(&self, time: Timestamp) -> String {
        let (Ok(time), Ok(now)) = (self.zoned(time), self.zoned(self.now)) else {
            return time.to_string();
        };
        let format = match () {
            () if time.date() == now.date() => "%H:%M:%S",
            () if time.year() == now.year() => "%m-%d %H:%M",
            () => "%Y-%m-%d",
        };
        time.strftime(format).to_string()
    }

    /// A time of day with milliseconds: `06:21:00.123`.
    pub(crate) fn time_of_day(&self, time: Timestamp) -> String {
        let zoned = self.zoned(time);
        zoned.map_or_else(|_| time.to_string(), |it| it.strftime("%H:%M:%S%.3f").to_string())
    }

    /// A time in full: `2026-11-24 06:21:00 UTC (3m ago)`.
    pub(crate) fn full(&self, time: Timestamp) -> String {
        let text = match self.zoned(time) {
            Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
            Err(_) => time.to_string(),
        };
        format!("{text} ({})", self.relative(time))
    }

    /// How long ago a time is, in its largest unit: `3m`. `0s` for a future time.
    pub(crate) fn age(&self, time: Timestamp) -> String {
        coarse(time.until(self.now))
    }

    /// A time as seen from the present, in its largest unit: `5m ago`, `in 2h`.
    pub(crate) fn relative(&self, time: Timestamp) -> String {
        let (past, ahead) = (time.until(self.now), self.now.until(time));
        if ahead.as_millis() >= 500 {
            format!("in {}", coarse(ahead))
        } else if past.as_millis() >= 500 {
            format!("{} ago", coarse(past))
        } else {
            "now".to_owned()
        }
    }
}

/// A span in its largest unit, rounded: what ends in 90 days does not end "in 89d" a second later.
fn coarse(span: Duration) -> String {
    let seconds = (span.as_millis().saturating_add(500) / 1000) as u64;
    let rounded = |unit: u64| (seconds + unit / 2) / unit;
    match () {
        () if seconds < MINUTE => format!("{seconds}s"),
        () if rounded(MINUTE) < 60 => format!("{}m", rounded(MINUTE)),
        () if rounded(HOUR) < 24 => format!("{}h", rounded(HOUR)),
        () => format!("{}d", rounded(DAY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "now")]
    #[case(-3_000, "3s ago")]
    #[case(-125_000, "2m ago")]
    #[case(-90_000_000, "1d ago")]
    #[case(7_200_000, "in 2h")]
    #[case::ten_minutes_less_a_moment(599_700, "in 10m")]
    #[case::an_hour_less_a_moment(3_599_000, "in 1h")]
    #[case::ninety_days_less_a_second(7_775_999_000, "in 90d")]
    #[case::three_quarters_of_an_hour(2_700_000, "in 45m")]
    fn a_time_is_seen_from_the_present(#[case] millis: i64, #[case] shown: &str) {
        let clock = Clock::at("2027-01-15T08:00:00Z", "UTC");
        let time = Timestamp::from_millis(clock.now().as_millis() + millis);
        assert_eq!(clock.relative(time), shown);
    }

    #[rstest]
    #[case::today("2026-11-29T02:00:00Z", "03:00:00")]
    #[case::today_although_yesterday_in_utc("2026-11-28T23:30:00Z", "00:30:00")]
    #[case::yesterday("2026-11-28T02:00:00Z", "11-28 03:00")]
    #[case::last_year("2025-11-28T02:00:00Z", "2025-11-28")]
    fn a_table_shows_as_much_of_a_time_as_is_needed(#[case] time: &str, #[case] shown: &str) {
        let clock = Clock::at("2026-11-29T11:00:00Z", "Europe/Berlin");
        assert_eq!(clock.short(time.parse().expect("a time")), shown);
    }

    #[test]
    fn a_time_in_full_names_its_zone() {
        let time = "2026-11-29T02:00:00.123Z".parse().expect("a time");
        let berlin = Clock::at("2026-11-29T11:00:00Z", "Europe/Berlin");
        assert_eq!(berlin.full(time), "2026-11-29 03:00:00 CET (9h ago)");
        assert_eq!((berlin.zone_name().as_str(), berlin.age(time).as_str()), ("CET", "9h"));
        assert_eq!(berlin.time_of_day(time), "03:00:00.123");
        let utc = Clock::at("2026-11-29T11:00:00Z", "UTC");
        assert_eq!(utc.full(time), "2026-11-29 02:00:00 UTC (9h ago)");
    }
}
