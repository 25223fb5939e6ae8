//! A case of misbehaviour, and what is expected of an attempt at it.

use super::raw::Then;

/// The placeholder in a sentence for the attempt's time limit.
pub(super) const TIMEOUT: &str = "{timeout}";

/// A receiver that misbehaves in one way.
#[derive(Debug)]
pub struct Hostile {
    /// A short description.
    pub name: &'static str,
    pub expected: Expected,
    pub(super) conduct: Conduct,
}

/// The expected record of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The status code, if the receiver answers.
    pub status_code: Option<u16>,
    /// The sentence, if the attempt failed; see [`error_after`](Self::error_after).
    error: Option<&'static str>,
    /// The kept part of the body.
    pub response: Kept,
    /// Whether the body was longer, broke off or was not complete in time. Not recorded: the
    /// sender's result.
    pub truncated: bool,
    /// Whether the attempt uses all its time. Other attempts end earlier.
    pub takes_all_its_time: bool,
}

impl Expected {
    /// A failure without an answer, for the reason in this sentence.
    pub(super) const fn failed(error: &'static str) -> Self {
        Self {
            status_code: None,
            error: Some(error),
            response: Kept::Nothing,
            truncated: false,
            takes_all_its_time: false,
        }
    }

    /// An answer that settles the delivery.
    pub(super) const fn success(status: u16) -> Self {
        Self { status_code: Some(status), error: None, ..Self::failed("") }
    }

    /// An answer that is a failure, for the reason in this sentence.
    pub(super) const fn refused(status: u16, error: &'static str) -> Self {
        Self { status_code: Some(status), ..Self::failed(error) }
    }

    /// The recorded sentence of a failed attempt with a time limit of this many seconds.
    #[must_use]
    pub fn error_after(&self, timeout_seconds: u32) -> Option<String> {
        self.error.map(|sentence| sentence.replace(TIMEOUT, &format!("{timeout_seconds} s")))
    }

    pub(super) const fn keeping(self, response: Kept) -> Self {
        Self { response, ..self }
    }

    pub(super) const fn cut(self) -> Self {
        Self { truncated: true, ..self }
    }

    pub(super) const fn in_all_its_time(self) -> Self {
        Self { takes_all_its_time: true, ..self }
    }
}

/// The kept part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// Exactly this text.
    Text(&'static str),
    /// As much as arrived in time.
    Something,
    /// The maximum number of bytes that are kept, minus the bytes of a cut last character.
    AsMuchAsFits(usize),
}

/// The behaviour of a receiver.
#[derive(Debug)]
pub(super) enum Conduct {
    /// Sends these bytes.
    Bytes(Vec<u8>, Then),
    /// Sends these bytes where the client expects TLS.
    BytesForTls(&'static [u8], Then),
    /// Sends `once` over TLS, then `flood` repeatedly if it is not empty, and at the end cuts the
    /// connection without TLS's closing message.
    Tls { once: &'static [u8], flood: &'static [u8] },
    /// Sends `once`, and then `flood` repeatedly.
    Frames { once: Vec<u8>, flood: Vec<u8> },
    /// Has a certificate with this flaw.
    Certificate(Flaw),
    /// Does not accept the connection.
    Congested,
    /// Refuses the connection.
    Refusing,
}

/// A flaw of a certificate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Flaw {
    Expired,
    SelfSigned,
    WrongHost,
}
