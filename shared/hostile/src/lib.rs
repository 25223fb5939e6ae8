//! Misbehaving receivers, and what must be recorded about an attempt at each.
//!
//! [`Hostile::all`] is the list. Every entry can be started, and describes how an attempt at it
//! must end. Its building blocks are available for tests of other misbehaviour:
//!
//! - [`raw`]: bytes in place of HTTP, in any order and at any pace;
//! - [`tls`]: a test authority, and certificates with any flaw;
//! - [`http2`]: frames in place of HTTP/2.

mod answers;
mod case;
mod connections;
mod frames;
pub mod http2;
pub mod raw;
pub mod tls;

pub use case::{Expected, Hostile, Kept};

use case::{Conduct, Flaw};
use http2::FrameServer;
use raw::{Congested, RawServer, Refusing, Then};
use rcgen::date_time_ymd;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tls::{Authority, Identity, TlsServer};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::server::TlsStream;

/// The host in the servers' URLs.
const HOST: &str = "127.0.0.1";

/// A hostile receiver that runs until it is dropped.
#[derive(Debug)]
pub struct Running {
    url: String,
    server: Box<dyn Server>,
}

/// A running server.
trait Server: std::fmt::Debug + Send + Sync {
    /// Complete requests so far. By default the server never reads one.
    fn requests(&self) -> usize {
        0
    }

    /// How many bytes of an endless answer were accepted. By default nothing is endless.
    fn flooded_bytes(&self) -> usize {
        0
    }
}

impl Server for RawServer {
    fn requests(&self) -> usize {
        self.requests()
    }

    fn flooded_bytes(&self) -> usize {
        self.flooded_bytes()
    }
}

impl Server for FrameServer {
    fn requests(&self) -> usize {
        self.requests()
    }

    fn flooded_bytes(&self) -> usize {
        self.flooded_bytes()
    }
}

/// A server behind TLS that floods.
#[derive(Debug)]
struct FloodingTls {
    _server: TlsServer,
    flooded_bytes: Arc<AtomicUsize>,
}

impl Server for FloodingTls {
    fn flooded_bytes(&self) -> usize {
        self.flooded_bytes.load(Ordering::SeqCst)
    }
}

impl Server for TlsServer {}
impl Server for Congested {}
impl Server for Refusing {}

impl Running {
    fn at(url: String, server: impl Server + 'static) -> Self {
        Self { url, server: Box::new(server) }
    }

    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Complete requests so far. 0 if the receiver never reads one.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.server.requests()
    }

    /// Bytes of an endless answer that were written so far: the bytes that the client read, plus
    /// the socket buffers.
    #[must_use]
    pub fn flooded_bytes(&self) -> usize {
        self.server.flooded_bytes()
    }
}

impl Hostile {
    #[must_use]
    pub fn all() -> Vec<Self> {
        [answers::all(), frames::all(), connections::all()].into_iter().flatten().collect()
    }

    /// The entry with this name.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let found = Self::all().into_iter().find(|one| one.name == name);
        found.unwrap_or_else(|| panic!("no hostile receiver is called {name}"))
    }

    /// Whether it sends without end, as fast as it can.
    #[must_use]
    pub fn floods(&self) -> bool {
        match &self.conduct {
            Conduct::Bytes(_, then) | Conduct::BytesForTls(_, then) => {
                matches!(then, Then::Flood(_))
            }
            Conduct::Tls { flood, .. } => !flood.is_empty(),
            Conduct::Frames { flood, .. } => !flood.is_empty(),
            Conduct::Certificate(_) | Conduct::Congested | Conduct::Refusing => false,
        }
    }

    /// Starts it on a free port of this machine. Its certificate is signed by `authority`, unless
    /// that is its flaw.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start(&self, authority: &Authority) -> Running {
        let identity = || authority.certify(&tls::named(HOST));
        match &self.conduct {
            Conduct::Bytes(bytes, then) => {
                let server = RawServer::start(bytes.clone(), *then).await;
                Running::at(server.url("/in"), server)
            }
            Conduct::BytesForTls(bytes, then) => {
                let server = RawServer::answering_anything(*bytes, *then).await;
                Running::at(format!("https://{}/in", server.address()), server)
            }
            Conduct::Tls { once, flood } => start_tls(identity(), false, once, flood).await,
            Conduct::Frames { once, flood } => {
                let server = FrameServer::start(identity(), once.clone(), flood.clone()).await;
                Running::at(server.url(HOST), server)
            }
            Conduct::Certificate(flaw) => {
                let identity = flaw.identity(authority);
                let server = TlsServer::start(identity, "http/1.1", async |_| {}).await;
                Running::at(server.url(HOST), server)
            }
            Conduct::Congested => {
                let congested = Congested::start().await;
                Running::at(format!("http://{}/in", congested.address()), congested)
            }
            Conduct::Refusing => {
                let refusing = Refusing::start();
                Running::at(format!("http://{}/in", refusing.address()), refusing)
            }
        }
    }
}

impl Hostile {
    /// Starts it like [`Self::start`], as a receiver that answers the first request of each connection
    /// as it should, and misbehaves at the second. `None` if it misbehaves before any request.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start_after_an_answer(&self, authority: &Authority) -> Option<Running> {
        let identity = || authority.certify(&tls::named(HOST));
        let running = match &self.conduct {
            Conduct::Bytes(bytes, then) => {
                let server = RawServer::start_after_an_answer(bytes.clone(), *then).await;
                Running::at(server.url("/in"), server)
            }
            Conduct::Tls { once, flood } => start_tls(identity(), true, once, flood).await,
            Conduct::Frames { once, flood } => {
                let server = FrameServer::start_after_an_answer(identity(), once, flood).await;
                Running::at(server.url(HOST), server)
            }
            Conduct::BytesForTls(..)
            | Conduct::Certificate(_)
            | Conduct::Congested
            | Conduct::Refusing => return None,
        };
        Some(running)
    }
}

impl Flaw {
    fn identity(self, authority: &Authority) -> Identity {
        match self {
            Self::Expired => {
                let mut params = tls::named(HOST);
                params.not_before = date_time_ymd(1975, 1, 1);
                params.not_after = date_time_ymd(2000, 1, 1);
                authority.certify(&params)
            }
            Self::SelfSigned => Identity::signing_itself(tls::named(HOST)),
            Self::WrongHost => authority.certify(&tls::named("other.test")),
        }
    }
}

async fn start_tls(
    identity: Identity,
    answers_first: bool,
    once: &'static [u8],
    flood: &'static [u8],
) -> Running {
    let flooded_bytes = Arc::new(AtomicUsize::new(0));
    let written = Arc::clone(&flooded_bytes);
    let serve = move |stream| speak(stream, answers_first, once, flood, Arc::clone(&written));
    let server = TlsServer::start(identity, "http/1.1", serve).await;
    let url = server.url(HOST);
    Running::at(url, FloodingTls { _server: server, flooded_bytes })
}

async fn speak(
    mut stream: TlsStream<TcpStream>,
    answers_first: bool,
    once: &[u8],
    flood: &[u8],
    written: Arc<AtomicUsize>,
) {
    if answers_first {
        if raw::read_request(&mut stream).await.is_none() {
            return;
        }
        let _ = stream.write_all(raw::WELL_BEHAVED).await;
        let _ = stream.flush().await;
    }
    if raw::read_request(&mut stream).await.is_none() {
        return;
    }
    // The client may be gone.
    let _ = stream.write_all(once).await;
    let _ = stream.flush().await;
    if !flood.is_empty() {
        raw::flood(&mut stream, flood, &written).await;
    }
}
