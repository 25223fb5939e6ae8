//! Servers that speak bytes, for what no HTTP server would do.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

use super::SOON;

/// What follows the bytes that were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Close in order.
    Close,
    /// Reset the connection.
    Reset,
    /// Stay silent until the client goes.
    Hold,
}

/// Reads one request per connection, sends fixed bytes, and counts.
pub(super) struct RawServer {
    pub(super) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    client_left: Arc<Notify>,
    server: JoinHandle<()>,
}

impl RawServer {
    pub(super) async fn start(bytes: impl Into<Vec<u8>>, then: Then) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(AtomicUsize::new(0));
        let client_left = Arc::new(Notify::new());
        let (connected, requested) = (Arc::clone(&connections), Arc::clone(&requests));
        let left = Arc::clone(&client_left);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connected.fetch_add(1, Ordering::SeqCst);
                let (bytes, requested) = (Arc::clone(&bytes), Arc::clone(&requested));
                let left = Arc::clone(&left);
                tokio::spawn(serve(stream, bytes, then, requested, left));
            }
        });
        Self { address, connections, requests, client_left, server }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Complete requests so far.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Connections once nothing more has come for a moment. Nothing in the sender outlives its
    /// request, so a moment is ample.
    pub(super) async fn connections_in_the_end(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.connections.load(Ordering::SeqCst)
    }

    /// Waits until a client of a held connection has gone.
    pub(super) async fn client_left(&self) {
        let left = timeout(SOON, self.client_left.notified()).await;
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
    bytes: Arc<[u8]>,
    then: Then,
    requests: Arc<AtomicUsize>,
    left: Arc<Notify>,
) {
    if read_request(&mut stream).await.is_none() {
        left.notify_one();
        return;
    }
    requests.fetch_add(1, Ordering::SeqCst);
    // A client that has read enough does not take the rest.
    let _ = stream.write_all(&bytes).await;
    match then {
        Then::Close => {
            let _ = stream.shutdown().await;
            drain(&mut stream).await;
        }
        Then::Reset => stream.set_zero_linger().expect("an open socket"),
        Then::Hold => {
            drain(&mut stream).await;
            left.notify_one();
        }
    }
}

/// Reads a request with a `content-length`, and returns it whole.
pub(super) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
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
pub(super) struct Congested {
    pub(super) address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl Congested {
    pub(super) async fn on(address: &str) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(address.parse().expect("an address")).expect("a free port");
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
}
