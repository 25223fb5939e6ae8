//! HTTP/2 receivers that misbehave, frame by frame (RFC 9113).

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use grapnel_hostile::{
    http2::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, FrameServer, GOAWAY, HEADERS, RST_STREAM,
        STATUS_200, frame, many_fields,
    },
    tls::{Authority, named},
};
use rstest::rstest;

use super::{
    answer_to, failure_of, request, short,
    tls::{HOST, authority, sender_trusting},
    took_its_second,
};

/// A receiver that answers each request with `frames` and holds the connection.
async fn answering(authority: &Authority, frames: Vec<u8>) -> FrameServer {
    FrameServer::start(authority.certify(&named(HOST)), frames, Vec::new()).await
}

#[rstest]
#[case::refused_stream(frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]))]
#[case::cancelled_stream(frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]))]
#[case::going_away_unprocessed(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0]))]
#[case::going_away_in_error(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 1]))]
#[tokio::test]
async fn a_refused_request_is_a_failure_and_never_sent_again(#[case] frames: Vec<u8>) {
    let authority = authority();
    let receiver = answering(&authority, frames).await;
    let sent = sender_trusting(&authority).send(request(receiver.url(HOST))).await;
    let error = "the receiver broke off the exchange before answering".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
    assert_eq!(receiver.requests(), 1);
}

#[rstest]
#[case::plain_text(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]
#[case::frame_too_large(frame(HEADERS, END_HEADERS, 1, &[0; 20_000]))]
#[case::broken_headers(frame(HEADERS, END_HEADERS, 1, &[0xff; 10]))]
#[case::no_status(frame(HEADERS, END_HEADERS, 1, &[]))]
#[tokio::test]
async fn broken_frames_are_told(#[case] frames: Vec<u8>) {
    let authority = authority();
    let receiver = answering(&authority, frames).await;
    let url = receiver.url(HOST);
    let error = failure_of(&sender_trusting(&authority), request(url)).await;
    assert_eq!(error, "the receiver's answer is not valid HTTP");
}

#[rstest]
#[case::a_megabyte(81)]
#[case::in_few_frames(7)]
#[tokio::test]
async fn too_many_headers_are_told(#[case] blocks: usize) {
    let block = many_fields();
    let mut frames = frame(HEADERS, END_STREAM, 1, &[STATUS_200]);
    for _ in 1..blocks {
        frames.extend(frame(CONTINUATION, 0, 1, &block));
    }
    frames.extend(frame(CONTINUATION, END_HEADERS, 1, &block));
    let authority = authority();
    let receiver = answering(&authority, frames).await;
    let url = receiver.url(HOST);
    let error = failure_of(&sender_trusting(&authority), request(url)).await;
    assert_eq!(error, "the receiver's answer has more headers than are accepted");
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut() {
    let mut frames = frame(HEADERS, END_HEADERS, 1, &[STATUS_200]);
    frames.extend(frame(DATA, 0, 1, &[b'a'; 5000]));
    let authority = authority();
    let receiver = answering(&authority, frames).await;
    let answer = answer_to(&sender_trusting(&authority), request(receiver.url(HOST))).await;
    assert_eq!((answer.status, answer.truncated), (200, true));
}

#[tokio::test]
async fn silence_is_cut_at_the_timeout() {
    let authority = authority();
    let receiver = answering(&authority, Vec::new()).await;
    let sent = sender_trusting(&authority).send(short(receiver.url(HOST))).await;
    took_its_second(&sent);
    let error = "the receiver did not answer within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
}
