//! Erased data is not sent, whatever a message contains or asks for.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, PayloadErasure, Reason, Reopened},
    event::Event,
    message::{MakeAttempt, QueueMessage},
    ports::{CreateDeliveries, DeliveryLog, EventLog, Recorded, StoreEvents},
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_replay, a_webhook, an_event, nth},
    clock::START,
    memory::Operation,
    sender::answered,
};
use rstest::rstest;

/// A delivery in this state, and an event whose only webhook is the delivery's.
async fn world(state: impl FnOnce(DeliveryBuilder) -> DeliveryBuilder) -> (World, Event, Delivery) {
    let world = World::new();
    let webhook = a_webhook().build();
    let event = an_event().to([webhook.id]).build();
    let delivery = state(a_delivery().of(&event).to(&webhook)).build();
    world.memory.put_webhook(webhook);
    world.memory.store_event(&event).await.expect("stored");
    world.memory.create_delivery(&delivery).await.expect("created");
    (world, event, delivery)
}

async fn erase_data(world: &World, event: &Event) {
    let erased = world.memory.erase_payload(&event.user_id, event.id, START).await;
    assert_eq!(erased, Ok(Some(START)));
}

async fn tell(world: &World, delivery: &Delivery) {
    let erasure = PayloadErasure { key: delivery.key(), at: START, errors: vec![] };
    assert_eq!(world.memory.note_payload_erased(&erasure).await, Ok(Recorded::Yes));
}

#[track_caller]
fn assert_ended(world: &World, delivery: &Delivery) {
    let now = world.now(delivery);
    let expected = (DeliveryStatus::Failed, Some(Reason::PayloadErased));
    assert_eq!((now.status, now.reason), expected);
    assert_eq!(now.attempts, delivery.attempts);
    assert!(world.sender.requests().is_empty());
    assert!(world.queued().is_empty());
}

#[rstest]
#[case::pending(|delivery| delivery, 1)]
#[case::retrying(DeliveryBuilder::retrying, 2)]
#[tokio::test]
async fn a_message_that_carries_the_data_is_not_believed(
    #[case] state: fn(DeliveryBuilder) -> DeliveryBuilder,
    #[case] number: u32,
) {
    let (world, event, delivery) = world(state).await;
    erase_data(&world, &event).await;
    tell(&world, &delivery).await;
    let attempt = MakeAttempt::scheduled(delivery.target(), nth(number)).carrying(&event.content);
    assert!(attempt.event.is_some());
    let report = world.handle(QueueMessage::MakeAttempt(attempt)).await;
    assert_eq!(report.done, [Done::Ended(Reason::PayloadErased)]);
    assert_ended(&world, &delivery);
    assert_eq!(world.memory.calls(Operation::Event), 0, "one read tells it");
}

#[rstest]
#[case::sends_what_it_is(false)]
#[case::would_transform_it(true)]
#[tokio::test]
async fn one_that_was_not_told_ends_where_the_data_is_read(#[case] transforms: bool) {
    let (world, event, delivery) = world(DeliveryBuilder::retrying).await;
    if transforms {
        // A probe's body is made before its circuit breaker is asked.
        let webhook = a_webhook().id(delivery.webhook_id).failing().transform("{{ data.score }}");
        world.memory.put_webhook(webhook.build());
    }
    erase_data(&world, &event).await;
    assert_eq!(world.attempt(&delivery, 2).await.done, [Done::Ended(Reason::PayloadErased)]);
    assert_ended(&world, &delivery);
}

#[rstest]
#[case::delivered(DeliveryBuilder::delivered, 2)]
#[case::failed(|delivery: DeliveryBuilder| delivery.failed(1, Reason::AttemptsExhausted), 2)]
#[tokio::test]
async fn a_retry_that_somebody_asked_for_before_is_not_made_and_changes_nothing(
    #[case] state: fn(DeliveryBuilder) -> DeliveryBuilder,
    #[case] number: u32,
    #[values(true, false)] told: bool,
) {
    let (world, event, delivery) = world(state).await;
    erase_data(&world, &event).await;
    if told {
        tell(&world, &delivery).await;
    }
    let before = world.now(&delivery);
    let attempt =
        MakeAttempt { manual: true, ..MakeAttempt::scheduled(delivery.target(), nth(number)) };
    let report = world.handle(QueueMessage::MakeAttempt(attempt)).await;
    assert_eq!(report.done, [Done::NothingToDo]);
    assert_eq!(world.now(&delivery), before);
    assert!(world.sender.requests().is_empty());
}

#[tokio::test]
async fn a_replay_that_reopened_it_before_ends_with_its_reason() {
    let replay = a_replay().build().id;
    let reopened = Reopened { by: replay, attempts: 1 };
    let (world, event, delivery) = world(|delivery| delivery.retrying().reopened(reopened)).await;
    erase_data(&world, &event).await;
    tell(&world, &delivery).await;
    let asked =
        MakeAttempt { replay: Some(replay), ..MakeAttempt::scheduled(delivery.target(), nth(2)) };
    let report = world.handle(QueueMessage::MakeAttempt(asked)).await;
    assert_eq!(report.done, [Done::Ended(Reason::PayloadErased)]);
    assert_ended(&world, &delivery);
}

#[tokio::test]
async fn a_replay_that_comes_later_reopens_nothing() {
    let (world, event, delivery) =
        world(|delivery| delivery.failed(1, Reason::AttemptsExhausted)).await;
    erase_data(&world, &event).await;
    tell(&world, &delivery).await;
    let before = world.now(&delivery);
    let replay = a_replay().build().id;
    let asked =
        MakeAttempt { replay: Some(replay), ..MakeAttempt::scheduled(delivery.target(), nth(2)) };
    let report = world.handle(QueueMessage::MakeAttempt(asked)).await;
    assert_eq!(report.done, [Done::NothingToDo]);
    assert_eq!(world.now(&delivery), before, "why it failed stays on record");
    assert_eq!(world.memory.calls(Operation::ReopenDelivery), 0);
}

/// The attempt began before the erasure and fails after it: it is recorded, and no further attempt
/// is made.
#[tokio::test]
async fn an_attempt_under_way_is_recorded_and_its_next_message_sends_nothing() {
    let (world, event, delivery) = world(DeliveryBuilder::retrying).await;
    world.sender.always("https://receiver.example/hook", answered(500));
    let attempt = MakeAttempt::scheduled(delivery.target(), nth(2)).carrying(&event.content);
    let report = world.handle(QueueMessage::MakeAttempt(attempt)).await;
    assert_eq!(report.done, [Done::Rescheduled]);
    erase_data(&world, &event).await;
    tell(&world, &delivery).await;
    world.run_until_quiet().await;
    let now = world.now(&delivery);
    assert_eq!((now.attempts.len(), now.reason), (2, Some(Reason::PayloadErased)));
    assert_eq!(world.sender.requests().len(), 1);
}
