//! A receiver of webhooks to test against: a real HTTP/1.1 server on this machine.
//!
//! It records every complete request and answers each path by its [`Script`]. A path without one
//! answers 200 with an empty body. Dropping the receiver stops it and cuts its connections.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use grapnel_receiver::{Script, TestReceiver};
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let receiver = TestReceiver::start().await?;
//! receiver.answer_with("/orders", Script::statuses([500, 500]).then(204));
//! // … let something deliver to receiver.url("/orders") …
//! let received = receiver.wait_for("/orders", 3, Duration::from_secs(5)).await?;
//! assert_eq!(received[0].body, received[2].body);
//! # Ok(())
//! # }
//! ```

mod body;
mod request;
mod script;
mod server;
mod state;

use state::Shared;
use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};

pub use request::ReceivedRequest;
pub use script::{Reply, Script};

/// A running receiver. See the [module](self).
#[derive(Debug)]
pub struct TestReceiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// Too few requests had arrived at the deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooFewRequests {
    pub path: String,
    pub expected: usize,
    /// How many had arrived on each path.
    pub arrived: Vec<(String, usize)>,
    pub waited: Duration,
}

impl fmt::Display for TooFewRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "hoped for {} requests to {} within {:?}, had received {:?}",
            self.expected, self.path, self.waited, self.arrived
        )
    }
}

impl std::error::Error for TooFewRequests {}

impl TestReceiver {
    /// Starts a receiver on a free port of `127.0.0.1`.
    ///
    /// # Errors
    ///
    /// The operating system's error if it has no free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_on((Ipv4Addr::LOCALHOST, 0).into()).await
    }

    /// Starts a receiver on `address`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](std::io::ErrorKind::AddrInUse) if the port is taken, or another error of the
    /// operating system.
    pub async fn start_on(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let server = tokio::spawn(server::run(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, server })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path`, which starts with a slash and may have a query.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers requests to `path` with `script` from now on.
    pub fn answer_with(&self, path: &str, script: impl Into<Script>) {
        self.shared.state().scripts.insert(path.to_owned(), script.into());
    }

    /// Holds requests to `path` from now on: they are recorded, and answered when they are
    /// released.
    pub fn hold(&self, path: &str) {
        self.shared.state().held.insert(path.to_owned(), watch::Sender::default());
    }

    /// Releases the requests to `path` that are held now. Each takes its reply at that moment;
    /// later requests are held.
    pub fn let_go(&self, path: &str) {
        if let Some(held) = self.shared.state().held.get(path) {
            held.send_replace(());
        }
    }

    /// No longer holds requests to `path`.
    pub fn stop_holding(&self, path: &str) {
        self.shared.state().held.remove(path);
    }

    /// The requests to `path` so far, in order of arrival.
    #[must_use]
    pub fn received(&self, path: &str) -> Vec<ReceivedRequest> {
        let state = self.shared.state();
        let to_path = state.received.iter().filter(|one| one.path == path);
        to_path.cloned().collect()
    }

    /// All requests so far, in order of arrival.
    #[must_use]
    pub fn all_received(&self) -> Vec<ReceivedRequest> {
        self.shared.state().received.clone()
    }

    /// Waits until at least `n` requests to `path` have arrived since the start, and returns all of
    /// them.
    ///
    /// # Errors
    ///
    /// [`TooFewRequests`] after `deadline`.
    pub async fn wait_for(
        &self,
        path: &str,
        n: usize,
        deadline: Duration,
    ) -> Result<Vec<ReceivedRequest>, TooFewRequests> {
        let mut arrivals = self.shared.arrivals.subscribe();
        let enough = arrivals.wait_for(|_| self.shared.count(path) >= n);
        // The sender is in `self`, so this only fails at the deadline.
        let _ = tokio::time::timeout(deadline, enough).await;
        let received = self.received(path);
        if received.len() >= n {
            return Ok(received);
        }
        Err(TooFewRequests {
            path: path.to_owned(),
            expected: n,
            arrived: self.shared.counts(),
            waited: deadline,
        })
    }

    /// A channel that gets every request from now on. It ends with the receiver.
    #[must_use]
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<ReceivedRequest> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.shared.state().subscribers.push(sender);
        receiver
    }

    /// Stops the receiver and waits until its port is free.
    pub async fn stop(mut self) {
        self.server.abort();
        // The cancellation is intended.
        let _ = (&mut self.server).await;
    }
}

impl Drop for TestReceiver {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.state().subscribers.clear();
    }
}

#[cfg(test)]
mod tests;
