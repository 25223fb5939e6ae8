//! Times as they are shown: in UTC, until the page's script turns them into the reader's zone.

use askama::filters::HtmlSafe;
use grapnel_wire::time::Timestamp;
use std::fmt;

/// A time, written as a `time` element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let iso = self.0.to_string();
        match plain(&iso) {
            Some(plain) => write!(f, r#"<time datetime="{iso}">{plain} UTC</time>"#),
            None => write!(f, "<time>{iso}</time>"),
        }
    }
}

/// A timestamp's text has no character that HTML gives a meaning.
impl HtmlSafe for Moment {}

/// `24 Nov 2026, 06:24:00`.
fn plain(iso: &str) -> Option<String> {
    let (year, month, day) = (iso.get(..4)?, iso.get(5..7)?, iso.get(8..10)?);
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    let day = day.trim_start_matches('0');
    Some(format!("{day} {month} {year}, {}", iso.get(11..19)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_utc_with_its_machine_readable_form() {
        let time: Timestamp = "2026-11-04T06:24:00.123Z".parse().expect("a time");
        let expected =
            r#"<time datetime="2026-11-04T06:24:00.123Z">4 Nov 2026, 06:24:00 UTC</time>"#;
        assert_eq!(Moment(time).to_string(), expected);
        assert!(Moment(Timestamp::from_millis(i64::MAX)).to_string().starts_with("<time>"));
    }
}
