//! Messages whose attempt is already recorded, and their checks.

use crate::world::{VISIBILITY, World};
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::Reason,
    message::{Check, QueueMessage},
    ports::Clock,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, nth},
    memory::Operation,
    sender::answered,
};
use std::time::Duration;

const URL: &str = "https://receiver.example/hook";

#[tokio::test]
async fn a_settled_delivery_ends_a_stale_message() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivered = a_delivery().to(&webhook).delivered().build();
    let failed = a_delivery().to(&webhook).failed(2, Reason::AttemptsExhausted).build();
    for settled in [delivered, failed] {
        world.memory.put_delivery(settled.clone());
        assert_eq!(world.attempt(&settled, 1).await.done, [Done::NothingToDo]);
    }
    assert!(world.queued().is_empty());
    assert!(world.sender.requests().is_empty());
}

#[tokio::test]
async fn a_stale_message_sends_a_check_due_two_visibility_timeouts_after_the_attempt() {
    let world = World::new();
    let webhook = a_webhook().build();
    let due = world.clock.now().plus(Duration::from_secs(60));
    let retrying = a_delivery().to(&webhook).retrying_at(due).build();
    world.memory.put_delivery(retrying.clone());
    assert_eq!(world.attempt(&retrying, 1).await.done, [Done::Stale]);
    let not_before = due.plus(VISIBILITY * 2);
    let expected = Check {
        target: retrying.target(),
        attempt: nth(2),
        not_before,
        after_parking: false,
        after_slots: false,
    };
    let delay = 60 + 2 * VISIBILITY.as_secs();
    assert_eq!(world.queued(), [(QueueMessage::Check(expected), delay)]);
}

#[tokio::test]
async fn a_check_finds_its_attempt_and_dies_out() {
    let world = World::new();
    let retrying = a_delivery().to(&a_webhook().build()).retrying().build();
    world.memory.put_delivery(retrying.clone());
    let check = Check {
        target: retrying.target(),
        attempt: nth(1),
        not_before: world.clock.now(),
        after_parking: false,
        after_slots: false,
    };
    assert_eq!(world.handle(QueueMessage::Check(check)).await.done, [Done::NothingToDo]);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn a_check_sends_the_missing_attempt_and_never_a_request() {
    let world = World::new();
    let retrying = a_delivery().to(&a_webhook().build()).retrying().build();
    world.memory.put_delivery(retrying.clone());
    let check = Check {
        target: retrying.target(),
        attempt: nth(2),
        not_before: world.clock.now(),
        after_parking: false,
        after_slots: false,
    };
    assert_eq!(world.handle(QueueMessage::Check(check)).await.done, [Done::Healed]);
    assert!(
        matches!(world.queued().as_slice(), [(QueueMessage::MakeAttempt(a), 0)] if a.attempt == nth(2))
    );
    assert!(world.sender.requests().is_empty());
    assert_eq!(world.memory.calls(Operation::RecordAttempt), 0);
}

#[tokio::test]
async fn a_check_that_comes_too_early_is_sent_on_within_what_a_queue_can_delay() {
    let world = World::new();
    let retrying = a_delivery().to(&a_webhook().build()).retrying().build();
    world.memory.put_delivery(retrying.clone());
    let not_before = world.clock.now().plus(Duration::from_secs(2000));
    let check = Check {
        target: retrying.target(),
        attempt: nth(2),
        not_before,
        after_parking: false,
        after_slots: false,
    };
    let done = world.handle(QueueMessage::Check(check.clone())).await.done;
    assert_eq!(done, [Done::SentOn]);
    assert_eq!(world.queued(), [(QueueMessage::Check(check), 900)]);
}

#[tokio::test]
async fn a_stale_message_makes_sure_that_a_shared_wait_runs() {
    let world = World::new();
    let minute = grapnel_domain::time::Minute::at_or_after(
        world.clock.now().plus(Duration::from_secs(1800)),
    );
    let waiting = a_delivery().to(&a_webhook().build()).retrying().waiting_for(minute).build();
    world.memory.put_delivery(waiting.clone());
    assert_eq!(world.attempt(&waiting, 1).await.done, [Done::Stale]);
    assert_eq!(world.memory.waits().len(), 1);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn after_the_minute_a_stale_message_does_not_rely_on_the_wait_alone() {
    let world = World::new();
    let minute = grapnel_domain::time::Minute::at_or_after(world.clock.now());
    let waiting = a_delivery().to(&a_webhook().build()).retrying().waiting_for(minute).build();
    world.memory.put_delivery(waiting.clone());
    world.clock.set(minute.strikes_at());
    assert_eq!(world.attempt(&waiting, 1).await.done, [Done::Stale]);
    assert_eq!(world.memory.waits().len(), 1);
    assert!(
        matches!(world.queued().as_slice(), [(QueueMessage::Check(c), _)] if c.attempt == nth(2))
    );
}

#[tokio::test]
async fn copies_of_a_message_do_not_multiply_and_send_nothing_twice() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.answer(URL, [answered(500), answered(500)]);
    for _ in 0..5 {
        world.enqueue_first(&delivery);
    }
    // One after the other: concurrent copies may each send before one records.
    while let Some(copy) = world.memory.delivery_queue().receive(1).first().cloned() {
        world.handle_text(&copy.body).await;
        world.memory.delivery_queue().acknowledge(&copy.id);
    }
    assert_eq!(world.queued().len(), 5, "the next attempt, and four checks");
    world.run_until_quiet().await;
    assert_eq!(world.sender.requests().len(), 3);
    assert_eq!(world.now(&delivery).attempts.len(), 3);
}

#[tokio::test]
async fn a_lost_wake_up_heals() {
    let world = World::new();
    let webhook = a_webhook().build();
    let (event, _) = world.delivery_to(&webhook);
    let due = world.clock.now().plus(Duration::from_secs(60));
    let retrying = a_delivery().of(&event).to(&webhook).retrying_at(due).build();
    world.memory.put_delivery(retrying.clone());
    world.enqueue_first(&retrying);
    world.run_until_quiet().await;
    assert_eq!(world.sender.requests().len(), 1);
    assert_eq!(world.now(&retrying).attempts.len(), 2);
}
