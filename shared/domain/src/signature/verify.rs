//! Whether a request is signed as its receiver was promised, and if not, what is wrong with it.
//!
//! Two signatures are checked, and the time of signing. Where neither signature fits, the usual
//! accidents on the way of a body (an editor's line break, a framework that wrote the JSON anew)
//! are undone one at a time: if that makes one fit, the body was changed, and the report says how.

use super::Secret;
use crate::time::Timestamp;
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{fmt, time::Duration};

/// How far `webhook-timestamp` may be from the present, as Standard Webhooks' libraries have it.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// HMAC-SHA256 over the body: `sha256=<hex>`.
pub const BODY_SIGNATURE: &str = "x-webhook-signature";
/// The same with the secret before, during a rotation.
pub const PREVIOUS_BODY_SIGNATURE: &str = "x-webhook-signature-previous";
/// The event's id.
pub const ID: &str = "webhook-id";
/// When the attempt was made, in seconds since the epoch.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Standard Webhooks' signatures: `v1,<base64>`, with blanks between them.
pub const STANDARD_SIGNATURE: &str = "webhook-signature";

/// The part of a received request that signatures cover, and the signatures.
#[derive(Clone, Copy)]
pub struct Received<'a> {
    /// The body, byte for byte.
    pub body: &'a [u8],
    body_signature: Option<&'a str>,
    previous_body_signature: Option<&'a str>,
    id: Option<&'a str>,
    timestamp: Option<&'a str>,
    standard_signature: Option<&'a str>,
}

impl<'a> Received<'a> {
    /// Takes the headers out of a request. `header` answers a header's value by its name in lower
    /// case.
    pub fn read(body: &'a [u8], header: impl Fn(&'static str) -> Option<&'a str>) -> Self {
        Self {
            body,
            body_signature: header(BODY_SIGNATURE),
            previous_body_signature: header(PREVIOUS_BODY_SIGNATURE),
            id: header(ID),
            timestamp: header(TIMESTAMP),
            standard_signature: header(STANDARD_SIGNATURE),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One entry for each header that must be right, always in the same order.
    pub checks: [Check; 4],
    /// Why a signature does not fit, as far as that can be told.
    pub cause: Option<Cause>,
}

/// What was found of one header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Its name, in lower case.
    pub header: &'static str,
    /// Whether it is right.
    pub result: Result<Proof, Fault>,
}

/// A header that is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It is there; that is all there is to it.
    Present,
    /// The request was signed so long ago, or is so far ahead, within the tolerance.
    Fresh,
    /// The signature fits.
    Fits,
    /// The signature is of another secret, but the one of the secret before fits: the secret is
    /// being replaced, and the receiver still has the old one.
    FitsAsPrevious,
}

/// What is wrong with a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is not there.
    Missing,
    /// It is not written as it should be, which is so.
    Malformed(&'static str),
    /// The request was signed this long ago.
    TooOld(Duration),
    /// The request was signed this far in the future.
    TooNew(Duration),
    /// The signature fits neither this body nor this secret.
    Mismatch,
    /// It cannot be checked without `webhook-id` and `webhook-timestamp`.
    Unchecked,
}

/// Why a signature does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The other one fits, so that body and secret are right: a header was changed.
    HeaderChanged,
    /// It fits the body with this change undone.
    BodyChanged(Change),
    /// It is of another secret, or the body was changed beyond recognition: nobody can tell which.
    SecretOrBody,
}

/// What happened to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A line break was added at its end.
    NewlineAdded,
    /// The line break at its end was lost.
    NewlineLost,
    /// Its line breaks were changed to CR LF.
    LineBreaks,
    /// A byte order mark was put before it.
    ByteOrderMark,
    /// Its JSON was written anew, with other blanks.
    Reformatted,
}

impl Report {
    /// Whether everything is right.
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

/// Checks a request against a secret at `now`; one that was signed more than `tolerance` before or
/// after is refused, since somebody may have kept it.
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
    let previous = received.previous_body_signature.and_then(parse_body_signature);
    match previous {
        Some(digest) if secret.signed_body(received.body, &digest) => Ok(Proof::FitsAsPrevious),
        _ => Err(Fault::Mismatch),
    }
}

fn check_standard(
    received: &Received<'_>,
    secret: &Secret,
    time: Option<i64>,
) -> Result<Proof, Fault> {
    let signature = received.standard_signature.ok_or(Fault::Missing)?;
    let digests: Vec<Vec<u8>> = signature
        .split(' ')
        .filter_map(|entry| STANDARD.decode(entry.strip_prefix("v1,")?).ok())
        .collect();
    if digests.is_empty() {
        return Err(Fault::Malformed("`v1,` and base64, with a blank between two"));
    }
    let (Some(id), Some(time)) = (received.id, time) else { return Err(Fault::Unchecked) };
    let fits = |digest: &Vec<u8>| secret.signed_standard(id, time, received.body, digest);
    if digests.iter().any(fits) { Ok(Proof::Fits) } else { Err(Fault::Mismatch) }
}

fn check_age(signed: i64, now: Timestamp, tolerance: Duration) -> Result<Proof, Fault> {
    let signed = Timestamp::from_millis(signed.saturating_mul(1000));
    // Whole seconds, which is all that the header tells.
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

/// Seconds since the epoch, in digits alone.
fn parse_time(text: &str) -> Result<i64, Fault> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let time = if digits { text.parse().ok() } else { None };
    time.ok_or(Fault::Malformed("a whole number of seconds since 1970"))
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
    let change = undone(received.body).into_iter().find(|(_, body)| fits(body));
    Some(change.map_or(Cause::SecretOrBody, |(change, _)| Cause::BodyChanged(change)))
}

/// What the body may have been before each change that it may have suffered.
fn undone(body: &[u8]) -> Vec<(Change, Vec<u8>)> {
    let mut before = vec![(Change::NewlineLost, [body, b"\n"].concat())];
    if let Some(shorter) = body.strip_suffix(b"\n") {
        let shorter = shorter.strip_suffix(b"\r").unwrap_or(shorter);
        before.push((Change::NewlineAdded, shorter.to_vec()));
    }
    if let Some(rest) = body.strip_prefix(b"\xEF\xBB\xBF") {
        before.push((Change::ByteOrderMark, rest.to_vec()));
    }
    before.push((Change::LineBreaks, without_carriage_returns(body)));
    before.push((Change::Reformatted, without_blanks(body)));
    before
}

fn without_carriage_returns(body: &[u8]) -> Vec<u8> {
    let followed = |index: usize| body.get(index + 1) == Some(&b'\n');
    let kept = body.iter().enumerate().filter(|(index, byte)| **byte != b'\r' || !followed(*index));
    kept.map(|(_, byte)| *byte).collect()
}

/// JSON without the blanks between its tokens, which is how bodies are sent.
fn without_blanks(body: &[u8]) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    let mut dense = Vec::with_capacity(body.len());
    for byte in body {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            continue;
        } else {
            in_string = *byte == b'"';
        }
        dense.push(*byte);
    }
    dense
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
        f.write_str(match self {
            Self::HeaderChanged => {
                "One signature fits, so the body and the secret are right: a header was changed \
                 after signing."
            }
            Self::BodyChanged(Change::NewlineAdded) => {
                "The body was changed after signing: a line break was added at its end."
            }
            Self::BodyChanged(Change::NewlineLost) => {
                "The body was changed after signing: the line break at its end was lost."
            }
            Self::BodyChanged(Change::LineBreaks) => {
                "The body was changed after signing: its line breaks were made CR LF."
            }
            Self::BodyChanged(Change::ByteOrderMark) => {
                "The body was changed after signing: a byte order mark was put before it."
            }
            Self::BodyChanged(Change::Reformatted) => {
                "The body was changed after signing: its JSON was written anew with other blanks. \
                 Verify the bytes as they arrived, before any parser has touched them."
            }
            Self::SecretOrBody => {
                "The request was signed with another secret, or its body was changed after signing."
            }
        })
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
