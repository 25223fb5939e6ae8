//! Times and spans as people type and read them.

use grapnel_domain::time::Timestamp;
use jiff::SignedDuration;
use std::{
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The present.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A span of time: `500ms`, `2s`, `1h30m`, `2 days`.
///
/// # Errors
/// What is wrong, for whoever typed it.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let expected = || "expected a span such as 500ms, 2s, 5m, 1h30m or 2d".to_owned();
    let days = text.trim().strip_suffix('d').and_then(|days| days.parse::<u32>().ok());
    if let Some(days) = days {
        return Ok(Duration::from_secs(u64::from(days) * 86_400));
    }
    let span = SignedDuration::from_str(text).map_err(|_| expected())?;
    Duration::try_from(span).map_err(|_| expected())
}

/// A point in time as it was typed: `2026-11-24T06:24:00Z`, or `2h` for two hours ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A point in time.
    At(Timestamp),
    /// So long before the present.
    Ago(Duration),
}

impl Moment {
    /// The point in time, seen from the present.
    pub(crate) fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(span) => {
                let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
                Timestamp::from_millis(now.as_millis().saturating_sub(millis))
            }
        }
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        parse_span(text.trim_end_matches(" ago")).map(Self::Ago).map_err(|_| {
            "expected a time such as 2026-11-24T06:24:00Z, or a span such as 2h for two hours ago"
                .to_owned()
        })
    }
}

/// A span in its two largest units: `2h 3m`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let two = |count: u64, unit: &str, rest: u64, lesser: &str| match rest {
        0 => format!("{count}{unit}"),
        _ => format!("{count}{unit} {rest}{lesser}"),
    };
    match seconds {
        0 => format!("{}ms", span.as_millis()),
        1..60 => format!("{seconds}s"),
        60..3600 => two(seconds / 60, "m", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds % 3600 / 60, "m"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

/// A time as seen from the present, in its largest unit: `5m ago`, `in 2h`.
pub(crate) fn relative(time: Timestamp, now: Timestamp) -> String {
    let (past, ahead) = (time.until(now), now.until(time));
    let coarse = |span: Duration| match span.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3600 => format!("{}m", seconds / 60),
        seconds @ 3600..86_400 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    };
    if ahead.as_secs() > 0 {
        format!("in {}", coarse(ahead))
    } else if past.as_secs() > 0 {
        format!("{} ago", coarse(past))
    } else {
        "now".to_owned()
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
    #[case("7d", 604_800_000)]
    #[case("0s", 0)]
    fn a_span_is_read(#[case] text: &str, #[case] millis: u64) {
        assert_eq!(parse_span(text), Ok(Duration::from_millis(millis)));
    }

    #[rstest]
    fn what_is_no_span_is_refused(
        #[values("", "2", "soon", "-5s", "2 weeks later", "1y")] text: &str,
    ) {
        assert!(parse_span(text).is_err(), "{:?}", parse_span(text));
    }

    #[test]
    fn a_moment_is_a_time_or_a_span_before_the_present() {
        let now: Timestamp = "2026-11-24T06:24:00Z".parse().expect("a time");
        let at = |text: &str| text.parse::<Moment>().map(|it| it.from(now).to_string());
        assert_eq!(at("2026-11-24T05:00:00+01:00"), Ok("2026-11-24T04:00:00.000Z".into()));
        assert_eq!(at("2h"), Ok("2026-11-24T04:24:00.000Z".into()));
        assert_eq!(at("1d ago"), Ok("2026-11-23T06:24:00.000Z".into()));
        assert!(at("yesterday").is_err());
    }

    #[rstest]
    #[case(250, "250ms")]
    #[case(59_000, "59s")]
    #[case(60_000, "1m")]
    #[case(7_380_000, "2h 3m")]
    #[case(180_000_000, "2d 2h")]
    fn a_span_shows_its_two_largest_units(#[case] millis: u64, #[case] shown: &str) {
        assert_eq!(span(Duration::from_millis(millis)), shown);
    }

    #[rstest]
    #[case(0, "now")]
    #[case(-3_000, "3s ago")]
    #[case(-125_000, "2m ago")]
    #[case(-90_000_000, "1d ago")]
    #[case(7_200_000, "in 2h")]
    fn a_time_is_seen_from_the_present(#[case] millis: i64, #[case] shown: &str) {
        let now = Timestamp::from_millis(1_800_000_000_000);
        assert_eq!(relative(Timestamp::from_millis(now.as_millis() + millis), now), shown);
    }
}
