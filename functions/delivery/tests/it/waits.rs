//! Shared waits and their release.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    message::{QueueMessage, Release},
    ports::{Clock, PortError},
    time::Minute,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook},
    memory::{Effect, Operation},
    sender::{answered, busy},
};
use std::{future::ready, time::Duration};

const URL: &str = "https://receiver.example/hook";

fn minute(world: &World) -> Minute {
    Minute::at_or_after(world.clock.now().plus(Duration::from_secs(1800)))
}

fn waiting(world: &World, webhook: &Webhook, minute: Minute) -> Delivery {
    let (event, _) = world.delivery_to(webhook);
    let waiting = a_delivery().of(&event).to(webhook).retrying().waiting_for(minute).build();
    world.memory.put_delivery(waiting.clone());
    waiting
}

fn release(webhook: &Webhook, minute: Minute) -> QueueMessage {
    let (webhook_id, user_id) = (webhook.id, webhook.user_id.clone());
    QueueMessage::Release(Release { webhook_id, user_id, minute, cursor: None })
}

#[tokio::test]
async fn the_default_schedule_is_walked_to_its_end() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, answered(503));
    world.enqueue_first(&delivery);
    world.run_until_quiet().await;
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Failed, 5));
    for (pair, configured) in now.attempts.windows(2).zip([60_u64, 300, 1800, 7200]) {
        let waited = pair[0].attempted_at.until(pair[1].attempted_at).as_secs();
        assert!(waited >= configured && waited <= configured * 11 / 10 + 90, "{waited}");
    }
    assert_eq!(world.memory.waits().len(), 2);
    assert!(world.memory.waits().iter().all(|wait| !wait.running));
}

#[tokio::test]
async fn deliveries_of_a_webhook_that_are_due_in_one_minute_share_a_wait() {
    let world = World::new();
    let webhook = a_webhook().build();
    let minute = minute(&world);
    let both = [waiting(&world, &webhook, minute), waiting(&world, &webhook, minute)];
    for delivery in &both {
        world.attempt(delivery, 1).await;
    }
    assert_eq!(world.memory.waits().len(), 1);
    world.run_until_quiet().await;
    for delivery in &both {
        assert_eq!(world.now(delivery).status, DeliveryStatus::Success);
    }
}

#[tokio::test]
async fn a_release_lets_go_a_page_and_sends_the_next_as_a_message() {
    let world = World::new();
    world.memory.set_waiting_page(2);
    let webhook = a_webhook().build();
    let minute = minute(&world);
    for _ in 0..5 {
        waiting(&world, &webhook, minute);
    }
    assert_eq!(world.handle(release(&webhook, minute)).await.done, [Done::Released(2)]);
    assert_eq!(world.queued().len(), 3, "two attempts and the next page");
    world.run_until_quiet().await;
    assert_eq!(world.sender.requests().len(), 5);
}

#[tokio::test]
async fn who_waits_for_another_minute_by_now_is_not_released() {
    let world = World::new();
    let webhook = a_webhook().build();
    let minute = minute(&world);
    let delivery = waiting(&world, &webhook, minute);
    world.memory.stop_replication();
    let moved = Delivery { waits_for: Some(minute.next()), ..delivery };
    world.memory.put_delivery(moved);
    assert_eq!(world.handle(release(&webhook, minute)).await.done, [Done::Released(0)]);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn a_page_on_which_nobody_waits_any_more_is_followed_by_the_next() {
    let world = World::new();
    world.memory.set_waiting_page(1);
    let webhook = a_webhook().build();
    let minute = minute(&world);
    let mut both = [waiting(&world, &webhook, minute), waiting(&world, &webhook, minute)];
    both.sort_by_key(|delivery| delivery.id);
    world.memory.stop_replication();
    world.memory.put_delivery(Delivery { waits_for: None, ..both[0].clone() });
    assert_eq!(world.handle(release(&webhook, minute)).await.done, [Done::Released(0)]);
    let (webhook_id, user_id) = (webhook.id, webhook.user_id.clone());
    let next = Release { webhook_id, user_id, minute, cursor: Some(both[0].id) };
    assert_eq!(world.queued(), [(QueueMessage::Release(next), 0)]);
}

#[tokio::test]
async fn who_could_not_be_enqueued_stays_in_the_index() {
    let world = World::new();
    let webhook = a_webhook().build();
    let minute = minute(&world);
    let delivery = waiting(&world, &webhook, minute);
    let error = PortError::Throttled("send".into());
    world.memory.fail_next(Operation::Enqueue, error, Effect::Before);
    assert_eq!(world.handle(release(&webhook, minute)).await.failed, ["m-1"]);
    assert_eq!(world.now(&delivery).waits_for, Some(minute));
}

#[tokio::test]
async fn a_delivery_recorded_after_its_minute_goes_by_queue_as_well() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, busy(503, "1800"));
    // The wait takes until after its minute to answer.
    world.memory.after(Operation::EnsureWaiting, |memory| {
        let minute = memory.waits()[0].minute;
        memory.clock().set(minute.strikes_at().plus(Duration::from_secs(179)));
        ready(())
    });
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Rescheduled]);
    assert_eq!(world.memory.waits().len(), 1, "its execution runs, and may be about to end");
    assert_eq!(world.memory.delivery_queue().messages().len(), 1);
}

#[tokio::test]
async fn a_wait_that_is_over_is_replaced_by_the_queue() {
    let world = World::new();
    let webhook = a_webhook().build();
    let (_, delivery) = world.delivery_to(&webhook);
    world.sender.always(URL, answered(503));
    for number in 1..=2 {
        world.attempt(&delivery, number).await;
        let _scheduled = world.memory.delivery_queue().take_due();
    }
    // The third failure is due in 30 minutes. All waits around that time are over already.
    let mut minute = Minute::at_or_after(world.clock.now().plus(Duration::from_secs(1800)));
    for _ in 0..10 {
        use grapnel_domain::ports::StartWaits;
        let started = world.memory.ensure_waiting(&webhook.user_id, webhook.id, minute).await;
        started.expect("started");
        world.memory.end_wait(webhook.id, minute);
        minute = minute.next();
    }
    assert_eq!(world.attempt(&delivery, 3).await.done, [Done::Rescheduled]);
    let due = world.now(&delivery).next_attempt_at.expect("it is due");
    world.run_until_quiet().await;
    // No queue delays by half an hour: it comes by a check, and not before it is due.
    assert!(world.now(&delivery).attempts[3].attempted_at >= due);
}
