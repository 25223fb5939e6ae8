//! Tests of the sender with real servers on this machine, and with scripted name servers.

mod addresses;
mod answers;
mod failures;
mod fetching;
mod floods;
mod http2;
mod kept;
mod name_server;
mod resolving;
mod tls;
mod wire;

use std::{
    collections::VecDeque,
    future::pending,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use grapnel_domain::{
    address,
    ids::UserId,
    outbound::{Answer, OutboundRequest, SendOutcome, Sent},
    ports::SendRequests,
    target_url::TargetUrl,
};
use rustls::RootCertStore;

use crate::{
    Sender, SenderConfig,
    dns::{Found, LookUp, LookUpError},
    guard::Refusal,
    sender::Parts,
};

/// The time limit of most requests in these tests.
const TIME: Duration = Duration::from_secs(10);

const LOCAL: SenderConfig = SenderConfig { allow_http: true, allow_private: true };

fn local_sender() -> Sender {
    Sender::new(LOCAL).expect("a sender")
}

/// A sender that allows every URL, asks `names`, and checks addresses with `refusal`.
fn sender_with(names: Arc<dyn LookUp>, refusal: Refusal) -> Sender {
    trusting(RootCertStore::empty(), names, refusal)
}

fn trusting(roots: RootCertStore, names: Arc<dyn LookUp>, refusal: Refusal) -> Sender {
    let parts = Parts { names, refusal, roots };
    Sender::with_parts(LOCAL, parts).expect("a sender")
}

/// The production rule.
const BY_THE_BOOK: Refusal = address::refusal;

/// A rule that lets tests reach this machine: `127.0.0.1` counts as public, every other address as
/// private.
const ONLY_LOCALHOST: Refusal = |ip| (ip != IpAddr::from([127, 0, 0, 1])).then_some("off limits");

fn request(url: impl Into<String>) -> OutboundRequest {
    OutboundRequest {
        user_id: UserId::parse("acme").expect("a user's id"),
        url: TargetUrl::stored(url.into()).expect("a URL"),
        headers: vec![("content-type".into(), "application/json".into())],
        body: b"{\"n\":1}".to_vec(),
        timeout: TIME,
    }
}

/// A request with a limit of one second, for receivers that do not answer.
fn short(url: impl Into<String>) -> OutboundRequest {
    OutboundRequest { timeout: Duration::from_secs(1), ..request(url) }
}

/// Sends and expects an answer.
async fn answer_to(sender: &Sender, request: OutboundRequest) -> Answer {
    match sender.send(request).await.outcome {
        SendOutcome::Answered(answer) => answer,
        other => panic!("not answered: {other:?}"),
    }
}

/// Sends and expects a failure of the receiver.
async fn failure_of(sender: &Sender, request: OutboundRequest) -> String {
    match sender.send(request).await.outcome {
        SendOutcome::Failed { error } => error,
        other => panic!("did not fail: {other:?}"),
    }
}

/// Sends and expects a failure of the name server.
async fn unavailability_of(sender: &Sender, request: OutboundRequest) -> String {
    match sender.send(request).await.outcome {
        SendOutcome::ResolverUnavailable { error } => error,
        other => panic!("the resolver was not at fault: {other:?}"),
    }
}

/// Asserts that `sent` took its whole second, and not more than a slow machine adds.
fn took_its_second(sent: &Sent) {
    let took = sent.duration.as_millis();
    assert!((990..5000).contains(&took), "{took} ms");
}

/// Gives one answer after the other, repeats the last, and remembers the questions.
#[derive(Default)]
struct ScriptedNames {
    says: Mutex<VecDeque<Found>>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedNames {
    fn saying(answers: impl IntoIterator<Item = Found>) -> Arc<Self> {
        Arc::new(Self { says: Mutex::new(answers.into_iter().collect()), asked: Mutex::default() })
    }

    /// Always finds these addresses.
    fn finding(addresses: &[&str]) -> Arc<Self> {
        Self::saying([found(addresses)])
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn found(addresses: &[&str]) -> Found {
    let parsed = addresses.iter().map(|ip| ip.parse().expect("an address"));
    Ok(parsed.collect())
}

impl LookUp for ScriptedNames {
    fn look_up(&self, name: &str) -> Pin<Box<dyn Future<Output = Found> + Send>> {
        self.asked.lock().expect("no panic").push(name.to_owned());
        let mut says = self.says.lock().expect("no panic");
        let answer = if says.len() > 1 { says.pop_front() } else { says.front().cloned() };
        match answer {
            Some(answer) => Box::pin(std::future::ready(answer)),
            // Never answers.
            None => Box::pin(pending()),
        }
    }
}

#[test]
fn a_look_up_error_names_the_host_and_nothing_else() {
    let error = LookUpError::NoSuchName("hook.example.com".into());
    assert_eq!(error.to_string(), "the host name hook.example.com does not exist");
}
