//! Receivers that send without end: the sender bounds the bytes that it reads, not only the time.

use std::sync::Arc;

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use grapnel_hostile::{
    Hostile, Running,
    raw::read_request,
    tls::{Authority, TlsServer, named},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, runtime, task::JoinSet};
use tokio_rustls::server::TlsStream;

use super::{
    TIME, failure_of, request,
    tls::{HOST, authority, sender_trusting},
};
use crate::Sender;

/// More than the socket buffers between two programs on one machine hold.
const SOCKET_BUFFERS_BYTES: usize = 16 << 20;

/// Starts every hostile receiver on another thread, so that it floods while the thread of the client
/// is busy.
fn start_all(receivers: &[Hostile], authority: &Authority) -> (runtime::Runtime, Vec<Running>) {
    let elsewhere = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let elsewhere = elsewhere.expect("a thread");
    let running = elsewhere.block_on(async {
        let mut running = Vec::new();
        for receiver in receivers {
            running.push(receiver.start(authority).await);
        }
        running
    });
    (elsewhere, running)
}

/// The outcome of an attempt at each of `running`, all concurrently on one thread, as in a
/// function.
fn send_to_all(sender: Sender, running: &[Running]) -> Vec<(usize, SendOutcome)> {
    let here = runtime::Builder::new_current_thread().enable_all().build().expect("a thread");
    here.block_on(async {
        let sender = Arc::new(sender);
        let mut attempts = JoinSet::new();
        for (number, receiver) in running.iter().enumerate() {
            let (sender, request) = (Arc::clone(&sender), request(receiver.url()));
            attempts.spawn(async move { (number, sender.send(request).await.outcome) });
        }
        attempts.join_all().await
    })
}

#[test]
fn of_no_endless_answer_is_more_read_than_allowed() {
    let authority = authority();
    let mut receivers = Hostile::all();
    receivers.retain(Hostile::floods);
    let (elsewhere, running) = start_all(&receivers, &authority);
    let mut wrong = Vec::new();
    for (number, outcome) in send_to_all(sender_trusting(&authority), &running) {
        let Hostile { name, expected, .. } = &receivers[number];
        let (status, error) = match outcome {
            SendOutcome::Answered(answer) => (Some(answer.status), None),
            SendOutcome::Failed { error } => (None, Some(error)),
            other => panic!("{name}: {other:?}"),
        };
        // The sender reports the status of an answer and does not judge it.
        let expected_error = match expected.status_code {
            Some(_) => None,
            None => expected.error_after(TIME.as_secs() as u32),
        };
        if (status, &error) != (expected.status_code, &expected_error) {
            wrong.push(format!("{name}: {status:?}, {error:?}"));
        }
        let flooded = running[number].flooded_bytes();
        if flooded > SOCKET_BUFFERS_BYTES {
            wrong.push(format!("{name}: {flooded} bytes"));
        }
    }
    elsewhere.shutdown_background();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn update_keys_for_ever(mut stream: TlsStream<TcpStream>) {
    read_request(&mut stream).await;
    while stream.get_mut().1.refresh_traffic_keys().is_ok() && stream.flush().await.is_ok() {}
}

#[tokio::test]
async fn new_keys_without_an_end_break_the_connection() {
    let authority = authority();
    let identity = authority.certify(&named(HOST));
    let server = TlsServer::start(identity, "http/1.1", update_keys_for_ever).await;
    let error = failure_of(&sender_trusting(&authority), request(server.url(HOST))).await;
    assert_eq!(error, "the TLS connection to the receiver broke");
}
