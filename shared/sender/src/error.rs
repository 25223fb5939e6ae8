//! Why an exchange has no response.

use crate::connection::BoxError;

/// What an exchange waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The name server's answer.
    Resolving,
    /// TCP and TLS.
    Connecting,
    /// The receiver's status line and headers.
    Answering,
}

/// Why there is no response.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    /// The URL cannot be written in an HTTP request.
    UnusableUrl,
    /// The deadline passed.
    TimedOut(Phase),
    Broken(Phase, BoxError),
    /// A kept connection broke after a part of the request was written, without an answer.
    Lost,
}
