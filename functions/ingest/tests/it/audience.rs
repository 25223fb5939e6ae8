//! Slow filters: they do not delay other users' events, and lose no event.

use crate::world::{event_with, over, queued_attempts};
use futures::future::join;
use grapnel_domain::{
    event::{Event, MAX_DATA_BYTES},
    fan_out::MAX_STEPS_OF_AN_EVENT,
    filter::{MAX_STEPS, Undecided},
    ids::WebhookId,
    message::{MakeAttempt, Record},
    ports::PortError,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{USER, a_webhook},
    memory::{Effect, Memory, Operation},
};
use serde_json::{Value, json};
use std::cell::Cell;

/// More steps than an event's filters may take before the other events of its batch go first.
const STEPS_OF_A_QUICK_EVENT: usize = 2_000_000;

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

/// The dearest filters that are accepted, all for one name: many branches, wildcards over a long
/// text, ranges, beginnings.
fn a_slow_filter(n: usize) -> Value {
    let branches =
        |of: &dyn Fn(usize) -> Value| json!({"$or": (0..100).map(of).collect::<Vec<_>>()});
    match n % 4 {
        0 => branches(&|m| json!({"a": [n + m + 1]})),
        1 => branches(&|m| json!({"a": [{"numeric": [">", n + m]}]})),
        2 => json!({"a": [{"wildcard": format!("*{n}*ab")}, {"wildcard": "*ab*b*"}]}),
        _ => json!({"a": [{"prefix": format!("b{n}")}, {"suffix": "x"}]}),
    }
}

/// A user with the default number of webhooks, all with slow filters, and data of the maximum size:
/// one run decides about the event, within the steps that an event may take.
#[tokio::test]
async fn an_event_with_slow_filters_of_a_hundred_webhooks_is_fanned_out_in_one_run() {
    let memory = Memory::new();
    let webhooks: Vec<_> =
        (0..100).map(|n| a_webhook().filter(&a_slow_filter(n).to_string()).build()).collect();
    webhooks.iter().for_each(|webhook| memory.put_webhook(webhook.clone()));
    memory.put_webhook(a_webhook().for_user("neighbour").build());
    let long_text = format!("\"{}\"", "a".repeat(MAX_DATA_BYTES / 2));
    let list = vec!["0"; MAX_DATA_BYTES / 4 - 100].join(",");
    let slow = event_of(USER, &format!("{long_text},{list}"));
    let report = over(&memory).handle(&[slow, event_of("neighbour", "1")]).await;
    assert_eq!((report.events, report.failed.len(), report.unfinished_filters), (2, 0, 0));
    assert_eq!(queued(&memory).first().map(String::as_str), Some("neighbour"));
    let event = memory.events().into_iter().find(|event| event.user_id.as_str() == USER);
    let data = event.expect("stored").content.data;
    let steps: usize = webhooks.iter().map(|webhook| steps_of(webhook, &data)).sum();
    println!("{steps} steps for {} bytes and {} webhooks", data.len(), webhooks.len());
    assert!(steps > 10 * STEPS_OF_A_QUICK_EVENT, "{steps}: not slow");
    assert!(steps <= webhooks.len() * MAX_STEPS && steps <= MAX_STEPS_OF_AN_EVENT, "{steps}");
}

fn steps_of(webhook: &Webhook, data: &str) -> usize {
    webhook.filter.as_ref().map_or(0, |filter| filter.judge(data).steps)
}

/// Between the filters of two webhooks, the other events of the batch go on.
#[tokio::test]
async fn other_tasks_have_their_turns_between_slow_filters() {
    const WEBHOOKS: usize = 24;
    let memory = Memory::new();
    for n in 0..WEBHOOKS {
        memory.put_webhook(a_webhook().filter(&json!({"a": [n, 0]}).to_string()).build());
    }
    let records = [event_of(USER, &long_list("0"))];
    let (turns, is_done) = (Cell::new(0), Cell::new(false));
    let fan_out = async {
        let report = over(&memory).handle(&records).await;
        is_done.set(true);
        report
    };
    let other = async {
        while !is_done.get() {
            turns.set(turns.get() + 1);
            tokio::task::yield_now().await;
        }
    };
    let (report, ()) = join(fan_out, other).await;
    assert_eq!((report.events, report.enqueued), (1, WEBHOOKS));
    assert!(turns.get() >= WEBHOOKS, "{} turns", turns.get());
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
    let counted = report.metrics().line("s", 0).expect("counts");
    assert!(counted.contains(r#""FiltersOutOfSteps":1"#), "{counted}");
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
