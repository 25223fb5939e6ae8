//! Receivers behind TLS, with certificates made for each test.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rstest::rstest;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    ScriptedNames, answer_to, failure_of,
    raw::{RawServer, Then},
    request, short, took_its_second, trusting,
};
use crate::Sender;

pub(super) const HOST: &str = "hook.test";

/// A certificate authority of a test's own.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        Self::called("an authority")
    }

    fn called(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// A sender that trusts this authority alone and finds every name on this machine.
    pub(super) fn trusting_sender(&self) -> Sender {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("a root");
        trusting(roots, ScriptedNames::finding(&["127.0.0.1"]), |_| None)
    }

    pub(super) fn certify(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Identity::of(certificate.der(), &key)
    }
}

pub(super) fn named(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("parameters")
}

/// What a server proves itself with.
pub(super) struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    fn of(certificate: &CertificateDer<'static>, key: &KeyPair) -> Self {
        Self { certificate: certificate.clone(), key: key.serialize_der().into() }
    }

    /// Signed with its own key.
    fn signing_itself(params: CertificateParams) -> Self {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        Self::of(certificate.der(), &key)
    }
}

pub(super) struct TlsServer {
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl TlsServer {
    /// Serves each connection by `serve` once its handshake is done.
    pub(super) async fn start<F>(
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

    pub(super) fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/in", self.address.port())
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Says in the body by which version, to which authority and with which bytes it was called.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let called = format!("{:?} {:?}", request.version(), request.uri().authority());
    let body = request.into_body().collect().await?.to_bytes();
    let body = [called.as_bytes(), b" ", &body].concat();
    Ok(Response::new(Full::new(body.into())))
}

async fn http1(stream: TlsStream<TcpStream>) {
    let connection = hyper::server::conn::http1::Builder::new();
    let _ = connection.serve_connection(TokioIo::new(stream), service_fn(echo)).await;
}

async fn http2(stream: TlsStream<TcpStream>) {
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    let _ = connection.serve_connection(TokioIo::new(stream), service_fn(echo)).await;
}

#[tokio::test]
async fn a_trusted_receiver_is_delivered_to_over_http_1() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(&named(HOST)), "http/1.1", http1).await;
    let answer = answer_to(&authority.trusting_sender(), request(server.url(HOST))).await;
    assert_eq!(answer.body, "HTTP/1.1 None {\"n\":1}");
}

#[tokio::test]
async fn a_trusted_receiver_is_delivered_to_over_http_2() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(&named(HOST)), "h2", http2).await;
    let sender = authority.trusting_sender();
    for _ in 0..3 {
        let answer = answer_to(&sender, request(server.url(HOST))).await;
        let port = server.address.port();
        assert_eq!(answer.body, format!("HTTP/2.0 Some({HOST}:{port}) {{\"n\":1}}"));
    }
}

#[tokio::test]
async fn an_absolute_host_name_is_verified_without_its_dot() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(&named(HOST)), "http/1.1", http1).await;
    let url = server.url(&format!("{HOST}."));
    assert_eq!(answer_to(&authority.trusting_sender(), request(url)).await.status, 200);
}

#[tokio::test]
async fn an_address_is_verified_too() {
    let authority = Authority::new();
    let identity = authority.certify(&named("127.0.0.1"));
    let server = TlsServer::start(identity, "http/1.1", http1).await;
    let sender = authority.trusting_sender();
    assert_eq!(answer_to(&sender, request(server.url("127.0.0.1"))).await.status, 200);
    let error = failure_of(&sender, request(server.url(HOST))).await;
    assert_eq!(error, "the receiver's TLS certificate is for another host name");
}

const UNKNOWN: &str = "the receiver's TLS certificate is self-signed, from an unknown authority, \
                       or lacks its intermediate certificate";

#[rstest]
#[case::expired(1975, 2000, "the receiver's TLS certificate has expired")]
#[case::from_the_future(3000, 3001, "the receiver's TLS certificate is not valid yet")]
#[tokio::test]
async fn a_certificate_out_of_its_time_is_told(
    #[case] from: i32,
    #[case] until: i32,
    #[case] expected: &str,
) {
    let authority = Authority::new();
    let mut params = named(HOST);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let server = TlsServer::start(authority.certify(&params), "http/1.1", http1).await;
    let error = failure_of(&authority.trusting_sender(), request(server.url(HOST))).await;
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_told() {
    let authority = Authority::new();
    let identity = authority.certify(&named("other.test"));
    let server = TlsServer::start(identity, "http/1.1", http1).await;
    let error = failure_of(&authority.trusting_sender(), request(server.url(HOST))).await;
    assert_eq!(error, "the receiver's TLS certificate is for another host name");
}

#[tokio::test]
async fn a_certificate_without_a_trusted_issuer_is_told() {
    let sender = Authority::new().trusting_sender();
    let mut authority_of_itself = named(HOST);
    authority_of_itself.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for identity in [
        Identity::signing_itself(named(HOST)),
        Identity::signing_itself(authority_of_itself),
        Authority::called("another authority").certify(&named(HOST)),
    ] {
        let server = TlsServer::start(identity, "http/1.1", http1).await;
        let error = failure_of(&sender, request(server.url(HOST))).await;
        assert_eq!(error, UNKNOWN);
    }
}

#[tokio::test]
async fn a_protocol_that_nobody_speaks_is_told() {
    let authority = Authority::new();
    let server = TlsServer::start(authority.certify(&named(HOST)), "spdy/3", http1).await;
    let error = failure_of(&authority.trusting_sender(), request(server.url(HOST))).await;
    assert!(error.contains("refused the handshake"), "{error}");
}

/// The port of a plain TCP server, addressed as if it spoke TLS.
fn https_url(address: SocketAddr) -> String {
    format!("https://{HOST}:{}/in", address.port())
}

async fn greet(bytes: &'static [u8]) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 4096];
            let _ = stream.read(&mut hello).await;
            let _ = stream.write_all(bytes).await;
        }
    });
    (address, server)
}

#[tokio::test]
async fn a_plain_http_server_is_told() {
    let (address, server) = greet(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let sender = Authority::new().trusting_sender();
    let error = failure_of(&sender, request(https_url(address))).await;
    assert_eq!(error, "the receiver does not speak TLS on this port (is it an http server?)");
    server.abort();
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_is_told() {
    let (address, server) = greet(b"").await;
    let sender = Authority::new().trusting_sender();
    let error = failure_of(&sender, request(https_url(address))).await;
    assert_eq!(error, "the receiver closed the connection before it was established");
    server.abort();
}

#[tokio::test]
async fn a_handshake_that_hangs_is_cut_at_the_timeout() {
    let server = RawServer::start("", Then::Hold).await;
    let sender = Authority::new().trusting_sender();
    let sent = sender.send(short(https_url(server.address))).await;
    took_its_second(&sent);
    let error = "no connection to the receiver came about within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
    server.client_left().await;
}

#[tokio::test]
async fn without_authorities_a_sender_for_local_use_fails_request_by_request() {
    let identity = Authority::new().certify(&named(HOST));
    let server = TlsServer::start(identity, "http/1.1", http1).await;
    let names = ScriptedNames::finding(&["127.0.0.1"]);
    let sender = trusting(RootCertStore::empty(), names, |_: IpAddr| None);
    let error = failure_of(&sender, request(server.url(HOST))).await;
    assert_eq!(error, UNKNOWN);
}
