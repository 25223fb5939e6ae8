//! One request and the head of its response.

use std::{net::IpAddr, time::Duration};

use grapnel_domain::ids::UserId;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header::ACCEPT};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    client::Client,
    connection::{BoxError, Connection, Opened, Target},
    error::{ExchangeError, Phase},
    failure,
    kept::{Peer, wall_clock},
    limits::{CONNECT_LIMIT, OVERHEAD_LIMIT_BYTES},
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
    /// The user that kept connections are taken from and left to. `None`: a new
    /// connection, which ends with the exchange.
    pub(crate) keep_for: Option<UserId>,
}

/// A response's head and body, and the connection that the body still comes over. Dropping one of them
/// ends the connection.
pub(crate) struct Exchanged {
    pub(crate) response: Response<Incoming>,
    pub(crate) connection: Connection,
    /// Who the connection may be kept for.
    pub(crate) peer: Option<Peer>,
    /// The request's body. As long as the connection holds it too, a part of it is not sent.
    pub(crate) body: Bytes,
}

impl Client {
    /// Sends one request, over a kept connection if there is one.
    pub(crate) async fn exchange(&self, outgoing: Outgoing) -> Result<Exchanged, ExchangeError> {
        let Outgoing { method, url, mut headers, body, deadline, body_limit_bytes, keep_for } =
            outgoing;
        let connected_by = deadline.min(Instant::now() + CONNECT_LIMIT);
        let most_bytes = OVERHEAD_LIMIT_BYTES + body_limit_bytes;
        let uri: Uri = url.as_str().parse().map_err(|_| ExchangeError::UnusableUrl)?;
        let host = url.host().ok_or(ExchangeError::UnusableUrl)?;
        let port = url.port_or_known_default().ok_or(ExchangeError::UnusableUrl)?;
        let is_https = url.scheme() == "https";
        let peer = keep_for.map(|user_id| Peer { user_id, is_https, host: host.to_string(), port });

        let looking_up = self.guard.addresses(&host);
        let addresses = within(connected_by, Phase::Resolving, looking_up).await?;

        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let body = Bytes::from(body);
        let mut request = Request::new(Full::new(body.clone()));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;

        if let Some(connection) = self.kept(peer.as_ref(), &addresses).await {
            connection.renew(deadline, most_bytes);
            let sent = over_kept(connection, request.clone(), deadline).await?;
            if let Some((response, connection)) = sent {
                return Ok(Exchanged { response, connection, peer, body });
            }
        }

        // A kept connection may have used some of the time.
        let connected_by = deadline.min(Instant::now() + CONNECT_LIMIT);
        let target = Target { host, addresses, port };
        let tls = is_https.then_some(&self.tls);
        let connecting = Opened::open(target, tls, most_bytes);
        let opened = within(connected_by, Phase::Connecting, connecting).await?;
        let sending = async {
            let mut connection = opened.speak(deadline).await?;
            let response = connection.send(request).await?;
            Ok::<_, BoxError>((response, connection))
        };
        let (response, connection) = within(deadline, Phase::Answering, sending).await?;
        Ok(Exchanged { response, connection, peer, body })
    }

    /// A kept connection that is still open as far as anybody can know here.
    async fn kept(&self, peer: Option<&Peer>, checked: &[IpAddr]) -> Option<Connection> {
        let peer = peer?;
        // Whatever came meanwhile, the receiver's goodbye above all, is read in this pause.
        tokio::task::yield_now().await;
        self.kept.take(peer, checked, wall_clock())
    }

    /// Keeps the connection of an exchange whose response was read to its end, unless a part of its
    /// request is not sent: an HTTP/2 receiver may answer and never take the body, and could so make a
    /// connection hold one body after the other.
    pub(crate) fn keep(&self, connection: Connection, peer: Option<Peer>, body: &Bytes) {
        if let Some(peer) = peer
            && (body.is_empty() || body.is_unique())
        {
            connection.rest();
            self.kept.put(peer, connection, wall_clock());
        }
    }
}

/// Sends a request over a connection that was kept. `None` if the request is to be sent over a new one.
async fn over_kept(
    mut connection: Connection,
    request: Request<Full<Bytes>>,
    deadline: Instant,
) -> Result<Option<(Response<Incoming>, Connection)>, ExchangeError> {
    let Ok(sent) = timeout_at(deadline, connection.send(request)).await else {
        return Err(ExchangeError::TimedOut(Phase::Answering));
    };
    match sent {
        Ok(response) => Ok(Some((response, connection))),
        Err(error) if !error.begun || failure::is_refused_stream(&error) => Ok(None),
        Err(error) if failure::is_of_an_answer(&error) => {
            Err(ExchangeError::Broken(Phase::Answering, error.into()))
        }
        Err(_) => Err(ExchangeError::Lost),
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
