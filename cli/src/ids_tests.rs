use super::*;
use grapnel_domain::ids::EventId;
use grapnel_receiver::{Reply, TestReceiver};
use rstest::rstest;
use serde_json::{Value, json};

const FIRST: &str = "wh_019aa3f2-0000-7000-8000-0000000000a1";
const SECOND: &str = "wh_019aa3f2-0000-7000-8000-0000000000b1";

fn listed(id: &str, name: &str) -> Value {
    json!({
        "id": id, "userId": "demo", "name": name, "url": "https://a.example", "events": ["*"],
        "secret": "whsec_********", "headers": {}, "status": "active",
        "retryConfig": {"maxAttempts": 1, "timeoutSeconds": 1}, "payloadFormat": "envelope",
        "createdAt": "2026-11-24T05:24:00.000Z", "updatedAt": "2026-11-24T06:23:00.000Z",
    })
}

/// What `text` is found to be where the user has two webhooks.
async fn found(text: &str) -> Result<String, String> {
    let server = TestReceiver::start().await.expect("starts");
    let page = json!({"items": [listed(FIRST, "Leads"), listed(SECOND, "Tasks")]}).to_string();
    server.answer_with("/api/webhooks", Reply::status(200).body(page));
    let client = Client::builder(server.url("").trim_end_matches('/')).build().expect("a client");
    webhook(&client, text).await.map_err(|failure| failure.to_string())
}

#[tokio::test]
async fn a_beginning_that_only_one_id_has_stands_for_it() {
    let (first, second) = (Ok(FIRST.to_owned()), Ok(SECOND.to_owned()));
    assert_eq!(found("wh_019aa3f2-0000-7000-8000-0000000000a").await, first);
    assert_eq!(found("019aa3f2-0000-7000-8000-0000000000b").await, second);
}

/// As `"$DELIVERY"` is where the command that was to set it printed nothing.
#[tokio::test]
async fn an_empty_id_is_said_to_be_empty() {
    let error = found("").await.expect_err("refused");
    assert!(error.starts_with("the id of the webhook is empty"), "{error}");
}

#[tokio::test]
async fn a_beginning_may_end_in_the_mark_of_a_cut() {
    assert_eq!(found("wh_019aa3f2-0000-7000-8000-0000000000a…").await, Ok(FIRST.to_owned()));
}

#[rstest]
#[case::shortened("evt_9b1f…", "a shortened id is not accepted")]
#[case::its_beginning("evt_9b1f0193-4567", "a shortened id is not accepted")]
#[case::a_webhook(FIRST, "is not the id of an event")]
#[case::a_word("lead.created", "is not the id of an event")]
#[case::nothing("", "the id of the event is empty")]
fn an_events_id_must_be_whole(#[case] text: &str, #[case] expected: &str) {
    let error = event(text).expect_err("refused").to_string();
    assert!(error.contains(expected) && error.contains("grapnel events list"), "{error}");
    assert!(!error.contains("webhooks list"), "{error}");
}

#[test]
fn a_whole_id_of_an_event_is_taken() {
    let id = EventId::from_uuid(Default::default()).to_string();
    assert_eq!(event(&id).expect("taken"), id);
}

#[test]
fn ids_of_all_kinds_but_events_can_be_shortened() {
    for id in [FIRST, "dlv_1", "rpl_1", "key_1"] {
        assert!(can_be_shortened(id), "{id}");
    }
    assert!(!can_be_shortened("evt_1") && !can_be_shortened("task-17"));
}

#[tokio::test]
async fn a_whole_id_is_taken_without_asking() {
    let nobody = Client::builder("http://127.0.0.1:1").build().expect("a client");
    let unknown = "wh_019aa3f2-0000-7000-8000-0000000000c1";
    assert_eq!(webhook(&nobody, unknown).await.expect("taken"), unknown);
}

#[tokio::test]
async fn a_beginning_of_several_names_the_candidates() {
    let error = found("wh_019aa3f2").await.expect_err("refused");
    for shown in [FIRST, "Leads", SECOND, "Tasks", "more than one"] {
        assert!(error.contains(shown), "{error}");
    }
}

#[rstest]
#[tokio::test]
async fn what_begins_no_id_is_refused(
    #[values("wh_02", "", "wh_", "Leads", "../keys", "dlv_019aa3f2", "wh_019AA3F2-z")] text: &str,
) {
    let error = found(text).await.expect_err("refused");
    assert!(!error.contains("more than one"), "{error}");
    assert!(error.contains("grapnel webhooks list"), "{error}");
}

#[rstest]
#[case::a_short_one("0")]
#[case::one_of_a_minute("019aa3f2")]
#[case::one_with_a_hyphen("019aa3f2-c1")]
#[case::one_of_a_millisecond("019aa3f2-c1d0")]
#[case::one_beyond_the_time("019aa3f2-c1d0-8")]
fn a_deliverys_beginning_says_when_its_event_was_stored(#[case] beginning: &str) {
    let webhook = FIRST.parse().expect("an id");
    let event = EventId::from_uuid(Default::default());
    let stored = Timestamp::from_millis(0x019a_a3f2_c1d0);
    let id = DeliveryId::derive(&webhook, &event, stored);
    assert!(id.to_string().starts_with("dlv_019aa3f2-c1d0-8"), "{id}");
    let (since, until) = times(beginning).expect("times");
    assert!(since <= stored && stored < until, "{since} {until}");
    assert!(DeliveryId::first_at(since) < id && id < DeliveryId::first_at(until));
}

#[test]
fn a_beginning_that_is_no_time_of_ours_bounds_nothing() {
    assert_eq!(times(""), None);
    assert_eq!(times("ffffffff"), None);
}
