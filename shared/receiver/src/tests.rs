//! Tests of the receiver with plain TCP clients, so that the behaviour of an HTTP client does not
//! matter.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{ReceivedRequest, Reply, Script, TestReceiver};

const SOON: Duration = Duration::from_secs(5);

fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\nx-kind: a\r\nx-kind: b\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn start() -> TestReceiver {
    TestReceiver::start().await.expect("a free port")
}

/// Connects and sends `request`, which may be incomplete.
async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let sent = stream.write_all(request.as_bytes()).await;
    sent.expect("room for a request");
    stream
}

/// The requests to `/in` when there is one.
async fn arrival(receiver: &TestReceiver) -> Vec<ReceivedRequest> {
    let received = receiver.wait_for("/in", 1, SOON).await;
    received.expect("a request")
}

/// Sends one request and reads until the receiver closes.
async fn exchange(receiver: &TestReceiver, request: &str) -> String {
    let mut stream = send(receiver.address(), request).await;
    let mut answer = Vec::new();
    timeout(SOON, stream.read_to_end(&mut answer)).await.expect("an end").expect("an answer");
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn records_a_request_exactly_as_it_arrived() {
    let receiver = start().await;
    let answer = exchange(&receiver, &post("/in?a=b%20c", "{\"n\": 1.0}")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let received = arrival(&receiver).await;
    let one = &received[0];
    assert_eq!(one.method, "POST");
    assert_eq!(one.query.as_deref(), Some("a=b%20c"));
    assert_eq!(one.header("X-Kind"), Some("a"));
    assert_eq!(one.headers.get_all("x-kind").iter().count(), 2);
    assert_eq!(&one.body[..], b"{\"n\": 1.0}");
    assert!(one.arrived <= Instant::now());
    assert!(receiver.received("/").is_empty());
}

#[tokio::test]
async fn answers_by_the_script_in_order_and_then_by_its_last_word() {
    let receiver = start().await;
    let last = Reply::status(410).header("x-why", "gone").body("no more");
    receiver.answer_with("/in", Script::statuses([500, 503]).then(last));
    for expected in ["500", "503", "410", "410"] {
        let answer = exchange(&receiver, &post("/in", "x")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected} ")));
    }
    let answer = exchange(&receiver, &post("/in", "x")).await;
    assert!(answer.contains("x-why: gone\r\n") && answer.ends_with("\r\n\r\nno more"));
    let other = exchange(&receiver, &post("/other", "x")).await;
    assert!(other.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn redirects_and_waits_when_told_to() {
    let receiver = start().await;
    let pause = Duration::from_millis(50);
    receiver.answer_with("/in", Reply::redirect("http://[::1]/").after(pause));
    let begun = Instant::now();
    let answer = exchange(&receiver, &post("/in", "")).await;
    assert!(answer.starts_with("HTTP/1.1 302 ") && answer.contains("location: http://[::1]/"));
    assert!(begun.elapsed() >= pause);
}

#[tokio::test]
async fn closes_without_an_answer_when_told_to() {
    let receiver = start().await;
    receiver.answer_with("/in", Reply::close());
    assert_eq!(exchange(&receiver, &post("/in", "x")).await, "");
    assert_eq!(receiver.received("/in").len(), 1);
}

#[tokio::test]
async fn a_hanging_script_records_and_keeps_the_connection_until_the_receiver_stops() {
    let receiver = start().await;
    receiver.answer_with("/in", Reply::hang());
    let mut stream = send(receiver.address(), &post("/in", "x")).await;
    arrival(&receiver).await;
    let mut byte = [0];
    let silence = timeout(Duration::from_millis(50), stream.read(&mut byte)).await;
    assert!(silence.is_err(), "{silence:?}");

    receiver.stop().await;
    let end = timeout(SOON, stream.read(&mut byte)).await.expect("an end");
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

#[tokio::test]
async fn a_dripping_body_comes_byte_by_byte() {
    let receiver = start().await;
    let pause = Duration::from_millis(10);
    receiver.answer_with("/in", Reply::status(200).body("abc").dripping(pause));
    let begun = Instant::now();
    let answer = exchange(&receiver, &post("/in", "")).await;
    assert!(answer.ends_with("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n"), "{answer}");
    assert!(begun.elapsed() >= pause * 3);
}

#[tokio::test]
async fn an_endless_body_survives_its_reader_going_away() {
    let receiver = start().await;
    receiver.answer_with("/in", Reply::status(200).endless());
    let mut stream = send(receiver.address(), &post("/in", "")).await;
    let mut some = vec![0; 100_000];
    let read = timeout(SOON, stream.read_exact(&mut some)).await;
    read.expect("in time").expect("100,000 bytes");
    drop(stream);
    let answer = exchange(&receiver, &post("/", "")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_request_is_not_recorded() {
    let receiver = start().await;
    let whole = post("/in", "never finished");
    drop(send(receiver.address(), &whole[..whole.len() - 3]).await);
    exchange(&receiver, &post("/", "")).await;
    assert_eq!(receiver.all_received().len(), 1);
}

#[tokio::test]
async fn says_what_did_arrive_when_a_wait_is_in_vain() {
    let receiver = start().await;
    exchange(&receiver, &post("/other", "x")).await;
    let missing = receiver.wait_for("/in", 2, Duration::from_millis(20)).await;
    assert_eq!(
        missing.expect_err("nothing came").to_string(),
        "hoped for 2 requests to /in within 20ms, had received [(\"/other\", 1)]"
    );
}

#[tokio::test]
async fn subscribers_see_each_request_and_the_end() {
    let receiver = start().await;
    let mut requests = receiver.subscribe();
    exchange(&receiver, &post("/a", "1")).await;
    exchange(&receiver, &post("/b", "2")).await;
    for path in ["/a", "/b"] {
        assert_eq!(requests.recv().await.expect("a request").path, path);
    }
    drop(receiver);
    assert!(requests.recv().await.is_none());
}

#[tokio::test]
async fn held_requests_are_answered_by_the_script_of_when_they_are_let_go() {
    let receiver = start().await;
    receiver.hold("/in");
    let first = tokio::spawn(send_and_read(receiver.address()));
    receiver.wait_for("/in", 1, SOON).await.expect("it is recorded");
    receiver.answer_with("/in", 503);
    receiver.let_go("/in");
    assert!(first.await.expect("no panic").starts_with("HTTP/1.1 503"));

    let second = tokio::spawn(send_and_read(receiver.address()));
    receiver.wait_for("/in", 2, SOON).await.expect("it is recorded");
    assert!(!second.is_finished(), "what comes later is held");
    receiver.answer_with("/in", 204);
    receiver.stop_holding("/in");
    assert!(second.await.expect("no panic").starts_with("HTTP/1.1 204"));
    assert!(exchange(&receiver, &post("/in", "x")).await.starts_with("HTTP/1.1 204"));
}

async fn send_and_read(address: SocketAddr) -> String {
    let mut answer = String::new();
    let mut stream = send(address, &post("/in", "x")).await;
    timeout(SOON, stream.read_to_string(&mut answer)).await.expect("an end").expect("an answer");
    answer
}

#[tokio::test]
async fn takes_a_given_port_and_frees_it_when_it_stops() {
    let receiver = start().await;
    let address = receiver.address();
    let taken = TestReceiver::start_on(address).await.expect_err("taken");
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    receiver.stop().await;
    let again = TestReceiver::start_on(address).await.expect("free");
    assert_eq!(again.url("/x"), format!("http://{address}/x"));
}

#[tokio::test]
async fn takes_thousands_of_requests() {
    let receiver = start().await;
    let address = receiver.address();
    let clients: Vec<_> = (0..20)
        .map(|_| {
            tokio::spawn(async move {
                let request = post("/in", "x").replace("connection: close\r\n", "");
                let mut stream = send(address, &request).await;
                let mut answer = [0; 1024];
                for _ in 1..150 {
                    assert_ne!(stream.read(&mut answer).await.expect("an answer"), 0);
                    let sent = stream.write_all(request.as_bytes()).await;
                    sent.expect("room for a request");
                }
                assert_ne!(stream.read(&mut answer).await.expect("an answer"), 0);
            })
        })
        .collect();
    let received = receiver.wait_for("/in", 3000, Duration::from_secs(30)).await;
    assert_eq!(received.expect("all").len(), 3000);
    for client in clients {
        client.await.expect("no panic");
    }
}
