//! Which parts of a response are kept.

use std::time::Duration;

use grapnel_domain::outbound::{BodyRemark, CAPTURE_LIMIT_BYTES, SendOutcome};
use grapnel_domain::ports::SendRequests;
use grapnel_hostile::raw::{RawServer, Then};
use grapnel_receiver::{Reply, TestReceiver};
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

/// "hello", compressed.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xcbH\xcd\xc9\xc9\x07\0\x86\xa6\x106\x05\0\0\0";

#[rstest]
#[case::gzip("gzip", GZIP, Some(BodyRemark::Compressed(Some("gzip".into()))))]
#[case::brotli("br", b"\x0b\x02\x80hello\x03", Some(BodyRemark::Compressed(Some("br".into()))))]
#[case::unsaid("", GZIP, Some(BodyRemark::Compressed(None)))]
#[case::nothing("gzip", b"", None)]
#[tokio::test]
async fn a_compressed_body_is_not_kept_and_told(
    #[case] encoding: &str,
    #[case] body: &[u8],
    #[case] remark: Option<BodyRemark>,
    #[values(200, 500)] status: u16,
) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let reply = Reply::status(status).header("content-encoding", encoding).body(body.to_vec());
    receiver.answer_with("/in", reply);
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.remark), (status, "", remark));
    let received = receiver.received("/in");
    assert_eq!(received[0].header("accept-encoding"), None);
}

#[rstest]
#[case::text("gr\u{fc}n".as_bytes(), "grün", None)]
#[case::identity("ok".as_bytes(), "ok", None)]
#[case::a_replacement_of_its_own("a\u{fffd}".as_bytes(), "a\u{fffd}", None)]
#[case::latin_1(b"gr\xfcn und wei\xdf", "gr\u{fffd}n und wei\u{fffd}", Some(BodyRemark::NotUtf8))]
#[case::cyrillic(b"\xcd\xe5\xf2 \xf2\xe0\xea\xee\xe3\xee", "", Some(BodyRemark::Unreadable))]
#[case::an_image(b"\x89PNG\r\n\x1a\n\0\0\0\xff\xfe\xfd\xfc", "", Some(BodyRemark::Unreadable))]
#[tokio::test]
async fn a_body_that_is_not_utf_8_is_told(
    #[case] sent: &[u8],
    #[case] kept: &str,
    #[case] remark: Option<BodyRemark>,
) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let reply = Reply::status(400).header("content-encoding", "identity").body(sent.to_vec());
    receiver.answer_with("/in", reply);
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!((answer.body.as_str(), answer.remark), (kept, remark));
}

#[tokio::test]
async fn bytes_that_are_not_text_are_replaced_within_the_limit() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(200).body(b"abc\xff".repeat(1000)));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert!(answer.truncated);
    assert_eq!(answer.body.len(), CAPTURE_LIMIT_BYTES - 1);
    assert!(answer.body.starts_with("abc\u{fffd}abc\u{fffd}"));
}

#[rstest]
#[case::absolute("https://new.example.com/in", Some("https://new.example.com/in"))]
#[case::relative("/in/", Some("/in/"))]
#[case::empty("", None)]
#[tokio::test]
async fn where_an_answer_points_is_kept_and_not_followed(
    #[case] location: &str,
    #[case] kept: Option<&str>,
    #[values(301, 307)] status: u16,
) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(status).header("location", location));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!((answer.location.as_deref(), answer.redirects_to()), (kept, kept));
    assert_eq!(receiver.received("/in").len(), 1);
}

#[tokio::test]
async fn of_a_very_long_location_the_beginning_is_kept() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let long = format!("https://example.com/{}", "x".repeat(2000));
    receiver.answer_with("/in", Reply::redirect(&long));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!(answer.location, Some(format!("{}…", &long[..1024])));
}

#[tokio::test]
async fn the_lines_of_retry_after_are_kept_together() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let long = "0".repeat(257);
    let lines = ["30", long.as_str(), "Fri, 31 Dec 1999 23:59:59 GMT"];
    let reply = lines.iter().fold(Reply::status(503), |it, line| it.header("retry-after", line));
    receiver.answer_with("/in", reply);
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!(answer.retry_after.as_deref(), Some("30, Fri, 31 Dec 1999 23:59:59 GMT"));
}

#[rstest]
#[case::seconds("120", Some("120"))]
#[case::date("Fri, 31 Dec 1999 23:59:59 GMT", Some("Fri, 31 Dec 1999 23:59:59 GMT"))]
#[case::nonsense("soon", Some("soon"))]
#[case::too_long(&"0".repeat(257), None)]
#[tokio::test]
async fn retry_after_is_kept_as_received(#[case] header: &str, #[case] kept: Option<&str>) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(503).header("retry-after", header));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!(answer.retry_after.as_deref(), kept);
}
