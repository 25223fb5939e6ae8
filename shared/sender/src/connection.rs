//! A connection to a receiver, and one request on it.

use std::{
    convert::Infallible,
    future::ready,
    net::{IpAddr, SocketAddr},
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
    client::{CONNECT_LIMIT, HEAD_LIMIT_BYTES, HTTP_2, HTTP2_WINDOW_BYTES},
    meter::Metered,
};

/// How long after its attempt's deadline a connection may take to close properly.
const GOODBYE: Duration = Duration::from_secs(1);

/// An error of whatever broke.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// An open connection for one request.
pub(crate) struct Connection {
    io: TokioIo<Box<dyn Io>>,
    speaks_http2: bool,
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

impl Connection {
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
        let stream = Metered::new(dialled?, most_bytes);
        let Some((tls, name)) = secured else {
            return Ok(Self { io: TokioIo::new(Box::new(stream)), speaks_http2: false });
        };
        let stream = tls.connect(name, stream).await?;
        let speaks_http2 = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
        Ok(Self { io: TokioIo::new(Box::new(stream)), speaks_http2 })
    }

    /// Sends `request`, and waits for the head of its response. The connection ends with that
    /// response's body, and soon after `deadline` at the latest.
    pub(crate) async fn send(
        self,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> hyper::Result<Response<Incoming>> {
        let background = Until(deadline + GOODBYE);
        if self.speaks_http2 {
            let mut builder = http2::Builder::new(background);
            builder
                .max_header_list_size(HEAD_LIMIT_BYTES)
                .initial_stream_window_size(HTTP2_WINDOW_BYTES)
                .initial_connection_window_size(HTTP2_WINDOW_BYTES);
            let (mut sender, connection) = builder.handshake(self.io).await?;
            background.execute(connection);
            sender.send_request(request).await
        } else {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(HEAD_LIMIT_BYTES as usize);
            let (mut sender, connection) = builder.handshake(self.io).await?;
            background.execute(connection);
            sender.send_request(for_http1(request)).await
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

/// Drives a connection until this time.
#[derive(Clone, Copy)]
struct Until(Instant);

impl<F> Executor<F> for Until
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, task: F) {
        tokio::spawn(timeout_at(self.0, task));
    }
}
