//! The one TLS stack, rustls over ring, with the certificate authorities that the system trusts.

use crate::Error;
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;

/// A configuration for an API at an `https` address; without authorities where none are needed.
pub(crate) fn config(is_https: bool) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    if is_https {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            let reason = "no certificate authority was found on this system";
            return Err(Error::Setup(reason.into()));
        }
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Setup(Box::new(error)))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
