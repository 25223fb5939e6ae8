//! HTTP/2 receivers that misbehave, frame by frame (RFC 9113).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use rstest::rstest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::{
    answer_to, failure_of, request, short,
    tls::{Authority, HOST, TlsServer, named},
    took_its_second,
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// HPACK for `:status: 200`.
const STATUS_200: u8 = 0x88;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend_from_slice(&[kind, flags, 0, 0, 0, stream]);
    frame.extend_from_slice(payload);
    frame
}

/// Waits for a request, then sends `frames` and holds the connection.
struct Misbehaving {
    server: TlsServer,
    requests: Arc<AtomicUsize>,
}

impl Misbehaving {
    async fn start(authority: &Authority, frames: Vec<u8>) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        let frames: Arc<[u8]> = frames.into();
        let server = TlsServer::start(authority.certify(&named(HOST)), "h2", move |stream| {
            misbehave(stream, Arc::clone(&frames), Arc::clone(&seen))
        });
        Self { server: server.await, requests }
    }
}

async fn misbehave(mut stream: TlsStream<TcpStream>, frames: Arc<[u8]>, seen: Arc<AtomicUsize>) {
    let mut preface = [0; 24];
    let opened = stream.read_exact(&mut preface).await;
    opened.expect("a client that speaks HTTP/2");
    let settings = frame(SETTINGS, 0, 0, &[]);
    stream.write_all(&settings).await.expect("room");
    let mut head = [0; 9];
    while stream.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("32 bits")];
        if stream.read_exact(&mut payload).await.is_err() {
            return;
        }
        if head[3] == HEADERS {
            seen.fetch_add(1, Ordering::SeqCst);
            // A client that has had enough closes while this is written.
            let _ = stream.write_all(&frames).await;
            let _ = stream.flush().await;
        }
    }
}

#[rstest]
#[case::refused_stream(frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]))]
#[case::cancelled_stream(frame(RST_STREAM, 0, 1, &[0, 0, 0, 8]))]
#[case::going_away_unprocessed(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 0]))]
#[case::going_away_in_error(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 1]))]
#[tokio::test]
async fn a_refused_request_is_a_failure_and_never_sent_again(#[case] frames: Vec<u8>) {
    let authority = Authority::new();
    let receiver = Misbehaving::start(&authority, frames).await;
    let sent = authority.trusting_sender().send(request(receiver.server.url(HOST))).await;
    let error = "the receiver broke off the exchange before answering".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
    assert_eq!(receiver.requests.load(Ordering::SeqCst), 1);
}

#[rstest]
#[case::plain_text(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())]
#[case::frame_too_large(frame(HEADERS, END_HEADERS, 1, &[0; 20_000]))]
#[case::broken_headers(frame(HEADERS, END_HEADERS, 1, &[0xff; 10]))]
#[case::no_status(frame(HEADERS, END_HEADERS, 1, &[]))]
#[tokio::test]
async fn broken_frames_are_told(#[case] frames: Vec<u8>) {
    let authority = Authority::new();
    let receiver = Misbehaving::start(&authority, frames).await;
    let url = receiver.server.url(HOST);
    let error = failure_of(&authority.trusting_sender(), request(url)).await;
    assert_eq!(error, "the receiver's answer is not valid HTTP");
}

#[rstest]
#[case::a_megabyte(81)]
#[case::in_few_frames(7)]
#[tokio::test]
async fn too_many_headers_are_told(#[case] blocks: usize) {
    // One field over and over: a literal without indexing, name and value in the clear.
    let field = [&[0, 6], b"x-many".as_slice(), &[120], &[b'a'; 120]].concat();
    let block = field.repeat(100);
    let mut frames = frame(HEADERS, END_STREAM, 1, &[STATUS_200]);
    for _ in 1..blocks {
        frames.extend(frame(CONTINUATION, 0, 1, &block));
    }
    frames.extend(frame(CONTINUATION, END_HEADERS, 1, &block));
    let authority = Authority::new();
    let receiver = Misbehaving::start(&authority, frames).await;
    let url = receiver.server.url(HOST);
    let error = failure_of(&authority.trusting_sender(), request(url)).await;
    assert_eq!(error, "the receiver's answer has more headers than are accepted");
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut() {
    let mut frames = frame(HEADERS, END_HEADERS, 1, &[STATUS_200]);
    frames.extend(frame(DATA, 0, 1, &[b'a'; 5000]));
    let authority = Authority::new();
    let receiver = Misbehaving::start(&authority, frames).await;
    let answer = answer_to(&authority.trusting_sender(), request(receiver.server.url(HOST))).await;
    assert_eq!((answer.status, answer.truncated), (200, true));
}

#[tokio::test]
async fn silence_is_cut_at_the_timeout() {
    let authority = Authority::new();
    let receiver = Misbehaving::start(&authority, Vec::new()).await;
    let sent = authority.trusting_sender().send(short(receiver.server.url(HOST))).await;
    took_its_second(&sent);
    let error = "the receiver did not answer within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::Failed { error });
}
