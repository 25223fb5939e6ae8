//! Ten thousand deliveries that are due at once, to a webhook with a rate limit: counts messages
//! and calls.

use crate::world::World;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    ids::DeliveryId,
    message::{MakeAttempt, QueueMessage, Record},
    ports::Clock,
    tending::Visit,
    time::{Minute, Timestamp},
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event},
    memory::{Operation, Queued},
};
use std::{collections::BTreeSet, time::Duration};

const DELIVERIES: usize = 10_000;

/// The received messages.
#[derive(Debug, Default, PartialEq, Eq)]
struct Messages {
    attempts: usize,
    checks: usize,
}

/// Makes every delivery due at once, and advances the time until nothing is left to do.
async fn deliver_all(per_second: u32) -> (World, Messages) {
    let world = World::new();
    let webhook = a_webhook().limited_to(per_second).build();
    world.memory.put_webhook(webhook.clone());
    let event = an_event().build();
    world.memory.put_event(event.clone());
    let template = a_delivery().of(&event).to(&webhook).build();
    let now = world.clock.now();
    for n in 0..DELIVERIES {
        let earlier = i64::try_from(n).expect("small");
        let stored_at = Timestamp::from_millis(now.as_millis() - earlier);
        let id = DeliveryId::derive(&webhook.id, &event.id, stored_at);
        let delivery = Delivery { id, ..template.clone() };
        world.enqueue_first(&delivery);
        world.memory.put_delivery(delivery);
    }
    let mut messages = Messages::default();
    let mut released: BTreeSet<Minute> = BTreeSet::new();
    loop {
        let waits = world.memory.waits();
        let minutes = waits.iter().map(|wait| wait.minute).filter(|m| !released.contains(m));
        let minute = minutes.min();
        let due = world.memory.delivery_queue().next_due();
        let strikes = minute.map(Minute::strikes_at);
        let Some(next) = due.into_iter().chain(strikes).min() else { break };
        world.clock.set(next.max(world.clock.now()));
        if let Some(minute) = minute.filter(|minute| minute.strikes_at() <= next) {
            released.insert(minute);
            world.visit(Visit::first(minute)).await;
        }
        for batch in world.memory.delivery_queue().take_due().chunks(10) {
            batch.iter().for_each(|message| messages.count(message));
            let records: Vec<Record> = batch.iter().map(Queued::record).collect();
            assert_eq!(world.handle_records(&records).await.failed, Vec::<String>::new());
        }
    }
    (world, messages)
}

impl Messages {
    fn count(&mut self, message: &Queued) {
        match message.message() {
            QueueMessage::MakeAttempt(MakeAttempt { manual: false, .. }) => self.attempts += 1,
            QueueMessage::Check(_) => self.checks += 1,
            other => panic!("{other:?} was not asked for"),
        }
    }
}

/// When each request began, in order. Each delivery succeeds at its first attempt.
fn requests(world: &World) -> Vec<Timestamp> {
    let deliveries = world.memory.deliveries();
    assert_eq!(deliveries.len(), DELIVERIES);
    let mut times = Vec::new();
    for delivery in deliveries {
        assert_eq!((delivery.status, delivery.attempts.len()), (DeliveryStatus::Success, 1));
        times.push(delivery.attempts[0].attempted_at);
    }
    times.sort_unstable();
    times
}

/// The maximum number of requests that began within one second.
fn most_in_a_second(times: &[Timestamp]) -> usize {
    let within = |from: usize| {
        let second = times[from].plus(Duration::from_secs(1));
        times[from..].partition_point(|time| *time < second)
    };
    (0..times.len()).map(within).max().unwrap_or(0)
}

#[tokio::test]
async fn ten_thousand_at_ten_a_second_cost_one_message_more_each() {
    let (world, messages) = deliver_all(10).await;
    let times = requests(&world);
    assert!(most_in_a_second(&times) <= 20, "{} in a second", most_in_a_second(&times));
    let took = times[0].until(times[DELIVERIES - 1]).as_secs();
    assert!((998..=1001).contains(&took), "{took} s");
    // The slots of the first second, 0.0 to 1.0, are used at once.
    assert_eq!(messages.attempts, DELIVERIES + (DELIVERIES - 11));
    assert_eq!(world.memory.calls(Operation::ReserveSlots), DELIVERIES / 10);
    assert_eq!(world.memory.calls(Operation::RecordAttempt), DELIVERIES);
    // Slots more than fifteen minutes ahead use the two shared waits before them.
    assert!(world.memory.waits().len() <= 3, "{:?}", world.memory.waits());
    let far = world.memory.calls(Operation::AwaitSlot);
    assert!(far < DELIVERIES / 10, "{far}");
    assert_eq!(messages.checks, far, "each sends a check, as whoever parks does");
}

#[tokio::test]
async fn ten_thousand_at_one_a_second_share_an_execution_a_minute() {
    let (world, messages) = deliver_all(1).await;
    let times = requests(&world);
    assert!(most_in_a_second(&times) <= 2, "{} in a second", most_in_a_second(&times));
    assert_eq!(times[0].until(times[DELIVERIES - 1]).as_secs(), 9_999);
    assert_eq!(messages.attempts, DELIVERIES + (DELIVERIES - 2), "one message more for each slot");
    let far = world.memory.calls(Operation::AwaitSlot);
    assert_eq!(far, DELIVERIES - 901, "all over fifteen minutes ahead");
    assert_eq!(messages.checks, far);
    assert_eq!(world.memory.calls(Operation::StopWaiting), far);
    let minutes = (9_999 - 900) / 60 + 2;
    assert!(world.memory.waits().len() <= minutes, "{} executions", world.memory.waits().len());
}
