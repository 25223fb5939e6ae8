//! A proxy between a stack's functions and AWS: it passes every call on, and kills the function
//! that makes a chosen call, once or each time, before the call arrives or before its response.
//!
//! A function is a process of this machine. It is found by the connection that it uses, and killed
//! as with `kill -KILL`: it can do nothing more. Each function has a separate port, so that the
//! caller is known.

mod process;

use crate::{aws::http_client, stack::Function};
use anyhow::Context;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use process::Connection;
use reqwest::Url;
use std::{
    collections::HashMap,
    future::pending,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before its call is passed on.
    Before,
    /// After the call has had its effect, before the response.
    After,
}

impl Moment {
    pub const ALL: [Self; 2] = [Self::Before, Self::After];

    /// The name in a table.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Before => "killed before",
            Self::After => "killed after",
        }
    }
}

/// Which of the matching calls kill their function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// The call with this number, from 1.
    Number(usize),
    /// Every call, until it is disarmed.
    Each,
}

/// A call at which a function is killed.
#[derive(Debug, Clone)]
pub struct Cut {
    /// The caller.
    pub function: Function,
    /// The operation's name, such as `PutItem`.
    pub operation: &'static str,
    /// The texts that the call's body must contain.
    pub says: Vec<String>,
    /// Which of the matching calls.
    pub times: Times,
    pub moment: Moment,
}

/// A cut and its state.
#[derive(Debug)]
struct Armed {
    cut: Cut,
    /// The number of matching calls so far, without those that killed for another cut.
    seen: usize,
    /// Its call was met.
    met: bool,
    /// The result of the kill.
    outcome: Option<Result<(), String>>,
    /// It no longer kills.
    disarmed: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct CutId(usize);

/// The proxy. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    doors: HashMap<Function, SocketAddr>,
    servers: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    upstream: Url,
    client: reqwest::Client,
    armed: Mutex<Vec<Armed>>,
}

impl Proxy {
    /// Starts a proxy for the AWS at this URL.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start(upstream: &str) -> anyhow::Result<Self> {
        let upstream = Url::parse(upstream).context("endpointUrl")?;
        let client = http_client(&upstream)?;
        let shared = Arc::new(Shared { upstream, client, armed: Mutex::default() });
        let (mut doors, mut servers) = (HashMap::new(), Vec::new());
        for function in Function::ALL {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            doors.insert(function, listener.local_addr()?);
            servers.push(tokio::spawn(serve(listener, function, Arc::clone(&shared))));
        }
        Ok(Self { shared, doors, servers })
    }

    /// The URL for this function's calls.
    #[must_use]
    pub fn url(&self, function: Function) -> String {
        format!("http://{}", self.doors[&function])
    }

    /// Arms a kill.
    pub fn arm(&self, cut: Cut) -> CutId {
        let mut armed = self.shared.armed();
        armed.push(Armed { cut, seen: 0, met: false, outcome: None, disarmed: false });
        CutId(armed.len() - 1)
    }

    /// Disarms a kill.
    pub fn disarm(&self, id: CutId) {
        self.shared.armed()[id.0].disarmed = true;
    }

    /// Whether the call came and its function was killed.
    ///
    /// # Errors
    /// If the call came and its function could not be killed.
    pub fn has_killed(&self, id: CutId) -> anyhow::Result<bool> {
        match &self.shared.armed()[id.0].outcome {
            None => Ok(false),
            Some(Ok(())) => Ok(true),
            Some(Err(why)) => Err(anyhow::Error::msg(why.clone())),
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

async fn serve(listener: TcpListener, function: Function, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, caller)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        let Ok(called) = stream.local_addr() else { continue };
        let from = Connection { caller, called };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let answer = service_fn(|request| Arc::clone(&shared).answer(function, from, request));
            // A killed caller disappears in the middle of an exchange, which is not an error.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

impl Shared {
    fn armed(&self) -> MutexGuard<'_, Vec<Armed>> {
        // No step under the lock leaves a cut half changed.
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(
        self: Arc<Self>,
        function: Function,
        from: Connection,
        request: Request<Incoming>,
    ) -> anyhow::Result<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let target = head.headers.get("x-amz-target").and_then(|value| value.to_str().ok());
        let operation = target.and_then(|target| target.split('.').nth(1)).unwrap_or_default();
        let cut = self.meet(function, operation, &body);
        if let Some((place, Moment::Before)) = cut {
            return self.kill(place, from).await;
        }

        let mut url = self.upstream.clone();
        url.set_path(head.uri.path());
        url.set_query(head.uri.query());
        let mut headers = head.headers;
        // The host stays unchanged, because it is signed.
        headers.remove(header::CONNECTION);
        let request = self.client.request(head.method, url).headers(headers).body(body);
        let answer = request.send().await?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            // Each connection has its own length and end of the body.
            let ours = [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH];
            if !ours.contains(name) {
                response = response.header(name, value);
            }
        }
        let body = answer.bytes().await?;
        if let Some((place, Moment::After)) = cut {
            return self.kill(place, from).await;
        }
        Ok(response.body(Full::new(body))?)
    }

    /// The cut for this call, if there is one.
    fn meet(&self, function: Function, operation: &str, body: &[u8]) -> Option<(usize, Moment)> {
        let body = std::str::from_utf8(body).ok()?;
        let mut armed = self.armed();
        // A visit of shared waits makes calls side by side, for all cases: one kill at a time.
        let dies = |it: &Armed| it.cut.function == function && it.met && it.outcome.is_none();
        if function == Function::Tend && armed.iter().any(dies) {
            return None;
        }
        let mut met_at = None;
        for (place, Armed { cut, seen, met, outcome, disarmed }) in armed.iter_mut().enumerate() {
            let is_over = *disarmed || (outcome.is_some() && cut.times != Times::Each);
            let fits = !is_over
                && (cut.function, cut.operation) == (function, operation)
                && cut.says.iter().all(|part| body.contains(part));
            if !fits {
                continue;
            }
            *seen += 1;
            let is_met = match cut.times {
                Times::Number(number) => *seen == number,
                Times::Each => true,
            };
            match met_at {
                _ if !is_met => {}
                None => {
                    *met = true;
                    met_at = Some((place, cut.moment));
                }
                Some(_) => *seen -= 1,
            }
        }
        met_at
    }

    /// Kills the caller of this connection, and never answers.
    async fn kill(
        self: Arc<Self>,
        place: usize,
        from: Connection,
    ) -> anyhow::Result<Response<Full<Bytes>>> {
        // In another task, because this connection and its task end with the process.
        tokio::spawn(async move {
            let outcome = process::kill_caller(from).await.map_err(|error| format!("{error:#}"));
            self.armed()[place].outcome = Some(outcome);
        });
        pending().await
    }
}
