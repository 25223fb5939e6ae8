//! What is kept of a response.

use std::time::Duration;

use grapnel_domain::outbound::CAPTURE_LIMIT_BYTES;
use grapnel_domain::outbound::SendOutcome;
use grapnel_domain::ports::SendRequests;
use grapnel_testing::{
    hostile::raw::{RawServer, Then},
    receiver::{Reply, TestReceiver},
};
use rstest::rstest;

use super::{answer_to, local_sender, request, short, took_its_second};

#[rstest]
#[case(200)]
#[case(204)]
#[case(304)]
#[case(400)]
#[case(410)]
#[case(429)]
#[case(500)]
#[case(999)]
#[tokio::test]
async fn any_status_is_an_answer(#[case] status: u16) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", status);
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!((answer.status, answer.truncated), (status, false));
    assert_eq!((&*answer.body, answer.retry_after), ("", None));
}

#[rstest]
#[case::short(5, 5, false)]
#[case::exactly_the_limit(CAPTURE_LIMIT_BYTES, CAPTURE_LIMIT_BYTES, false)]
#[case::one_more(CAPTURE_LIMIT_BYTES + 1, CAPTURE_LIMIT_BYTES, true)]
#[case::long(3_000_000, CAPTURE_LIMIT_BYTES, true)]
#[tokio::test]
async fn the_start_of_the_body_is_kept(
    #[case] length: usize,
    #[case] kept: usize,
    #[case] truncated: bool,
) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(200).body(vec![b'a'; length]));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!((answer.body.len(), answer.truncated), (kept, truncated));
}

#[tokio::test]
async fn an_endless_body_is_cut_and_its_connection_dropped() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
    let body = format!("{head}{}", "a".repeat(CAPTURE_LIMIT_BYTES + 1));
    let server = RawServer::start(body, Then::Hold).await;
    let sent = local_sender().send(request(server.url("/in"))).await;
    server.client_left().await;
    let SendOutcome::Answered(answer) = sent.outcome else {
        panic!("not answered: {sent:?}");
    };
    assert_eq!((answer.status, answer.truncated), (200, true));
    assert_eq!(answer.body.len(), CAPTURE_LIMIT_BYTES);

    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(500).endless());
    let sent = local_sender().send(request(receiver.url("/in"))).await;
    assert!(sent.duration < Duration::from_secs(5), "{:?}", sent.duration);
    let SendOutcome::Answered(answer) = sent.outcome else {
        panic!("not answered: {sent:?}");
    };
    assert_eq!((answer.status, answer.truncated), (500, true));
}

#[tokio::test]
async fn a_dripping_body_is_cut_at_the_deadline_and_its_status_counts() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let pause = Duration::from_millis(50);
    let reply = Reply::status(200).body("a".repeat(1000)).dripping(pause);
    receiver.answer_with("/in", reply);
    let sent = local_sender().send(short(receiver.url("/in"))).await;
    took_its_second(&sent);
    let SendOutcome::Answered(answer) = sent.outcome else {
        panic!("not answered: {sent:?}");
    };
    assert_eq!((answer.status, answer.truncated), (200, true));
    assert!((1..100).contains(&answer.body.len()), "{}", answer.body);
}

#[rstest]
#[case::shorter_than_promised("HTTP/1.1 202 OK\r\ncontent-length: 100\r\n\r\nhalf")]
#[case::broken_chunk("HTTP/1.1 202 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n")]
#[case::missing_last_chunk("HTTP/1.1 202 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
#[tokio::test]
async fn a_body_that_breaks_off_leaves_the_answer_standing(#[case] bytes: &str) {
    let server = RawServer::start(bytes, Then::Close).await;
    let answer = answer_to(&local_sender(), request(server.url("/in"))).await;
    assert_eq!((answer.status, &*answer.body), (202, "half"));
    assert!(answer.truncated);
}

#[tokio::test]
async fn a_body_up_to_the_end_of_the_connection_is_whole() {
    let server = RawServer::start("HTTP/1.0 200 OK\r\n\r\nold style", Then::Close).await;
    let answer = answer_to(&local_sender(), request(server.url("/in"))).await;
    assert_eq!((&*answer.body, answer.truncated), ("old style", false));
}

#[tokio::test]
async fn interim_answers_are_skipped() {
    let bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n\
                 HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
    let server = RawServer::start(bytes, Then::Hold).await;
    let answer = answer_to(&local_sender(), request(server.url("/in"))).await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn a_switch_of_protocols_is_an_answer() {
    let bytes =
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\nhi";
    let server = RawServer::start(bytes, Then::Hold).await;
    let answer = answer_to(&local_sender(), request(server.url("/in"))).await;
    assert_eq!(answer.status, 101);
    server.client_left().await;
}

#[tokio::test]
async fn a_compressed_body_is_kept_as_it_is() {
    // "hello" as gzip would be 25 bytes; inflated it would be five letters.
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";
    let receiver = TestReceiver::start().await.expect("a receiver");
    let reply = Reply::status(200).header("content-encoding", "gzip").body(gzip.to_vec());
    receiver.answer_with("/in", reply);
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!(answer.body, String::from_utf8_lossy(gzip));
    let received = receiver.received("/in");
    assert_eq!(received[0].header("accept-encoding"), None);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_replaced_within_the_limit() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(200).body(vec![0xff; 4000]));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert!(answer.truncated);
    assert_eq!(answer.body, "\u{fffd}".repeat(CAPTURE_LIMIT_BYTES / 3));
}

#[rstest]
#[case::seconds("120", Some("120"))]
#[case::date("Fri, 31 Dec 1999 23:59:59 GMT", Some("Fri, 31 Dec 1999 23:59:59 GMT"))]
#[case::nonsense("soon", Some("soon"))]
#[case::too_long("00000000000000000000000000000000000000000000000000000000000000120", None)]
#[tokio::test]
async fn retry_after_is_kept_as_received(#[case] header: &str, #[case] kept: Option<&str>) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(503).header("retry-after", header));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!(answer.retry_after.as_deref(), kept);
}
