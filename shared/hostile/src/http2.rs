//! HTTP/2 servers that send frames (RFC 9113), for things that no HTTP library does.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::{
    raw::flood,
    tls::{Identity, TlsServer},
};

/// Frame type: a part of a body.
pub const DATA: u8 = 0;
/// Frame type: the head of a message.
pub const HEADERS: u8 = 1;
/// Frame type: the end of one stream, with an error.
pub const RST_STREAM: u8 = 3;
/// Frame type: what a side asks of the other.
pub const SETTINGS: u8 = 4;
/// Frame type: a question that must be answered.
pub const PING: u8 = 6;
/// Frame type: the end of the connection.
pub const GOAWAY: u8 = 7;
/// Frame type: more of a head.
pub const CONTINUATION: u8 = 9;
/// Frame type: an unknown one, which must be skipped.
pub const UNKNOWN: u8 = 0x77;

/// Flag: nothing follows on this stream.
pub const END_STREAM: u8 = 1;
/// Flag: the head is complete.
pub const END_HEADERS: u8 = 4;

/// The stream of a connection's second request (RFC 9113 section 5.1.1).
const SECOND_STREAM: u8 = 3;

/// HPACK for `:status: 200`.
pub const STATUS_200: u8 = 0x88;

/// HPACK for `:status: 103`: a literal without indexing, named by the static table.
pub const STATUS_103: [u8; 5] = [0x08, 3, b'1', b'0', b'3'];

/// HPACK for `via` without a value: one byte that becomes more than thirty when it is decoded.
pub const VIA: u8 = 0xbc;

/// A frame.
///
/// # Panics
///
/// If `payload` is too long: 16 MiB.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    assert_eq!(length[0], 0, "a frame");
    let mut frame = length[1..].to_vec();
    frame.extend_from_slice(&[kind, flags, 0, 0, 0, stream]);
    frame.extend_from_slice(payload);
    frame
}

/// A hundred fields of 128 bytes each, in the clear, for a `HEADERS` or `CONTINUATION` frame.
#[must_use]
pub fn many_fields() -> Vec<u8> {
    // One field repeatedly: a literal without indexing, name and value uncompressed.
    [&[0, 6], b"x-many".as_slice(), &[120], &[b'a'; 120]].concat().repeat(100)
}

/// The parts of a client's frame that a server here looks at.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// The last byte of its stream's number.
    pub stream: u8,
}

/// Reads what a client sends first, and sends settings.
///
/// # Panics
///
/// If the client does not speak HTTP/2, or has closed.
pub async fn open(stream: &mut TlsStream<TcpStream>) {
    let mut preface = [0; 24];
    let opened = stream.read_exact(&mut preface).await;
    opened.expect("a client that speaks HTTP/2");
    let settings = frame(SETTINGS, 0, 0, &[]);
    stream.write_all(&settings).await.expect("room");
}

/// Reads a frame with its payload; `None` if the client closes before its end.
///
/// # Panics
///
/// If a `usize` has less than 32 bits.
pub async fn next_frame(stream: &mut TlsStream<TcpStream>) -> Option<Frame> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).expect("32 bits")];
    stream.read_exact(&mut payload).await.ok()?;
    Some(Frame { kind: head[3], stream: head[8] })
}

/// Waits for a request, then sends frames and holds the connection.
#[derive(Debug)]
pub struct FrameServer {
    server: TlsServer,
    seen: Arc<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    flooded_bytes: AtomicUsize,
}

impl FrameServer {
    /// Sends `frames` once for each request, and then, if there is a `flood`, the flood repeatedly
    /// until the client closes.
    pub async fn start(identity: Identity, frames: Vec<u8>, flood: Vec<u8>) -> Self {
        Self::answering(identity, false, frames, flood).await
    }

    /// Like [`Self::start`], but answers the first request of each connection as it should. `frames`
    /// and `flood` are written for the stream of a first request.
    pub async fn start_after_an_answer(identity: Identity, frames: &[u8], flood: &[u8]) -> Self {
        let second = |frames| on_second_stream(frames);
        Self::answering(identity, true, second(frames), second(flood)).await
    }

    async fn answering(
        identity: Identity,
        answers_first: bool,
        frames: Vec<u8>,
        flood: Vec<u8>,
    ) -> Self {
        let seen = Arc::new(Seen::default());
        let noted = Arc::clone(&seen);
        let (frames, flood): (Arc<[u8]>, Arc<[u8]>) = (frames.into(), flood.into());
        let server = TlsServer::start(identity, "h2", move |stream| {
            let (frames, flood) = (Arc::clone(&frames), Arc::clone(&flood));
            misbehave(stream, answers_first, frames, flood, Arc::clone(&noted))
        });
        Self { server: server.await, seen }
    }

    /// Its URL with a host name or an address.
    #[must_use]
    pub fn url(&self, host: &str) -> String {
        self.server.url(host)
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// Bytes of the flood that were written so far: the bytes that the client read, plus the socket
    /// buffers.
    #[must_use]
    pub fn flooded_bytes(&self) -> usize {
        self.seen.flooded_bytes.load(Ordering::SeqCst)
    }
}

/// Frames for a connection's second stream in place of its first. Bytes that are no frames stay.
fn on_second_stream(frames: &[u8]) -> Vec<u8> {
    let mut moved = frames.to_vec();
    let mut at = 0;
    while let Some([0, high, low, kind, _, _, _, _, stream]) = moved.get_mut(at..at + 9) {
        if *stream == 1 {
            *stream = SECOND_STREAM;
        }
        if *kind == GOAWAY {
            // The last stream that was looked at: the first.
            moved[at + 12] = 1;
            break;
        }
        at += 9 + usize::from(*high) * 256 + usize::from(*low);
    }
    moved
}

async fn misbehave(
    mut stream: TlsStream<TcpStream>,
    mut answers_next: bool,
    frames: Arc<[u8]>,
    endless: Arc<[u8]>,
    seen: Arc<Seen>,
) {
    open(&mut stream).await;
    while let Some(Frame { kind, .. }) = next_frame(&mut stream).await {
        if kind == HEADERS {
            seen.requests.fetch_add(1, Ordering::SeqCst);
            if std::mem::take(&mut answers_next) {
                let head = frame(HEADERS, END_HEADERS | END_STREAM, 1, &[STATUS_200]);
                let _ = stream.write_all(&head).await;
                let _ = stream.flush().await;
                continue;
            }
            // A client may close while this is written.
            let _ = stream.write_all(&frames).await;
            let _ = stream.flush().await;
            if !endless.is_empty() {
                // The client's further frames are not read.
                flood(&mut stream, &endless, &seen.flooded_bytes).await;
            }
        }
    }
}
