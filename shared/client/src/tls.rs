//! The one TLS stack, rustls over ring, with the certificate authorities that the system trusts.

use crate::Error;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;

/// The certificate authorities that the system trusts. There may be none.
#[must_use]
pub fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// A configuration that trusts these authorities and offers no application protocol.
///
/// # Errors
/// If TLS cannot be set up.
pub fn config(roots: RootCertStore) -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Setup(Box::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// A configuration for an API at an `https` address; without authorities where none are needed.
pub(crate) fn of_api(is_https: bool) -> Result<ClientConfig, Error> {
    let roots = if is_https { system_roots() } else { RootCertStore::empty() };
    if is_https && roots.is_empty() {
        return Err(Error::Setup("no certificate authority was found on this system".into()));
    }
    let mut config = config(roots)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
