//! Requests over connections that were kept from an earlier request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use grapnel_domain::{
    ids::UserId,
    outbound::{OutboundRequest, SendOutcome},
    ports::SendRequests,
};
use grapnel_hostile::{
    Hostile,
    http2::{
        END_HEADERS, END_STREAM, FrameServer, HEADERS, RST_STREAM, STATUS_200, frame, next_frame,
        open,
    },
    raw::{RawServer, Then},
    tls::{TlsServer, named},
};
use rstest::rstest;
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};
use tokio_rustls::server::TlsStream;

use super::{
    ONLY_LOCALHOST, ScriptedNames, answer_to, failure_of, found, local_sender, request,
    sender_with,
    tls::{HOST, authority, sender_trusting},
};
use crate::{Sender, kept::LONGEST_IDLE};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const LOST: &str = "a connection that was kept open from an earlier request broke before the receiver \
                    answered; the request may have arrived";

/// A time limit for receivers that use all of it.
const PATIENCE: Duration = Duration::from_secs(2);

async fn status(sender: &Sender, url: &str) -> u16 {
    answer_to(sender, request(url)).await.status
}

#[tokio::test]
async fn the_next_request_uses_the_same_connection() {
    let server = RawServer::start_after_an_answer(OK, Then::Hold).await;
    let sender = local_sender();
    for _ in 0..2 {
        assert_eq!(status(&sender, &server.url("/in")).await, 200);
    }
    assert_eq!((server.requests(), server.connections_in_the_end().await), (2, 1));
}

#[rstest]
#[case::cut_after_the_limit(format!("HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n{}", "a".repeat(5000)))]
#[case::to_be_closed("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")]
#[case::followed_by_more("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 201 Created\r\n")]
#[case::followed_by_an_answer(
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
)]
#[tokio::test]
async fn a_connection_with_a_rest_of_an_answer_is_not_used_again(
    #[case] answer: impl Into<Vec<u8>>,
) {
    let server = RawServer::start(answer, Then::Hold).await;
    let sender = local_sender();
    for attempt in 1..=3 {
        assert_eq!(status(&sender, &server.url("/in")).await, 200);
        assert_eq!(server.connections_in_the_end().await, attempt);
    }
}

#[tokio::test]
async fn a_connection_that_the_receiver_closed_while_it_waited_costs_nothing() {
    let server = RawServer::start(OK, Then::Close).await;
    let sender = local_sender();
    for attempt in 1..=3 {
        assert_eq!(status(&sender, &server.url("/in")).await, 200);
        assert_eq!(server.connections_in_the_end().await, attempt);
    }
}

#[tokio::test]
async fn a_connection_that_waited_too_long_is_closed() {
    let server = RawServer::start_after_an_answer(OK, Then::Hold).await;
    let sender = local_sender();
    status(&sender, &server.url("/in")).await;
    tokio::time::sleep(LONGEST_IDLE + Duration::from_millis(100)).await;
    status(&sender, &server.url("/in")).await;
    assert_eq!((server.requests(), server.connections_in_the_end().await), (2, 2));
}

#[tokio::test]
async fn users_never_share_a_connection() {
    let server = RawServer::start_after_an_answer(OK, Then::Hold).await;
    let sender = local_sender();
    for user in ["acme", "other"] {
        let user_id = UserId::parse(user).expect("a user's id");
        let request = OutboundRequest { user_id, ..request(server.url("/in")) };
        assert_eq!(answer_to(&sender, request).await.status, 200);
    }
    assert_eq!((server.requests(), server.connections_in_the_end().await), (2, 2));
}

#[tokio::test]
async fn a_kept_connection_is_no_way_around_the_guard() {
    let server = RawServer::start_after_an_answer(OK, Then::Hold).await;
    let names = ScriptedNames::saying([found(&["127.0.0.1"]), found(&["10.0.0.1"])]);
    let sender = sender_with(names, ONLY_LOCALHOST);
    let url = format!("http://hook.example:{}/in", server.address().port());
    assert_eq!(status(&sender, &url).await, 200);
    let SendOutcome::Failed { error } = sender.send(request(&url)).await.outcome else {
        panic!("an address that is off limits was used");
    };
    assert_eq!(error, "hook.example resolves to 10.0.0.1, which is off limits");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_host_that_moved_is_called_at_its_new_address() {
    let server = RawServer::start_after_an_answer(OK, Then::Hold).await;
    let names = ScriptedNames::saying([found(&["127.0.0.1"]), found(&["127.0.0.2"])]);
    let sender = sender_with(names, |_| None);
    let url = format!("http://hook.example:{}/in", server.address().port());
    assert_eq!(status(&sender, &url).await, 200);
    let sent = sender.send(request(&url)).await.outcome;
    // Nobody listens there.
    assert!(matches!(sent, SendOutcome::Failed { .. }), "{sent:?}");
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_request_that_the_receiver_refused_to_look_at_is_sent_over_a_new_connection() {
    let authority = authority();
    let refusal = frame(RST_STREAM, 0, 1, &[0, 0, 0, 7]);
    let identity = authority.certify(&named(HOST));
    let receiver = FrameServer::start_after_an_answer(identity, &refusal, &[]).await;
    let sender = sender_trusting(&authority);
    for _ in 0..2 {
        assert_eq!(status(&sender, &receiver.url(HOST)).await, 200);
    }
    assert_eq!(receiver.requests(), 3);
}

#[tokio::test]
async fn a_reset_after_the_request_counts_as_on_a_new_connection() {
    let authority = authority();
    let internal_error = frame(RST_STREAM, 0, 1, &[0, 0, 0, 2]);
    let identity = authority.certify(&named(HOST));
    let receiver = FrameServer::start_after_an_answer(identity, &internal_error, &[]).await;
    let sender = sender_trusting(&authority);
    assert_eq!(status(&sender, &receiver.url(HOST)).await, 200);
    let error = failure_of(&sender, request(receiver.url(HOST))).await;
    assert_eq!(error, "the receiver broke off the exchange before answering");
    assert_eq!(receiver.requests(), 2);
}

/// Answers each request's head at once, and never makes room for more of the bodies.
async fn answers_without_taking_bodies(mut stream: TlsStream<TcpStream>) {
    open(&mut stream).await;
    while let Some(read) = next_frame(&mut stream).await {
        if read.kind == HEADERS {
            let answer = frame(HEADERS, END_HEADERS | END_STREAM, read.stream, &[STATUS_200]);
            if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_holds_a_part_of_a_request_is_not_kept() {
    let authority = authority();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let identity = authority.certify(&named(HOST));
    let server = TlsServer::start(identity, "h2", move |stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        answers_without_taking_bodies(stream)
    });
    let server = server.await;
    let sender = sender_trusting(&authority);
    // The protocol's first window is 65,535 bytes: not two of these bodies.
    for expected in [1, 1, 2, 2, 3] {
        let large = OutboundRequest { body: vec![b'x'; 40_000], ..request(server.url(HOST)) };
        assert_eq!(answer_to(&sender, large).await.status, 200);
        assert_eq!(connections.load(Ordering::SeqCst), expected);
    }
}

#[tokio::test]
async fn concurrent_requests_have_a_connection_each() {
    let server = RawServer::start_after_an_answer(OK, Then::Hold).await;
    let sender = Arc::new(local_sender());
    for _ in 0..2 {
        let mut attempts = JoinSet::new();
        for _ in 0..10 {
            let (sender, url) = (Arc::clone(&sender), server.url("/in"));
            attempts.spawn(async move { status(&sender, &url).await });
        }
        assert_eq!(attempts.join_all().await, [200; 10]);
    }
    let connections = server.connections_in_the_end().await;
    assert!((10..20).contains(&connections), "{connections} connections for 20 requests");
    assert_eq!(server.requests(), 20);
}

/// The sentences of a connection that broke, for a new connection.
const BROKE: [&str; 3] = [
    "the receiver closed the connection before answering",
    "the receiver broke off the exchange before answering",
    "the TLS connection to the receiver broke",
];

/// What is wrong with the second of two requests over one connection to this receiver.
async fn fault(
    receiver: &Hostile,
    sender: &Sender,
    running: &grapnel_hostile::Running,
) -> Option<String> {
    let name = receiver.name;
    let patient = || OutboundRequest { timeout: PATIENCE, ..request(running.url()) };
    let first = answer_to(sender, patient()).await;
    if first.status != 200 {
        return Some(format!("{name}: the first answer is {}", first.status));
    }
    let sent = sender.send(patient()).await;
    let told = receiver.expected.error_after(2);
    let (status, error) = match sent.outcome {
        SendOutcome::Answered(answer) => (Some(answer.status), None),
        SendOutcome::Failed { error } => (None, Some(error)),
        SendOutcome::ConnectionLost { error } => {
            let is_right = error == LOST && told.as_deref().is_some_and(|it| BROKE.contains(&it));
            let requests = running.requests();
            return (!is_right || requests != 2)
                .then(|| format!("{name}: lost after {requests} requests, expected {told:?}"));
        }
        other => return Some(format!("{name}: {other:?}")),
    };
    let expected = receiver.expected.status_code;
    let told = told.filter(|_| expected.is_none());
    ((status, &error) != (expected, &told)).then(|| format!("{name}: {status:?}, {error:?}"))
}

#[tokio::test]
async fn every_hostile_receiver_is_stood_over_a_reused_connection() {
    let authority = authority();
    let sender = Arc::new(sender_trusting(&authority));
    let mut attempts = JoinSet::new();
    let mut count = 0;
    for receiver in Hostile::all() {
        // It is sent again, over a new connection: the test above.
        if receiver.name == "HTTP/2 refused stream" {
            continue;
        }
        let Some(running) = receiver.start_after_an_answer(&authority).await else { continue };
        let sender = Arc::clone(&sender);
        count += 1;
        attempts.spawn(async move { fault(&receiver, &sender, &running).await });
    }
    let wrong: Vec<String> = attempts.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "{count} receivers");
}
