//! Receivers behind TLS, with certificates made for each test.

use std::net::{IpAddr, SocketAddr};

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use grapnel_hostile::{
    raw::{RawServer, Then},
    tls::{Authority, Identity, TlsServer, named},
};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Bytes, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, IsCa, date_time_ymd};
use rstest::rstest;
use rustls::RootCertStore;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::{ScriptedNames, answer_to, failure_of, request, short, took_its_second, trusting};
use crate::Sender;

pub(super) const HOST: &str = "hook.example";

pub(super) fn authority() -> Authority {
    Authority::called("an authority")
}

/// A sender that trusts only this authority and resolves every name to this machine.
pub(super) fn sender_trusting(authority: &Authority) -> Sender {
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate()).expect("a root");
    trusting(roots, ScriptedNames::finding(&["127.0.0.1"]), |_| None)
}

/// Returns in the body the HTTP version, the authority and the bytes that it received.
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
    let authority = authority();
    let server = TlsServer::start(authority.certify(&named(HOST)), "http/1.1", http1).await;
    let answer = answer_to(&sender_trusting(&authority), request(server.url(HOST))).await;
    assert_eq!(answer.body, "HTTP/1.1 None {\"n\":1}");
}

#[tokio::test]
async fn a_trusted_receiver_is_delivered_to_over_http_2() {
    let authority = authority();
    let server = TlsServer::start(authority.certify(&named(HOST)), "h2", http2).await;
    let sender = sender_trusting(&authority);
    for _ in 0..3 {
        let answer = answer_to(&sender, request(server.url(HOST))).await;
        let port = server.address().port();
        assert_eq!(answer.body, format!("HTTP/2.0 Some({HOST}:{port}) {{\"n\":1}}"));
    }
}

#[tokio::test]
async fn an_absolute_host_name_is_verified_without_its_dot() {
    let authority = authority();
    let server = TlsServer::start(authority.certify(&named(HOST)), "http/1.1", http1).await;
    let url = server.url(&format!("{HOST}."));
    assert_eq!(answer_to(&sender_trusting(&authority), request(url)).await.status, 200);
}

#[tokio::test]
async fn an_address_is_verified_too() {
    let authority = authority();
    let identity = authority.certify(&named("127.0.0.1"));
    let server = TlsServer::start(identity, "http/1.1", http1).await;
    let sender = sender_trusting(&authority);
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
    let authority = authority();
    let mut params = named(HOST);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let server = TlsServer::start(authority.certify(&params), "http/1.1", http1).await;
    let error = failure_of(&sender_trusting(&authority), request(server.url(HOST))).await;
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_told() {
    let authority = authority();
    let identity = authority.certify(&named("other.example"));
    let server = TlsServer::start(identity, "http/1.1", http1).await;
    let error = failure_of(&sender_trusting(&authority), request(server.url(HOST))).await;
    assert_eq!(error, "the receiver's TLS certificate is for another host name");
}

#[tokio::test]
async fn a_certificate_without_a_trusted_issuer_is_told() {
    let sender = sender_trusting(&authority());
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
    let authority = authority();
    let server = TlsServer::start(authority.certify(&named(HOST)), "spdy/3", http1).await;
    let error = failure_of(&sender_trusting(&authority), request(server.url(HOST))).await;
    assert!(error.contains("refused the handshake"), "{error}");
}

/// The port of a plain TCP server, used in https URLs.
fn https_url(address: SocketAddr) -> String {
    format!("https://{HOST}:{}/in", address.port())
}

#[tokio::test]
async fn a_plain_http_server_is_told() {
    let bytes = "HTTP/1.1 400 Bad Request\r\n\r\n";
    let server = RawServer::answering_anything(bytes, Then::Close).await;
    let sender = sender_trusting(&authority());
    let error = failure_of(&sender, request(https_url(server.address()))).await;
    assert_eq!(error, "the receiver does not speak TLS on this port (is it an http server?)");
}

#[tokio::test]
async fn a_handshake_that_is_broken_off_is_told() {
    let server = RawServer::answering_anything("", Then::Close).await;
    let sender = sender_trusting(&authority());
    let error = failure_of(&sender, request(https_url(server.address()))).await;
    assert_eq!(error, "the receiver closed the connection before it was established");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_cut_at_the_timeout() {
    let server = RawServer::start("", Then::Hold).await;
    let sender = sender_trusting(&authority());
    let sent = sender.send(short(https_url(server.address()))).await;
    took_its_second(&sent);
    let error = "no connection to the receiver came about within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
    server.client_left().await;
}

#[tokio::test]
async fn without_authorities_a_sender_for_local_use_fails_request_by_request() {
    let identity = authority().certify(&named(HOST));
    let server = TlsServer::start(identity, "http/1.1", http1).await;
    let names = ScriptedNames::finding(&["127.0.0.1"]);
    let sender = trusting(RootCertStore::empty(), names, |_: IpAddr| None);
    let error = failure_of(&sender, request(server.url(HOST))).await;
    assert_eq!(error, UNKNOWN);
}
