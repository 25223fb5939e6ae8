//! Which webhooks get an event, and no loss if any call fails.

use crate::world::{event, event_with, over, queued_attempts};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason},
    event::{
        Event,
        inbound::{TestOrder, TestTarget},
    },
    message::{MOST_WEBHOOK_GROUPS, MakeAttempt, Record},
    ports::{Clock, EventLog, PortError, StoreWebhooks},
    webhook::WebhookStatus,
};
use grapnel_testing::{
    builders::{USER, a_failed_attempt, a_webhook, changed, user},
    memory::{Effect, Memory, Operation, Queued},
};
use std::time::Duration;

/// Webhook and delay of every queued attempt.
fn queued(memory: &Memory) -> Vec<(String, u64)> {
    let now = memory.clock().now();
    let message = |(queued, attempt): (Queued, MakeAttempt)| {
        (attempt.target.webhook_id.to_string(), now.until(queued.due).as_secs())
    };
    queued_attempts(memory).into_iter().map(message).collect()
}

#[tokio::test]
async fn an_event_goes_to_every_active_webhook_of_its_owner_that_wants_it() {
    let memory = Memory::new();
    let wanted = [
        a_webhook().events(["lead.created"]).build(),
        a_webhook().events(["task.*", "lead.*"]).build(),
        a_webhook().failing().build(),
    ];
    let unwanted = [
        a_webhook().events(["lead.enriched"]).build(),
        a_webhook().disabled().build(),
        a_webhook().for_user("somebody-else").build(),
    ];
    for webhook in wanted.iter().chain(&unwanted) {
        memory.put_webhook(webhook.clone());
    }
    let report = over(&memory).handle(&[event("1", "lead.created")]).await;
    assert_eq!((report.events, report.enqueued, report.failed.len()), (1, 3, 0));
    let expected: Vec<_> = wanted.iter().map(|webhook| (webhook.id.to_string(), 0)).collect();
    assert_eq!(queued(&memory), expected);
    assert_eq!(memory.deliveries().len(), 3);
    assert_eq!(memory.events().len(), 1);
    assert_eq!(memory.calls(Operation::Subscriptions), 1);
    assert_eq!(memory.calls(Operation::Enqueue), 1);
}

#[tokio::test]
async fn a_users_webhooks_are_read_once_for_all_events_of_a_batch() {
    let memory = Memory::new();
    memory.put_webhook(a_webhook().build());
    memory.put_webhook(a_webhook().for_user("somebody-else").build());
    let others = event_with("3", "lead.created", r#"{"userId":"somebody-else"}"#);
    let batch = [event("1", "lead.created"), event("2", "lead.created"), others];
    let report = over(&memory).handle(&batch).await;
    assert_eq!((report.events, report.enqueued), (3, 3));
    assert_eq!(memory.calls(Operation::Subscriptions), 2);
}

#[tokio::test]
async fn a_webhook_gets_the_events_of_the_next_batch_once_it_is_there() {
    let memory = Memory::new();
    let ingest = over(&memory);
    assert_eq!(ingest.handle(&[event("1", "lead.created")]).await.enqueued, 0);
    memory.put_webhook(a_webhook().build());
    assert_eq!(ingest.handle(&[event("2", "lead.created")]).await.enqueued, 1);
}

/// The groups of the messages of an event with this many webhooks.
async fn groups_of(webhooks: usize) -> Vec<String> {
    let memory = Memory::new();
    (0..webhooks).for_each(|_| memory.put_webhook(a_webhook().build()));
    over(&memory).handle(&[event("1", "lead.created")]).await;
    memory.delivery_queue().messages().into_iter().map(|message| message.group).collect()
}

#[tokio::test]
async fn few_webhooks_take_a_turn_each_and_many_take_their_users() {
    let few = groups_of(MOST_WEBHOOK_GROUPS).await;
    assert!(few.iter().all(|group| group.starts_with("wh_")), "{few:?}");
    let many = groups_of(MOST_WEBHOOK_GROUPS + 1).await;
    assert_eq!(many, vec![USER; MOST_WEBHOOK_GROUPS + 1]);
}

#[tokio::test]
async fn an_event_goes_only_to_those_whose_filter_it_passes() {
    let memory = Memory::new();
    let passing = [
        a_webhook().filter(r#"{"n":[{"numeric":["<",2]}]}"#).build(),
        // Stored by a newer version: the filter cannot be read, so the event is delivered.
        a_webhook().filter(r#"{"n":[{"from-the-future":1}]}"#).build(),
        a_webhook().filter("").build(),
    ];
    let others = [
        a_webhook().filter(r#"{"n":[2]}"#).build(),
        a_webhook().filter(r#"{"n":[1]}"#).events(["task.*"]).build(),
        a_webhook().filter(r#"{"n":[1]}"#).disabled().build(),
    ];
    for webhook in passing.iter().chain(&others) {
        memory.put_webhook(webhook.clone());
    }
    over(&memory).handle(&[event("1", "lead.created")]).await;
    let expected: Vec<_> = passing.iter().map(|webhook| (webhook.id.to_string(), 0)).collect();
    assert_eq!(queued(&memory), expected);
    assert_eq!(memory.deliveries().len(), 3);
}

#[tokio::test]
async fn a_filter_that_changes_later_changes_nothing_for_an_event_that_was_stored() {
    let memory = Memory::new();
    let (first, second) =
        (a_webhook().filter(r#"{"n":[1]}"#).build(), a_webhook().filter(r#"{"n":[2]}"#).build());
    for webhook in [&first, &second] {
        memory.put_webhook(webhook.clone());
    }
    let cut = PortError::Unavailable("cut".into());
    memory.fail_next(Operation::CreateDelivery, cut, Effect::Before);
    over(&memory).handle(&[event("1", "lead.created")]).await;
    memory.put_webhook(changed(&first, |it| it.filter = second.filter.clone()));
    memory.put_webhook(changed(&second, |it| it.filter = first.filter.clone()));
    over(&memory).handle(&[event("1", "lead.created")]).await;
    let to: Vec<String> = queued(&memory).into_iter().map(|(webhook, _)| webhook).collect();
    assert_eq!(to, [first.id.to_string()]);
}

#[tokio::test]
async fn small_data_travels_with_the_attempt_untouched() {
    let memory = Memory::new();
    memory.put_webhook(a_webhook().build());
    over(&memory).handle(&[event("1", "lead.created")]).await;
    let (_, attempt) = queued_attempts(&memory).remove(0);
    let data = attempt.event.expect("inline").data;
    assert_eq!(data, format!(r#"{{"userId":"{USER}","id":"1","n":1.0}}"#));
}

#[tokio::test]
async fn the_same_event_again_makes_no_second_delivery_and_repeats_only_what_is_pending() {
    let memory = Memory::new();
    memory.put_webhook(a_webhook().build());
    let ingest = over(&memory);
    ingest.handle(&[event("1", "lead.created")]).await;
    memory.clock().advance(Duration::from_secs(30));
    ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!((memory.events().len(), memory.deliveries().len()), (1, 1));
    let delays: Vec<u64> = queued(&memory).into_iter().map(|(_, delay)| delay).collect();
    assert_eq!(delays, [0, 65], "the repeat comes when the first has had its time");

    let pending = memory.deliveries().remove(0);
    let retrying = Delivery {
        status: DeliveryStatus::Retrying,
        attempts: vec![a_failed_attempt(1)],
        ..pending
    };
    memory.put_delivery(retrying);
    ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!(queued(&memory).len(), 2, "a delivery past its first attempt has its own wake-up");
}

#[tokio::test]
async fn an_event_goes_to_whom_it_was_for_when_it_was_first_stored() {
    let memory = Memory::new();
    let (disabled, deleted) = (a_webhook().build(), a_webhook().build());
    memory.put_webhook(disabled.clone());
    memory.put_webhook(deleted.clone());
    let cut = PortError::Unavailable("cut".into());
    memory.fail_next(Operation::Enqueue, cut.clone(), Effect::Before);
    memory.fail_next(Operation::Enqueue, cut, Effect::Before);
    let ingest = over(&memory);
    let report = ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!((report.enqueued, report.failed.len()), (0, 1));

    memory.put_webhook(changed(&disabled, |it| it.status = WebhookStatus::Disabled));
    memory.delete_webhook(&deleted.user_id, deleted.id).await.expect("deleted");
    memory.put_webhook(a_webhook().build());
    let report = ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!((report.events, report.enqueued), (1, 2));
    let reached: Vec<String> = queued(&memory).into_iter().map(|(webhook, _)| webhook).collect();
    assert_eq!(reached, [disabled.id.to_string(), deleted.id.to_string()]);
    assert_eq!(memory.deliveries().len(), 2);
}

#[tokio::test]
async fn an_event_that_was_stored_without_whom_it_is_for_is_fanned_out() {
    let memory = Memory::new();
    over(&memory).handle(&[event("1", "lead.created")]).await;
    memory.put_event(Event { audience: None, ..memory.events().remove(0) });
    memory.put_webhook(a_webhook().build());
    over(&memory).handle(&[event("1", "lead.created")]).await;
    assert_eq!((memory.events().len(), queued(&memory).len()), (1, 1));
}

#[tokio::test]
async fn what_a_run_that_died_had_recorded_is_woken_even_if_its_webhook_wants_it_no_more() {
    let memory = Memory::new();
    let webhook = a_webhook().events(["lead.created"]).build();
    memory.put_webhook(webhook.clone());
    let ingest = over(&memory);
    let cut = PortError::Unavailable("cut".into());
    memory.fail_next(Operation::Enqueue, cut, Effect::Before);
    assert_eq!(ingest.handle(&[event("1", "lead.created")]).await.failed, ["m-1"]);
    assert_eq!((memory.deliveries().len(), queued(&memory).len()), (1, 0));

    memory.put_webhook(changed(&webhook, |it| {
        it.events = vec![grapnel_domain::webhook::EventPattern::Exact("task.failed".into())];
    }));
    memory.clock().advance(Duration::from_secs(360));
    assert!(ingest.handle(&[event("1", "lead.created")]).await.failed.is_empty());
    assert_eq!(queued(&memory).len(), 1);
}

/// An event is erased, and then received again: its data is not restored.
#[tokio::test]
async fn an_erased_event_that_is_repeated_stays_erased_and_is_sent_to_nobody() {
    let memory = Memory::new();
    let webhooks = [a_webhook().build(), a_webhook().build()];
    webhooks.iter().for_each(|webhook| memory.put_webhook(webhook.clone()));
    let ingest = over(&memory);
    ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!(memory.delivery_queue().take_due().len(), 2);
    let stored = memory.events().remove(0);
    let at = memory.clock().now();
    memory.erase_payload(&stored.user_id, stored.id, at).await.expect("erased");
    let delivered = |mut delivery: Delivery| {
        delivery.status = DeliveryStatus::Success;
        memory.put_delivery(delivery);
    };
    memory.deliveries().into_iter().for_each(delivered);

    let report = ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!((report.events, report.enqueued, report.failed.len()), (1, 0, 0));
    let found = memory.events().remove(0);
    assert_eq!((found.content.data.as_str(), found.payload_erased_at), ("", Some(at)));
}

/// As for a dead letter that is redriven after its deliveries have expired.
#[tokio::test]
async fn a_delivery_that_an_erased_event_owes_ends_before_it_begins() {
    let memory = Memory::new();
    let webhook = a_webhook().build();
    memory.put_webhook(webhook.clone());
    let at = memory.clock().now();
    over(&memory).handle(&[event("1", "lead.created")]).await;
    let stored = memory.events().remove(0);
    let fresh = Memory::with_clock(memory.clock());
    fresh.put_webhook(webhook);
    fresh.put_event(stored.clone());
    fresh.erase_payload(&stored.user_id, stored.id, at).await.expect("erased");
    let report = over(&fresh).handle(&[event("1", "lead.created")]).await;
    assert_eq!((report.events, report.enqueued), (1, 0));
    let delivery = fresh.deliveries().remove(0);
    assert_eq!(
        (delivery.status, delivery.reason, delivery.payload_erased_at),
        (DeliveryStatus::Failed, Some(Reason::PayloadErased), Some(at))
    );
    // A delivery that is already recorded gets a message, without the data.
    let pending = memory.deliveries().remove(0);
    fresh.put_delivery(pending);
    over(&fresh).handle(&[event("1", "lead.created")]).await;
    assert_eq!(queued_attempts(&fresh).remove(0).1.event, None);
}

#[tokio::test]
async fn a_bad_record_is_put_aside_and_the_rest_goes_on() {
    let memory = Memory::new();
    memory.put_webhook(a_webhook().build());
    let mut batch: Vec<Record> = (0..9).map(|n| event(&n.to_string(), "lead.created")).collect();
    let bad = r#"{"id":"x","detail-type":"lead.created","source":"s","detail":{}}"#;
    batch.insert(4, Record::new("bad", bad));
    let report = over(&memory).handle(&batch).await;
    assert_eq!((report.events, report.enqueued, report.dead_letters), (9, 9, 1));
    assert!(report.failed.is_empty());
    let letters = memory.dead_letters();
    assert_eq!(letters[0].reason, "detail.userId is missing");
    assert_eq!(letters[0].body, bad);
}

#[tokio::test]
async fn one_throttled_write_does_not_stop_the_event_s_other_webhooks() {
    let memory = Memory::new();
    for _ in 0..3 {
        memory.put_webhook(a_webhook().build());
    }
    let throttled = PortError::Throttled("PutItem".into());
    memory.fail_after(Operation::CreateDelivery, 1, throttled, Effect::Before);
    let ingest = over(&memory);
    let report = ingest.handle(&[event("1", "lead.created")]).await;
    assert_eq!((report.enqueued, report.failed.as_slice()), (2, ["m-1".to_owned()].as_slice()));
    let report = ingest.handle(&[event("1", "lead.created")]).await;
    assert!(report.failed.is_empty());
    assert_eq!(memory.deliveries().len(), 3);
}

#[tokio::test]
async fn a_test_reaches_its_webhook_alone_and_its_delivery_has_the_foretold_id() {
    let memory = Memory::new();
    let webhook = a_webhook().events(["task.failed"]).disabled().build();
    memory.put_webhook(webhook.clone());
    memory.put_webhook(a_webhook().build());
    let ordered_at = memory.clock().now();
    memory.clock().advance(Duration::from_secs(3));
    let order = TestOrder {
        user_id: user(USER),
        target: TestTarget { webhook_id: webhook.id, ordered_at },
        source_id: "test-1".into(),
        event_type: "lead.created".into(),
        data: "{}".into(),
    };
    let record = Record::new("m", order.to_json().expect("an object"));
    over(&memory).handle(&[record]).await;
    let deliveries = memory.deliveries();
    assert_eq!(deliveries.len(), 1);
    assert!(deliveries[0].test);
    let foretold =
        grapnel_domain::ids::DeliveryId::derive(&webhook.id, &order.event_id(), ordered_at);
    assert_eq!(deliveries[0].id, foretold);
}

#[tokio::test]
async fn a_fault_at_any_call_comes_right_when_the_message_comes_again() {
    for operation in [
        Operation::StoreEvent,
        Operation::Subscriptions,
        Operation::CreateDelivery,
        Operation::Enqueue,
    ] {
        for effect in [Effect::Before, Effect::After] {
            for skipped in 0..3 {
                let memory = Memory::new();
                for _ in 0..3 {
                    memory.put_webhook(a_webhook().build());
                }
                let error = PortError::Unavailable("cut".into());
                memory.fail_after(operation, skipped, error, effect);
                let ingest = over(&memory);
                let mut rounds = 0;
                while !ingest.handle(&[event("1", "lead.created")]).await.failed.is_empty() {
                    rounds += 1;
                    assert!(rounds < 3, "{operation:?} {effect:?}");
                }
                let mut reached: Vec<String> = queued(&memory).into_iter().map(|q| q.0).collect();
                reached.sort();
                reached.dedup();
                assert_eq!(reached.len(), 3, "{operation:?} {effect:?} after {skipped}");
                assert_eq!(memory.deliveries().len(), 3);
            }
        }
    }
}
