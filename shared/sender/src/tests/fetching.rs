//! Documents, and the keys of an issuer.

use super::{BY_THE_BOOK, ScriptedNames, TIME, local_sender, sender_with};
use crate::{FetchLimits, IssuerKeys, Sender, SenderConfig};
use grapnel_domain::ports::{FetchIssuerKeys, PortError};
use grapnel_hostile::raw::{RawServer, Then};
use grapnel_receiver::{Reply, TestReceiver};
use rstest::rstest;
use std::time::Duration;

const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_secs(1), max_bytes: 1000 };

const DESCRIPTION: &str = "/.well-known/openid-configuration";

async fn receiver() -> TestReceiver {
    TestReceiver::start().await.expect("a receiver")
}

#[tokio::test]
async fn a_document_is_read_by_get_and_asked_for_as_json() {
    let receiver = receiver().await;
    receiver.answer_with("/doc", Reply::status(200).body("x".repeat(1000)));
    let read = local_sender().fetch(&receiver.url("/doc"), LIMITS).await;
    assert_eq!(read, Ok(b"x".repeat(1000)));
    let asked = &receiver.received("/doc")[0];
    assert_eq!((asked.method.as_str(), asked.header("accept")), ("GET", Some("application/json")));
    assert_eq!(asked.header("authorization"), None);
}

#[rstest]
#[case::too_long(Reply::status(200).body("x".repeat(1001)), "the document is over 1000 bytes")]
#[case::endless(
    Reply::status(200).body("x".repeat(500)).endless(),
    "the document is over 1000 bytes"
)]
#[case::elsewhere(Reply::redirect("http://127.0.0.1:1/"), "the answer is 302, not 200")]
#[case::not_there(Reply::status(404), "the answer is 404, not 200")]
#[case::silent(Reply::hang(), "the receiver did not answer within 1 s")]
#[case::slow(
    Reply::status(200).body("x".repeat(100)).dripping(Duration::from_millis(200)),
    "the document did not arrive in time"
)]
#[case::closed(Reply::close(), "the receiver closed the connection before answering")]
#[tokio::test]
async fn a_document_that_is_none_is_told(#[case] reply: Reply, #[case] expected: &str) {
    let receiver = receiver().await;
    receiver.answer_with("/doc", reply);
    let read = local_sender().fetch(&receiver.url("/doc"), LIMITS).await;
    assert_eq!(read, Err(expected.to_owned()));
}

#[rstest]
#[case::interim_answers(
    "",
    b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "the receiver sent too much before its answer"
)]
#[case::headers(
    "HTTP/1.1 200 OK\r\n",
    b"x-many: 1\r\n",
    "the receiver's answer has more headers than are accepted"
)]
#[case::chunk_extension(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;a=",
    b"a",
    "the document broke off"
)]
#[case::chunks_of_one_byte(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    b"1\r\na\r\n",
    "the document is over 1000 bytes"
)]
#[tokio::test]
async fn an_endless_document_is_told(
    #[case] start: &str,
    #[case] flood: &'static [u8],
    #[case] expected: &str,
) {
    let server = RawServer::start(start, Then::Flood(flood)).await;
    let limits = FetchLimits { timeout: TIME, ..LIMITS };
    let read = local_sender().fetch(&server.url("/doc"), limits).await;
    assert_eq!(read, Err(expected.to_owned()));
    server.client_left().await;
}

#[tokio::test]
async fn a_document_may_be_as_long_as_its_limit_says() {
    let long = vec![b'x'; 1 << 20];
    let receiver = receiver().await;
    receiver.answer_with("/doc", Reply::status(200).body(long.clone()));
    let limits = FetchLimits { timeout: TIME, max_bytes: long.len() };
    let read = local_sender().fetch(&receiver.url("/doc"), limits).await;
    assert_eq!(read, Ok(long));
}

#[tokio::test]
async fn a_document_is_behind_the_same_guard_as_a_delivery() {
    let names = ScriptedNames::finding(&["10.0.0.1"]);
    let read = sender_with(names, BY_THE_BOOK).fetch("http://id.example.com/doc", LIMITS).await;
    let error = read.expect_err("refused");
    assert!(error.starts_with("id.example.com resolves to 10.0.0.1, which is "), "{error}");

    let strict = Sender::new(SenderConfig::default()).expect("a sender");
    for url in ["http://id.example.com/doc", "https://127.0.0.1/doc", "https://localhost/doc"] {
        let error = strict.fetch(url, LIMITS).await.expect_err("refused");
        assert!(error.starts_with("the document's URL must "), "{error}");
    }
}

/// An issuer with this text as its description; `ISSUER` is replaced by its URL.
async fn issuer(description: &str) -> (TestReceiver, IssuerKeys) {
    let receiver = receiver().await;
    let url = receiver.url("");
    let description = description.replace("ISSUER", &url);
    receiver.answer_with(DESCRIPTION, Reply::status(200).body(description));
    let keys = IssuerKeys::new(local_sender(), url);
    (receiver, keys)
}

#[tokio::test]
async fn keys_are_found_by_the_issuers_description() {
    let (receiver, keys) = issuer(r#"{"issuer":"ISSUER","jwks_uri":"ISSUER/keys"}"#).await;
    receiver.answer_with("/keys", Reply::status(200).body(r#"{"keys":[]}"#));
    assert_eq!(keys.fetch_keys().await.as_deref(), Ok(r#"{"keys":[]}"#));
}

#[rstest]
#[case::of_another_issuer(r#"{"issuer":"https://evil.example.com","jwks_uri":"ISSUER/keys"}"#)]
#[case::no_description("<html>")]
#[case::keys_elsewhere(r#"{"issuer":"ISSUER","jwks_uri":"ISSUER/gone"}"#)]
#[case::keys_in_a_file(r#"{"issuer":"ISSUER","jwks_uri":"file:///etc/passwd"}"#)]
#[tokio::test]
async fn an_issuer_without_keys_is_unavailable(#[case] description: &str) {
    let (receiver, keys) = issuer(description).await;
    receiver.answer_with("/keys", Reply::status(200).body(r#"{"keys":[]}"#));
    receiver.answer_with("/gone", Reply::status(410));
    let fetched = keys.fetch_keys().await;
    assert!(matches!(fetched, Err(PortError::Unavailable(_))), "{fetched:?}");
}
