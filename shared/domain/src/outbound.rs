//! One HTTP request on its way to a receiver, and what came of it.
//!
//! The domain builds an [`OutboundRequest`] completely (see [`crate::request`]); the sender only
//! carries it out, under the address guard, and reports a [`Sent`]. Neither side knows how the
//! other works, so the simulation can put a scripted receiver where the network is.

use crate::health::DisabledCause;
use std::{fmt, time::Duration};

/// Most bytes of a response body that are kept, counted after conversion to text.
pub const CAPTURE_LIMIT_BYTES: usize = 4096;

/// A request ready to be sent: `POST`, signed, with every header that the receiver will see except
/// those that the HTTP client owns (`host`, `content-length`).
#[derive(Clone, PartialEq, Eq)]
pub struct OutboundRequest {
    /// Absolute URL, as saved on the webhook.
    pub url: String,
    /// Header names in lower case and their values, in the order in which they are sent.
    pub headers: Vec<(String, String)>,
    /// The exact bytes that were signed.
    pub body: Vec<u8>,
    /// Time allowed from the start of name resolution to the last byte read, 1–30 s.
    pub timeout: Duration,
}

impl fmt::Debug for OutboundRequest {
    /// Shows sizes only: header values and bodies belong to users and must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest")
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The result of carrying out an [`OutboundRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What happened.
    pub outcome: SendOutcome,
    /// Time from start to outcome.
    pub duration: Duration,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The receiver answered with a complete status line and headers.
    Answered(Answer),
    /// No usable answer. Counts as an attempt; `error` is a sentence for the webhook's owner and
    /// holds no secret and no header value.
    Failed {
        /// What went wrong, for example `the receiver did not answer within 10 s`.
        error: String,
    },
    /// There was no request to carry out: the webhook's transform made no body. Says nothing about
    /// the receiver, and no sender answers it.
    NotSent {
        /// What the transform's owner has to mend.
        error: String,
    },
    /// The name server did not answer (time-out, `SERVFAIL`, none reachable). Our fault, not the
    /// receiver's: it spends no attempt. A name that does not exist is [`SendOutcome::Failed`].
    ResolverUnavailable {
        /// What the resolver said.
        error: String,
    },
}

/// What a receiver may ask for by the response header `webhook-delivery`, as proposed for Standard
/// Webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryControl {
    /// `disable`: no more events.
    Disable,
    /// `abort-message`: no more attempts of this one.
    AbortMessage,
}

/// The part of a response that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status, 100–999.
    pub status: u16,
    /// The first [`CAPTURE_LIMIT_BYTES`] of the body as text; bytes that are not UTF-8 become U+FFFD,
    /// and the limit holds after that conversion. Empty when there was none.
    pub body: String,
    /// The body went on beyond what was kept, or broke off, or outlasted the deadline.
    pub truncated: bool,
    /// The `Retry-After` header as received; the lines of several are joined by commas.
    pub retry_after: Option<String>,
    /// The `webhook-delivery` header as received, at most 64 bytes.
    pub webhook_delivery: Option<String>,
    /// The `Location` header as received, its end cut off if it is very long.
    pub location: Option<String>,
    /// What is to be known of the body to read it.
    pub remark: Option<BodyRemark>,
}

/// Why a body is not to be read as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyRemark {
    /// It is compressed, in this way if that was said, and nothing of it is kept. Bodies are not
    /// decompressed: a small one may become a very large one.
    Compressed(Option<String>),
    /// Some of its bytes are not UTF-8.
    NotUtf8,
    /// So many of its bytes are not UTF-8 that nobody could read it, and nothing of it is kept.
    Unreadable,
}

impl BodyRemark {
    /// Whether nothing of the body is kept.
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
    /// Where it points the sender, if it is a redirect: of the 3xx statuses, these are (RFC 9110
    /// section 15.4). 304 is none.
    #[must_use]
    pub fn redirects_to(&self) -> Option<&str> {
        self.location.as_deref().filter(|_| is_redirect(self.status))
    }

    /// What it asks for beyond its status. What is not known is no wish.
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

    /// Why its endpoint wants no more events, if it says so.
    #[must_use]
    pub fn stops(&self) -> Option<DisabledCause> {
        match (self.control(), self.status) {
            (Some(DeliveryControl::Disable), _) => Some(DisabledCause::Asked),
            (_, 410) => Some(DisabledCause::Gone),
            _ => None,
        }
    }
}

/// Whether a status asks for the same request at another address.
#[must_use]
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
