//! Between a stack's functions and their AWS: hands every call on, and kills the function that makes
//! a chosen one, once or each time, before it arrives or before its answer comes back.
//!
//! A function is a process of this machine, found by the connection that it calls on, and killed as
//! `kill -KILL` does: nothing that it might still do gets done. Each function has a door of its own,
//! so that it is known who calls.

mod process;

use crate::{aws::http_client, crash::Function};
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

/// When a function is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before its call is handed on.
    Before,
    /// When the call has had its effect, before the answer comes back.
    After,
}

impl Moment {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Before, Self::After];

    /// What a table calls it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Before => "killed before",
            Self::After => "killed after",
        }
    }
}

/// Which of the calls that fit kill their function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// The one with this number, from 1.
    Number(usize),
    /// Each of them, until it is disarmed.
    Each,
}

/// A call at which a function is killed.
#[derive(Debug, Clone)]
pub struct Cut {
    /// Who calls.
    pub function: Function,
    /// The operation's name, such as `PutItem`.
    pub operation: &'static str,
    /// What the call's body must contain, all of it.
    pub says: Vec<String>,
    /// Which of the calls that fit.
    pub times: Times,
    /// When it is killed.
    pub moment: Moment,
}

/// A cut that waits for its call, or has had it.
#[derive(Debug)]
struct Armed {
    cut: Cut,
    /// How many calls have fitted.
    seen: usize,
    /// What came of the kill.
    outcome: Option<Result<(), String>>,
    /// Nobody is killed by it any more.
    disarmed: bool,
}

/// Names a cut.
#[derive(Debug, Clone, Copy)]
pub struct CutId(usize);

/// The proxy. It ends, and with it every connection, when this is dropped.
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
    /// If there is no port.
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

    /// Where this function is to call.
    #[must_use]
    pub fn url(&self, function: Function) -> String {
        format!("http://{}", self.doors[&function])
    }

    /// Has a function killed at its call.
    pub fn arm(&self, cut: Cut) -> CutId {
        let mut armed = self.shared.armed();
        armed.push(Armed { cut, seen: 0, outcome: None, disarmed: false });
        CutId(armed.len() - 1)
    }

    /// Has nobody killed by it from now on.
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
            // Whoever is killed goes away in the middle of something: no error of ours.
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
        // The host stays as it was called: it is part of what is signed.
        headers.remove(header::CONNECTION);
        let request = self.client.request(head.method, url).headers(headers).body(body);
        let answer = request.send().await?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            // How long it is and when it ends is this connection's own affair.
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

    /// The cut that this call is for, if there is one.
    fn meet(&self, function: Function, operation: &str, body: &[u8]) -> Option<(usize, Moment)> {
        let body = std::str::from_utf8(body).ok()?;
        let mut armed = self.armed();
        let mut met = None;
        for (place, Armed { cut, seen, outcome, disarmed }) in armed.iter_mut().enumerate() {
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
            if is_met && met.is_none() {
                met = Some((place, cut.moment));
            }
        }
        met
    }

    /// Kills whoever called by this connection, and never answers.
    async fn kill(
        self: Arc<Self>,
        place: usize,
        from: Connection,
    ) -> anyhow::Result<Response<Full<Bytes>>> {
        // Apart, since this very connection, and what serves it, ends with the process.
        tokio::spawn(async move {
            let outcome = process::kill_caller(from).await.map_err(|error| format!("{error:#}"));
            self.armed()[place].outcome = Some(outcome);
        });
        pending().await
    }
}
