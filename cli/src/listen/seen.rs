//! What is said of a request that arrived.

use crate::{render::visible, verdict, verdict::ReportJson};
use console::style;
use grapnel_domain::{signature::verify::Report, time::Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// A request that was answered.
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
    /// What it was answered.
    pub(super) status: u16,
    /// From its headers to the answer.
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
    /// Whether it is signed as it should be, as far as that was checked.
    pub(super) fn verified(&self) -> Option<bool> {
        self.report.as_ref().map(Report::is_verified)
    }

    /// A line for people.
    pub(crate) fn line(&self) -> String {
        let (mark, verdict) = match &self.report {
            None => (style("•").dim(), "not checked".to_owned()),
            Some(report) if report.is_verified() => (style("✓").green(), verdict::summary(report)),
            Some(report) => (style("✗").red(), verdict::summary(report)),
        };
        // The time of day; the zone is UTC, as in all that Grapnel writes.
        let time = self.at.to_string();
        let time = time.get(11..23).unwrap_or(&time);
        let status = match self.status {
            200..=299 => style(self.status).green(),
            _ => style(self.status).red(),
        };
        let mut line = format!(
            "{mark} {} {:<20} {}  {status} in {} ms  {}",
            style(time).dim(),
            visible(self.event.as_deref().unwrap_or("-")),
            visible(self.id.as_deref().unwrap_or("-")),
            self.took.as_millis(),
            visible(&verdict),
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
            status: u16,
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

    #[test]
    fn a_line_says_what_came_and_what_it_was_worth() {
        let seen = Seen {
            at: "2026-11-24T06:24:00.123Z".parse().expect("a time"),
            event: Some("lead\u{1b}[2J".into()),
            id: None,
            path: "/".into(),
            bytes: 2,
            report: None,
            status: 502,
            took: Duration::from_millis(31),
            remark: Some("nothing answers".into()),
        };
        assert_eq!(
            console::strip_ansi_codes(&seen.line()),
            "• 06:24:00.123 lead\\u{1b}[2J        -  502 in 31 ms  not checked  nothing answers"
        );
        let json = seen.json();
        assert_eq!((&json["verified"], &json["durationMs"]), (&Value::Null, &json!(31)));
    }

    #[test]
    fn the_type_is_the_bodys_own() {
        assert_eq!(event_type(br#"{"type":"lead.created"}"#).as_deref(), Some("lead.created"));
        assert_eq!(event_type(br#"{"type":1}"#), None);
        assert_eq!(event_type(b"\xff"), None);
    }
}
