//! Host names, looked up at a real name server.

use std::time::Duration;

use grapnel_domain::{outbound::SendOutcome, ports::SendRequests};
use grapnel_receiver::TestReceiver;
use rstest::rstest;

use super::{
    BY_THE_BOOK, ONLY_LOCALHOST, ScriptedNames, answer_to, failure_of, found,
    name_server::{NameServer, Says, addresses, names_at},
    request, sender_with, short, took_its_second, unavailability_of,
};
use crate::dns::LookUpError;

#[tokio::test]
async fn a_name_is_asked_for_as_it_is_and_its_answer_kept_a_while() {
    let server =
        NameServer::start("hook.example.", addresses(&["127.0.0.1"]), addresses(&[])).await;
    let receiver = TestReceiver::start().await.expect("a receiver");
    let sender = sender_with(server.names(), ONLY_LOCALHOST);
    let url = format!("http://Hook.Example:{}/in", receiver.address().port());
    for _ in 0..3 {
        assert_eq!(answer_to(&sender, request(&url)).await.status, 200);
    }
    // One query for each family. The name without an AAAA record has no answer that could be
    // cached, because this server gives no time to live for it.
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|one| *one == "hook.example. 1").count(), 1);
    assert!(asked.iter().all(|one| one.starts_with("hook.example. ")), "{asked:?}");
}

#[rstest]
#[case::one_label("intranet")]
#[case::two_labels("hook.example")]
#[case::absolute("hook.example.")]
#[tokio::test]
async fn no_search_list_is_tried(#[case] host: &str) {
    let server = NameServer::start("other.", Says::Silence, Says::Silence).await;
    let sender = sender_with(server.names(), BY_THE_BOOK);
    let error = failure_of(&sender, request(format!("https://{host}/in"))).await;
    assert_eq!(error, format!("the host name {host} does not exist"));
    let absolute = format!("{}.", host.trim_end_matches('.'));
    assert_eq!(server.asked(), [format!("{absolute} 1"), format!("{absolute} 28")]);
}

#[tokio::test]
async fn every_address_of_both_families_is_checked() {
    for (v4, v6) in [
        (addresses(&["127.0.0.1", "10.0.0.1"]), addresses(&[])),
        (addresses(&["127.0.0.1"]), addresses(&["fd00:ec2::254"])),
        (Says::Alias("inside.test.", vec![[10, 0, 0, 1].into()]), addresses(&[])),
    ] {
        let server = NameServer::start("hook.example.", v4, v6).await;
        let sender = sender_with(server.names(), ONLY_LOCALHOST);
        let error = failure_of(&sender, request("http://hook.example/in")).await;
        assert!(error.starts_with("hook.example resolves to "), "{error}");
    }
}

#[tokio::test]
async fn an_alias_is_followed() {
    let says = Says::Alias("receiver.test.", vec![[127, 0, 0, 1].into()]);
    let server = NameServer::start("hook.example.", says, addresses(&[])).await;
    let receiver = TestReceiver::start().await.expect("a receiver");
    let sender = sender_with(server.names(), ONLY_LOCALHOST);
    let url = format!("http://hook.example:{}/in", receiver.address().port());
    assert_eq!(answer_to(&sender, request(url)).await.status, 200);
}

#[rstest]
#[case::no_such_name(Says::Code(3), Says::Code(3), "the host name hook.example does not exist")]
#[case::no_record(addresses(&[]), addresses(&[]), "the host name hook.example has no address")]
#[tokio::test]
async fn a_name_without_addresses_fails_the_attempt(
    #[case] v4: Says,
    #[case] v6: Says,
    #[case] expected: &str,
) {
    let server = NameServer::start("hook.example.", v4, v6).await;
    let sender = sender_with(server.names(), BY_THE_BOOK);
    let error = failure_of(&sender, request("https://hook.example/in")).await;
    assert_eq!(error, expected);
}

#[rstest]
#[case::failure(Says::Code(2), Says::Code(2), "Server Failure")]
#[case::refusal(Says::Code(5), Says::Code(5), "Query Refused")]
#[case::v6_only_and_failing(addresses(&[]), Says::Code(2), "Server Failure")]
#[case::v4_only_and_failing(Says::Code(2), addresses(&[]), "Server Failure")]
#[tokio::test]
async fn a_name_server_that_fails_spends_no_attempt(
    #[case] v4: Says,
    #[case] v6: Says,
    #[case] expected: &str,
) {
    let server = NameServer::start("hook.example.", v4, v6).await;
    let sender = sender_with(server.names(), BY_THE_BOOK);
    let error = unavailability_of(&sender, request("https://hook.example/in")).await;
    assert_eq!(error, format!("the name server answered \"{expected}\""));
}

#[tokio::test]
async fn one_family_is_enough_when_the_other_fails() {
    let server = NameServer::start("hook.example.", addresses(&["127.0.0.1"]), Says::Code(2)).await;
    let receiver = TestReceiver::start().await.expect("a receiver");
    let sender = sender_with(server.names(), ONLY_LOCALHOST);
    let url = format!("http://hook.example:{}/in", receiver.address().port());
    assert_eq!(answer_to(&sender, request(url)).await.status, 200);
}

#[tokio::test]
async fn a_silent_name_server_spends_no_attempt() {
    let server = NameServer::start("hook.example.", Says::Silence, Says::Silence).await;
    let sender = sender_with(server.names(), BY_THE_BOOK);
    let sent = sender.send(short("https://hook.example/in")).await;
    took_its_second(&sent);
    let error = "the name server did not answer within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::ResolverUnavailable { error });

    // With the usual time limit the resolver itself gives up first.
    let sent = sender.send(request("https://hook.example/in")).await;
    assert!(sent.duration < Duration::from_secs(9), "{:?}", sent.duration);
    let error = "the name server did not answer in time".to_owned();
    assert_eq!(sent.outcome, SendOutcome::ResolverUnavailable { error });
}

#[tokio::test]
async fn an_unreachable_name_server_spends_no_attempt() {
    let server = NameServer::start("hook.example.", Says::Silence, Says::Silence).await;
    let gone = server.names();
    drop(server);
    let nowhere = names_at(([127, 0, 0, 1], 1).into());
    for names in [gone, nowhere] {
        let sender = sender_with(names, BY_THE_BOOK);
        let error = unavailability_of(&sender, request("https://hook.example/in")).await;
        assert!(error.starts_with("the name server "), "{error}");
    }
}

#[tokio::test]
async fn each_kind_of_answer_survives_the_http_client() {
    let name = || "hook.example".to_owned();
    let names = ScriptedNames::saying([
        Err(LookUpError::NoSuchName(name())),
        Err(LookUpError::NoAddress(name())),
        Err(LookUpError::Unavailable("out of order".into())),
        found(&[]),
    ]);
    let sender = sender_with(names, BY_THE_BOOK);
    let url = "https://hook.example/in";
    let error = failure_of(&sender, request(url)).await;
    assert_eq!(error, "the host name hook.example does not exist");
    let error = failure_of(&sender, request(url)).await;
    assert_eq!(error, "the host name hook.example has no address");
    let error = unavailability_of(&sender, request(url)).await;
    assert_eq!(error, "out of order");
    let error = failure_of(&sender, request(url)).await;
    assert_eq!(error, "the host name hook.example has no address");
}

#[tokio::test]
async fn a_resolver_that_never_ends_is_cut_at_the_timeout() {
    let sender = sender_with(ScriptedNames::saying([]), BY_THE_BOOK);
    let sent = sender.send(short("https://hook.example/in")).await;
    took_its_second(&sent);
    let error = "the name server did not answer within 1 s".to_owned();
    assert_eq!(sent.outcome, SendOutcome::ResolverUnavailable { error });
}
