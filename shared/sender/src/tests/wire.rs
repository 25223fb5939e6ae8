//! What a receiver sees: one request, once, with the bytes that were signed.

use std::{collections::BTreeSet, io::BufRead, process::Stdio, time::Duration};

use grapnel_domain::{outbound::OutboundRequest, ports::SendRequests};
use grapnel_hostile::raw::{RawServer, Then};
use grapnel_receiver::{Reply, TestReceiver};
use rstest::rstest;
use tokio::{io::AsyncWriteExt, process::Command};

use super::{answer_to, failure_of, local_sender, request};

#[tokio::test]
async fn the_request_arrives_as_it_was_built() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let body: Vec<u8> = (0..=255).collect();
    let built = OutboundRequest {
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("user-agent".into(), "Grapnel/1.0".into()),
            ("webhook-signature".into(), "v1,new v1,old".into()),
            ("x-twice".into(), "1".into()),
            ("x-twice".into(), "2".into()),
            ("x-latin".into(), "caf\u{e9}".into()),
        ],
        body: body.clone(),
        ..request(receiver.url("/in/%7Ehook?a=b%2Fc&d"))
    };
    answer_to(&local_sender(), built).await;
    let received = receiver.all_received();
    let one = &received[0];
    assert_eq!((one.method.as_str(), &*one.path), ("POST", "/in/%7Ehook"));
    assert_eq!(one.query.as_deref(), Some("a=b%2Fc&d"));
    assert_eq!(one.body, body);
    assert_eq!(one.header("webhook-signature"), Some("v1,new v1,old"));
    let twice: Vec<_> = one.headers.get_all("x-twice").iter().collect();
    assert_eq!(twice, ["1", "2"]);
    assert_eq!(one.headers["x-latin"].as_bytes(), "caf\u{e9}".as_bytes());

    // These are all the headers that the HTTP client adds.
    let names: BTreeSet<_> = one.headers.keys().map(|name| name.as_str()).collect();
    let expected = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-signature",
        "x-latin",
        "x-twice",
    ];
    assert_eq!(names, BTreeSet::from(expected));
    assert_eq!(one.header("accept"), Some("*/*"));
    assert_eq!(one.header("content-length"), Some("256"));
}

#[tokio::test]
async fn a_large_body_arrives_whole() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let large = OutboundRequest { body: vec![b'x'; 1 << 20], ..request(receiver.url("/in")) };
    answer_to(&local_sender(), large).await;
    assert_eq!(receiver.received("/in")[0].body.len(), 1 << 20);
}

#[rstest]
#[case::closed("", Then::Close)]
#[case::reset("", Then::Reset)]
#[case::half_an_answer("HTTP/1.1 200 OK\r\n", Then::Close)]
#[case::unavailable(
    "HTTP/1.1 503 Later\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n",
    Then::Close
)]
#[case::request_timeout(
    "HTTP/1.1 408 Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    Then::Close
)]
#[tokio::test]
async fn a_request_that_was_read_is_never_sent_again(#[case] bytes: &str, #[case] then: Then) {
    let server = RawServer::start(bytes, then).await;
    local_sender().send(request(server.url("/in"))).await;
    assert_eq!(server.requests(), 1);
    assert_eq!(server.connections_in_the_end().await, 1);
}

#[tokio::test]
async fn nothing_of_an_answer_comes_back_in_the_next_request() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let reply =
        Reply::status(200).header("set-cookie", "session=1; path=/").header("alt-svc", "h2=\":1\"");
    receiver.answer_with("/in", reply);
    let sender = local_sender();
    for _ in 0..2 {
        answer_to(&sender, request(receiver.url("/in"))).await;
    }
    let received = receiver.received("/in");
    for name in ["cookie", "referer", "authorization"] {
        assert_eq!(received[1].header(name), None, "{name}");
    }
}

#[tokio::test]
async fn an_early_answer_to_a_large_request_is_taken_or_told() {
    let answer = "HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n";
    let server = RawServer::start(answer, Then::Close).await;
    let large = OutboundRequest { body: vec![b'x'; 1 << 20], ..request(server.url("/in")) };
    assert_eq!(answer_to(&local_sender(), large).await.status, 413);
}

#[tokio::test]
async fn every_printable_character_in_a_path_and_query_can_be_sent() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let sender = local_sender();
    for c in ('!'..='~').filter(|c| !"#?\\".contains(*c)) {
        let url = receiver.url(&format!("/in{c}x?q{c}y"));
        assert_eq!(answer_to(&sender, request(&url)).await.status, 200, "{url}");
    }
}

#[tokio::test]
async fn many_attempts_at_once_all_arrive() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let sender = std::sync::Arc::new(local_sender());
    let mut attempts = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let sender = std::sync::Arc::clone(&sender);
        let request = request(receiver.url("/in"));
        attempts.spawn(async move { answer_to(&sender, request).await.status });
    }
    let statuses = attempts.join_all().await;
    assert!(statuses.iter().all(|status| *status == 200));
    let received = receiver.wait_for("/in", 200, Duration::from_secs(5)).await;
    assert_eq!(received.expect("all").len(), 200);
}

#[tokio::test]
async fn proxies_in_the_environment_are_ignored() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let proxy = TestReceiver::start().await.expect("a proxy");
    // The environment of this process cannot be changed safely, so a child process gets another
    // one.
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child
        .args(["--exact", "tests::wire::sends_once_for_its_parent", "--ignored"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, proxy.url(""));
        child.env(name.to_lowercase(), proxy.url(""));
    }
    let mut child = child.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("a child");
    let mut stdin = child.stdin.take().expect("its input");
    let told = stdin.write_all(receiver.url("/in\n").as_bytes()).await;
    told.expect("room for a line");
    assert!(child.wait().await.expect("its end").success());
    assert_eq!(receiver.received("/in").len(), 1);
    assert!(proxy.all_received().is_empty());
}

#[tokio::test]
#[ignore = "the child of proxies_in_the_environment_are_ignored"]
async fn sends_once_for_its_parent() {
    let mut url = String::new();
    let read = std::io::stdin().lock().read_line(&mut url);
    read.expect("a line");
    // Without a parent process, there is no URL to call.
    if !url.is_empty() {
        answer_to(&local_sender(), request(url.trim_end())).await;
    }
}

#[tokio::test]
async fn no_failure_leaves_the_sender_unusable() {
    let server = RawServer::start("", Then::Reset).await;
    let receiver = TestReceiver::start().await.expect("a receiver");
    let sender = local_sender();
    failure_of(&sender, request(server.url("/in"))).await;
    assert_eq!(answer_to(&sender, request(receiver.url("/in"))).await.status, 200);
}
