//! A request as it was received.

use http::{HeaderMap, Method};
use hyper::body::Bytes;
use std::time::{Instant, SystemTime};

/// A received request with its complete body.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The text after the `?`, if there is one.
    pub query: Option<String>,
    /// The headers; values of one name are in the order of arrival.
    pub headers: HeaderMap,
    /// The body's exact bytes.
    pub body: Bytes,
    /// When the last byte arrived, by the wall clock.
    pub at: SystemTime,
    /// The same moment on the clock for intervals.
    pub arrived: Instant,
}

impl ReceivedRequest {
    /// The first value of the header `name` (any case), if it exists and is printable ASCII.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
