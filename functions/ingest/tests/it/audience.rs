//! Slow filters: they do not delay other users' events, and lose no event.

use crate::world::{event_with, over, queued_attempts};
use grapnel_domain::{
    event::{Event, MAX_DATA_BYTES},
    filter::Undecided,
    ids::WebhookId,
    message::{MakeAttempt, Record},
    ports::PortError,
};
use grapnel_testing::{
    builders::{USER, a_webhook},
    memory::{Effect, Memory, Operation},
};
use serde_json::json;

/// An event of a user with a list `a` of this length in its data.
fn event_of(user: &str, list: &str) -> Record {
    event_with(
        user,
        "lead.created",
        &format!(r#"{{"userId":"{user}","id":"{user}","a":[{list}]}}"#),
    )
}

/// The users of the queued attempts, in order.
fn queued(memory: &Memory) -> Vec<String> {
    let owner = |(_, attempt): (_, MakeAttempt)| attempt.target.user_id.to_string();
    queued_attempts(memory).into_iter().map(owner).collect()
}

/// The note about the webhook's filter on each delivery, by webhook.
fn notes(memory: &Memory) -> Vec<(WebhookId, Option<Undecided>)> {
    let mut notes: Vec<_> = memory
        .deliveries()
        .into_iter()
        .map(|delivery| (delivery.webhook_id, delivery.undecided_filter))
        .collect();
    notes.sort_by_key(|(id, _)| *id);
    notes
}

fn long_list(item: &str) -> String {
    vec![item; (MAX_DATA_BYTES - 200) / (item.len() + 1)].join(",")
}

/// Two calls, the neighbour's first: it did not wait for the slow event before it.
#[tokio::test]
async fn an_event_with_slow_filters_does_not_hold_its_batch() {
    let memory = Memory::new();
    for n in 0..24 {
        memory.put_webhook(a_webhook().filter(&json!({"a": [n, 0]}).to_string()).build());
    }
    memory.put_webhook(a_webhook().for_user("neighbour").build());
    let records = [event_of(USER, &long_list("0")), event_of("neighbour", "1")];
    let report = over(&memory).handle(&records).await;
    assert_eq!((report.events, report.enqueued, report.failed.len()), (2, 25, 0));
    assert_eq!(report.unfinished_filters, 0);
    let mut expected = vec!["neighbour".to_owned()];
    expected.extend(vec![USER.to_owned(); 24]);
    assert_eq!(queued(&memory), expected);
    assert_eq!(memory.calls(Operation::Enqueue), 2);
    // Nothing is recorded before the event's webhooks are decided.
    assert_eq!(memory.calls(Operation::StoreEvent), 2);
}

#[tokio::test]
async fn a_filter_that_runs_out_of_steps_delivers_and_is_counted() {
    let memory = Memory::new();
    let wildcards: Vec<_> = (0..99).map(|n| json!({"wildcard": format!("*{n}*ab")})).collect();
    let slow = a_webhook().filter(&json!({"a": wildcards}).to_string()).build();
    let other = a_webhook().filter(r#"{"a":["b"]}"#).build();
    memory.put_webhook(slow.clone());
    memory.put_webhook(other);
    let item = format!("\"{}\"", "a".repeat(8));
    let report = over(&memory).handle(&[event_of(USER, &long_list(&item))]).await;
    assert_eq!((report.events, report.enqueued, report.unfinished_filters), (1, 1, 1));
    let audiences: Vec<_> =
        memory.events().iter().map(|event: &Event| event.audience.clone()).collect();
    assert_eq!(audiences, [Some(vec![slow.id])]);
    assert_eq!(notes(&memory), [(slow.id, Some(Undecided::OutOfSteps))]);
}

#[tokio::test]
async fn a_delivery_whose_filter_could_not_be_read_says_so() {
    let memory = Memory::new();
    let damaged = a_webhook().filter("[]").build();
    let matching = a_webhook().filter(r#"{"a":[1]}"#).build();
    memory.put_webhook(damaged.clone());
    memory.put_webhook(matching.clone());
    let records = [event_of(USER, "1")];
    let lost = PortError::Unavailable("test".into());
    memory.fail_next(Operation::CreateDelivery, lost, Effect::Before);
    let report = over(&memory).handle(&records).await;
    assert_eq!((report.events, report.unfinished_filters), (0, 0));
    // The run that repeats the fan-out notes it too.
    let report = over(&memory).handle(&records).await;
    assert_eq!((report.events, report.unfinished_filters), (1, 0));
    let mut expected = [(damaged.id, Some(Undecided::Unreadable)), (matching.id, None)];
    expected.sort_by_key(|(id, _)| *id);
    assert_eq!(notes(&memory), expected);
}
