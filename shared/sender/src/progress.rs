//! How far a request has come, so that a time-out can say what took so long.
//!
//! The resolver and the connector are shared by all requests and are not told which one they work
//! for. But without a connection pool they run inside the request's own future, so a task-local
//! value reaches them.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use tower::{Layer, Service};

tokio::task_local! {
    static CURRENT: Progress;
}

/// What a request is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// An answer from the name server.
    Resolving,
    /// TCP and TLS.
    Connecting,
    /// The receiver's status line and headers.
    Answering,
}

/// The phase of one request.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<AtomicU8>);

impl From<Phase> for Progress {
    fn from(phase: Phase) -> Self {
        Self(Arc::new(AtomicU8::new(phase as u8)))
    }
}

impl Progress {
    /// Runs `exchange` so that [`reached`] inside it is noted here.
    pub(crate) fn follow<F: Future>(&self, exchange: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self.clone(), exchange)
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.0.load(Ordering::Relaxed) {
            phase if phase == Phase::Resolving as u8 => Phase::Resolving,
            phase if phase == Phase::Connecting as u8 => Phase::Connecting,
            _ => Phase::Answering,
        }
    }
}

/// Notes that the current request has come to `phase`.
pub(crate) fn reached(phase: Phase) {
    // Without a current request there is nobody to tell.
    let _ = CURRENT.try_with(|progress| progress.0.store(phase as u8, Ordering::Relaxed));
}

/// Wraps the connector: when it has a connection, the request is [`Phase::Answering`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct MarkConnected;

impl<S> Layer<S> for MarkConnected {
    type Service = Marked<S>;

    fn layer(&self, connector: S) -> Marked<S> {
        Marked(connector)
    }
}

/// A connector that notes its success.
#[derive(Clone, Debug)]
pub(crate) struct Marked<S>(S);

impl<S, R> Service<R> for Marked<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.0.call(target);
        Box::pin(async move {
            let connected = connecting.await?;
            reached(Phase::Answering);
            Ok(connected)
        })
    }
}
