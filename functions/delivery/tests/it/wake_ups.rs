//! What wakes an open circuit breaker, and the releases that look whether anybody is parked.

use crate::{
    circuits::{DUE, attempts_queued, look, noted, parked, release, releases_queued, wake_up},
    world::{VISIBILITY, World},
};
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    health::Circuit,
    message::{Check, MakeAttempt, QueueMessage},
    ports::PortError,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_webhook, nth},
    clock::START,
    memory::{Effect, Operation},
    sender::answered,
};
use std::time::Duration;

const URL: &str = "https://receiver.example/hook";

#[tokio::test]
async fn an_open_circuit_parks_a_delivery_and_makes_sure_that_it_wakes() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let (_, delivery) = world.delivery_to(&webhook);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Parked]);
    assert_eq!(world.now(&delivery).parked_until, Some(DUE));
    let check = Check {
        target: delivery.target(),
        attempt: nth(1),
        not_before: START.plus(VISIBILITY),
        after_parking: true,
        after_slots: false,
    };
    let check = (QueueMessage::Check(check), VISIBILITY.as_secs());
    // A second later it is due by every clock.
    assert_eq!(world.queued(), [(wake_up(&webhook, DUE), 61), check]);
    assert_eq!(noted(&world, &webhook), Some(DUE));
    assert!(world.sender.requests().is_empty());
}

#[tokio::test]
async fn a_wake_up_that_is_noted_is_not_sent_again() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let [(_, first), (_, second)] = [world.delivery_to(&webhook), world.delivery_to(&webhook)];
    for delivery in [first, second] {
        assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Parked]);
    }
    assert_eq!(releases_queued(&world).len(), 1);
    assert_eq!(world.memory.calls(Operation::Note), 1);
}

/// A webhook whose circuit breaker is due later than a queue can delay a message.
fn due_in_half_an_hour(world: &World) -> (Webhook, Delivery, Timestamp) {
    let due = START.plus(Duration::from_secs(1800));
    let mut webhook = a_webhook().failing().build();
    webhook.health.circuit = Circuit::Open { due };
    webhook.health.last_due = Some(due);
    let (_, delivery) = world.delivery_to(&webhook);
    (webhook, delivery, due)
}

#[tokio::test]
async fn a_circuit_that_is_due_later_than_a_queue_delays_is_woken_by_a_chain_of_two() {
    let world = World::new();
    let (webhook, delivery, due) = due_in_half_an_hour(&world);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Parked]);
    assert_eq!(releases_queued(&world), [(wake_up(&webhook, due), 900)]);
    assert_eq!(noted(&world, &webhook), Some(due));
    world.run_until_quiet().await;
    assert_eq!(world.now(&delivery).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn if_a_wake_up_became_a_dead_letter_the_next_delivery_probes_and_releases_the_others() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let kept = [parked(&world, &webhook), parked(&world, &webhook)];
    assert_eq!(world.attempt(&kept[0], 1).await.done, [Done::Stale]);
    assert_eq!(noted(&world, &webhook), Some(DUE));
    let lost = world.memory.delivery_queue().take_due();
    assert!(lost.is_empty(), "it is not due");
    world.clock.set(DUE.plus(Duration::from_secs(3600)));
    assert_eq!(world.memory.delivery_queue().take_due().len(), 1, "it is gone");
    world.sender.always(URL, answered(503));
    let (_, next) = world.delivery_to(&webhook);
    assert_eq!(world.attempt(&next, 1).await.done, [Done::Rescheduled]);
    let later = world.memory.health_now(&webhook.user_id, webhook.id).last_due;
    assert!(later > Some(DUE));
    assert_eq!(noted(&world, &webhook), later, "its probe made another one");
    world.sender.always(URL, answered(204));
    world.run_until_quiet().await;
    for delivery in &kept {
        assert_eq!(world.now(delivery).status, DeliveryStatus::Success);
    }
}

#[tokio::test]
async fn a_wake_up_that_comes_too_early_comes_again() {
    let world = World::new();
    let (webhook, _, due) = due_in_half_an_hour(&world);
    world.clock.set(due.minus(Duration::from_secs(300)));
    assert_eq!(world.handle(wake_up(&webhook, due)).await.done, [Done::Released(0)]);
    assert_eq!(world.queued(), [(wake_up(&webhook, due), 301)]);
}

#[tokio::test]
async fn the_note_is_last_and_costs_no_attempt_if_it_fails() {
    for operation in [Operation::Enqueue, Operation::Note] {
        for effect in [Effect::Before, Effect::After] {
            let world = World::new();
            let webhook = a_webhook().failing().build();
            let (_, delivery) = world.delivery_to(&webhook);
            world.memory.fail_next(operation, PortError::Throttled("call".into()), effect);
            let report = world.attempt(&delivery, 1).await;
            match operation {
                Operation::Enqueue => assert_eq!(report.failed.len(), 1, "its message comes again"),
                _ => assert_eq!(report.done, [Done::Parked]),
            }
            let is_sent = !releases_queued(&world).is_empty();
            assert!(noted(&world, &webhook).is_none() || is_sent, "{operation:?} {effect:?}");
            assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Parked]);
            assert!(!releases_queued(&world).is_empty());
            assert_eq!(noted(&world, &webhook), Some(DUE));
        }
    }
}

#[tokio::test]
async fn before_the_circuit_is_due_a_stale_message_relies_on_its_wake_up() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let delivery = parked(&world, &webhook);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Stale]);
    assert_eq!(world.queued(), [(wake_up(&webhook, DUE), 61)]);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Stale]);
    assert_eq!(world.queued().len(), 1, "it is noted");
}

#[tokio::test]
async fn when_the_circuit_is_due_or_closed_a_stale_message_does_not_rely_on_its_wake_up() {
    for webhook in [a_webhook().failing().build(), a_webhook().build()] {
        let world = World::new();
        let delivery = parked(&world, &webhook);
        world.clock.set(DUE);
        assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Stale]);
        let queued = world.queued();
        assert!(
            matches!(queued.as_slice(), [(QueueMessage::Check(c), _)] if c.attempt == nth(2)),
            "{queued:?}"
        );
    }
}

#[tokio::test]
async fn a_release_lets_nobody_go_before_the_circuit_is_due_and_then_one_who_stays_parked() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let kept = [parked(&world, &webhook), parked(&world, &webhook)];
    let message = || QueueMessage::ReleaseParked(release(&webhook));
    assert_eq!(world.handle(message()).await.done, [Done::Released(0)]);
    assert_eq!(world.queued(), [(wake_up(&webhook, DUE), 61)]);
    world.clock.set(DUE);
    assert_eq!(world.handle(message()).await.done, [Done::Released(1)]);
    assert_eq!(attempts_queued(&world), [(2, 0)]);
    let oldest = kept.iter().min_by_key(|delivery| delivery.id);
    assert!(world.queued().contains(&(look(&webhook, 0, oldest), 60)));
    for delivery in &kept {
        assert_eq!(world.now(delivery).parked_until, Some(DUE));
    }
}

#[tokio::test]
async fn a_wake_up_that_finds_nobody_looks_twice_more() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    world.memory.put_webhook(webhook.clone());
    world.clock.set(DUE);
    let steps = [
        (wake_up(&webhook, DUE), Some((look(&webhook, 1, None), 60))),
        (look(&webhook, 1, None), Some((look(&webhook, 2, None), 120))),
        (look(&webhook, 2, None), None),
    ];
    for (message, next) in steps {
        drop(world.memory.delivery_queue().take_due());
        assert_eq!(world.handle(message).await.done, [Done::Released(0)]);
        assert_eq!(world.queued().last().cloned(), next);
        world.clock.advance(Duration::from_secs(120));
    }
}

#[tokio::test]
async fn a_delivery_that_the_index_shows_late_is_found_by_a_later_look() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    world.memory.put_webhook(webhook.clone());
    world.memory.stop_replication();
    let late = parked(&world, &webhook);
    world.clock.set(DUE);
    world.handle(wake_up(&webhook, DUE)).await;
    assert!(attempts_queued(&world).is_empty());
    world.memory.resume_replication();
    world.run_until_quiet().await;
    assert_eq!(world.now(&late).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn a_look_releases_deliveries_of_a_closed_circuit_that_nobody_else_releases() {
    let world = World::new();
    let webhook = a_webhook().build();
    let kept = [parked(&world, &webhook), parked(&world, &webhook)];
    let oldest = kept.iter().min_by_key(|delivery| delivery.id);
    world.clock.set(DUE);
    assert_eq!(world.handle(wake_up(&webhook, DUE)).await.done, [Done::Released(0)]);
    assert_eq!(world.queued(), [(look(&webhook, 0, oldest), 60)]);
    world.run_until_quiet().await;
    assert_eq!(world.sender.requests().len(), kept.len());
    for delivery in &kept {
        assert_eq!(world.now(delivery).status, DeliveryStatus::Success);
    }
}

fn manual(delivery: &Delivery) -> QueueMessage {
    let attempt = MakeAttempt::scheduled(delivery.target(), nth(2));
    QueueMessage::MakeAttempt(MakeAttempt { manual: true, ..attempt })
}

#[tokio::test]
async fn only_the_function_that_closed_the_circuit_releases_at_once() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let kept = [parked(&world, &webhook), parked(&world, &webhook)];
    // The second function reads the health before the first one closes it.
    world.memory.stop_replication();
    assert_eq!(world.handle(manual(&kept[0])).await.done, [Done::Delivered]);
    let closing = (QueueMessage::ReleaseParked(release(&webhook)), 0);
    assert_eq!(releases_queued(&world), std::slice::from_ref(&closing));
    assert_eq!(world.handle(manual(&kept[1])).await.done, [Done::Delivered]);
    assert_eq!(releases_queued(&world), [closing, (look(&webhook, 1, None), 60)]);
}

#[tokio::test]
async fn a_release_only_looks_from_when_a_later_one_began() {
    let world = World::new();
    world.memory.set_waiting_page(1);
    let mut webhook = a_webhook().failing().build();
    webhook.health.circuit = Circuit::Closed;
    for _ in 0..3 {
        parked(&world, &webhook);
    }
    let message = || QueueMessage::ReleaseParked(release(&webhook));
    let pages = || {
        let queued = releases_queued(&world);
        world.clock.advance(Duration::from_secs(1));
        drop(world.memory.delivery_queue().take_due());
        queued.into_iter().map(|(message, _)| message).collect::<Vec<_>>()
    };
    assert_eq!(world.handle(message()).await.done, [Done::Released(1)]);
    let first = pages();
    // The same message came twice.
    assert_eq!(world.handle(message()).await.done, [Done::Released(1)]);
    let second = pages();
    assert_eq!(world.handle(first[0].clone()).await.done, [Done::Released(0)]);
    assert_eq!(releases_queued(&world), [(look(&webhook, 0, None), 60)]);
    assert_eq!(world.handle(second[0].clone()).await.done, [Done::Released(1)]);
}

/// As two looks of one batch may. Without the note both would go from page to page.
#[tokio::test]
async fn of_two_releases_that_begin_in_the_same_millisecond_one_goes_on() {
    let world = World::new();
    world.memory.set_waiting_page(1);
    let mut webhook = a_webhook().failing().build();
    webhook.health.circuit = Circuit::Closed;
    let kept = [(); 3].map(|()| parked(&world, &webhook));
    let first = kept.iter().min_by_key(|delivery| delivery.id);
    let message = || QueueMessage::ReleaseParked(release(&webhook));
    world.memory.stop_replication();
    assert_eq!(world.handle(message()).await.done, [Done::Released(1)]);
    let next_page = releases_queued(&world);
    assert_eq!(next_page.len(), 1);
    assert_eq!(world.handle(message()).await.done, [Done::Released(0)]);
    let queued = releases_queued(&world);
    assert_eq!(queued[..1], next_page);
    assert_eq!(queued[1..], [(look(&webhook, 0, first), 60)]);
}
