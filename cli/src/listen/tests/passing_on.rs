//! Answers of another server, passed back.

use super::*;
use grapnel_domain::outbound::CAPTURE_LIMIT_BYTES;
use grapnel_hostile::tls::{Authority, TlsServer, named};
use hyper::Response;
use rstest::rstest;
use std::convert::Infallible;

const LONGER: &str = "the answer is longer than the 4096 bytes that are kept of it";

#[rstest]
#[case::at_the_limit(CAPTURE_LIMIT_BYTES, None)]
#[case::longer(CAPTURE_LIMIT_BYTES + 1, Some(LONGER))]
#[case::over_a_mebibyte(1024 * 1024 + 1, Some(LONGER))]
#[case::ten_mebibytes(10 * 1024 * 1024, Some(LONGER))]
#[tokio::test]
async fn a_long_answer_keeps_its_status_and_comes_whole(
    #[case] bytes: usize,
    #[case] remark: Option<&str>,
    #[values(200, 422)] status: u16,
) {
    let target = TestReceiver::start().await.expect("starts");
    target.answer_with("/hook", Scripted::status(status).body(vec![b'x'; bytes]));
    let answering = passing_on(&target.url("/hook"));
    let (seen, answered, body) = exchange(secrets(), answering, None, signed).await;
    assert_eq!((seen.status, answered.as_u16(), body.len()), (Some(status), status, bytes));
    assert_eq!(seen.remark.as_deref(), remark);
}

#[tokio::test]
async fn an_answer_without_an_end_has_its_status_at_once() {
    let target = TestReceiver::start().await.expect("starts");
    target.answer_with("/hook", Scripted::status(503).endless());
    let receiver = Receiver::bind(0).await.expect("a port");
    let url = receiver.url();
    let (tell, mut told) = mpsc::channel(1);
    let answering = passing_on(&target.url("/hook"));
    let rules = Arc::new(rules(secrets(), answering, None));
    let serving = tokio::spawn(serve(receiver.listener, rules, tell));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(signed(&url)).await.expect("answered");
    assert_eq!(response.status().as_u16(), 503);
    // As a webhook's sender does once it has what it keeps.
    drop(response);
    let seen = timeout(READ_LIMIT, told.recv()).await.expect("in time").expect("seen");
    assert_eq!(seen.status, Some(503));
    serving.abort();
}

async fn behind_tls(authority: &Authority) -> TlsServer {
    let identity = authority.certify(&named("127.0.0.1"));
    TlsServer::start(identity, "http/1.1", |stream| async {
        let service = service_fn(|request: Request<Incoming>| async move {
            let body = request.into_body().collect().await.expect("read").to_bytes();
            let mut response = Response::new(Full::new(body));
            *response.status_mut() = StatusCode::ACCEPTED;
            Ok::<_, Infallible>(response)
        });
        // The client closes the connection when it likes.
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    })
    .await
}

#[tokio::test]
async fn a_server_behind_tls_is_reached() {
    let authority = Authority::called("one of a test");
    let server = behind_tls(&authority).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority.pem()).expect("written");
    let target = Target::parse(&server.url("127.0.0.1")).expect("an address");
    let forward = Some(Forward::new(target, Some(&file)).expect("a client"));
    let answering = Answering { forward, ..answering(200) };
    let (seen, status, body) = exchange(secrets(), answering, None, signed).await;
    assert_eq!((seen.status, status.as_u16(), &body[..]), (Some(202), 202, BODY));
    assert_eq!(seen.remark, None);
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_told() {
    let server = behind_tls(&Authority::called("one of a test")).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("other.pem");
    std::fs::write(&file, Authority::called("another").pem()).expect("written");
    let target = Target::parse(&server.url("127.0.0.1")).expect("an address");
    let forward = Some(Forward::new(target, Some(&file)).expect("a client"));
    let answering = Answering { forward, ..answering(200) };
    let (seen, status, _) = exchange(secrets(), answering, None, signed).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    let remark = seen.remark.expect("a remark");
    assert!(remark.contains("certificate") && remark.contains("--forward-ca"), "{remark}");
}

#[tokio::test]
async fn a_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("empty.pem");
    std::fs::write(&file, "none").expect("written");
    let target = Target::parse("https://127.0.0.1:1").expect("an address");
    let failure = Forward::new(target, Some(&file)).expect_err("refused").to_string();
    assert!(failure.contains("no certificate"), "{failure}");
}
