//! What came back for a request.

use crate::{Error, Problem};
use grapnel_wire::retry_after::parse_retry_after_since;
use reqwest::header::{self, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Longest part of a foreign answer that an error shows.
const SHOWN_CHARS: usize = 200;

/// An answer with what names its version.
#[derive(Debug, Clone)]
pub struct Tagged<T> {
    /// What was answered.
    pub value: T,
    /// Its version (`ETag`), for [`Call::if_match`](crate::Call::if_match); `None` where the API
    /// names none.
    pub tag: Option<HeaderValue>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
    /// How often the request was sent, 1 or more.
    pub tries: u32,
}

impl Answer {
    /// The problem in the answer, if it is one.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        let problem = serde_json::from_str(&self.text).ok()?;
        Some(Problem { retry_after: self.retry_after(), ..problem })
    }

    /// How long `Retry-After` says to wait. The API uses seconds; what stands between it and us may
    /// use dates.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = |name| self.headers.get(name)?.to_str().ok();
        parse_retry_after_since(text(header::RETRY_AFTER)?, text(header::DATE))
    }

    /// What it holds; what it refuses; or neither, if Grapnel would not answer so.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Option<Error>> {
        if (200..300).contains(&self.status) {
            return parse(&self.text);
        }
        Err(self.problem().map(|problem| Error::Refused(Box::new(problem))))
    }

    pub(crate) fn foreign(&self, what: String) -> Error {
        let shown = match self.text.trim() {
            "" => "nothing".to_owned(),
            text => text.chars().take(SHOWN_CHARS).collect(),
        };
        Error::NotGrapnel { what, status: self.status, shown }
    }
}

/// Reads JSON; an empty body stands for `null`.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Option<Error>> {
    let text = if text.is_empty() { "null" } else { text };
    serde_json::from_str(text).map_err(|_| None)
}
