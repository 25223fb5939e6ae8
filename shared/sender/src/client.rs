//! The HTTP client's parts and bounds.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_rustls::TlsConnector;

use crate::guard::Guard;

/// Time for a connection, including name resolution and TLS. It is split among the addresses of a
/// name, so a dead first address does not use up a request's default 10 s.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Maximum size of a response's head, in both versions of HTTP. HTTP/1.1 also has hyper's limit of
/// 100 headers.
pub(crate) const HEAD_LIMIT_BYTES: u32 = 64 * 1024;

/// Maximum number of bytes read from a connection in addition to the response's body: the TLS
/// handshake, interim answers, the head, and the framing of the body.
pub(crate) const OVERHEAD_LIMIT_BYTES: usize = 2 * HEAD_LIMIT_BYTES as usize;

/// Maximum number of bytes in flight to this client on an HTTP/2 connection: the protocol's initial
/// value. A larger window would waste traffic, because reading ends after 4 KiB.
pub(crate) const HTTP2_WINDOW_BYTES: u32 = 65_535;

/// The names of HTTP/2 (RFC 9113 section 3.2) and HTTP/1.1 (RFC 7301 section 6) in TLS.
pub(crate) const HTTP_2: &[u8] = b"h2";
const HTTP_1: &[u8] = b"http/1.1";

/// Sends each request over a new connection.
pub(crate) struct Client {
    pub(crate) guard: Guard,
    pub(crate) tls: TlsConnector,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// Why no sender could be made.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The system has no certificate authorities.
    #[error("no certificate authority was found on this system, so no https request can succeed")]
    NoRoots,
    /// The TLS or HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The certificate authorities that the system trusts.
///
/// An empty list is an error, unless `may_be_empty`: then each https request fails.
pub(crate) fn system_roots(may_be_empty: bool) -> Result<RootCertStore, SenderError> {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "could not read a part of the system's certificate authorities");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        if !may_be_empty {
            return Err(SenderError::NoRoots);
        }
        tracing::warn!("no certificate authority was found; https requests will fail");
    }
    Ok(roots)
}

impl Client {
    /// Makes a client that connects only to addresses that `guard` allows, and trusts `roots`.
    pub(crate) fn new(guard: Guard, roots: RootCertStore) -> Result<Self, SenderError> {
        Ok(Self { guard, tls: TlsConnector::from(Arc::new(tls(roots)?)) })
    }
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, SenderError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(client_error)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1.to_vec()];
    Ok(config)
}

fn client_error(error: impl std::error::Error + Send + Sync + 'static) -> SenderError {
    SenderError::Client(Box::new(error))
}
