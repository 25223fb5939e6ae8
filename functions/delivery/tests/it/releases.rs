//! Releases of parked deliveries: their pace, messages that come twice, writes that are refused, and rows that
//! cannot be read.

use crate::{
    circuits::{DUE, attempts_queued, look, next_page, parked, release, releases_queued},
    world::World,
};
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::Delivery,
    health::Circuit,
    message::QueueMessage,
    ports::{PortError, UpdateDeliveries},
    release::{PAGE_EVERY, PAGE_ROWS},
    webhook::Webhook,
};
use grapnel_testing::{
    builders::a_webhook,
    clock::START,
    memory::{Effect, Operation},
};
use std::time::Duration;

fn in_order(world: &World, webhook: &Webhook, count: u16) -> Vec<Delivery> {
    let mut kept: Vec<_> = (0..count).map(|_| parked(world, webhook)).collect();
    kept.sort_by_key(|delivery| delivery.id);
    kept
}

fn message(webhook: &Webhook) -> QueueMessage {
    QueueMessage::ReleaseParked(release(webhook))
}

/// A webhook's partition takes 1,000 writes a second, and new deliveries need some of them.
#[tokio::test]
async fn a_release_sends_a_page_a_second_with_two_reads() {
    let world = World::new();
    let webhook = a_webhook().build();
    let kept = in_order(&world, &webhook, PAGE_ROWS + 1);
    let count = usize::from(PAGE_ROWS);
    assert_eq!(world.handle(message(&webhook)).await.done, [Done::Released(count)]);
    let next = next_page(release(&webhook).begun(START), &kept[count - 1]);
    assert_eq!(releases_queued(&world), [(next, 1)]);
    assert_eq!(attempts_queued(&world).len(), count);
    assert_eq!(world.memory.calls(Operation::DeliveriesTogether), 2);
    assert_eq!(world.memory.calls(Operation::Delivery), 0);
}

#[tokio::test]
async fn a_write_that_is_refused_is_tried_again_and_no_message_is_sent_twice() {
    let world = World::new();
    let webhook = a_webhook().build();
    let [delivery] = &in_order(&world, &webhook, 1)[..] else { panic!("one") };
    for refused in [PortError::Throttled("full".into()), PortError::Unavailable("slow".into())] {
        world.memory.fail_next(Operation::Unpark, refused, Effect::Before);
    }
    assert_eq!(world.handle(message(&webhook)).await.done, [Done::Released(1)]);
    assert_eq!(world.memory.calls(Operation::Unpark), 3);
    assert_eq!(attempts_queued(&world).len(), 1);
    assert_eq!(world.now(delivery).parked_until, None);
}

/// Its message would be hidden for seven minutes, and would then find its own note.
#[tokio::test]
async fn a_page_that_fails_sends_a_look_which_begins_again_a_minute_later() {
    let world = World::new();
    world.memory.set_waiting_page(1);
    let mut webhook = a_webhook().failing().build();
    webhook.health.circuit = Circuit::Closed;
    let kept = in_order(&world, &webhook, 3);
    assert_eq!(world.handle(message(&webhook)).await.done, [Done::Released(1)]);
    world.clock.advance(PAGE_EVERY);
    let second = next_page(release(&webhook).begun(START), &kept[0]);
    for _ in 0..100 {
        let refused = PortError::Throttled("full".into());
        world.memory.fail_after(Operation::Unpark, 0, refused, Effect::Before);
    }
    assert_eq!(world.handle(second).await.done, [Done::Released(0)]);
    let again = look(&webhook, 0, Some(&kept[1]));
    assert_eq!(releases_queued(&world).last(), Some(&(again.clone(), 60)));
    while world.memory.calls(Operation::Unpark) < 101 {
        // The rest of the refusals.
        assert!(world.memory.unpark(kept[2].key(), DUE, 1).await.is_err());
    }
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.handle(again).await.done, [Done::Released(1)]);
    assert_eq!(world.now(&kept[1]).parked_until, None);
}

#[tokio::test]
async fn a_read_of_several_that_fails_is_made_one_by_one() {
    let world = World::new();
    let webhook = a_webhook().build();
    in_order(&world, &webhook, 3);
    let refused = PortError::Throttled("full".into());
    world.memory.fail_next(Operation::DeliveriesTogether, refused, Effect::Before);
    assert_eq!(world.handle(message(&webhook)).await.done, [Done::Released(3)]);
    assert_eq!(world.memory.calls(Operation::Delivery), 3);
}

/// As SQS may deliver it, or after a function died before it acknowledged. Two releases would take most of
/// what the partition can write.
#[tokio::test]
async fn a_page_whose_message_comes_twice_has_one_next_page() {
    let world = World::new();
    world.memory.set_waiting_page(1);
    let mut webhook = a_webhook().failing().build();
    webhook.health.circuit = Circuit::Closed;
    let kept = in_order(&world, &webhook, 3);
    assert_eq!(world.handle(message(&webhook)).await.done, [Done::Released(1)]);
    let second = next_page(release(&webhook).begun(START), &kept[0]);
    assert_eq!(releases_queued(&world), [(second.clone(), 1)]);
    world.clock.advance(PAGE_EVERY);
    for released in [1, 0] {
        assert_eq!(world.handle(second.clone()).await.done, [Done::Released(released)]);
    }
    let third = next_page(release(&webhook).begun(START.plus(PAGE_EVERY)), &kept[1]);
    assert_eq!(releases_queued(&world)[1..], [(third, 1), (look(&webhook, 0, None), 60)]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stays_and_the_others_are_sent() {
    for failing in [false, true] {
        let world = World::new();
        let webhook = match failing {
            true => a_webhook().failing().build(),
            false => a_webhook().build(),
        };
        let kept = in_order(&world, &webhook, 2);
        world.clock.set(DUE);
        world.memory.damage(kept[0].key());
        assert_eq!(world.handle(message(&webhook)).await.done, [Done::Released(1)]);
        assert_eq!(attempts_queued(&world).len(), 1);
        assert!(world.memory.delivery_now(kept[0].key()).expect("stored").parked_until.is_some());
        // A probe stays in the index until its attempt is recorded.
        assert_eq!(world.now(&kept[1]).parked_until.is_some(), failing);
        assert_eq!(releases_queued(&world).len(), 1, "a look");
    }
}
