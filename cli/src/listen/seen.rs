//! The line about a request that arrived.

use crate::{clock::Clock, render::visible, verdict::ReportJson};
use console::style;
use grapnel_domain::{signature::verify::Report, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// A request that came.
#[derive(Debug)]
pub(crate) struct Seen {
    /// When it came.
    pub(super) at: Timestamp,
    /// The event's type, if its body tells.
    pub(super) event: Option<String>,
    /// `webhook-id`.
    pub(super) id: Option<String>,
    /// Its path.
    pub(super) path: String,
    /// The body's size.
    pub(super) bytes: usize,
    /// What its signatures are worth; `None` if there was no secret to check with.
    pub(super) report: Option<Report>,
    /// What it was answered; `None` if its sender gave up, or this program was stopped, before.
    pub(super) status: Option<u16>,
    /// From its headers to the answer, or until its sender gave up or this program was stopped.
    pub(super) took: Duration,
    /// What went wrong on this side.
    pub(super) remark: Option<String>,
}

/// The event's type as an envelope or a CloudEvent has it.
pub(super) fn event_type(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Typed {
        r#type: String,
    }
    serde_json::from_slice::<Typed>(body).ok().map(|it| it.r#type)
}

impl Seen {
    /// Adds to what went wrong on this side.
    pub(super) fn add_remark(&mut self, remark: String) {
        self.remark = Some(match self.remark.take() {
            Some(before) => format!("{before}; {remark}"),
            None => remark,
        });
    }

    /// Whether it is signed as it should be, as far as that was checked.
    pub(super) fn verified(&self) -> Option<bool> {
        self.report.as_ref().map(Report::is_verified)
    }

    /// A line for people. The mark says what the webhook made of the answer: only 2xx is a success.
    /// What the signature is worth is said in words.
    pub(crate) fn line(&self, clock: &Clock) -> String {
        let (mark, status) = match self.status {
            Some(status @ 200..=299) => (style("✓").green(), style(status.to_string()).green()),
            Some(status) => (style("✗").red(), style(status.to_string()).red()),
            None => (style("✗").red(), style("no answer".to_owned()).red()),
        };
        let signature = match &self.report {
            None => style("signature not checked".to_owned()).dim(),
            Some(report) if report.is_verified() => style(grapnel_verify::summary(report)).green(),
            Some(report) => {
                style(format!("not verified: {}", visible(&grapnel_verify::summary(report)))).red()
            }
        };
        let mut line = format!(
            "{mark} {} {:<20} {}  {status} in {} ms  {signature}",
            style(clock.time_of_day(self.at)).dim(),
            visible(self.event.as_deref().unwrap_or("-")),
            visible(self.id.as_deref().unwrap_or("-")),
            self.took.as_millis(),
        );
        if let Some(remark) = &self.remark {
            line.push_str(&format!("  {}", style(visible(remark)).red()));
        }
        line
    }

    /// The same for scripts.
    pub(crate) fn json(&self) -> Value {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Line<'a> {
            at: Timestamp,
            event: Option<&'a str>,
            id: Option<&'a str>,
            path: &'a str,
            bytes: usize,
            verified: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            report: Option<ReportJson>,
            status: Option<u16>,
            duration_ms: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            remark: Option<&'a str>,
        }
        let verified = self.verified();
        let line = Line {
            at: self.at,
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            path: &self.path,
            bytes: self.bytes,
            verified,
            report: self.report.as_ref().filter(|_| verified == Some(false)).map(ReportJson::of),
            status: self.status,
            duration_ms: u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            remark: self.remark.as_deref(),
        };
        // Plain fields: serialising them cannot fail.
        serde_json::to_value(line).unwrap_or_else(|error| json!({ "error": error.to_string() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::signature::{
        Secret,
        verify::{Received, TOLERANCE, verify},
    };
    use rstest::rstest;

    fn seen(status: u16) -> Seen {
        Seen {
            at: "2026-11-24T06:24:00.123Z".parse().expect("a time"),
            event: Some("lead\u{1b}[2J".into()),
            id: None,
            path: "/".into(),
            bytes: 2,
            report: None,
            status: Some(status),
            took: Duration::from_millis(31),
            remark: Some("nothing answers".into()),
        }
    }

    #[test]
    fn a_line_says_what_came_and_how_it_was_answered() {
        let clock = Clock::at("2026-11-24T06:24:00Z", "Europe/Berlin");
        assert_eq!(
            console::strip_ansi_codes(&seen(502).line(&clock)),
            "✗ 07:24:00.123 lead\\u{1b}[2J        -  502 in 31 ms  signature not checked  nothing answers"
        );
        let json = seen(502).json();
        assert_eq!((&json["verified"], &json["durationMs"]), (&Value::Null, &json!(31)));
    }

    #[rstest]
    #[case(200, "✓")]
    #[case(204, "✓")]
    #[case(301, "✗")]
    #[case(400, "✗")]
    #[case(503, "✗")]
    fn the_mark_is_the_answers_and_the_signature_is_a_word(
        #[case] status: u16,
        #[case] mark: &str,
    ) {
        let clock = Clock::at("2026-11-24T06:24:00Z", "UTC");
        let secret = Secret::from_random([1; 32]);
        let received = Received::read(b"{}", |_| None);
        let report = verify(&received, &secret, clock.now(), TOLERANCE);
        let seen = Seen { report: Some(report), ..seen(status) };
        let line = seen.line(&clock);
        let line = console::strip_ansi_codes(&line);
        assert!(line.starts_with(mark) && line.contains("  not verified: x-webhook"), "{line}");
    }

    #[test]
    fn the_type_is_the_bodys_own() {
        assert_eq!(event_type(br#"{"type":"lead.created"}"#).as_deref(), Some("lead.created"));
        assert_eq!(event_type(br#"{"type":1}"#), None);
        assert_eq!(event_type(b"\xff"), None);
    }
}
