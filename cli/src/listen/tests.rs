mod giving_up;
mod passing_on;
mod stopping;

use super::*;
use crate::clock::Clock;
use grapnel_domain::signature::{Secret, verify};
use grapnel_receiver::{Reply as Scripted, TestReceiver};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BODY: &[u8] = br#"{"type":"lead.created"}"#;

fn secret() -> Secret {
    Secret::from_random([4; 32])
}

fn secrets() -> Secrets {
    crate::verdict::secrets(&[secret().reveal().to_owned()]).expect("a secret")
}

fn answering(status: u16) -> Answering {
    Answering { delay: Duration::ZERO, status, forward: None }
}

fn passing_on(url: &str) -> Answering {
    let target = Target::parse(url).expect("an address");
    Answering { forward: Some(Forward::new(target, None).expect("a client")), ..answering(200) }
}

fn rules(secrets: Secrets, answering: Answering, save: Option<PathBuf>) -> Rules {
    Rules { secrets, answering, save, stopped: AtomicBool::new(false) }
}

/// A signed request. The official verifier believes it, too.
fn signed(url: &str) -> Request<Full<Bytes>> {
    let seconds = clock::now().as_secs();
    let request = Request::post(url)
        .header(verify::BODY_SIGNATURE, secret().sign_body(BODY))
        .header(verify::ID, "evt_1")
        .header(verify::TIMESTAMP, seconds)
        .header(verify::STANDARD_SIGNATURE, secret().sign_standard("evt_1", seconds, BODY))
        .body(Full::from(BODY))
        .expect("a request");
    let official = standardwebhooks::Webhook::new(secret().reveal()).expect("a secret");
    official.verify(BODY, request.headers()).expect("verified");
    request
}

/// Serves one request and answers what was seen of it and what its sender saw.
async fn exchange(
    secrets: Secrets,
    answering: Answering,
    save: Option<PathBuf>,
    request: impl FnOnce(&str) -> Request<Full<Bytes>>,
) -> (Seen, StatusCode, Bytes) {
    let receiver = Receiver::bind(0).await.expect("a port");
    let request = request(&receiver.url());
    let (tell, mut told) = mpsc::channel(1);
    let rules = Arc::new(rules(secrets, answering, save));
    let serving = tokio::spawn(serve(receiver.listener, rules, tell));
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.expect("answered");
    let status = response.status();
    let body = response.into_body().collect().await.expect("read").to_bytes();
    let seen = told.recv().await.expect("seen");
    serving.abort();
    (seen, status, body)
}

#[tokio::test]
async fn a_signed_request_is_verified_and_answered_as_asked() {
    let (seen, status, _) = exchange(secrets(), answering(202), None, signed).await;
    assert_eq!((seen.verified(), seen.status, status.as_u16()), (Some(true), Some(202), 202));
    assert_eq!((seen.event.as_deref(), seen.id.as_deref()), (Some("lead.created"), Some("evt_1")));
}

#[tokio::test]
async fn a_request_of_another_secret_is_told() {
    let other = crate::verdict::secrets(&[Secret::from_random([9; 32]).reveal().to_owned()]);
    let (seen, status, _) = exchange(other.expect("it"), answering(500), None, signed).await;
    assert_eq!((seen.verified(), status.as_u16()), (Some(false), 500));
    let line = seen.line(&Clock::system(true));
    assert!(line.contains("not verified: x-webhook-signature does not fit"), "{line}");
}

#[tokio::test]
async fn a_request_is_passed_on_whole_and_its_answer_back() {
    let target = TestReceiver::start().await.expect("starts");
    target.answer_with("/hook", Scripted::status(418).header("x-own", "1").body("a teapot"));
    let answering = passing_on(&target.url("/hook"));
    let (seen, status, body) = exchange(secrets(), answering, None, signed).await;
    assert_eq!((seen.status, status.as_u16(), &body[..]), (Some(418), 418, &b"a teapot"[..]));
    let passed = &target.received("/hook")[0];
    assert_eq!(passed.body, BODY);
    let header = |name| passed.header(name);
    let received = Received::read(&passed.body, header);
    let report = secrets().judge(&received, clock::now(), TOLERANCE);
    assert!(report.expect("a secret").is_verified());
}

#[tokio::test]
async fn whom_nobody_answers_is_told_so() {
    // A port that was free a moment ago.
    let gone = Receiver::bind(0).await.expect("a port").url();
    let answering = passing_on(&gone);
    let (seen, status, _) = exchange(secrets(), answering, None, signed).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert!(seen.remark.expect("a remark").contains("does not answer"));
}

#[tokio::test]
async fn what_is_too_large_is_refused_and_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let save = Some(folder.path().to_owned());
    let large = |url: &str| {
        Request::post(url).body(Full::from(vec![b'x'; BODY_BYTES + 1])).expect("a request")
    };
    let (seen, status, _) = exchange(secrets(), answering(200), save, large).await;
    assert_eq!((status, seen.bytes), (StatusCode::PAYLOAD_TOO_LARGE, 0));
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0);
}

#[tokio::test]
async fn what_is_no_post_is_refused() {
    let get = |url: &str| Request::get(url).body(Full::default()).expect("a request");
    let (_, status, _) = exchange(secrets(), answering(200), None, get).await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_kept_request_is_verified_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let save = Some(folder.path().to_owned());
    exchange(secrets(), answering(200), save, signed).await;
    let file = std::fs::read_dir(folder.path()).expect("read").next().expect("a file");
    let text = std::fs::read(file.expect("a file").path()).expect("read");
    let captured = grapnel_verify::SavedRequest::parse(&text).expect("a request");
    let received = Received::read(&captured.body, |name| captured.header(name));
    let report = secrets().judge(&received, clock::now(), TOLERANCE).expect("a secret");
    assert!(report.is_verified(), "{report:?}");
}

/// A folder that went away after the receiver had begun.
fn lost_folder() -> Option<PathBuf> {
    let folder = tempfile::tempdir().expect("a folder");
    Some(folder.path().to_owned())
}

#[tokio::test]
async fn a_request_that_could_not_be_kept_is_told_whatever_else_went_wrong() {
    let (seen, status, _) = exchange(secrets(), answering(200), lost_folder(), signed).await;
    let remark = seen.remark.expect("a remark");
    assert!(status.is_success() && remark.starts_with("not saved: "), "{remark}");

    let gone = Receiver::bind(0).await.expect("a port").url();
    let (seen, ..) = exchange(secrets(), passing_on(&gone), lost_folder(), signed).await;
    let remark = seen.remark.expect("a remark");
    assert!(remark.starts_with("not saved: ") && remark.contains("does not answer"), "{remark}");
}

#[tokio::test]
async fn who_does_not_speak_http_harms_nobody() {
    let receiver = Receiver::bind(0).await.expect("a port");
    let (address, url) = (receiver.address, receiver.url());
    let (tell, mut told) = mpsc::channel(1);
    let rules = Arc::new(rules(secrets(), answering(200), None));
    let serving = tokio::spawn(serve(receiver.listener, rules, tell));
    let mut garbage = TcpStream::connect(address).await.expect("connected");
    garbage.write_all(b"\x16\x03\x01\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    garbage.read_to_end(&mut answer).await.expect("closed");
    let client = Client::builder(TokioExecutor::new()).build_http();
    client.request(signed(&url)).await.expect("answered");
    assert_eq!(told.recv().await.expect("seen").verified(), Some(true));
    serving.abort();
}
