//! Limits how many bytes a receiver can make this client read.
//!
//! A deadline alone is not a limit. As long as bytes arrive, the HTTP client skips interim answers
//! and unknown frames without returning from its poll. Meanwhile no timer of the same thread runs,
//! and the client's memory grows. So this module counts the bytes where they enter, below TLS.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The kind of the error that ends a connection with too many bytes. No socket returns this kind,
/// and it survives TLS and HTTP/2, which keep only the kind of an error.
pub(crate) const TOO_MUCH: io::ErrorKind = io::ErrorKind::QuotaExceeded;

/// Maximum number of bytes that are read before other tasks of the thread get a turn. Decoding
/// compressed headers takes far longer than reading them.
const TURN_BYTES: usize = 16 * 1024;

/// How much may still be read from a connection.
#[derive(Debug)]
pub(crate) struct Traffic {
    may_read: AtomicUsize,
}

impl Traffic {
    /// Allows about `limit` more bytes to be read: the read that reaches the limit is the last one.
    pub(crate) fn allow(&self, limit: usize) {
        self.may_read.store(limit, Ordering::Relaxed);
    }

    fn has_read(&self, bytes: usize) {
        let less = |left: usize| Some(left.saturating_sub(bytes));
        let _ = self.may_read.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

/// A connection from which a limited number of bytes is read.
#[derive(Debug)]
pub(crate) struct Metered {
    stream: TcpStream,
    traffic: Arc<Traffic>,
    left_in_turn: usize,
}

impl Metered {
    /// Reads about `limit` bytes from `stream`, until [`Traffic::allow`] allows more.
    pub(crate) fn new(stream: TcpStream, limit: usize) -> Self {
        let traffic = Traffic { may_read: AtomicUsize::new(limit) };
        Self { stream, traffic: Arc::new(traffic), left_in_turn: TURN_BYTES }
    }

    pub(crate) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.traffic.may_read.load(Ordering::Relaxed) == 0 {
            return Poll::Ready(Err(TOO_MUCH.into()));
        }
        if self.left_in_turn == 0 {
            self.left_in_turn = TURN_BYTES;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let read = buffer.filled().len() - before;
        self.traffic.has_read(read);
        self.left_in_turn = self.left_in_turn.saturating_sub(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    const BUFFER_BYTES: usize = 4096;

    /// A connection that reads at most `limit` bytes, and its other end.
    async fn metered(limit: usize) -> (Metered, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stream, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (other_end, _) = accepted.expect("a connection");
        (Metered::new(stream.expect("a connection"), limit), other_end)
    }

    #[tokio::test]
    async fn the_read_that_reaches_the_limit_is_the_last_one() {
        const LIMIT: usize = 100_000;
        let (mut stream, mut other_end) = metered(LIMIT).await;
        tokio::spawn(async move { while other_end.write_all(&[0; 8192]).await.is_ok() {} });
        let mut total = 0;
        let error = loop {
            match stream.read(&mut [0; BUFFER_BYTES]).await {
                Ok(read) => total += read,
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), TOO_MUCH);
        assert!((LIMIT..LIMIT + BUFFER_BYTES).contains(&total), "{total}");
    }

    #[tokio::test]
    async fn the_limit_is_no_limit_on_what_is_sent() {
        let (mut stream, mut other_end) = metered(1).await;
        let sending = async {
            stream.write_all(&[0; 100_000]).await.expect("room");
            drop(stream);
        };
        let mut received = Vec::new();
        let (read, ()) = tokio::join!(other_end.read_to_end(&mut received), sending);
        assert_eq!(read.expect("its end"), 100_000);
    }

    #[tokio::test]
    async fn a_limit_can_be_renewed() {
        let (mut stream, mut other_end) = metered(4).await;
        let traffic = stream.traffic();
        other_end.write_all(b"four").await.expect("room");
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.expect("four bytes");
        assert_eq!(stream.read(&mut bytes).await.expect_err("a limit").kind(), TOO_MUCH);
        traffic.allow(4);
        other_end.write_all(b"more").await.expect("room");
        stream.read_exact(&mut bytes).await.expect("four more");
        assert_eq!(&bytes, b"more");
    }

    #[tokio::test]
    async fn other_tasks_get_their_turn_between_reads() {
        let (mut stream, mut other_end) = metered(usize::MAX).await;
        other_end.write_all(&[0; 2 * TURN_BYTES]).await.expect("room");
        drop(other_end);
        // At the end of the stream, all bytes have arrived.
        let mut all = vec![0; 2 * TURN_BYTES];
        while stream.stream.peek(&mut all).await.expect("bytes") < all.len() {}
        let mut in_one_turn = 0;
        poll_fn(|cx| {
            let mut bytes = [0; BUFFER_BYTES];
            let mut buffer = ReadBuf::new(&mut bytes);
            while Pin::new(&mut stream).poll_read(cx, &mut buffer).is_ready() {
                in_one_turn += buffer.filled().len();
                buffer.clear();
            }
            Poll::Ready(())
        })
        .await;
        assert_eq!(in_one_turn, TURN_BYTES);
        assert_eq!(stream.read(&mut all).await.expect("bytes"), TURN_BYTES);
    }
}
