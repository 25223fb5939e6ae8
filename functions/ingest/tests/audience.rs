//! Filters that take long: they hold nobody else's events, and lose none.

use grapnel_domain::{
    event::{Event, MAX_DATA_BYTES, Retention},
    message::{QueueMessage, Record},
};
use grapnel_ingest::{Ingest, Rules};
use grapnel_testing::{
    builders::{USER, a_webhook},
    clock::ManualClock,
    memory::{Memory, Operation},
};
use serde_json::json;
use std::time::Duration;

type OverMemory = Ingest<Memory, Memory, Memory, Memory, Memory, ManualClock>;

fn over(memory: &Memory) -> OverMemory {
    Ingest {
        subscriptions: memory.clone(),
        events: memory.clone(),
        deliveries: memory.clone(),
        queue: memory.clone(),
        dead_letters: memory.clone(),
        clock: memory.clock(),
        rules: Rules {
            retention: Retention { days: 30 },
            delivery_timeout: Duration::from_secs(60),
        },
    }
}

/// An event of a user whose data has a list `a` that is as long as this.
fn event(user: &str, list: &str) -> Record {
    let body = format!(
        r#"{{"version":"0","id":"eb-{user}","detail-type":"lead.created","source":"demo.platform","time":"2026-11-24T06:00:00Z","detail":{{"userId":"{user}","id":"{user}","a":[{list}]}}}}"#
    );
    Record::new(format!("m-{user}"), body)
}

/// Whose attempts are queued, in order.
fn queued(memory: &Memory) -> Vec<String> {
    let owner = |message| match message {
        QueueMessage::Attempt(attempt) => attempt.target.user_id.to_string(),
        other => panic!("not an attempt: {other:?}"),
    };
    memory.delivery_queue().messages().into_iter().map(|queued| owner(queued.message())).collect()
}

fn long_list(item: &str) -> String {
    vec![item; (MAX_DATA_BYTES - 200) / (item.len() + 1)].join(",")
}

/// Two calls, the neighbour's first: it did not wait for the event that came before its own.
#[tokio::test]
async fn an_event_with_slow_filters_does_not_hold_its_batch() {
    let memory = Memory::new();
    for n in 0..24 {
        memory.put_webhook(a_webhook().filter(&json!({"a": [n, 0]}).to_string()).build());
    }
    memory.put_webhook(a_webhook().for_user("neighbour").build());
    let records = [event(USER, &long_list("0")), event("neighbour", "1")];
    let report = over(&memory).handle(&records).await;
    assert_eq!((report.events, report.enqueued, report.failed.len()), (2, 25, 0));
    assert_eq!(report.unfinished_filters, 0);
    let mut expected = vec!["neighbour".to_owned()];
    expected.extend(vec![USER.to_owned(); 24]);
    assert_eq!(queued(&memory), expected);
    assert_eq!(memory.calls(Operation::Enqueue), 2);
    // Nothing is recorded before it is known whom the event is for.
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
    let report = over(&memory).handle(&[event(USER, &long_list(&item))]).await;
    assert_eq!((report.events, report.enqueued, report.unfinished_filters), (1, 1, 1));
    let audiences: Vec<_> =
        memory.events().iter().map(|event: &Event| event.audience.clone()).collect();
    assert_eq!(audiences, [Some(vec![slow.id])]);
}
