//! Manual retries.

use crate::world::{World, problem};
use grapnel_domain::{
    delivery::{Delivery, MAX_ATTEMPTS_ON_RECORD, Reason},
    message::{MakeAttempt, QueueMessage},
    ports::PortError,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_webhook, an_event, nth},
    memory::{Effect, Operation},
};
use rstest::rstest;

async fn world(
    webhook: Webhook,
    state: impl FnOnce(DeliveryBuilder) -> DeliveryBuilder,
) -> (World, String, Delivery) {
    let world = World::new();
    let key = world.full_key("u").await;
    let event = an_event().for_user("u").build();
    let delivery = state(a_delivery().of(&event).to(&webhook)).build();
    world.memory.put_webhook(webhook);
    world.memory.put_event(event);
    world.memory.put_delivery(delivery.clone());
    (world, key, delivery)
}

fn webhook() -> Webhook {
    a_webhook().for_user("u").build()
}

fn path(delivery: &Delivery) -> String {
    format!("/api/webhooks/{}/deliveries/{}", delivery.webhook_id, delivery.id)
}

fn exhausted(delivery: DeliveryBuilder) -> DeliveryBuilder {
    delivery.failed(5, Reason::AttemptsExhausted)
}

#[rstest]
#[case::failed(exhausted, 6)]
#[case::delivered(DeliveryBuilder::delivered, 2)]
#[case::retrying(DeliveryBuilder::retrying, 2)]
#[tokio::test]
async fn a_retry_asks_for_the_next_attempt_and_writes_nothing(
    #[case] state: fn(DeliveryBuilder) -> DeliveryBuilder,
    #[case] number: u32,
) {
    let (world, key, delivery) = world(webhook(), state).await;
    let answer = world.post(format!("{}/retry", path(&delivery)), &key).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text);
    assert_eq!(answer.text, world.get(path(&delivery), &key).await.text);

    let messages = world.memory.delivery_queue().messages();
    assert_eq!(messages.len(), 1);
    let expected =
        MakeAttempt { manual: true, ..MakeAttempt::scheduled(delivery.target(), nth(number)) };
    assert_eq!(messages[0].message(), QueueMessage::MakeAttempt(expected));
    assert_eq!(messages[0].group, delivery.webhook_id.to_string());
    assert_eq!(world.memory.delivery_queue().take_due().len(), 1, "due at once");
    assert_eq!(world.memory.deliveries(), [delivery]);
}

#[tokio::test]
async fn two_clicks_ask_for_the_same_attempt() {
    let (world, key, delivery) = world(webhook(), exhausted).await;
    for _ in 0..2 {
        world.post(format!("{}/retry", path(&delivery)), &key).await;
    }
    let messages = world.memory.delivery_queue().messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].body, messages[1].body);
}

#[tokio::test]
async fn a_failing_webhook_is_no_obstacle() {
    let (world, key, delivery) =
        world(a_webhook().for_user("u").failing().build(), exhausted).await;
    let answer = world.post(format!("{}/retry", path(&delivery)), &key).await;
    assert_eq!(answer.status.as_u16(), 202);
}

#[rstest]
#[case::pending(webhook(), |delivery| delivery, "first_attempt_pending")]
#[case::disabled(a_webhook().for_user("u").disabled().build(), exhausted, "webhook_disabled")]
#[case::full(
    webhook(),
    |delivery: DeliveryBuilder| delivery.failed(MAX_ATTEMPTS_ON_RECORD, Reason::AttemptsExhausted),
    "too_many_attempts"
)]
#[tokio::test]
async fn a_retry_that_cannot_be_is_a_conflict(
    #[case] webhook: Webhook,
    #[case] state: fn(DeliveryBuilder) -> DeliveryBuilder,
    #[case] code: &str,
) {
    let (world, key, delivery) = world(webhook, state).await;
    let answer = world.post(format!("{}/retry", path(&delivery)), &key).await;
    assert_eq!(answer.problem(), problem(409, code));
    assert!(world.memory.delivery_queue().messages().is_empty());
}

#[tokio::test]
async fn the_last_attempt_that_can_be_kept_may_be_asked_for() {
    let most = MAX_ATTEMPTS_ON_RECORD - 1;
    let state = |delivery: DeliveryBuilder| delivery.failed(most, Reason::AttemptsExhausted);
    let (world, key, delivery) = world(webhook(), state).await;
    let answer = world.post(format!("{}/retry", path(&delivery)), &key).await;
    assert_eq!(answer.status.as_u16(), 202);
}

#[tokio::test]
async fn a_retry_that_was_not_sent_is_not_accepted() {
    let (world, key, delivery) = world(webhook(), exhausted).await;
    let throttled = PortError::Throttled("SendMessageBatch: throttled".into());
    world.memory.fail_next(Operation::Enqueue, throttled, Effect::Before);
    let answer = world.post(format!("{}/retry", path(&delivery)), &key).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
}

#[tokio::test]
async fn a_retry_takes_no_options() {
    let (world, key, delivery) = world(webhook(), exhausted).await;
    let call = world.call("POST", format!("{}/retry", path(&delivery))).key(&key);
    let answer = call.json(&serde_json::json!({"attempts": 3})).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    assert_eq!(answer.fields(), ["attempts"]);
    assert!(world.memory.delivery_queue().messages().is_empty());
}
