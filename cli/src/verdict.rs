//! Whether a request is signed as it should be, as it is printed.

use crate::{failure::Failure, settings};
use console::style;
use grapnel_domain::signature::verify::{Check, Report};
use grapnel_verify::{Secrets, detail};
use serde::Serialize;

/// Reads secrets.
///
/// # Errors
/// When one is none; it is not shown.
pub(crate) fn secrets(texts: &[String]) -> Result<Secrets, Failure> {
    Secrets::parse(texts).map_err(|(text, error)| {
        let shown = settings::masked(text);
        Failure::usage(format!("the secret {shown} is none: it {error}"))
            .advise("`grapnel webhooks secret ID` shows a webhook's, whole.")
    })
}

/// A report as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct ReportJson {
    verified: bool,
    checks: Vec<CheckJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
}

#[derive(Debug, Serialize)]
struct CheckJson {
    header: &'static str,
    ok: bool,
    detail: String,
}

impl ReportJson {
    /// Of this report.
    pub(crate) fn of(report: &Report) -> Self {
        let check = |check: &Check| CheckJson {
            header: check.header,
            ok: check.result.is_ok(),
            detail: detail(check),
        };
        Self {
            verified: report.is_verified(),
            checks: report.checks.iter().map(check).collect(),
            cause: report.cause.map(|cause| cause.to_string()),
        }
    }
}

/// A report in full: a line for each header, and the cause.
pub(crate) fn text(report: &Report) -> String {
    let width = report.checks.iter().map(|check| check.header.len()).max().unwrap_or_default();
    let mut text = String::new();
    for check in &report.checks {
        let mark = if check.result.is_ok() { style("✓").green() } else { style("✗").red() };
        text.push_str(&format!("{mark} {:width$}  {}\n", check.header, detail(check)));
    }
    let verdict = if report.is_verified() {
        style("Verified.").green().bold()
    } else {
        style("Not verified.").red().bold()
    };
    text.push_str(&format!("\n{verdict}"));
    if let Some(cause) = report.cause {
        text.push_str(&format!(" {cause}"));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{signature::Secret, time::Timestamp};
    use grapnel_verify::{SavedRequest, TOLERANCE};

    /// A report on a request with this body, whose body `{}` was signed.
    fn report(body: &str) -> Report {
        let secret = Secret::from_random([1; 32]);
        let standard = secret.sign_standard("evt_1", 1_800_000_000, b"{}");
        let text = format!(
            "x-webhook-signature: {}\nwebhook-id: evt_1\nwebhook-timestamp: 1800000000\n\
             webhook-signature: {standard}\n\n{body}",
            secret.sign_body(b"{}")
        );
        let request = SavedRequest::parse(text.as_bytes()).expect("a request");
        let secrets = secrets(&[secret.reveal().to_owned()]).expect("a secret");
        let now = Timestamp::from_millis(1_800_000_000_000);
        secrets.judge(&request.received(), now, TOLERANCE).expect("a report")
    }

    #[test]
    fn each_header_has_a_line_and_the_cause_comes_last() {
        let cause = "The body was changed after signing: a line break was added at its end.";
        let expected = "\
✗ x-webhook-signature  does not fit
✓ webhook-id           is there
✓ webhook-timestamp    is recent
✗ webhook-signature    does not fit

";
        assert_eq!(
            console::strip_ansi_codes(&text(&report("{}\n"))),
            format!("{expected}Not verified. {cause}\n")
        );
        assert_eq!(ReportJson::of(&report("{}\n")).cause.as_deref(), Some(cause));
        assert!(console::strip_ansi_codes(&text(&report("{}"))).ends_with("\nVerified.\n"));
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_shown() {
        let text = "whsec_bm90IGxvbmcgZW5vdWdo";
        let failure = secrets(&[text.to_owned()]).map(|_| ()).expect_err("refused");
        assert!(!failure.to_string().contains("bm90IGxvbmcg"), "{failure}");
    }
}
