//! The addresses that a request may reach.

use grapnel_hostile::raw::Refusing;
use grapnel_receiver::{Reply, TestReceiver};
use rstest::rstest;
use tokio::net::TcpListener;

use super::{
    BY_THE_BOOK, ONLY_LOCALHOST, ScriptedNames, answer_to, failure_of, found, local_sender,
    request, sender_with,
};
use crate::{Sender, SenderConfig};

/// A sender that allows plain HTTP but no private networks.
fn public_sender() -> Sender {
    Sender::new(SenderConfig { allow_http: true, allow_private: false }).expect("a sender")
}

#[rstest]
#[case("127.0.0.1")]
#[case("127.1")]
#[case("0x7f000001")]
#[case("2130706433")]
#[case("[::ffff:127.0.0.1]")]
#[case("[::1]")]
#[case("0.0.0.0")]
#[case("localhost")]
#[tokio::test]
async fn a_local_address_is_refused_and_never_dialled(#[case] host: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let error = failure_of(&public_sender(), request(format!("http://{host}:{port}/in"))).await;
    assert!(error.starts_with("the webhook's URL must not point to "), "{error}");
    // If a connection had been made, it would be waiting here.
    let accepting = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept());
    assert!(accepting.await.is_err());
}

#[tokio::test]
async fn the_scheme_is_checked_again_when_sending() {
    let strict = Sender::new(SenderConfig::default()).expect("a sender");
    let error = failure_of(&strict, request("http://hook.example.com/in")).await;
    assert_eq!(error, "the webhook's URL must be an absolute https URL");
}

#[tokio::test]
async fn a_url_of_another_scheme_is_a_failure() {
    let error = failure_of(&local_sender(), request("gopher://hook.example.com/")).await;
    assert!(error.starts_with("the webhook's URL "), "{error}");
}

#[rstest]
#[case("10.0.0.1", "a private address (RFC 1918)")]
#[case("169.254.169.254", "a link-local address (RFC 3927)")]
#[case("fd00:ec2::254", "a unique local address (RFC 4193)")]
#[case("::ffff:8.8.8.8", "an IPv4-mapped address (RFC 4291)")]
#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_refused(
    #[case] address: &str,
    #[case] reason: &str,
) {
    let sender = sender_with(ScriptedNames::finding(&[address]), BY_THE_BOOK);
    let error = failure_of(&sender, request("https://hook.example.com/in")).await;
    let address: std::net::IpAddr = address.parse().expect("an address");
    assert_eq!(error, format!("hook.example.com resolves to {address}, which is {reason}"));
}

#[rstest]
#[case(&["127.0.0.1", "127.0.0.2"])]
#[case(&["127.0.0.2", "127.0.0.1"])]
#[case(&["127.0.0.1", "::1"])]
#[tokio::test]
async fn one_refused_address_refuses_the_whole_answer(#[case] addresses: &[&str]) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let port = receiver.address().port();
    let sender = sender_with(ScriptedNames::finding(addresses), ONLY_LOCALHOST);
    let error = failure_of(&sender, request(format!("http://hook.example:{port}/in"))).await;
    assert!(error.ends_with("which is off limits"), "{error}");
    assert!(receiver.all_received().is_empty());
}

#[tokio::test]
async fn a_second_answer_is_never_asked_for() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let port = receiver.address().port();
    let elsewhere = TestReceiver::start_on(([127, 0, 0, 2], port).into())
        .await
        .expect("the same port on another address");
    let names = ScriptedNames::saying([found(&["127.0.0.1"]), found(&["127.0.0.2"])]);
    let sender = sender_with(names.clone(), ONLY_LOCALHOST);

    let url = format!("http://hook.example:{port}/in");
    assert_eq!(answer_to(&sender, request(&url)).await.status, 200);
    assert_eq!(names.asked(), ["hook.example"]);
    assert_eq!(receiver.received("/in").len(), 1);
    assert_eq!(receiver.received("/in")[0].header("host"), Some(&*format!("hook.example:{port}")));

    // The next attempt looks the name up again, and the new answer is checked.
    let error = failure_of(&sender, request(&url)).await;
    assert_eq!(error, "hook.example resolves to 127.0.0.2, which is off limits");
    assert_eq!(names.asked().len(), 2);
    assert!(elsewhere.all_received().is_empty());
}

#[rstest]
#[case(301)]
#[case(302)]
#[case(303)]
#[case(307)]
#[case(308)]
#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed(#[case] status: u16) {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let there = receiver.url("/there");
    let reply = Reply::status(status).header("location", &there).body("moved");
    receiver.answer_with("/in", reply);
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!((answer.status, &*answer.body), (status, "moved"));
    assert!(receiver.received("/there").is_empty());
}

#[tokio::test]
async fn a_redirect_to_nonsense_is_an_answer() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    receiver.answer_with("/in", Reply::status(302).header("location", "http://[::"));
    let answer = answer_to(&local_sender(), request(receiver.url("/in"))).await;
    assert_eq!(answer.status, 302);
}

#[tokio::test]
async fn one_dead_address_does_not_fail_every_attempt() {
    let receiver = TestReceiver::start().await.expect("a receiver");
    let port = receiver.address().port();
    // The second address has no listener and refuses, so the client tries the next.
    let names = ScriptedNames::finding(&["127.0.0.3", "127.0.0.1"]);
    let sender = sender_with(names, |_| None);
    for _ in 0..2 {
        let answer = answer_to(&sender, request(format!("http://hook.example:{port}/in"))).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(receiver.received("/in").len(), 2);
}

/// Lambda has no route to IPv6: the owner of the webhook must learn what to change.
#[rstest]
#[case(&["::1"], true)]
#[case(&["::1", "127.0.0.1"], false)]
#[tokio::test]
async fn a_host_that_cannot_be_reached_over_ipv6_is_told_to_need_ipv4(
    #[case] addresses: &[&str],
    #[case] is_told: bool,
) {
    let refusing = Refusing::start();
    let sender = sender_with(ScriptedNames::finding(addresses), |_| None);
    let url = format!("http://hook.example:{}/in", refusing.address().port());
    let error = failure_of(&sender, request(url)).await;
    assert_eq!(error.contains("only IPv6 addresses"), is_told, "{error}");
}
