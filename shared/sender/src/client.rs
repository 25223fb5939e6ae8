//! The HTTP client's parts.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio_rustls::TlsConnector;

use crate::{
    connection::{Connection, HTTP_2},
    guard::Guard,
    kept::Kept,
};

/// The name of HTTP/1.1 in TLS (RFC 7301 section 6).
const HTTP_1: &[u8] = b"http/1.1";

/// Sends requests, and keeps connections.
pub(crate) struct Client {
    pub(crate) guard: Guard,
    pub(crate) tls: TlsConnector,
    pub(crate) kept: Kept<Connection>,
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
        let tls = TlsConnector::from(Arc::new(tls(roots)?));
        Ok(Self { guard, tls, kept: Kept::default() })
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
