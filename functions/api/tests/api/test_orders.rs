//! `POST …/test`. Time is paused: it moves when everybody waits.

use crate::world::{Answer, World, problem};
use grapnel_domain::{
    catalogue,
    delivery::{Delivery, DeliveryKey, Reason},
    event::{Event, Retention, inbound::InboundEvent},
    ids::DeliveryId,
    ports::PortError,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_failed_attempt, a_webhook, an_attempt},
    clock::START,
    memory::{Effect, Memory, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

async fn world(webhook: Webhook) -> (World, String, String) {
    let world = World::new();
    let key = world.full_key("u").await;
    let path = format!("/api/webhooks/{}/test", webhook.id);
    world.memory.put_webhook(webhook);
    (world, key, path)
}

fn webhook() -> Webhook {
    a_webhook().for_user("u").build()
}

/// The order on the events queue, as fan-out reads it, and the delivery that it will make.
fn fan_out(memory: &Memory) -> (InboundEvent, Delivery) {
    let messages = memory.events_queue().messages();
    assert_eq!(messages.len(), 1);
    let inbound = InboundEvent::parse(&messages[0].body, START).expect("an event");
    let target = inbound.test.expect("a test");
    let retention = Retention { days: 30 };
    let event = Event {
        id: inbound.id,
        user_id: inbound.user_id.clone(),
        content: inbound.content.clone(),
        audience: None,
        stored_at: target.ordered_at,
        expires_at: retention.event_expiry(target.ordered_at),
        payload_erased_at: None,
    };
    let delivery = Delivery::of(&event, target.webhook_id, retention, START);
    (inbound, Delivery { test: true, ..delivery })
}

/// Waits until the order is on the queue.
async fn ordered(memory: &Memory) {
    while memory.events_queue().messages().is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
}

/// Lets the pipeline do `steps` beside the request.
async fn with_pipeline<F>(
    world: &World,
    key: &str,
    path: &str,
    steps: impl FnOnce(Memory) -> F,
) -> (Answer, Duration)
where
    F: Future<Output = ()> + Send + 'static,
{
    let pipeline = tokio::spawn(steps(world.memory.clone()));
    let started = Instant::now();
    let answer = world.post(path, key).await;
    let taken = started.elapsed();
    pipeline.await.expect("the pipeline");
    (answer, taken)
}

#[tokio::test(start_paused = true)]
async fn a_test_answers_with_the_delivery_once_it_was_attempted() {
    let (world, key, path) = world(webhook()).await;
    let (answer, taken) = with_pipeline(&world, &key, &path, |memory| async move {
        ordered(&memory).await;
        sleep(Duration::from_millis(300)).await;
        let (_, delivery) = fan_out(&memory);
        memory.put_delivery(delivery.clone());
        sleep(Duration::from_millis(700)).await;
        let delivered = Delivery {
            attempts: vec![an_attempt(1)],
            status: grapnel_domain::delivery::DeliveryStatus::Success,
            ..delivery
        };
        memory.put_delivery(delivered);
    })
    .await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert!(taken < Duration::from_millis(1600), "{taken:?}");
    let shown = answer.json();
    assert_eq!(shown["status"], "success");
    assert_eq!(shown["test"], true);
    assert_eq!(shown["attempts"][0]["statusCode"], 200);

    let (inbound, delivery) = fan_out(&world.memory);
    assert_eq!(shown["id"], delivery.id.to_string());
    assert_eq!(shown["eventId"], inbound.id.to_string());
    let payload: Value = serde_json::from_str(&inbound.content.data).expect("JSON");
    assert_eq!(shown["payload"], payload);
    assert_eq!(payload["userId"], "u", "the sample's own user is replaced");
    assert!(answer.text.contains(&inbound.content.data), "byte for byte");
}

#[rstest]
#[case::attempted(vec![a_failed_attempt(1)], Reason::AttemptsExhausted)]
#[case::ended_without_an_attempt(vec![], Reason::WebhookDeleted)]
#[tokio::test(start_paused = true)]
async fn a_test_that_failed_is_an_answer_too(
    #[case] attempts: Vec<grapnel_domain::delivery::DeliveryAttempt>,
    #[case] reason: Reason,
) {
    let (world, key, path) = world(webhook()).await;
    let (answer, _) = with_pipeline(&world, &key, &path, |memory| async move {
        ordered(&memory).await;
        let (_, delivery) = fan_out(&memory);
        let status = grapnel_domain::delivery::DeliveryStatus::Failed;
        memory.put_delivery(Delivery { attempts, status, reason: Some(reason), ..delivery });
    })
    .await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    assert_eq!(answer.json()["status"], "failed");
}

#[tokio::test(start_paused = true)]
async fn a_test_that_takes_longer_is_accepted_as_pending() {
    let (world, key, path) = world(webhook()).await;
    let started = Instant::now();
    let answer = world.post(&path, &key).await;
    let taken = started.elapsed();
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    assert!(taken <= Duration::from_secs(10) && taken > Duration::from_secs(9), "{taken:?}");
    // 50 ms, growing to 500 ms.
    let looks = world.memory.calls(Operation::Delivery);
    assert!((20..=30).contains(&looks), "{looks}");

    let (inbound, delivery) = fan_out(&world.memory);
    let payload: Value = serde_json::from_str(&inbound.content.data).expect("JSON");
    let expected = json!({
        "id": delivery.id, "webhookId": delivery.webhook_id, "event": inbound.content.event_type,
        "eventId": inbound.id, "payload": payload, "status": "pending", "test": true,
        "attempts": [], "finalAttempt": 1, "createdAt": START.to_string(),
    });
    assert_eq!(answer.json(), expected);
    assert!(world.memory.deliveries().is_empty(), "the API writes none");
}

#[tokio::test(start_paused = true)]
async fn a_test_that_was_fanned_out_and_not_attempted_is_pending() {
    let (world, key, path) = world(webhook()).await;
    let (answer, _) = with_pipeline(&world, &key, &path, |memory| async move {
        ordered(&memory).await;
        let (_, delivery) = fan_out(&memory);
        let created_at = START.plus(Duration::from_millis(7));
        memory.put_delivery(Delivery { created_at, ..delivery });
    })
    .await;
    assert_eq!(answer.status.as_u16(), 202);
    assert_eq!(answer.json()["createdAt"], "2026-11-24T06:24:00.007Z", "as stored");
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_made_again() {
    let (world, key, path) = world(webhook()).await;
    for _ in 0..5 {
        let error = PortError::Unavailable("GetItem: timeout".into());
        world.memory.fail_next(Operation::Delivery, error, Effect::Before);
    }
    let (answer, _) = with_pipeline(&world, &key, &path, |memory| async move {
        ordered(&memory).await;
        let (_, delivery) = fan_out(&memory);
        memory.put_delivery(Delivery { attempts: vec![an_attempt(1)], ..delivery });
    })
    .await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn a_test_that_was_not_ordered_fails_at_once() {
    let (world, key, path) = world(webhook()).await;
    let error = PortError::Unavailable("SendMessage: timeout".into());
    world.memory.fail_next(Operation::OrderTest, error, Effect::Before);
    let answer = world.post(&path, &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
    assert_eq!(world.memory.calls(Operation::Delivery), 0);
}

#[tokio::test(start_paused = true)]
async fn every_test_is_a_delivery_of_its_own() {
    let (world, key, path) = world(webhook()).await;
    let first = world.post(&path, &key).await.json();
    let second = world.post(&path, &key).await.json();
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["eventId"], second["eventId"]);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_webhook_can_be_tested() {
    let (world, key, path) = world(a_webhook().for_user("u").disabled().build()).await;
    assert_eq!(world.post(&path, &key).await.status.as_u16(), 202);
    let (inbound, delivery) = fan_out(&world.memory);
    let id = DeliveryId::derive(&delivery.webhook_id, &inbound.id, START);
    assert_eq!(delivery.key(), DeliveryKey { webhook_id: delivery.webhook_id, id });
}

#[rstest]
#[case::any(["*", "lead.created"], None, "workflow.completed")]
#[case::group(["email.*", "lead.created"], None, "email.received")]
#[case::exact(["task.failed", "*"], None, "task.failed")]
#[case::unknown_by_now(["invoice.*", "agent.failed"], None, "agent.failed")]
#[case::named(["lead.created", "*"], Some("email.sent"), "email.sent")]
#[tokio::test(start_paused = true)]
async fn a_test_sends_what_it_names_or_what_the_webhook_wants(
    #[case] events: [&str; 2],
    #[case] named: Option<&str>,
    #[case] expected: &str,
) {
    let (world, key, path) = world(a_webhook().for_user("u").events(events).build()).await;
    let mut call = world.call("POST", path).key(&key);
    if let Some(event) = named {
        call = call.json(&json!({"event": event}));
    }
    let answer = call.send().await;
    assert_eq!(answer.json()["event"], expected);
    let sample: Value =
        serde_json::from_str(catalogue::find(expected).expect("known").sample).expect("JSON");
    let mut detail = sample["detail"].clone();
    detail["userId"] = json!("u");
    detail["id"] = answer.json()["payload"]["id"].clone();
    assert_eq!(answer.json()["payload"], detail);
}

#[rstest]
#[case(json!({"event": "no.such"}), &["event"])]
#[case(json!({"event": "lead.*"}), &["event"])]
#[case(json!({"event": 7, "payload": {}}), &["payload", "event"])]
#[tokio::test(start_paused = true)]
async fn a_test_of_what_is_not_known_is_refused(#[case] body: Value, #[case] fields: &[&str]) {
    let (world, key, path) = world(webhook()).await;
    let answer = world.call("POST", path).key(&key).json(&body).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), fields);
    assert!(world.memory.events_queue().messages().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_wants_nothing_known_must_be_told_what_to_test() {
    let (world, key, path) =
        world(a_webhook().for_user("u").events(["invoice.paid"]).build()).await;
    let answer = world.post(&path, &key).await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["event"]);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_does_not_hold_the_answer_up() {
    let (world, key, path) = world(webhook()).await;
    world.memory.before(Operation::Delivery, |_| std::future::pending());
    let started = Instant::now();
    let answer = world.post(path, &key).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    assert!(started.elapsed() <= Duration::from_secs(10));
}
