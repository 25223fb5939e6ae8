//! What can go wrong: the API says no, or nothing usable comes back.

use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// Why there is no answer of the expected kind.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The API refused the request and says why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// Nothing came back: no connection, or it broke, or time ran out.
    #[error("{what}: {}", lost(.source))]
    NoAnswer {
        /// Method and address of the request.
        what: String,
        /// What the HTTP client says.
        source: reqwest::Error,
    },
    /// Something came back that Grapnel does not send: another server answers there, or something
    /// in between.
    #[error("{what} answered {status} with what is not Grapnel's: {shown}")]
    NotGrapnel {
        /// Method and address of the request.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the body, or what is wrong with it.
        shown: String,
    },
    /// The address of the API is not one.
    #[error("`{url}` is not the address of an API: {reason}")]
    InvalidUrl {
        /// As it was given.
        url: String,
        /// Why not.
        reason: String,
    },
    /// A key with characters that no key has.
    #[error("the key holds characters that no key has; was it copied whole?")]
    InvalidKey,
    /// A text that cannot be an id.
    #[error("`{0}` is not an id")]
    InvalidId(String),
    /// A request that has no JSON.
    #[error("the request cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// The problem, if the API refused the request.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}

/// The innermost reason: the outer ones say `error sending request` and the like.
fn lost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if error.is_connect() { format!("cannot connect ({inner})") } else { inner.to_string() }
}

/// An error answer (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What the API answered.
    #[serde(flatten)]
    pub answer: grapnel_wire::problem::Problem,
    /// How long to wait before trying again, if the answer said so in its `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<Duration>,
}

impl std::ops::Deref for Problem {
    type Target = grapnel_wire::problem::Problem;

    fn deref(&self) -> &Self::Target {
        &self.answer
    }
}

impl Problem {
    /// The fields at fault, in their order.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        self.errors.iter().map(|fault| fault.field.as_str()).collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)?;
        for fault in &self.errors {
            write!(f, "\n  {}: {}", fault.field, fault.message)?;
        }
        Ok(())
    }
}
