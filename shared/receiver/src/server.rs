//! Accepts connections and serves each with the scripts.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    body::ScriptedBody,
    request::ReceivedRequest,
    script::{Conduct, Reply},
    state::Shared,
};

/// Pause after a failed accept: without free file descriptors, the next would fail at once too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// Serves until it is aborted, which cuts every connection as well.
pub(super) async fn run(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let answer = service_fn(|request| answer(request, &shared));
            // A client that closes, and a script that closes, are both errors here.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

/// Why a connection is closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed without an answer")
    }
}

impl std::error::Error for Closed {}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Response<ScriptedBody>, Closed> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let request = ReceivedRequest {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        headers: head.headers,
        body,
        at: SystemTime::now(),
        arrived: Instant::now(),
    };
    if let Some(mut released) = shared.record(request.clone()) {
        // An error means that the path is no longer held.
        let _ = released.changed().await;
    }
    carry_out(shared.reply_to(&request)).await
}

async fn carry_out(reply: Reply) -> Result<Response<ScriptedBody>, Closed> {
    if reply.delay > Duration::ZERO {
        tokio::time::sleep(reply.delay).await;
    }
    match reply.conduct {
        Conduct::Answer => {
            let mut response = Response::new(ScriptedBody::new(reply.body, reply.pace));
            *response.status_mut() = reply.status;
            *response.headers_mut() = reply.headers;
            Ok(response)
        }
        Conduct::Hang => pending().await,
        Conduct::Close => Err(Closed),
    }
}
