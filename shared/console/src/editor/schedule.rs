//! A retry schedule as a time line: drawn on the server, for what stands in the fields.

use super::typed::Typed;
use crate::text::counted;
use grapnel_wire::limits::{ATTEMPTS, ATTEMPTS_DEFAULT, DELAY_SECONDS, DELAYS_DEFAULT};
use std::fmt;

/// The drawing's size, in the units of its `viewBox`.
const WIDTH: f64 = 600.0;
const MARGIN: f64 = 14.0;

/// Delays up to this are drawn as if they were equal: the scale is linear below it and logarithmic above.
const SHORT_SECONDS: f64 = 20.0;

/// The attempts of a delivery that fails each time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schedule {
    pub(crate) marks: Vec<Mark>,
    /// What it comes to, in a sentence.
    pub(crate) summary: String,
}

/// An attempt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    pub(crate) number: usize,
    /// Its place in the drawing.
    pub(crate) x: Coordinate,
    /// The delay before it.
    pub(crate) delay: String,
    /// The time since the first.
    pub(crate) after: String,
}

/// A number of the drawing, with one decimal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coordinate(f64);

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

impl Schedule {
    /// The schedule of these fields, as far as they can be read.
    ///
    /// # Errors
    /// A sentence, if they make no schedule.
    pub(crate) fn of(typed: &Typed) -> Result<Self, &'static str> {
        let attempts = whole(&typed.max_attempts, ATTEMPTS_DEFAULT);
        let attempts = attempts.filter(|count| ATTEMPTS.contains(count));
        let attempts =
            attempts.ok_or("It can be drawn when the number of attempts is from 1 to 20.")?;
        let delays = if typed.grows() { grown(typed, attempts) } else { listed(typed, attempts) };
        let delays =
            delays.ok_or("It can be drawn when every delay is a whole number of seconds.")?;
        Ok(Self::with(&delays))
    }

    /// One attempt, and one more after each delay.
    fn with(delays: &[u32]) -> Self {
        let total: u64 = delays.iter().copied().map(u64::from).sum();
        let mut marks = vec![Mark {
            number: 1,
            x: Coordinate(MARGIN),
            delay: String::new(),
            after: "at once".to_owned(),
        }];
        let mut passed = 0;
        for (place, delay) in delays.iter().enumerate() {
            passed += u64::from(*delay);
            marks.push(Mark {
                number: place + 2,
                x: Coordinate(MARGIN + (WIDTH - 2.0 * MARGIN) * scaled(passed) / scaled(total)),
                delay: span(u64::from(*delay)),
                after: format!("after {}", span(passed)),
            });
        }
        let count = counted(marks.len(), "attempt");
        let summary = match delays {
            [] => "1 attempt, and no other after a failure.".to_owned(),
            _ => format!("{count}; the last one is {} after the first.", span(total)),
        };
        Self { marks, summary }
    }
}

fn scaled(seconds: u64) -> f64 {
    // At most nineteen days: a number of this size is exact.
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    (f64::from(seconds) / SHORT_SECONDS).ln_1p()
}

fn whole(text: &str, default: u32) -> Option<u32> {
    match text.trim() {
        "" => Some(default),
        text => text.parse().ok(),
    }
}

fn delay(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|delay| DELAY_SECONDS.contains(delay))
}

/// The last delay of a list repeats.
fn listed(typed: &Typed, attempts: u32) -> Option<Vec<u32>> {
    let listed: Option<Vec<u32>> = typed.delays().into_iter().map(delay).collect();
    let listed = listed.filter(|delays| !delays.is_empty()).or_else(|| {
        let is_empty = typed.delays().is_empty();
        is_empty.then(|| DELAYS_DEFAULT.to_vec())
    })?;
    let last = *listed.last()?;
    let all = listed.into_iter().chain(std::iter::repeat(last));
    Some(all.take(usize::try_from(attempts).ok()?.saturating_sub(1)).collect())
}

fn grown(typed: &Typed, attempts: u32) -> Option<Vec<u32>> {
    let (initial, longest) = (delay(&typed.initial)?, delay(&typed.longest)?);
    let factor: f64 =
        typed.multiplier.trim().parse().ok().filter(|it| (1.0..=10.0).contains(it))?;
    let mut delays = Vec::new();
    let mut next = f64::from(initial);
    for _ in 1..attempts {
        let whole = next.min(f64::from(longest)).round();
        // It is at most a day.
        delays.push(whole as u32);
        next = (next * factor).min(f64::from(longest));
    }
    Some(delays)
}

/// `45 s`, `1 min 30 s`, `2 h`, `1 day 1 h`: the two largest units.
pub(crate) fn span(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, if seconds / 86_400 == 1 { "day" } else { "days" }),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let two = parts.iter().skip(first).take(2).filter(|(count, _)| *count > 0 || first == 3);
    let two: Vec<String> = two.map(|(count, unit)| format!("{count} {unit}")).collect();
    two.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn typed(max: &str, delays: &str) -> Typed {
        Typed { max_attempts: max.into(), delays: delays.into(), ..Typed::default() }
    }

    fn afters(schedule: &Schedule) -> Vec<&str> {
        schedule.marks.iter().map(|mark| mark.after.as_str()).collect()
    }

    #[test]
    fn the_default_schedule_is_drawn_for_empty_fields() {
        let schedule = Schedule::of(&typed("", "")).expect("a schedule");
        let expected =
            ["at once", "after 1 min", "after 6 min", "after 36 min", "after 2 h 36 min"];
        assert_eq!(afters(&schedule), expected);
        assert_eq!(schedule.summary, "5 attempts; the last one is 2 h 36 min after the first.");
        let places: Vec<String> = schedule.marks.iter().map(|mark| mark.x.to_string()).collect();
        assert_eq!((places[0].as_str(), places[4].as_str()), ("14.0", "586.0"));
        assert!(schedule.marks.is_sorted_by(|a, b| a.x.0 < b.x.0));
    }

    #[test]
    fn the_last_delay_repeats_and_too_many_are_left_out() {
        let schedule = Schedule::of(&typed("4", "10, 20")).expect("a schedule");
        assert_eq!(afters(&schedule), ["at once", "after 10 s", "after 30 s", "after 50 s"]);
        let schedule = Schedule::of(&typed("2", "10 20 30")).expect("a schedule");
        assert_eq!(afters(&schedule), ["at once", "after 10 s"]);
        let one = Schedule::of(&typed("1", "10")).expect("a schedule");
        assert_eq!(one.summary, "1 attempt, and no other after a failure.");
    }

    #[test]
    fn delays_grow_by_a_factor_up_to_the_longest() {
        let typed = Typed {
            growth: super::super::typed::BACKOFF.into(),
            initial: "10".into(),
            multiplier: "2.5".into(),
            longest: "60".into(),
            ..typed("5", "x")
        };
        let schedule = Schedule::of(&typed).expect("a schedule");
        let delays: Vec<&str> = schedule.marks.iter().map(|mark| mark.delay.as_str()).collect();
        assert_eq!(delays, ["", "10 s", "25 s", "1 min", "1 min"]);
    }

    #[rstest]
    #[case("0", "60")]
    #[case("21", "60")]
    #[case("five", "60")]
    #[case("5", "60, soon")]
    #[case("5", "0")]
    #[case("5", "86401")]
    #[case("5", "-1")]
    fn what_makes_no_schedule_is_not_drawn(#[case] max: &str, #[case] delays: &str) {
        assert!(Schedule::of(&typed(max, delays)).is_err());
    }

    #[rstest]
    #[case(0, "0 s")]
    #[case(45, "45 s")]
    #[case(60, "1 min")]
    #[case(90, "1 min 30 s")]
    #[case(7_200, "2 h")]
    #[case(86_400, "1 day")]
    #[case(90_061, "1 day 1 h")]
    #[case(172_859, "2 days")]
    fn a_span_has_its_two_largest_units(#[case] seconds: u64, #[case] expected: &str) {
        assert_eq!(span(seconds), expected);
    }
}
