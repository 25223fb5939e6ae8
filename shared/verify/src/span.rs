use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A span in its two largest units: `2h 3m`.
#[must_use]
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    let two = |count: u64, unit: &str, rest: u64, lesser: &str| match rest {
        0 => format!("{count}{unit}"),
        _ => format!("{count}{unit} {rest}{lesser}"),
    };
    match seconds {
        0 => format!("{}ms", span.as_millis()),
        1..MINUTE => format!("{seconds}s"),
        MINUTE..HOUR => two(seconds / MINUTE, "m", seconds % MINUTE, "s"),
        HOUR..DAY => two(seconds / HOUR, "h", seconds % HOUR / MINUTE, "m"),
        _ => two(seconds / DAY, "d", seconds % DAY / HOUR, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(250, "250ms")]
    #[case(59_000, "59s")]
    #[case(60_000, "1m")]
    #[case(7_380_000, "2h 3m")]
    #[case(180_000_000, "2d 2h")]
    fn a_span_shows_its_two_largest_units(#[case] millis: u64, #[case] shown: &str) {
        assert_eq!(span(Duration::from_millis(millis)), shown);
    }
}
