//! A connection to a receiver, and requests on it, one after the other.

use std::{
    convert::Infallible,
    future::ready,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderValue, Request, Response, Uri, header::HOST, uri::Authority};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    client::conn::{http1, http2},
    rt::Executor,
};
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use tower::ServiceExt;
use url::Host;

use crate::{
    kept::{Keep, LONGEST_IDLE},
    limits::{CONNECT_LIMIT, HEAD_LIMIT_BYTES, HTTP2_WINDOW_BYTES},
    meter::{Metered, Traffic},
};

/// The name of HTTP/2 in TLS (RFC 9113 section 3.2).
pub(crate) const HTTP_2: &[u8] = b"h2";

/// How long after its attempt's deadline, or after its wait for another request, a connection may
/// take to close properly.
const GOODBYE: Duration = Duration::from_secs(1);

/// An error of whatever broke.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A new connection, on which nobody speaks HTTP yet.
pub(crate) struct Opened {
    io: TokioIo<Box<dyn Io>>,
    speaks_http2: bool,
    address: IpAddr,
    traffic: Arc<Traffic>,
}

/// A connection that carries one request at a time. It ends when it is dropped.
pub(crate) struct Connection {
    requests: Requests,
    address: IpAddr,
    traffic: Arc<Traffic>,
    lifetime: Lifetime,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct SendError {
    /// Whether any part of the request may have been written.
    pub(crate) begun: bool,
    #[source]
    error: hyper::Error,
}

enum Requests {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// The addresses to connect to, which were checked, and the name that the certificate must have.
pub(crate) struct Target<'a> {
    pub(crate) host: Host<&'a str>,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) port: u16,
}

/// No connection to a host name that has no IPv4 address.
#[derive(Debug, thiserror::Error)]
#[error("the host name has only IPv6 addresses")]
pub(crate) struct OnlyIpv6(#[source] BoxError);

impl Opened {
    /// Connects, with TLS if `tls` is given. Reads at most `most_bytes`, including the handshake.
    pub(crate) async fn open(
        target: Target<'_>,
        tls: Option<&TlsConnector>,
        most_bytes: usize,
    ) -> Result<Self, BoxError> {
        let secured = match tls {
            Some(tls) => Some((tls, certified_name(&target.host)?)),
            None => None,
        };
        let is_ipv6 = target.addresses.iter().all(IpAddr::is_ipv6);
        let dialled = dial(target.addresses, target.port).await;
        let dialled = dialled.map_err(|error| match target.host {
            Host::Domain(_) if is_ipv6 => OnlyIpv6(error).into(),
            _ => error,
        });
        let stream = dialled?;
        let address = stream.peer_addr()?.ip().to_canonical();
        let stream = Metered::new(stream, most_bytes);
        let traffic = stream.traffic();
        let (io, speaks_http2): (Box<dyn Io>, _) = match secured {
            None => (Box::new(stream), false),
            Some((tls, name)) => {
                let stream = tls.connect(name, stream).await?;
                let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
                (Box::new(stream), speaks_http2)
            }
        };
        Ok(Self { io: TokioIo::new(io), speaks_http2, address, traffic })
    }

    /// Begins to speak HTTP. The connection ends soon after `deadline` at the latest, unless its time
    /// is extended.
    pub(crate) async fn speak(self, deadline: Instant) -> hyper::Result<Connection> {
        let Self { io, speaks_http2, address, traffic } = self;
        let lifetime = Lifetime::until(deadline);
        let requests = if speaks_http2 {
            let mut builder = http2::Builder::new(lifetime.clone());
            builder
                .max_header_list_size(HEAD_LIMIT_BYTES)
                .initial_stream_window_size(HTTP2_WINDOW_BYTES)
                .initial_connection_window_size(HTTP2_WINDOW_BYTES);
            let (requests, connection) = builder.handshake(io).await?;
            lifetime.execute(connection);
            Requests::Http2(requests)
        } else {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(HEAD_LIMIT_BYTES as usize);
            let (requests, connection) = builder.handshake(io).await?;
            lifetime.execute(connection);
            Requests::Http1(requests)
        };
        Ok(Connection { requests, address, traffic, lifetime })
    }
}

impl Connection {
    /// Sends `request`, and waits for the head of its response.
    pub(crate) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, SendError> {
        let sent = match &mut self.requests {
            Requests::Http1(requests) => requests.try_send_request(for_http1(request)).await,
            Requests::Http2(requests) => requests.try_send_request(request).await,
        };
        sent.map_err(|mut failed| {
            // The library returns a request only if it never began to write it. A count of the bytes on
            // the socket would not do: what is in memory is still written when the connection closes.
            let begun = failed.take_message().is_none();
            SendError { begun, error: failed.into_error() }
        })
    }

    /// Prepares a connection that has waited for another request.
    pub(crate) fn renew(&self, deadline: Instant, most_bytes: usize) {
        self.traffic.allow(most_bytes);
        self.lifetime.extend(deadline);
    }

    /// Lets the connection live as long as it may wait. If nobody takes it, it may stay open until the
    /// deadline of the request before.
    pub(crate) fn rest(&self) {
        self.lifetime.extend(Instant::now() + LONGEST_IDLE);
    }
}

impl Keep for Connection {
    fn address(&self) -> IpAddr {
        self.address
    }

    fn is_ready(&self) -> bool {
        match &self.requests {
            Requests::Http1(requests) => requests.is_ready(),
            Requests::Http2(requests) => requests.is_ready(),
        }
    }

    fn is_closed(&self) -> bool {
        match &self.requests {
            Requests::Http1(requests) => requests.is_closed(),
            Requests::Http2(requests) => requests.is_closed(),
        }
    }
}

/// The name that the receiver's certificate must be valid for.
fn certified_name(host: &Host<&str>) -> Result<ServerName<'static>, InvalidDnsNameError> {
    match *host {
        Host::Domain(name) => ServerName::try_from(name.to_owned()),
        Host::Ipv4(ip) => Ok(ServerName::from(IpAddr::from(ip))),
        Host::Ipv6(ip) => Ok(ServerName::from(IpAddr::from(ip))),
    }
}

/// Connects to one of `addresses`. Tries each in turn, with an equal share of the remaining time,
/// and tries the second family in parallel if the first takes long (RFC 6555).
async fn dial(addresses: Vec<IpAddr>, port: u16) -> Result<TcpStream, BoxError> {
    let addresses: Vec<_> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
    let checked = move |_: Name| ready(Ok::<_, Infallible>(addresses.clone().into_iter()));
    let mut connector = HttpConnector::new_with_resolver(tower::service_fn(checked));
    connector.set_connect_timeout(Some(CONNECT_LIMIT));
    connector.set_nodelay(true);
    let stream = connector.oneshot(Uri::from_static("http://checked/")).await?;
    Ok(stream.into_inner())
}

/// HTTP/1.1 has the path in its first line, and the host in a header (RFC 9112 section 3.2).
fn for_http1(mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let host = request.uri().authority().map(Authority::as_str).unwrap_or_default();
    if let Ok(host) = HeaderValue::from_str(host) {
        request.headers_mut().entry(HOST).or_insert(host);
    }
    if let Some(path) = request.uri().path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
    request
}

/// Drives a connection until a time that can be extended.
#[derive(Clone)]
struct Lifetime(Arc<Mutex<Instant>>);

impl Lifetime {
    fn until(deadline: Instant) -> Self {
        Self(Arc::new(Mutex::new(deadline + GOODBYE)))
    }

    fn extend(&self, deadline: Instant) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = deadline + GOODBYE;
    }

    fn ends_at(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Executor<F> for Lifetime
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        let lifetime = self.clone();
        tokio::spawn(async move {
            let mut task = pin!(task);
            let mut ends_at = lifetime.ends_at();
            while timeout_at(ends_at, &mut task).await.is_err() {
                let extended = lifetime.ends_at();
                if extended <= ends_at {
                    break;
                }
                ends_at = extended;
            }
        });
    }
}
