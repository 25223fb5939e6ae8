//! Spans and points in time, as people type them.

use crate::{clock::Clock, failure::Failure};
use grapnel_domain::time::Timestamp;
use jiff::{
    Span, SpanRelativeTo, ToSpan, ZonedDateTime,
    civil::{Date, DateTime, Time},
};
use std::{str::FromStr, time::Duration};

/// The time formats that [`Moment`] reads, for errors and help.
const EXPECTED: &str = "expected a time such as 03:00, today, yesterday, 2026-11-29, \
     2026-11-29 03:00 or 2026-11-29T03:00:00Z, or a span such as 2h for two hours ago";

/// Reads a span of time: `500ms`, `2s`, `1h30m`, `2 days`, `1w`. A day has 24 hours.
///
/// # Errors
/// A message for the user.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let expected = || "expected a span such as 500ms, 2s, 5m, 1h30m or 2d".to_owned();
    let span = Span::from_str(text).map_err(|_| expected())?;
    // Months and years have no fixed length, and are refused here.
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| expected())?;
    Duration::try_from(duration).map_err(|_| expected())
}

/// A point in time as the user typed it. What it means depends on the present and on the time zone:
/// see [`Moment::resolve`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// `2026-11-29T03:00:00Z`
    At(Timestamp),
    /// `2h`, `2h ago`
    Ago(Duration),
    /// `03:00`: the last time that the clock showed this
    Clock(Time),
    /// `2026-11-29 03:00`, or `2026-11-29` for its first moment
    Local(DateTime),
    /// `today` (0), `yesterday` (1): the first moment of the day
    DaysAgo(u8),
}

impl Moment {
    /// The point in time.
    ///
    /// # Errors
    /// When it is outside the years that can be represented.
    pub(crate) fn resolve(self, clock: &Clock) -> Result<Timestamp, String> {
        let out_of_range = |_| "the time is out of range".to_owned();
        let now = clock.zoned(clock.now()).map_err(out_of_range)?;
        let local = |local: DateTime| clock.zone().to_zoned_datetime(local).map_err(out_of_range);
        let zoned: ZonedDateTime = match self {
            Self::At(time) => return Ok(time),
            Self::Ago(span) => {
                let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
                return Ok(Timestamp::from_millis(clock.now().as_millis().saturating_sub(millis)));
            }
            Self::Clock(time) => {
                let today = local(now.date().to_datetime(time))?;
                match today > now {
                    true => local(day_before(now.date(), 1)?.to_datetime(time))?,
                    false => today,
                }
            }
            Self::Local(datetime) => local(datetime)?,
            Self::DaysAgo(days) => {
                local(day_before(now.date(), days)?.to_datetime(Time::midnight()))?
            }
        };
        Ok(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
    }
}

/// The point in time that an option names, if it was given.
///
/// # Errors
/// As [`Moment::resolve`].
pub(crate) fn resolve(moment: Option<Moment>, clock: &Clock) -> Result<Option<Timestamp>, Failure> {
    moment.map(|moment| moment.resolve(clock)).transpose().map_err(Failure::usage)
}

fn day_before(date: Date, days: u8) -> Result<Date, String> {
    date.checked_sub(i32::from(days).days()).map_err(|_| "the time is out of range".to_owned())
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text {
            "now" => return Ok(Self::Ago(Duration::ZERO)),
            "today" => return Ok(Self::DaysAgo(0)),
            "yesterday" => return Ok(Self::DaysAgo(1)),
            _ => {}
        }
        // An offset is honoured, so this comes before the forms without one.
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::At(Timestamp::from_millis(time.as_millisecond())));
        }
        // jiff also reads `0300` and `20261129`; here these are too easily mistaken for something else.
        if text.contains('-') && text.starts_with(|c: char| c.is_ascii_digit()) {
            return text.parse().map(Self::Local).map_err(|_| EXPECTED.to_owned());
        }
        if text.contains(':') {
            return text.parse().map(Self::Clock).map_err(|_| EXPECTED.to_owned());
        }
        let span = text.strip_suffix("ago").map_or(text, str::trim_end);
        parse_span(span).map(Self::Ago).map_err(|_| EXPECTED.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("500ms", 500)]
    #[case("2s", 2_000)]
    #[case("1h30m", 5_400_000)]
    #[case("1h 30m", 5_400_000)]
    #[case("90 minutes", 5_400_000)]
    #[case("7d", 604_800_000)]
    #[case("1d12h", 129_600_000)]
    #[case("2 days", 172_800_000)]
    #[case("1w", 604_800_000)]
    #[case("0s", 0)]
    fn a_span_is_read(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(parse_span(text), Ok(Duration::from_millis(millis)));
    }

    #[rstest]
    fn what_is_not_a_span_is_refused(
        #[values("", "2", "soon", "-5s", "2 weeks later", "1y", "1mo", "2h ago")] text: &str,
    ) {
        assert!(parse_span(text).is_err(), "{:?}", parse_span(text));
    }

    #[rstest]
    #[case::a_time_of_this_morning("03:00", "2026-11-29T02:00:00.000Z")]
    #[case::a_time_that_is_still_to_come("23:30", "2026-11-28T22:30:00.000Z")]
    #[case::with_seconds("03:00:30", "2026-11-29T02:00:30.000Z")]
    #[case::the_present("now", "2026-11-29T11:00:00.000Z")]
    #[case::the_first_moment_of_the_day("today", "2026-11-28T23:00:00.000Z")]
    #[case::the_day_before("yesterday", "2026-11-27T23:00:00.000Z")]
    #[case::a_day("2026-11-24", "2026-11-23T23:00:00.000Z")]
    #[case::a_local_time("2026-11-24 03:00", "2026-11-24T02:00:00.000Z")]
    #[case::the_same_as_iso_8601_has_it("2026-11-24T03:00:00", "2026-11-24T02:00:00.000Z")]
    #[case::in_summer("2026-07-01 03:00", "2026-07-01T01:00:00.000Z")]
    #[case::in_the_hour_that_summer_time_skips("2026-03-29 02:30", "2026-03-29T01:30:00.000Z")]
    #[case::in_utc("2026-11-24T05:00:00Z", "2026-11-24T05:00:00.000Z")]
    #[case::with_an_offset("2026-11-24T05:00:00+02:00", "2026-11-24T03:00:00.000Z")]
    #[case::with_an_offset_and_a_blank("2026-11-24 05:00+02:00", "2026-11-24T03:00:00.000Z")]
    #[case::a_span("2h", "2026-11-29T09:00:00.000Z")]
    #[case::a_span_with_ago("1d ago", "2026-11-28T11:00:00.000Z")]
    #[case::a_longer_span("1w", "2026-11-22T11:00:00.000Z")]
    fn a_moment_is_a_time_in_the_users_zone_or_a_span_before_now(
        #[case] text: &str,
        #[case] expected: &str,
    ) {
        let clock = Clock::at("2026-11-29T11:00:00Z", "Europe/Berlin");
        let moment: Moment = text.parse().expect("a moment");
        assert_eq!(moment.resolve(&clock).map(|time| time.to_string()), Ok(expected.to_owned()));
    }

    #[rstest]
    fn what_is_not_a_moment_is_refused_with_what_is_expected(
        #[values(
            "",
            "tomorrow",
            "3",
            "0300",
            "25:00",
            "03:60",
            "2026-13-01",
            "2026-11-31 03:00",
            "-2h",
            "in 2h",
            "2026",
            "20261129"
        )]
        text: &str,
    ) {
        let error = text.parse::<Moment>().expect_err("refused");
        assert!(error.contains("2026-11-29 03:00"), "{error}");
    }

    #[test]
    fn the_same_words_mean_another_time_in_another_zone() {
        let moment: Moment = "03:00".parse().expect("a moment");
        let at = |zone| moment.resolve(&Clock::at("2026-11-29T11:00:00Z", zone));
        assert_eq!(at("UTC").map(|it| it.to_string()), Ok("2026-11-29T03:00:00.000Z".into()));
        assert_eq!(
            at("Asia/Tokyo").map(|it| it.to_string()),
            Ok("2026-11-28T18:00:00.000Z".into())
        );
    }
}
