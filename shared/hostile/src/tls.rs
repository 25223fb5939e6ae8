//! Servers behind TLS, with certificates made for each test.

use std::{net::SocketAddr, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A certificate authority for a test.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authority with a new key.
    ///
    /// # Panics
    ///
    /// If no key can be made.
    #[must_use]
    pub fn called(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// Its certificate, for a client's list of roots.
    #[must_use]
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// Its certificate as text, for a file of roots.
    #[must_use]
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(self.0.der());
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    }

    /// Makes an identity with these parameters and a new key.
    ///
    /// # Panics
    ///
    /// If the parameters contradict each other.
    #[must_use]
    pub fn certify(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity::of(certificate.der(), &key)
    }
}

/// The parameters of a certificate for `name`, a host name or an address.
///
/// # Panics
///
/// If `name` is neither.
#[must_use]
pub fn named(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("parameters")
}

/// A server's certificate and its key.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    fn of(certificate: &CertificateDer<'static>, key: &KeyPair) -> Self {
        Self { certificate: certificate.clone(), key: key.serialize_der().into() }
    }

    /// A self-signed identity.
    ///
    /// # Panics
    ///
    /// If the parameters contradict each other.
    #[must_use]
    pub fn signing_itself(params: CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self::of(certificate.der(), &key)
    }
}

/// A server behind TLS. Dropping it stops it.
#[derive(Debug)]
pub struct TlsServer {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl TlsServer {
    /// Starts it on a free port of `127.0.0.1`, for clients that offer the application protocol
    /// `protocol`, and calls `serve` for each connection after its handshake.
    ///
    /// # Panics
    ///
    /// If there is no free port, or the identity is invalid.
    pub async fn start<F>(
        identity: Identity,
        protocol: &str,
        serve: impl Fn(TlsStream<TcpStream>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate], identity.key.into())
            .expect("a certificate");
        config.alpn_protocols = vec![protocol.into()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    tokio::spawn(serve(stream));
                }
            }
        });
        Self { address, server }
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL with a host name or an address.
    #[must_use]
    pub fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/in", self.address.port())
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}
