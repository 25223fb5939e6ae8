//! One HTTP request to a receiver, and its outcome.
//!
//! The domain builds the complete [`OutboundRequest`] (see [`crate::request`]); the sender only
//! carries it out, with the address guard, and returns a [`Sent`]. Neither depends on the other's
//! implementation, so the simulation can replace the network by scripted receivers.

use crate::{health::DisabledCause, ids::UserId, target_url::TargetUrl};
use std::{fmt, time::Duration};

/// How many bytes of a response body are kept, counted after conversion to text.
pub const CAPTURE_LIMIT_BYTES: usize = 4096;

/// A complete request: `POST`, signed, with all headers except those that the HTTP client sets
/// (`host`, `content-length`).
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    /// Whose webhook it is for. Users never share a connection.
    pub user_id: UserId,
    pub url: TargetUrl,
    /// Header names in lower case and their values, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The exact bytes that were signed.
    pub body: Vec<u8>,
    /// Time from the start of name resolution to the last byte read, 1–30 s.
    pub timeout: Duration,
}

impl fmt::Debug for OutboundRequest {
    /// Shows only sizes: header values and bodies belong to users and must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest")
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The result of an [`OutboundRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub outcome: SendOutcome,
    /// Time from start to outcome.
    pub duration: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The receiver answered with a complete status line and headers.
    Answered(Answer),
    /// No usable answer. Counts as an attempt; `error` is a sentence for the webhook's owner and
    /// contains no secret and no header value.
    Failed {
        /// For example `the receiver did not answer within 10 s`.
        error: String,
    },
    /// A connection that was kept from an earlier request broke after a part of this request was
    /// sent, and there was no answer. Counts as an attempt, because the request may have arrived; it
    /// is not sent again at once. Shows nothing about the receiver: it may have closed the
    /// connection before the request came.
    ConnectionLost {
        /// A sentence for the webhook's owner.
        error: String,
    },
    /// There was no request: the webhook's transform made no body. Shows nothing about the
    /// receiver, and no sender returns it.
    NotSent {
        /// The error in the transform, for its owner.
        error: String,
    },
    /// The name server did not answer (time-out, `SERVFAIL`, none reachable). This is not the
    /// receiver's fault, and uses no attempt. A name that does not exist is
    /// [`SendOutcome::Failed`].
    ResolverUnavailable {
        /// The resolver's error.
        error: String,
    },
}

/// What a receiver may request by the response header `webhook-delivery`, as proposed for Standard
/// Webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryControl {
    /// `disable`: no further events.
    Disable,
    /// `abort-message`: no further attempts of this delivery.
    AbortMessage,
}

/// The kept part of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status, 100–999.
    pub status: u16,
    /// The first [`CAPTURE_LIMIT_BYTES`] of the body as text. Bytes that are not UTF-8 become
    /// U+FFFD, and the limit applies after that. Empty if there was no body.
    pub body: String,
    /// The body was longer than the kept part, broke off, or was not complete at the deadline.
    pub truncated: bool,
    /// The `Retry-After` header as received; several lines are joined by commas.
    pub retry_after: Option<String>,
    /// The `webhook-delivery` header as received, at most 64 bytes.
    pub webhook_delivery: Option<String>,
    /// The `Location` header as received; a very long value is cut.
    pub location: Option<String>,
    /// What a reader of the body must know.
    pub remark: Option<BodyRemark>,
}

/// Why a kept body is not the body that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyRemark {
    /// It is compressed, with this method if it was named, and no part of it is kept. Bodies are
    /// not decompressed: a small one may become a very large one.
    Compressed(Option<String>),
    /// Some of its bytes are not UTF-8.
    NotUtf8,
    /// So many of its bytes are not UTF-8 that it is unreadable, and no part of it is kept.
    Unreadable,
}

impl BodyRemark {
    /// Whether no part of the body is kept.
    #[must_use]
    pub fn drops_body(&self) -> bool {
        !matches!(self, Self::NotUtf8)
    }
}

impl fmt::Display for BodyRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compressed(Some(how)) => {
                write!(f, "the body is compressed ({how}) although no request asks for that")?;
                f.write_str(", and is not kept")
            }
            Self::Compressed(None) => f.write_str("the body is compressed, and is not kept"),
            Self::NotUtf8 => f.write_str("the body is not UTF-8: what cannot be read is \u{fffd}"),
            Self::Unreadable => f.write_str("the body is not text in UTF-8, and is not kept"),
        }
    }
}

impl Answer {
    /// The target of a redirect: these of the 3xx statuses are redirects (RFC 9110 section 15.4).
    /// 304 is not.
    #[must_use]
    pub fn redirects_to(&self) -> Option<&str> {
        self.location.as_deref().filter(|_| is_redirect(self.status))
    }

    /// The request in `webhook-delivery`. An unknown value is ignored.
    #[must_use]
    pub fn control(&self) -> Option<DeliveryControl> {
        let asked = self.webhook_delivery.as_deref()?.trim();
        if asked.eq_ignore_ascii_case("disable") {
            Some(DeliveryControl::Disable)
        } else if asked.eq_ignore_ascii_case("abort-message") {
            Some(DeliveryControl::AbortMessage)
        } else {
            None
        }
    }

    /// Why its endpoint wants no further events, if it says so.
    #[must_use]
    pub fn stops(&self) -> Option<DisabledCause> {
        match (self.control(), self.status) {
            (Some(DeliveryControl::Disable), _) => Some(DisabledCause::Asked),
            (_, 410) => Some(DisabledCause::Gone),
            _ => None,
        }
    }
}

/// Whether the status is a redirect.
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
