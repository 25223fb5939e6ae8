//! Whether a saved request is signed as it should be, in words: for `grapnel verify` and for the console.
//! [`saved_request`] reads the request, [`grapnel_domain::signature::verify`] checks it, and what it found is said
//! here.

mod saved_request;
mod span;

pub use grapnel_domain::signature::verify::{Proof, Report, TOLERANCE};
pub use saved_request::{InvalidRequest, SavedRequest};
pub use span::span;

use grapnel_domain::{
    signature::{
        InvalidSecret, Secret,
        verify::{self, Check, Fault, Received},
    },
    time::Timestamp,
};
use std::time::Duration;

/// The secrets of which one must have signed.
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// Reads them.
    ///
    /// # Errors
    /// The first text that is none.
    pub fn parse(texts: &[String]) -> Result<Self, (&str, InvalidSecret)> {
        let parse = |text: &'_ String| Secret::parse(text.trim());
        let mut secrets = Vec::new();
        for text in texts {
            secrets.push(parse(text).map_err(|error| (text.trim(), error))?);
        }
        Ok(Self(secrets))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks a request against each, and answers for the one that it fits best; `None` if there is
    /// no secret.
    #[must_use]
    pub fn judge(
        &self,
        received: &Received<'_>,
        now: Timestamp,
        tolerance: Duration,
    ) -> Option<Report> {
        let reports = self.0.iter().map(|secret| verify::verify(received, secret, now, tolerance));
        reports.min_by_key(faults)
    }
}

/// How many checks failed.
#[must_use]
pub fn faults(report: &Report) -> usize {
    report.checks.iter().filter(|check| check.result.is_err()).count()
}

/// What was found about a header.
#[must_use]
pub fn detail(check: &Check) -> String {
    match check.result {
        Ok(Proof::Present) => "is there".to_owned(),
        Ok(Proof::Fresh) => "is recent".to_owned(),
        Ok(Proof::Fits) => "fits".to_owned(),
        Ok(Proof::FitsAsPrevious) => {
            "fits as x-webhook-signature-previous: the secret is being replaced, and this is an \
             old one"
                .to_owned()
        }
        Err(fault) => said(fault),
    }
}

/// A report in a few words.
#[must_use]
pub fn summary(report: &Report) -> String {
    match report.first_fault() {
        None => "verified".to_owned(),
        Some((header, fault)) => format!("{header} {}", said(fault)),
    }
}

fn said(fault: Fault) -> String {
    match fault {
        Fault::TooOld(age) => format!("is too old: signed {} ago", span(age)),
        Fault::TooNew(ahead) => format!("is {} in the future", span(ahead)),
        other => other.to_string(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
