//! Checks the signatures of a request as a receiver, and explains a failure.
//!
//! This checks two signatures and the time of signing. If neither signature is right, it undoes the
//! usual changes of a body (an editor's line break, a framework that serialised the JSON again) one
//! at a time: if a signature is right then, the body was changed, and the report says how. The
//! checked body is the body as it was kept; it is not repaired before the check.

mod rewrite;
mod standard;
mod undo;

pub use rewrite::Rewriting;
pub use standard::StandardHeaders;
pub use undo::Change;

use super::Secret;
use crate::time::Timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{fmt, time::Duration};

/// The tolerance of `webhook-timestamp`, as in the libraries of Standard Webhooks.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// HMAC-SHA256 over the body: `sha256=<hex>`.
pub const BODY_SIGNATURE: &str = "x-webhook-signature";
/// The same with each old secret that still signs, separated by blanks.
pub const PREVIOUS_BODY_SIGNATURE: &str = "x-webhook-signature-previous";
/// The event's id.
pub const ID: &str = "webhook-id";
/// When the attempt was made, in seconds since the epoch.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Standard Webhooks' signatures: `v1,<base64>`, separated by blanks.
pub const STANDARD_SIGNATURE: &str = "webhook-signature";
/// The number of bytes of the sent body.
const LENGTH: &str = "content-length";

/// The signed part of a received request, and the signatures.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The body, byte for byte.
    pub body: &'a [u8],
    body_signature: Option<&'a str>,
    previous_body_signature: Option<&'a str>,
    id: Option<&'a str>,
    timestamp: Option<&'a str>,
    standard_signature: Option<&'a str>,
    length: Option<usize>,
}

impl<'a> Received<'a> {
    /// Reads the headers of a request. `header` returns the value of a header by its name in lower
    /// case.
    pub fn read(body: &'a [u8], header: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        Self {
            body,
            body_signature: header(BODY_SIGNATURE),
            previous_body_signature: header(PREVIOUS_BODY_SIGNATURE),
            id: header(ID),
            timestamp: header(TIMESTAMP),
            standard_signature: header(STANDARD_SIGNATURE),
            length: header(LENGTH).and_then(|length| length.parse().ok()),
        }
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One entry for each checked header, always in the same order.
    pub checks: [Check; 4],
    /// The reason why a signature is wrong, if it can be found.
    pub cause: Option<Cause>,
}

/// The result for one header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// The name, in lower case.
    pub header: &'static str,
    /// Whether the header is right.
    pub result: Result<Proof, Fault>,
}

/// Why a header is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It is present; nothing else is checked.
    Present,
    /// The request was signed this long ago, or is this far in the future, within the tolerance.
    Fresh,
    /// The signature is right.
    Fits,
    /// The signature is made with another secret, but the signature with an old secret is right:
    /// the secret was rotated, and the receiver still has an old one.
    FitsAsPrevious,
}

/// Why a header is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Missing,
    /// It is malformed; the text describes the right form.
    Malformed(&'static str),
    /// The request was signed this long ago.
    TooOld(Duration),
    /// The request was signed this far in the future.
    TooNew(Duration),
    /// The signature does not match this body and this secret.
    Mismatch,
    /// It cannot be checked without `webhook-id` and `webhook-timestamp`.
    Unchecked,
}

/// Why a signature is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The other signature is right, so body and secret are right: a header was changed.
    HeaderChanged,
    /// It is right for the body with this change undone.
    BodyChanged(Change),
    /// The body is an envelope or a CloudEvent, but not in Grapnel's notation.
    Reserialised,
    /// The body's length differs from the sent length.
    Length {
        /// The present length in bytes.
        kept: usize,
        /// The sent length, from `Content-Length`.
        sent: usize,
        /// Whether the body is JSON, which often changes its length when it is serialised again.
        is_json: bool,
    },
    /// It is made with another secret, or the body was changed in an unknown way: these cannot be
    /// distinguished.
    SecretOrBody,
}

impl Report {
    /// Whether all headers are right.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.checks.iter().all(|check| check.result.is_ok())
    }

    /// The first fault, with the header's name.
    #[must_use]
    pub fn first_fault(&self) -> Option<(&'static str, Fault)> {
        self.checks.iter().find_map(|check| Some((check.header, check.result.err()?)))
    }
}

/// Checks a request with a secret at `now`. A request that was signed more than `tolerance` before
/// or after is refused, because it may be a copy.
#[must_use]
pub fn verify(
    received: &Received<'_>,
    secret: &Secret,
    now: Timestamp,
    tolerance: Duration,
) -> Report {
    let body_signature = check_body(received, secret);
    let time = received.timestamp.map_or(Err(Fault::Missing), parse_time);
    let standard = check_standard(received, secret, time.ok());
    let result = |header, result| Check { header, result };
    Report {
        checks: [
            result(BODY_SIGNATURE, body_signature),
            result(ID, received.id.map(|_| Proof::Present).ok_or(Fault::Missing)),
            result(TIMESTAMP, time.and_then(|time| check_age(time, now, tolerance))),
            result(STANDARD_SIGNATURE, standard),
        ],
        cause: cause(received, secret, body_signature, standard, time.ok()),
    }
}

fn check_body(received: &Received<'_>, secret: &Secret) -> Result<Proof, Fault> {
    let current = received.body_signature.ok_or(Fault::Missing)?;
    let digest = parse_body_signature(current)
        .ok_or(Fault::Malformed("`sha256=` and 64 hexadecimal digits"))?;
    if secret.signed_body(received.body, &digest) {
        return Ok(Proof::Fits);
    }
    let previous = received.previous_body_signature.unwrap_or_default().split(' ');
    let fits = |digest: Vec<u8>| secret.signed_body(received.body, &digest);
    match previous.filter_map(parse_body_signature).any(fits) {
        true => Ok(Proof::FitsAsPrevious),
        false => Err(Fault::Mismatch),
    }
}

fn check_standard(
    received: &Received<'_>,
    secret: &Secret,
    time: Option<i64>,
) -> Result<Proof, Fault> {
    let signature = received.standard_signature.ok_or(Fault::Missing)?;
    let digests = standard_digests(signature);
    if digests.is_empty() {
        return Err(Fault::Malformed("`v1,` and base64, with a blank between two"));
    }
    let (Some(id), Some(time)) = (received.id, time) else { return Err(Fault::Unchecked) };
    let fits = secret.signed_standard(id, time, received.body, &digests);
    if fits { Ok(Proof::Fits) } else { Err(Fault::Mismatch) }
}

fn check_age(signed: i64, now: Timestamp, tolerance: Duration) -> Result<Proof, Fault> {
    let signed = Timestamp::from_millis(signed.saturating_mul(1000));
    // Whole seconds, the precision of the header.
    let now = Timestamp::from_millis(now.as_secs().saturating_mul(1000));
    let (age, ahead) = (signed.until(now), now.until(signed));
    if age > tolerance {
        Err(Fault::TooOld(age))
    } else if ahead > tolerance {
        Err(Fault::TooNew(ahead))
    } else {
        Ok(Proof::Fresh)
    }
}

/// Seconds since the epoch, only digits.
fn parse_time(text: &str) -> Result<i64, Fault> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let time = if digits { text.parse().ok() } else { None };
    time.ok_or(Fault::Malformed("a whole number of seconds since 1970"))
}

/// The digests of the `v1` entries of `webhook-signature`.
fn standard_digests(signature: &str) -> Vec<Vec<u8>> {
    let entries = signature.split(' ');
    entries.filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok()).collect()
}

fn parse_body_signature(text: &str) -> Option<Vec<u8>> {
    let digest = hex::decode(text.strip_prefix("sha256=")?).ok()?;
    (digest.len() == 32).then_some(digest)
}

fn cause(
    received: &Received<'_>,
    secret: &Secret,
    body_signature: Result<Proof, Fault>,
    standard: Result<Proof, Fault>,
    time: Option<i64>,
) -> Option<Cause> {
    if body_signature != Err(Fault::Mismatch) && standard != Err(Fault::Mismatch) {
        return None;
    }
    if body_signature.is_ok() || standard.is_ok() {
        return Some(Cause::HeaderChanged);
    }
    let fits = |body: &[u8]| {
        let undone = Received { body, ..*received };
        check_body(&undone, secret).is_ok() || check_standard(&undone, secret, time).is_ok()
    };
    let change = undo::change(received.body, fits);
    Some(change.map_or_else(|| traces(received), Cause::BodyChanged))
}

/// The cause that is visible in the body alone.
fn traces(received: &Received<'_>) -> Cause {
    let kept = received.body.len();
    match received.length {
        _ if rewrite::is_rewritten(received.body) => Cause::Reserialised,
        Some(sent) if sent != kept => {
            let json = serde_json::from_slice::<serde::de::IgnoredAny>(received.body);
            Cause::Length { kept, sent, is_json: json.is_ok() }
        }
        _ => Cause::SecretOrBody,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::Malformed(expected) => write!(f, "is malformed: it must be {expected}"),
            Self::TooOld(age) => write!(f, "is too old: signed {} s ago", age.as_secs()),
            Self::TooNew(ahead) => write!(f, "is {} s in the future", ahead.as_secs()),
            Self::Mismatch => f.write_str("does not fit"),
            Self::Unchecked => {
                f.write_str("cannot be checked without webhook-id and webhook-timestamp")
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeaderChanged => f.write_str(
                "One signature fits, so the body and the secret are right: a header was changed \
                 after signing.",
            ),
            Self::BodyChanged(change) => {
                write!(f, "The body was changed after signing: {change}")
            }
            Self::Reserialised => f.write_str(
                "The body was changed after signing: its JSON was serialised again. Grapnel writes \
                 an envelope without blanks and with its members in order. Verify the bytes as they \
                 arrived, before any parser has touched them.",
            ),
            Self::Length { kept, sent, is_json } => {
                write!(
                    f,
                    "The body was changed after signing: it has {kept} bytes, and {sent} were sent \
                     (Content-Length)."
                )?;
                match is_json {
                    true => f.write_str(
                        " Most likely its JSON was serialised again. Verify the bytes as they \
                         arrived, before any parser has touched them.",
                    ),
                    false if kept < sent => f.write_str(" It was cut off."),
                    false => Ok(()),
                }
            }
            Self::SecretOrBody => f.write_str(
                "The request was signed with another secret, or its body was changed after signing.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
