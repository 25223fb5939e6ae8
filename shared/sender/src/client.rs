//! The HTTP client, with everything switched off that an attempt must not do.

use std::{sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::ring};

use crate::{guard::Guard, progress::MarkConnected};

/// Time for a connection, name resolution and TLS included. It is split among the addresses of a
/// name, so that the first of two can be dead without using up a request's default 10 s.
pub(crate) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Most bytes of an HTTP/2 response's headers. HTTP/1.1 has hyper's bounds, 100 headers in a
/// 408 KiB buffer that grows only as needed.
const HTTP2_HEADER_BYTES: u32 = 64 * 1024;

/// Most bytes in flight to us on an HTTP/2 connection, the protocol's own initial value. A larger
/// window would only be thrown away: a capture ends after 4 KiB.
const HTTP2_WINDOW_BYTES: u32 = 65_535;

/// Why there is no sender.
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
/// None at all is an error, unless `may_be_empty`: then https requests will fail one by one.
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

pub(crate) fn build(guard: Guard, roots: RootCertStore) -> Result<reqwest::Client, SenderError> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(roots)?)
        .dns_resolver(guard)
        .connector_layer(MarkConnected)
        .connect_timeout(CONNECT_LIMIT)
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        // Off unless another crate of the same build switches the features on.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .no_zstd()
        .http2_max_header_list_size(HTTP2_HEADER_BYTES)
        .http2_initial_stream_window_size(HTTP2_WINDOW_BYTES)
        .http2_initial_connection_window_size(HTTP2_WINDOW_BYTES)
        .build()
        .map_err(client_error)
}

fn tls(roots: RootCertStore) -> Result<ClientConfig, SenderError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(client_error)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn client_error(error: impl std::error::Error + Send + Sync + 'static) -> SenderError {
    SenderError::Client(Box::new(error))
}
