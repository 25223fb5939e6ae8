//! An echo: a receiver inside the API, by which a deployment is checked from end to end.
//!
//! An admin makes an echo with a webhook's secret and sends the webhook to it. The echo answers nothing
//! but requests that are signed with that secret, a bounded number of them, and not for long. So it is
//! no open endpoint, and a signed request that somebody captured can be repeated only so often.

use crate::{
    ids::EchoId,
    signature::{
        Secret,
        verify::{StandardHeaders, TOLERANCE},
    },
    time::Timestamp,
};
use std::time::Duration;

/// How long an echo answers.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// Most signed requests that an echo answers.
pub use grapnel_wire::limits::ECHO_REQUESTS as MAX_REQUESTS;

/// Most of them that it can be told to fail.
pub use grapnel_wire::limits::ECHO_FAILURES as MAX_FAIL_FIRST;

/// Longest `webhook-id` that is recorded. Grapnel's own are event ids, 40 bytes.
pub use grapnel_wire::limits::ECHO_MESSAGE_ID_BYTES as MAX_MESSAGE_ID_BYTES;

/// Longest version of a sender that is recorded.
pub use grapnel_wire::limits::ECHO_VERSION_BYTES as MAX_VERSION_BYTES;

/// An echo, and what it has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echo {
    /// Its id, which is also its address.
    pub id: EchoId,
    /// What its requests are signed with.
    pub secret: Secret,
    /// How many requests it fails before it accepts the rest, 0–[`MAX_FAIL_FIRST`].
    pub fail_first: usize,
    /// From when on it answers nothing, to the second. Its row may be dropped after that.
    pub expires_at: Timestamp,
    /// The signed requests so far, oldest first; at most [`MAX_REQUESTS`].
    pub requests: Vec<EchoedRequest>,
}

/// A signed request that an echo answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EchoedRequest {
    /// Its `webhook-id`.
    pub message_id: String,
    /// When it came.
    pub at: Timestamp,
    /// The version of the Grapnel that sent it; see [`sender_version`].
    pub sender_version: Option<String>,
}

/// How an echo answers a signed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EchoAnswer {
    /// As a receiver that fails.
    Failure,
    /// As a receiver that accepts.
    Success,
}

impl Echo {
    /// Whether it still answers at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// How many more requests it answers.
    #[must_use]
    pub fn requests_left(&self) -> usize {
        MAX_REQUESTS.saturating_sub(self.requests.len())
    }

    /// How it answers the request at this place of [`Echo::requests`].
    #[must_use]
    pub fn answer(&self, place: usize) -> EchoAnswer {
        if place < self.fail_first { EchoAnswer::Failure } else { EchoAnswer::Success }
    }

    /// Whether a request that came at `now` is signed with its secret, in time.
    #[must_use]
    pub fn is_signed_for(
        &self,
        headers: &StandardHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> bool {
        self.is_live(now) && may_be_signed(headers, now) && headers.fit(body, &self.secret)
    }
}

/// Whether a request may be signed for an echo, as far as its headers alone tell. The rest takes the
/// echo's secret, and that a read.
#[must_use]
pub fn may_be_signed(headers: &StandardHeaders<'_>, now: Timestamp) -> bool {
    headers.id().len() <= MAX_MESSAGE_ID_BYTES && headers.is_fresh(now, TOLERANCE)
}

/// The version in the `User-Agent` of a Grapnel: `Grapnel/` and a semantic version of at most
/// [`MAX_VERSION_BYTES`], and nothing else.
#[must_use]
pub fn sender_version(user_agent: &str) -> Option<&str> {
    let version = user_agent.strip_prefix("Grapnel/")?;
    (version.len() <= MAX_VERSION_BYTES && is_semantic_version(version)).then_some(version)
}

/// Whether it is three numbers, and after them perhaps a pre-release or a build (semver.org).
fn is_semantic_version(text: &str) -> bool {
    let (numbers, suffix) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let is_number = |part: &str| {
        let is_padded = part.len() > 1 && part.starts_with('0');
        !part.is_empty() && !is_padded && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_identifier = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && (suffix.is_empty() || suffix[1..].split(['.', '+']).all(is_identifier))
}

#[cfg(test)]
#[path = "echo_tests.rs"]
mod tests;
