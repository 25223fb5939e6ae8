//! Receivers that give no usable answer.

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use grapnel_hostile::raw::{Congested, RawServer, Refusing, Then};
use grapnel_receiver::{Reply, TestReceiver};
use rstest::rstest;

use super::{failure_of, local_sender, request, short, took_its_second};

const CLOSED: &str = "the receiver closed the connection before answering";
const INVALID: &str = "the receiver's answer is not valid HTTP";
const TOO_LARGE: &str = "the receiver's answer has more headers than are accepted";
const NO_ANSWER: &str = "the receiver did not answer within 1 s";

#[tokio::test]
async fn a_receiver_that_hangs_is_cut_at_the_timeout() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::hang());
    let sent = local_sender().send(short(receiver.url("/in"))).await;
    took_its_second(&sent);
    let error = NO_ANSWER.to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
    assert_eq!(receiver.received("/in").len(), 1);
}

#[rstest]
#[case::silence("")]
#[case::half_a_status_line("HTTP/1.")]
#[case::half_a_head("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n")]
#[case::only_interim("HTTP/1.1 100 Continue\r\n\r\n")]
#[tokio::test]
async fn half_an_answer_is_cut_at_the_timeout_and_the_connection_dropped(#[case] bytes: &str) {
    let server = RawServer::start(bytes, Then::Hold).await;
    let sent = local_sender().send(short(server.url("/in"))).await;
    server.client_left().await;
    took_its_second(&sent);
    let error = NO_ANSWER.to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
}

#[tokio::test]
async fn connecting_is_cut_at_the_timeout() {
    let congested = Congested::start().await;
    let url = format!("http://{}/in", congested.address());
    let sent = local_sender().send(short(url)).await;
    took_its_second(&sent);
    let error = "no connection to the receiver came about within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
}

#[tokio::test]
async fn a_refused_connection_is_told() {
    let refusing = Refusing::start();
    let url = format!("http://{}/in", refusing.address());
    let error = failure_of(&local_sender(), request(url)).await;
    assert_eq!(error, "the receiver refused the connection");
}

#[rstest]
#[case::closed("", Then::Close, CLOSED)]
#[case::closed_in_the_head("HTTP/1.1 200 OK\r\nserv", Then::Close, CLOSED)]
#[case::reset("", Then::Reset, CLOSED)]
#[case::reset_in_the_head("HTTP/1.1 200 OK\r\nserv", Then::Reset, CLOSED)]
#[case::not_http("SSH-2.0-OpenSSH_9.9\r\n", Then::Hold, INVALID)]
#[case::no_version("200 OK\r\n\r\n", Then::Hold, INVALID)]
#[case::bad_version("HTTP/3.7 200 OK\r\n\r\n", Then::Hold, INVALID)]
#[case::two_digits("HTTP/1.1 20 OK\r\n\r\n", Then::Hold, INVALID)]
#[case::zero_status("HTTP/1.1 000 OK\r\n\r\n", Then::Hold, INVALID)]
#[case::no_status("HTTP/1.1 OK\r\n\r\n", Then::Hold, INVALID)]
#[case::bad_header("HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n", Then::Hold, INVALID)]
#[case::bad_length("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Then::Hold, INVALID)]
#[case::two_lengths(
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    Then::Hold,
    INVALID
)]
#[case::old_http("<html>hello</html>", Then::Close, INVALID)]
#[tokio::test]
async fn no_answer_and_no_http_are_told_apart(
    #[case] bytes: &str,
    #[case] then: Then,
    #[case] expected: &str,
) {
    let server = RawServer::start(bytes, then).await;
    let error = failure_of(&local_sender(), request(server.url("/in"))).await;
    assert_eq!(error, expected);
}

#[tokio::test]
async fn a_megabyte_of_headers_is_too_much() {
    let one = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "a".repeat(1 << 20));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x-many: 1\r\n".repeat(100_000));
    for bytes in [one, many] {
        let server = RawServer::start(bytes, Then::Hold).await;
        let error = failure_of(&local_sender(), request(server.url("/in"))).await;
        assert_eq!(error, TOO_LARGE);
    }
}

#[tokio::test]
async fn a_server_for_https_tells_nothing_to_http() {
    let alert = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46];
    let server = RawServer::start(alert, Then::Close).await;
    let error = failure_of(&local_sender(), request(server.url("/in"))).await;
    assert_eq!(error, INVALID);
}

#[rstest]
#[case::value("x-api-key", "very\nsecret")]
#[case::value_with_nul("x-api-key", "very\0secret")]
#[case::name("x api key", "verysecret")]
#[case::empty_name("", "verysecret")]
#[tokio::test]
async fn a_header_that_cannot_be_sent_fails_without_its_value(
    #[case] name: &str,
    #[case] value: &str,
) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let mut request = request(receiver.url("/in"));
    request.headers.push((name.into(), value.into()));
    let error = failure_of(&local_sender(), request).await;
    assert!(error.contains("header") && !error.contains("secret"), "{error}");
    assert!(receiver.all_received().is_empty());
}

#[tokio::test]
async fn no_error_repeats_the_query() {
    let server = RawServer::start("", Then::Close).await;
    for url in [
        server.url("/in?token=verysecret"),
        "http://127.0.0.1:1/in?token=verysecret".to_owned(),
        "ftp://127.0.0.1/in?token=verysecret".to_owned(),
        "http://me:verysecret@127.0.0.1:0/in?token=verysecret".to_owned(),
    ] {
        let error = failure_of(&local_sender(), request(url)).await;
        assert!(!error.contains("secret"), "{error}");
    }
}
