//! One request and the head of its response.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header::ACCEPT};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    client::{CONNECT_LIMIT, Client, OVERHEAD_LIMIT_BYTES},
    connection::{BoxError, Connection, Target},
};

/// A day. Requests have at most 30 s; this limit only keeps a deadline representable.
const LONGEST: Duration = Duration::from_secs(86_400);

/// The deadline of a request that starts now.
pub(crate) fn deadline_after(timeout: Duration) -> Instant {
    Instant::now() + timeout.min(LONGEST)
}

/// A request, and the limits of its response.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// When the exchange must have ended, including the response's body.
    pub(crate) deadline: Instant,
    /// Maximum number of bytes of the response's body that are used.
    pub(crate) body_limit_bytes: usize,
}

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
}

impl Client {
    /// Sends one request over a new connection.
    pub(crate) async fn exchange(
        &self,
        outgoing: Outgoing,
    ) -> Result<Response<Incoming>, ExchangeError> {
        let Outgoing { method, url, mut headers, body, deadline, body_limit_bytes } = outgoing;
        let connected_by = deadline.min(Instant::now() + CONNECT_LIMIT);
        let most_bytes = OVERHEAD_LIMIT_BYTES + body_limit_bytes;
        let uri: Uri = url.as_str().parse().map_err(|_| ExchangeError::UnusableUrl)?;
        let host = url.host().ok_or(ExchangeError::UnusableUrl)?;
        let port = url.port_or_known_default().ok_or(ExchangeError::UnusableUrl)?;

        let looking_up = self.guard.addresses(&host);
        let addresses = within(connected_by, Phase::Resolving, looking_up).await?;

        let target = Target { host, addresses, port };
        let tls = (url.scheme() == "https").then_some(&self.tls);
        let connecting = Connection::open(target, tls, most_bytes);
        let connection = within(connected_by, Phase::Connecting, connecting).await?;

        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        within(deadline, Phase::Answering, connection.send(request, deadline)).await
    }
}

async fn within<T, E>(
    deadline: Instant,
    phase: Phase,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, ExchangeError>
where
    E: Into<BoxError>,
{
    match timeout_at(deadline, step).await {
        Ok(done) => done.map_err(|error| ExchangeError::Broken(phase, error.into())),
        Err(_) => Err(ExchangeError::TimedOut(phase)),
    }
}

/// The next bytes of a body; `None` at its end.
pub(crate) async fn next_chunk(body: &mut Incoming) -> hyper::Result<Option<Bytes>> {
    while let Some(frame) = body.frame().await {
        // Trailers are not used.
        if let Ok(bytes) = frame?.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
