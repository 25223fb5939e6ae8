//! `Retry-After`: how long a receiver asks for no request (RFC 9110 section 10.2.3).

use crate::time::Timestamp;
use jiff::{civil, fmt::rfc2822, tz::Offset};
use std::time::Duration;

/// Maximum time that a `Retry-After` is followed.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(86_400);

/// A year with two digits is in the past if it would be further in the future than this (RFC 9110
/// section 5.6.7).
const YEARS_AHEAD: i16 = 50;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Reads a `Retry-After` header: seconds, also with a fraction, or an HTTP date in any of its three
/// forms. Of several values, in one line or in several that were joined by commas, the longest
/// counts. Other values and past dates are ignored; a long time is limited to [`MAX_RETRY_AFTER`].
#[must_use]
pub fn parse_retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    longest(header, |value| seconds(value).or_else(|| until(date(value, now)?, now)))
}

/// [`parse_retry_after`] without a clock: dates are relative to `sent`, the answer's `Date`.
/// Without a readable one, only seconds are understood.
#[must_use]
pub fn parse_retry_after_since(header: &str, sent: Option<&str>) -> Option<Duration> {
    let sent = sent.and_then(mail_date);
    longest(header, |value| {
        seconds(value).or_else(|| {
            let sent = sent?;
            until(date(value, sent)?, sent)
        })
    })
}

fn longest(header: &str, wish: impl Fn(&str) -> Option<Duration>) -> Option<Duration> {
    let wishes = values(header).into_iter().filter_map(|value| wish(&value));
    wishes.max().map(|wish| wish.min(MAX_RETRY_AFTER))
}

/// The values between commas. The comma after the day of a date does not separate.
fn values(header: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let mut parts = header.split(',').map(str::trim).peekable();
    while let Some(part) = parts.next() {
        values.push(match parts.peek() {
            Some(rest) if is_day(part) => format!("{part}, {rest}"),
            _ => part.to_owned(),
        });
        if is_day(part) {
            parts.next();
        }
    }
    values
}

/// A day of the week, whole or its first three letters.
fn is_day(word: &str) -> bool {
    let is_name = word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_name && DAYS.contains(&word[..3].to_ascii_lowercase().as_str())
}

/// The time until `date`, unless it is past.
fn until(date: Timestamp, now: Timestamp) -> Option<Duration> {
    let until = now.until(date);
    (!until.is_zero()).then_some(until)
}

/// Seconds. A fraction counts as one more second, so that the next request is not too early.
fn seconds(value: &str) -> Option<Duration> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    // Digits beyond u64 are a very long time, not an error.
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let is_more = fraction.bytes().any(|digit| digit != b'0');
    Some(Duration::from_secs(whole.saturating_add(u64::from(is_more))))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or `Sun Nov  6 08:49:37 1994`.
/// The day of the week is redundant, and is ignored.
fn date(value: &str, now: Timestamp) -> Option<Timestamp> {
    let words: Vec<&str> = value.split([' ', '-', ',']).filter(|word| !word.is_empty()).collect();
    let (day, month, year, time) = match words[..] {
        [week_day, day, month, year, time, zone]
            if is_day(week_day) && ["GMT", "UTC", "+0000"].contains(&zone) =>
        {
            (day, month, year, time)
        }
        [week_day, month, day, time, year] if is_day(week_day) => (day, month, year, time),
        _ => return mail_date(value),
    };
    let month = month.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let number = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() <= 2);
    let mut time = time.split(':').map(number);
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    if time.next().is_some() {
        return None;
    }
    let date = |year: i16| {
        let date = civil::Date::new(year, i8::try_from(month).ok()?, number(day)?).ok()?;
        // There is no number for a leap second.
        let time = civil::Time::new(hour, minute, second.min(59), 0).ok()?;
        Timestamp::from_utc(date.to_datetime(time))
    };
    match (year.len(), year.parse().ok()?) {
        (4, year) => date(year),
        (2, year) => date(whole_year(year, now)?),
        _ => None,
    }
}

/// A date in the format of mail, with a zone's name or offset. Servers write their `Date` in this
/// format.
fn mail_date(value: &str) -> Option<Timestamp> {
    let parser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let date = parser.parse_timestamp(value).ok()?;
    Some(Timestamp::from_millis(date.as_millisecond()))
}

/// The year of two digits: the latest one that is not too far in the future.
fn whole_year(digits: i16, now: Timestamp) -> Option<i16> {
    let now = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
    let latest = Offset::UTC.to_datetime(now).year().checked_add(YEARS_AHEAD)?;
    Some(latest - (latest - digits).rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// 2026-11-24T06:24:00Z, a Tuesday.
    const NOW: Timestamp = Timestamp::from_millis(1_795_501_440_000);

    fn wish(header: &str) -> Option<u64> {
        parse_retry_after(header, NOW).map(|wish| wish.as_secs())
    }

    #[rstest]
    #[case::seconds("120", 120)]
    #[case::none("0", 0)]
    #[case::spaces(" 120 ", 120)]
    #[case::a_fraction("120.5", 121)]
    #[case::a_small_fraction("0.001", 1)]
    #[case::a_fraction_of_nothing("120.000", 120)]
    #[case::twice("120, 120", 120)]
    #[case::the_longest("30, 120,60", 120)]
    #[case::with_something_else("soon, 120, ,", 120)]
    #[case::fixed("Tue, 24 Nov 2026 06:26:00 GMT", 120)]
    #[case::rfc_850("Tuesday, 24-Nov-26 06:26:00 GMT", 120)]
    #[case::asctime("Tue Nov 24 06:26:00 2026", 120)]
    #[case::asctime_of_a_first("Tue Dec  1 06:24:00 2026", 86_400)]
    #[case::of_cookies("Tue, 24-Nov-2026 06:26:00 GMT", 120)]
    #[case::utc("Tue, 24 Nov 2026 06:26:00 UTC", 120)]
    #[case::an_offset("Tue, 24 Nov 2026 08:26:00 +0200", 120)]
    #[case::another_day_of_the_week("Wed, 24 Nov 2026 06:26:00 GMT", 120)]
    #[case::in_capitals("TUESDAY, 24-NOV-26 06:26:00 GMT", 120)]
    #[case::a_leap_second("Tue, 24 Nov 2026 06:25:60 GMT", 119)]
    #[case::dates_and_seconds("Tue, 24 Nov 2026 06:25:00 GMT, 120", 120)]
    #[case::seconds_and_dates("30, Tuesday, 24-Nov-26 06:26:00 GMT, 40", 120)]
    #[case::far_off("Mon, 24 Nov 2036 06:26:00 GMT", 86_400)]
    #[case::for_ever("Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    #[case::for_ever_with_an_offset("Fri, 31 Dec 9999 23:59:59 +0000", 86_400)]
    #[case::for_ever_by_asctime("Fri Dec 31 23:59:59 9999", 86_400)]
    #[case::seconds_and_for_ever("60, Fri, 31 Dec 9999 23:59:59 GMT", 86_400)]
    #[case::beyond_all_numbers("99999999999999999999999.9", 86_400)]
    fn a_wish_is_understood(#[case] header: &str, #[case] seconds: u64) {
        assert_eq!(wish(header), Some(seconds));
    }

    #[rstest]
    #[case("")]
    #[case(",")]
    #[case("soon")]
    #[case("-5")]
    #[case("+5")]
    #[case("1e3")]
    #[case("120.")]
    #[case(".5")]
    #[case("1.2.3")]
    #[case("120s")]
    #[case("12 apples")]
    #[case("\0")]
    #[case::past("Tue, 24 Nov 2026 06:23:59 GMT")]
    #[case::now("Tuesday, 24-Nov-26 06:24:00 GMT")]
    #[case::no_such_day("Tuesday, 31-Nov-26 06:26:00 GMT")]
    #[case::no_such_month("Tue, 24 Foo 2026 06:26:00 GMT")]
    #[case::no_such_hour("Tue, 24 Nov 2026 24:26:00 GMT")]
    #[case::of_another_zone("Tuesday, 24-Nov-26 06:26:00 CEST")]
    #[case::a_day_alone("Tue,")]
    #[case("Tue, 120")]
    fn what_is_no_wish_is_ignored(#[case] header: &str) {
        assert_eq!(wish(header), None);
    }

    #[rstest]
    #[case::fixed("Tue, 24 Nov 2026 06:26:00 GMT")]
    #[case::rfc_850("Tuesday, 24-Nov-26 06:26:00 GMT")]
    #[case::asctime("Tue Nov 24 06:26:00 2026")]
    #[case::seconds("120")]
    fn without_a_clock_a_date_counts_from_when_the_answer_was_sent(#[case] header: &str) {
        let sent = Some("Tue, 24 Nov 2026 06:24:00 GMT");
        let wish = Some(Duration::from_secs(120));
        assert_eq!(parse_retry_after_since(header, sent), wish);
        let is_seconds = header == "120";
        for unknown in [None, Some("today")] {
            assert_eq!(parse_retry_after_since(header, unknown), wish.filter(|_| is_seconds));
        }
    }

    #[rstest]
    #[case::last_year(25, 2025)]
    #[case::fifty_years_ahead(76, 2076)]
    #[case::more_is_the_past(77, 1977)]
    #[case::the_last_of_a_century(99, 1999)]
    #[case::the_first_of_a_century(0, 2000)]
    fn two_digits_of_a_year_are_at_most_fifty_years_ahead(#[case] digits: i16, #[case] year: i16) {
        assert_eq!(whole_year(digits, NOW), Some(year));
    }

    #[test]
    fn a_year_of_two_digits_goes_with_the_century_to_come() {
        let new_year = "2099-12-31T23:59:00.000Z".parse().expect("a time");
        let wish = parse_retry_after("Friday, 01-Jan-00 00:01:00 GMT", new_year);
        assert_eq!(wish, Some(Duration::from_secs(120)));
    }
}
