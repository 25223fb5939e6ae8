//! Receivers: they read a request to its end and answer 200, with or without TLS 1.3.

use anyhow::Result;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    version::TLS13,
};
use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// How a receiver is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Transport {
    Plain,
    /// TLS 1.3 with session tickets, so that a second connection resumes the first one's session.
    Resumed,
    /// TLS 1.3 without them: each connection has a full handshake.
    FullHandshake,
}

/// How long a receiver keeps a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Connections {
    /// As long as the sender does.
    Kept,
    /// Until it has answered one request.
    New,
}

impl Connections {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::New => "new",
        }
    }
}

impl Transport {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Resumed => "TLS, resumed",
            Self::FullHandshake => "TLS, full",
        }
    }
}

#[derive(Debug, Default)]
struct Seen {
    requests: AtomicU64,
    connections: AtomicU64,
}

/// A running receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    transport: Transport,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    /// Starts one. With TLS, its certificate is written to `certificate`.
    pub(crate) async fn start(
        transport: Transport,
        connections: Connections,
        certificate: &Path,
    ) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen::default());
        let acceptor = match transport {
            Transport::Plain => None,
            Transport::Resumed => Some(acceptor(certificate, 2)?),
            Transport::FullHandshake => Some(acceptor(certificate, 0)?),
        };
        let server = tokio::spawn(serve(listener, acceptor, connections, Arc::clone(&seen)));
        Ok(Self { address, transport, seen, server })
    }

    pub(crate) fn url(&self) -> String {
        let scheme = if self.transport == Transport::Plain { "http" } else { "https" };
        format!("{scheme}://{}/hook", self.address)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.seen.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::Relaxed)
    }
}

/// A new certificate for this machine, by ECDSA P-256 as most receivers have.
fn acceptor(certificate: &Path, tickets: usize) -> Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    std::fs::write(certificate, pem(made.cert.der()))?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    config.send_tls13_tickets = tickets;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A certificate as text (RFC 7468).
fn pem(der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let mut text = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for (place, c) in base64.chars().enumerate() {
        text.push(c);
        if place % 64 == 63 {
            text.push('\n');
        }
    }
    text.push_str("\n-----END CERTIFICATE-----\n");
    text
}

async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    connections: Connections,
    seen: Arc<Seen>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::Relaxed);
        let (acceptor, seen) = (acceptor.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            if stream.set_nodelay(true).is_err() {
                return;
            }
            match acceptor {
                None => connection(stream, connections, seen).await,
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        connection(stream, connections, seen).await;
                    }
                }
            }
        });
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connections: Connections,
    seen: Arc<Seen>,
) {
    let service = service_fn(|request: Request<Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            if request.into_body().collect().await.is_ok() {
                seen.requests.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    // A sender that closes its connection ends this with an error.
    let mut server = http1::Builder::new();
    server.keep_alive(connections == Connections::Kept);
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}
