//! Servers that send bytes, for things that no HTTP server does.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

/// Longest wait for a client's expected action.
const SOON: Duration = Duration::from_secs(5);

/// Bytes of one write of a flood.
const FLOOD_BYTES: usize = 64 * 1024;

/// The action after the bytes were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Close properly.
    Close,
    /// Reset the connection.
    Reset,
    /// Stay silent until the client closes.
    Hold,
    /// Send these bytes repeatedly, one at a time with a pause before each, until the client
    /// closes.
    Drip(&'static [u8], Duration),
    /// Send these bytes repeatedly, as fast as the client accepts them, until it closes.
    Flood(&'static [u8]),
}

/// Reads one or two requests per connection, sends fixed bytes, and counts. Dropping it stops it and cuts
/// its connections.
#[derive(Debug)]
pub struct RawServer {
    address: SocketAddr,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

/// The requests that are answered.
#[derive(Clone, Copy, Debug)]
enum Question {
    Request,
    /// The second request of a connection. The first one is answered with [`WELL_BEHAVED`].
    SecondRequest,
    Anything,
}

/// An answer without a fault, after which the connection stays open.
pub(super) const WELL_BEHAVED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

#[derive(Debug, Default)]
struct Seen {
    connections: AtomicUsize,
    requests: AtomicUsize,
    flooded_bytes: AtomicUsize,
    client_left: Notify,
}

impl RawServer {
    /// Starts it on a free port of `127.0.0.1`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn start(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self::answering(Question::Request, bytes, then).await
    }

    /// Like [`Self::start`], but answers the first request of each connection as it should, and
    /// sends its bytes after the second.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start_after_an_answer(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self::answering(Question::SecondRequest, bytes, then).await
    }

    /// Like [`Self::start`], but answers any first bytes of a client.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn answering_anything(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        Self::answering(Question::Anything, bytes, then).await
    }

    async fn answering(question: Question, bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Seen::default());
        let noted = Arc::clone(&seen);
        let server = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                noted.connections.fetch_add(1, Ordering::SeqCst);
                let (bytes, noted) = (Arc::clone(&bytes), Arc::clone(&noted));
                connections.spawn(serve(stream, question, bytes, then, noted));
            }
        });
        Self { address, seen, server }
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path`, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Complete requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    /// Bytes of a [`Then::Flood`] that were written so far: the bytes that the client read, plus
    /// the socket buffers.
    #[must_use]
    pub fn flooded_bytes(&self) -> usize {
        self.seen.flooded_bytes.load(Ordering::SeqCst)
    }

    /// The number of connections after no new one has come for a moment. A client that keeps no
    /// connection has finished by then.
    pub async fn connections_in_the_end(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Waits until a client of a held connection has closed.
    ///
    /// # Panics
    ///
    /// If none closes within five seconds.
    pub async fn client_left(&self) {
        let left = timeout(SOON, self.seen.client_left.notified()).await;
        left.expect("the client to close its connection");
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    question: Question,
    bytes: Arc<[u8]>,
    then: Then,
    seen: Arc<Seen>,
) {
    match question {
        Question::Request | Question::SecondRequest => {
            if matches!(question, Question::SecondRequest) {
                if read_request(&mut stream).await.is_none() {
                    return;
                }
                seen.requests.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(WELL_BEHAVED).await;
            }
            if read_request(&mut stream).await.is_none() {
                seen.client_left.notify_one();
                return;
            }
            seen.requests.fetch_add(1, Ordering::SeqCst);
        }
        Question::Anything => {
            // A client that closes at once notices nothing.
            let _ = stream.read(&mut [0; 4096]).await;
        }
    }
    // A client that has read enough does not accept the rest.
    let _ = stream.write_all(&bytes).await;
    match then {
        Then::Close => {
            let _ = stream.shutdown().await;
            drain(&mut stream).await;
        }
        Then::Reset => stream.set_zero_linger().expect("an open socket"),
        Then::Hold => {
            drain(&mut stream).await;
            seen.client_left.notify_one();
        }
        Then::Drip(piece, pause) => {
            drip(&mut stream, piece, pause).await;
            seen.client_left.notify_one();
        }
        Then::Flood(piece) => {
            flood(&mut stream, piece, &seen.flooded_bytes).await;
            seen.client_left.notify_one();
        }
    }
}

async fn drip(stream: &mut (impl AsyncWrite + Unpin), piece: &[u8], pause: Duration) {
    for byte in piece.iter().cycle() {
        tokio::time::sleep(pause).await;
        if stream.write_all(&[*byte]).await.is_err() {
            return;
        }
    }
}

/// Writes `piece` repeatedly until the other side has closed, and adds the accepted bytes to
/// `written`.
pub(super) async fn flood(
    stream: &mut (impl AsyncWrite + Unpin),
    piece: &[u8],
    written: &AtomicUsize,
) {
    let many = piece.repeat(FLOOD_BYTES.div_ceil(piece.len()));
    while stream.write_all(&many).await.is_ok() && stream.flush().await.is_ok() {
        written.fetch_add(many.len(), Ordering::SeqCst);
    }
}

/// Reads a complete request with a `content-length`; `None` if the client closes before.
///
/// # Panics
///
/// If the `content-length` is not a number.
pub async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("a number"));
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        if stream.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

async fn drain(stream: &mut TcpStream) {
    let mut rest = [0; 1024];
    while matches!(stream.read(&mut rest).await, Ok(1..)) {}
}

/// A listener that accepts nothing and has no room left, so that connecting to it hangs.
#[derive(Debug)]
pub struct Congested {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Congested {
    /// Fills up a free port of `127.0.0.1`. Takes a moment.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn start() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut waiting = Vec::new();
        let mut another = Duration::from_millis(300);
        while let Ok(stream) = timeout(another, TcpStream::connect(address)).await {
            waiting.push(stream.expect("a connection or silence"));
            another = Duration::from_millis(100);
        }
        Self { address, _listener: listener, _waiting: waiting }
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A port without a listener, which no other program gets.
#[derive(Debug)]
pub struct Refusing(TcpSocket);

impl Refusing {
    /// Takes a free port of `127.0.0.1`.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn start() -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        Self(socket)
    }

    /// The address that refuses connections.
    ///
    /// # Panics
    ///
    /// Never: the socket has an address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }
}
