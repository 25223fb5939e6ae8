//! Whether a request is signed as it should be, in words.

use crate::{clock::span, failure::Failure, settings};
use console::style;
use grapnel_domain::{
    signature::{
        Secret,
        verify::{self, Check, Fault, Proof, Received, Report},
    },
    time::Timestamp,
};
use serde::Serialize;
use std::time::Duration;

/// The secrets of which one must have signed.
pub(crate) struct Secrets(Vec<Secret>);

impl Secrets {
    /// Reads them.
    ///
    /// # Errors
    /// When one is none; it is not shown.
    pub(crate) fn parse(texts: &[String]) -> Result<Self, Failure> {
        let parse = |text: &String| {
            Secret::parse(text.trim()).map_err(|error| {
                let shown = settings::masked(text.trim());
                Failure::usage(format!("the secret {shown} is none: it {error}"))
                    .advise("`grapnel webhooks secret ID` shows a webhook's, whole.")
            })
        };
        texts.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks a request against each, and answers for the one that it fits best; `None` if there is
    /// no secret.
    pub(crate) fn judge(
        &self,
        received: &Received<'_>,
        now: Timestamp,
        tolerance: Duration,
    ) -> Option<Report> {
        let reports = self.0.iter().map(|secret| verify::verify(received, secret, now, tolerance));
        let faults = |report: &Report| report.checks.iter().filter(|it| it.result.is_err()).count();
        reports.min_by_key(faults)
    }
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

/// A report in a few words.
pub(crate) fn summary(report: &Report) -> String {
    match report.first_fault() {
        None => "verified".to_owned(),
        Some((header, fault)) => format!("{header} {}", fault_text(fault)),
    }
}

fn detail(check: &Check) -> String {
    match check.result {
        Ok(Proof::Present) => "is there".to_owned(),
        Ok(Proof::Fresh) => "is recent".to_owned(),
        Ok(Proof::Fits) => "fits".to_owned(),
        Ok(Proof::FitsAsPrevious) => {
            "fits as x-webhook-signature-previous: the secret is being replaced, and this is an \
             old one"
                .to_owned()
        }
        Err(fault) => fault_text(fault),
    }
}

fn fault_text(fault: Fault) -> String {
    match fault {
        Fault::TooOld(age) => format!("is too old: signed {} ago", span(age)),
        Fault::TooNew(ahead) => format!("is {} in the future", span(ahead)),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn secret(byte: u8) -> Secret {
        Secret::from_random([byte; 32])
    }

    fn report(secrets: &[u8], body: &[u8], age: i64) -> Report {
        let signed = NOW - age;
        let (signature, time) = (secret(1).sign_body(b"{}"), signed.to_string());
        let standard = secret(1).sign_standard("evt_1", signed, b"{}");
        let received = Received::read(body, |name| match name {
            verify::BODY_SIGNATURE => Some(&signature),
            verify::ID => Some("evt_1"),
            verify::TIMESTAMP => Some(&time),
            verify::STANDARD_SIGNATURE => Some(&standard),
            _ => None,
        });
        let secrets = Secrets(secrets.iter().copied().map(secret).collect());
        let now = Timestamp::from_millis(NOW * 1000);
        secrets.judge(&received, now, verify::TOLERANCE).expect("a secret")
    }

    #[test]
    fn what_is_wrong_is_said_exactly() {
        let text = text(&report(&[1], b"{}", 7_380));
        assert_eq!(
            console::strip_ansi_codes(&text),
            "✓ x-webhook-signature  fits\n\
             ✓ webhook-id           is there\n\
             ✗ webhook-timestamp    is too old: signed 2h 3m ago\n\
             ✓ webhook-signature    fits\n\
             \n\
             Not verified.\n"
        );
        let changed = report(&[1], b"{}\n", 0);
        assert_eq!(summary(&changed), "x-webhook-signature does not fit");
        let cause = "The body was changed after signing: a line break was added at its end.";
        assert_eq!(ReportJson::of(&changed).cause.as_deref(), Some(cause));
    }

    #[test]
    fn any_of_several_secrets_will_do() {
        assert!(report(&[3, 1, 2], b"{}", 0).is_verified());
        assert!(!report(&[3, 2], b"{}", 0).is_verified());
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_shown() {
        let text = "whsec_bm90IGxvbmcgZW5vdWdo";
        let failure = Secrets::parse(&[text.to_owned()]).map(|_| ()).expect_err("refused");
        assert!(!failure.to_string().contains("bm90IGxvbmcg"), "{failure}");
        let padded = format!(" {}\n", secret(1).reveal());
        assert!(Secrets::parse(&[padded]).is_ok());
    }
}
