//! A receiver's replies to the requests to a path.

use super::request::ReceivedRequest;
use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::LOCATION};
use hyper::body::Bytes;

/// Replies in order, then one reply for ever; or a reply that depends on the request.
#[derive(Clone, Debug, Default)]
pub struct Script {
    first: VecDeque<Reply>,
    then: Reply,
    by_request: Option<ByRequest>,
}

#[derive(Clone)]
struct ByRequest(Arc<dyn Fn(&ReceivedRequest) -> Reply + Send + Sync>);

impl fmt::Debug for ByRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a function of the request")
    }
}

impl Script {
    /// Gives `replies` one by one, then an empty 200; see [`then`](Self::then).
    pub fn in_order(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self { first: replies.into_iter().collect(), ..Self::default() }
    }

    /// Answers with `statuses` one by one and empty bodies, then 200; see [`then`](Self::then).
    pub fn statuses(statuses: impl IntoIterator<Item = u16>) -> Self {
        Self::in_order(statuses.into_iter().map(Reply::status))
    }

    /// Gives `reply` to every request after those in order.
    #[must_use]
    pub fn then(mut self, reply: impl Into<Reply>) -> Self {
        self.then = reply.into();
        self
    }

    /// Calls `reply` with the request. It is called under a lock, so it must not use the receiver.
    pub fn by_request(reply: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self { by_request: Some(ByRequest(Arc::new(reply))), ..Self::default() }
    }

    /// Takes the reply for the next request.
    pub(super) fn next(&mut self, request: &ReceivedRequest) -> Reply {
        if let Some(ByRequest(reply)) = &self.by_request {
            return reply(request);
        }
        self.first.pop_front().unwrap_or_else(|| self.then.clone())
    }
}

impl From<Reply> for Script {
    /// The same reply to every request.
    fn from(reply: Reply) -> Self {
        Self::default().then(reply)
    }
}

impl From<u16> for Script {
    /// The same status to every request.
    fn from(status: u16) -> Self {
        Self::default().then(status)
    }
}

/// The reaction to one request. The default is an empty 200 at once.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) conduct: Conduct,
    pub(super) delay: Duration,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) pace: Pace,
}

/// Whether there is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conduct {
    Answer,
    Hang,
    Close,
}

/// How the body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// In one piece, with a `content-length`.
    AtOnce,
    /// One byte at a time with a pause before each, chunked.
    Drip(Duration),
    /// Repeatedly without end, chunked.
    Endless,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            conduct: Conduct::Answer,
            delay: Duration::ZERO,
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            pace: Pace::AtOnce,
        }
    }
}

impl Reply {
    /// Answers with `status` and an empty body.
    ///
    /// # Panics
    ///
    /// If `status` is not from 100 to 999. The server itself refuses to send 1xx other than 101.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a status from 100 to 999"),
            ..Self::default()
        }
    }

    /// Answers 302 with `location`.
    ///
    /// # Panics
    ///
    /// If `location` cannot be a header value.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header(LOCATION.as_str(), location)
    }

    /// Reads the request and never answers; the connection stays open.
    #[must_use]
    pub fn hang() -> Self {
        Self { conduct: Conduct::Hang, ..Self::default() }
    }

    /// Reads the request and closes the connection without an answer.
    #[must_use]
    pub fn close() -> Self {
        Self { conduct: Conduct::Close, ..Self::default() }
    }

    /// Adds a header; a name may be used more than once.
    ///
    /// # Panics
    ///
    /// If `name` or `value` has bytes that no header may have.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
        let value = HeaderValue::from_str(value).expect("a header value");
        self.headers.append(name, value);
        self
    }

    /// Sends `body` with the answer.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into().into();
        self
    }

    /// Waits before answering (or before closing).
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends the head at once and then the body byte by byte with `pause` before each.
    #[must_use]
    pub fn dripping(mut self, pause: Duration) -> Self {
        self.pace = Pace::Drip(pause);
        self
    }

    /// Sends the body repeatedly until the client closes. An empty body becomes `.`s.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.pace = Pace::Endless;
        if self.body.is_empty() {
            self.body = Bytes::from_static(&[b'.'; 1024]);
        }
        self
    }
}

impl From<u16> for Reply {
    /// See [`Reply::status`].
    fn from(status: u16) -> Self {
        Self::status(status)
    }
}
