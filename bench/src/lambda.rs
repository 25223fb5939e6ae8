//! The Lambda Runtime API for one function: hands it invocations, one after the other.

use anyhow::{Context, Result, ensure};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::{
    net::TcpListener,
    sync::{Mutex as AsyncMutex, mpsc, oneshot, watch},
    task::JoinHandle,
    time::timeout,
};

/// How long a function may take for an invocation. Under valgrind it is fifty times slower.
const PATIENCE: Duration = Duration::from_secs(300);

/// The time limit that an invocation announces, as the template sets it.
const TIME_LIMIT: Duration = Duration::from_secs(70);

/// Whether the function succeeded, and what it said.
type Answer = (bool, Bytes);

struct Invocation {
    id: u64,
    body: Bytes,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
struct Shared {
    invocations: AsyncMutex<mpsc::UnboundedReceiver<Invocation>>,
    running: Mutex<Option<oneshot::Sender<Answer>>>,
    /// How often the function has asked for work.
    asked: watch::Sender<u64>,
    /// When it first did.
    first: Mutex<Option<Instant>>,
}

impl std::fmt::Debug for Invocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invocation").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The Runtime API for one function.
#[derive(Debug)]
pub(crate) struct Lambda {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    invocations: mpsc::UnboundedSender<Invocation>,
    sent: AtomicU64,
    server: JoinHandle<()>,
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Lambda {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (invocations, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            invocations: AsyncMutex::new(receiver),
            running: Mutex::new(None),
            asked: watch::Sender::default(),
            first: Mutex::new(None),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, invocations, sent: AtomicU64::new(0), server })
    }

    /// Waits until the function asks for work for the first time, and returns when it did.
    pub(crate) async fn first_next(&self) -> Result<Instant> {
        self.asked_for(1).await?;
        let first = *self.shared.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.context("the function asked for no work")
    }

    /// Invokes the function, and waits for its answer and until it asks for more: then it is idle.
    pub(crate) async fn invoke(&self, body: impl Into<Bytes>) -> Result<Bytes> {
        let id = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let (answer, answered) = oneshot::channel();
        let body = body.into();
        self.invocations.send(Invocation { id, body, answer }).context("the server has ended")?;
        let answered = timeout(PATIENCE, answered).await;
        let (is_ok, body) = answered.context("the function did not answer")??;
        ensure!(is_ok, "the function failed: {}", String::from_utf8_lossy(&body));
        self.asked_for(id + 1).await?;
        Ok(body)
    }

    async fn asked_for(&self, times: u64) -> Result<()> {
        let mut asked = self.shared.asked.subscribe();
        let waited = timeout(PATIENCE, asked.wait_for(|asked| *asked >= times)).await;
        waited.context("the function asked for no work")?.context("the server has ended")?;
        Ok(())
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, Arc::clone(&shared)));
            // A function that is ended closes its connection.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET && path.ends_with("/invocation/next") {
        return Ok(next(&shared).await);
    }
    let is_ok = path.ends_with("/response");
    let body = request.into_body().collect().await.map(|body| body.to_bytes());
    let running = shared.running.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(waiting) = running {
        // Nobody waits any more if the measurement was given up.
        let _ = waiting.send((is_ok, body.unwrap_or_default()));
    }
    let mut response = Response::new(Full::new(Bytes::from_static(b"{}")));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    shared.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
    shared.asked.send_modify(|asked| *asked += 1);
    let invocation = shared.invocations.lock().await.recv().await;
    let Some(Invocation { id, body, answer }) = invocation else {
        // The measurement has ended, and the function is about to be.
        return std::future::pending().await;
    };
    *shared.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TIME_LIMIT;
    let mut response = Response::new(Full::new(body));
    let headers = [
        ("lambda-runtime-aws-request-id", format!("00000000-0000-4000-8000-{id:012}")),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:000000000000:function:bench".to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0".to_owned(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
