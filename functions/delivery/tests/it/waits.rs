//! Shared waits: how they are started, and what happens without them.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    ports::Clock,
    time::Minute,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook},
    memory::Operation,
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
async fn deliveries_that_are_due_in_one_minute_share_a_wait_whosever_they_are() {
    let world = World::new();
    let webhooks = ["ada", "bob"].map(|user| a_webhook().for_user(user).build());
    let minute = minute(&world);
    let both = webhooks.map(|webhook| waiting(&world, &webhook, minute));
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
        let started = world.memory.ensure_waiting(minute).await;
        started.expect("started");
        world.memory.end_wait(minute);
        minute = minute.next();
    }
    assert_eq!(world.attempt(&delivery, 3).await.done, [Done::Rescheduled]);
    let due = world.now(&delivery).next_attempt_at.expect("it is due");
    world.run_until_quiet().await;
    // No queue delays by half an hour: it comes by a check, and not before it is due.
    assert!(world.now(&delivery).attempts[3].attempted_at >= due);
}
