//! A receiver on 127.0.0.1: takes a request with a bound on everything, checks it, answers.
//!
//! Requests are served side by side; what was seen of each goes through a channel to the one place
//! that prints. Nothing waits for that: an answer is sent when it is there.

mod answer;
mod forward;
mod seen;
mod stop;

pub(crate) use answer::Answering;
pub(crate) use forward::{Forward, Target};
pub(crate) use seen::Seen;
pub(crate) use stop::Stop;

use crate::{clock, failure::Failure, settings::shown};
use answer::Reply;
use forward::Answer;
use grapnel_domain::signature::verify::{Received, TOLERANCE};
use grapnel_verify::Secrets;
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Request, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Most bytes of a body. Grapnel sends an event's data of up to 256 KiB, in an envelope.
const BODY_BYTES: usize = 1024 * 1024;

/// Longest wait for a request's headers, and then for its body.
const READ_LIMIT: Duration = Duration::from_secs(30);

/// Most connections and requests without an end at a time; others wait.
const CONNECTIONS: usize = 64;

/// Pause after a failed accept: with no file descriptors left, the next would fail at once too.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A receiver that has its port.
pub(crate) struct Receiver {
    listener: TcpListener,
    address: SocketAddr,
}

/// What every request is treated by.
struct Rules {
    secrets: Secrets,
    answering: Answering,
    save: Option<PathBuf>,
    /// Set before the connections are closed: from then on a sender is not the one who gave up.
    stopped: AtomicBool,
}

impl Receiver {
    /// Takes a port on 127.0.0.1; any that is free for 0.
    ///
    /// # Errors
    /// When it is taken.
    pub(crate) async fn bind(port: u16) -> Result<Self, Failure> {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let refuse = |error: std::io::Error| {
            Failure::new(format!("port {port} cannot be had: {error}"))
                .advise("Name another by --port, or let --port 0 find one.")
        };
        let listener = bound.map_err(refuse)?;
        let address = listener.local_addr().map_err(refuse)?;
        Ok(Self { listener, address })
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves until `stop`, and hands over what was seen of each request, also of a request that is not
    /// answered at the stop.
    ///
    /// # Errors
    /// When `print` fails.
    pub(crate) async fn run(
        self,
        secrets: Secrets,
        answering: Answering,
        save: Option<PathBuf>,
        stop: impl Future<Output = ()>,
        mut print: impl FnMut(&Seen) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if let Some(folder) = &save {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::new(format!("{}: {error}", shown(folder))))?;
        }
        let rules = Arc::new(Rules { secrets, answering, save, stopped: AtomicBool::new(false) });
        let (tell, mut told) = mpsc::channel(CONNECTIONS);
        let mut serving = Box::pin(serve(self.listener, Arc::clone(&rules), tell));
        let mut stop = std::pin::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(seen) = told.recv() => print(&seen)?,
                () = &mut serving => break,
            }
        }
        rules.stopped.store(true, Ordering::SeqCst);
        // Closes the connections. Each request that waits for its answer is handed over then, and
        // the channel ends with the last of them.
        drop(serving);
        while let Some(seen) = told.recv().await {
            print(&seen)?;
        }
        Ok(())
    }
}

/// Never ends by itself.
async fn serve(listener: TcpListener, rules: Arc<Rules>, tell: mpsc::Sender<Seen>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(stream, Arc::clone(&rules), tell.clone(), Arc::new(place)));
    }
}

async fn connection(
    stream: TcpStream,
    rules: Arc<Rules>,
    tell: mpsc::Sender<Seen>,
    place: Arc<OwnedSemaphorePermit>,
) {
    let service = service_fn(|request| {
        let (respond, response) = oneshot::channel();
        let (rules, tell, place) = (Arc::clone(&rules), tell.clone(), Arc::clone(&place));
        // In a separate task: hyper drops the service when the sender goes away, and a request that
        // arrived is handed over all the same.
        tokio::spawn(async move {
            take(request, &rules, &tell, respond).await;
            drop(place);
        });
        response
    });
    // A client that goes away ends up here as an error, and is not our error.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_LIMIT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Reads a request, answers it by `respond` and tells what was seen. `respond` is closed once the
/// sender has gone away.
async fn take(
    request: Request<Incoming>,
    rules: &Rules,
    tell: &mpsc::Sender<Seen>,
    mut respond: oneshot::Sender<Answer>,
) {
    let (began, at) = (Instant::now(), clock::now());
    let (head, body) = request.into_parts();
    let read = timeout(READ_LIMIT, Limited::new(body, BODY_BYTES).collect()).await;
    let refusal = match &read {
        _ if head.method != Method::POST => Some((StatusCode::METHOD_NOT_ALLOWED, "no POST")),
        Ok(Ok(_)) => None,
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Some((StatusCode::PAYLOAD_TOO_LARGE, "the body is over 1 MiB"))
        }
        Ok(Err(_)) => None,
        Err(_) => Some((StatusCode::REQUEST_TIMEOUT, "the body did not come")),
    };
    // Its sender went away, or writes what is no HTTP: there is nobody to answer.
    let broke_off = refusal.is_none() && matches!(read, Ok(Err(_)));
    let body = read.ok().and_then(Result::ok).map(|it| it.to_bytes()).unwrap_or_default();
    let header = |name: &'static str| head.headers.get(name).and_then(|it| it.to_str().ok());
    let received = Received::read(&body, header);
    let report = rules.secrets.judge(&received, at, TOLERANCE);
    let event = seen::event_type(&body);
    let (id, path) = (header("webhook-id").map(str::to_owned), head.uri.path().to_owned());
    let saved = match (&rules.save, &refusal) {
        (Some(folder), None) if !broke_off => save(folder, &head, &body, id.as_deref()),
        _ => None,
    };
    let bytes = body.len();
    let reply = match refusal {
        Some((status, why)) => Some(Reply::refusal(status, why)),
        None if broke_off => None,
        None => tokio::select! {
            reply = rules.answering.reply(&head, body) => Some(reply),
            () = respond.closed() => None,
        },
    };
    let took = began.elapsed();
    let reply = reply.filter(|_| !respond.is_closed());
    let mut seen = Seen { at, event, id, path, bytes, report, status: None, took, remark: saved };
    // Nobody prints any more where telling fails: the end is near.
    let Some(reply) = reply else {
        seen.add_remark(unanswered(rules.stopped.load(Ordering::SeqCst), broke_off, took));
        let _ = tell.send(seen).await;
        return;
    };
    seen.status = Some(reply.response.status().as_u16());
    reply.remark.into_iter().for_each(|remark| seen.add_remark(remark));
    match reply.passed {
        // The line comes before the answer: a caller that has the answer finds the line.
        None => {
            let _ = tell.send(seen).await;
            let _ = respond.send(reply.response);
        }
        Some(passed) => {
            let _ = respond.send(reply.response);
            passed.remark().await.into_iter().for_each(|remark| seen.add_remark(remark));
            let _ = tell.send(seen).await;
        }
    }
}

/// Why a request has no answer.
fn unanswered(stopped: bool, broke_off: bool, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    match (stopped, broke_off) {
        (true, false) => format!("not answered: `grapnel listen` was stopped after {seconds:.1} s"),
        (true, true) => format!(
            "not answered: `grapnel listen` was stopped after {seconds:.1} s, before the whole body came"
        ),
        (false, false) => format!("the sender gave up after {seconds:.1} s"),
        (false, true) => format!("the sender gave up after {seconds:.1} s: the body broke off"),
    }
}

/// Keeps a request; answers why it could not be kept.
fn save(
    folder: &Path,
    head: &hyper::http::request::Parts,
    body: &Bytes,
    id: Option<&str>,
) -> Option<String> {
    // Ids of Grapnel's are plain; whatever else comes must not choose the path.
    let plain = |id: &&str| {
        id.len() <= 100 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let name = id.filter(plain).filter(|id| !id.is_empty()).unwrap_or("request");
    let millis = clock::now().as_millis();
    let mut text = format!("{} {} HTTP/1.1\r\n", head.method, head.uri).into_bytes();
    for (name, value) in &head.headers {
        // The body is kept whole, whatever it was sent in.
        if name != hyper::header::TRANSFER_ENCODING {
            text.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes()].concat());
            text.extend_from_slice(b"\r\n");
        }
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(body);
    let file = folder.join(format!("{name}.{millis}.http"));
    std::fs::write(&file, text).err().map(|error| format!("not saved: {}: {error}", shown(&file)))
}

#[cfg(test)]
mod tests;
