//! Rate limits: which attempts are sent at once, which wait for a slot and how, and which need
//! none.

use crate::world::{VISIBILITY, World};
use grapnel_delivery::{BatchReport, Done};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason},
    event::Retention,
    health::Health,
    limit::Slot,
    message::{Check, MakeAttempt, QueueMessage, Record},
    ports::{Clock, PortError},
    replay::ReplayStatus,
    tending::Visit,
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_replay, a_webhook, changed, nth},
    memory::{Effect, Operation},
};
use std::time::Duration;

fn ordinary(delivery: &Delivery) -> MakeAttempt {
    MakeAttempt::scheduled(delivery.target(), delivery.next_attempt_number())
}

fn after(world: &World, millis: u64) -> Timestamp {
    world.clock.now().plus(Duration::from_millis(millis))
}

fn slot(world: &World, millis: u64) -> Slot {
    Slot { at: after(world, millis), moved: false }
}

async fn handle(world: &World, attempts: Vec<MakeAttempt>) -> BatchReport {
    let record =
        |(n, attempt)| Record::new(format!("m-{n}"), QueueMessage::MakeAttempt(attempt).to_json());
    let records: Vec<Record> = attempts.into_iter().enumerate().map(record).collect();
    world.handle_records(&records).await
}

/// The queued slots, in milliseconds from now, each with its message's delay in seconds.
fn slots(world: &World) -> Vec<(u64, u64)> {
    let now = world.clock.now();
    let slot = |(message, delay)| match message {
        QueueMessage::MakeAttempt(MakeAttempt { slot: Some(slot), .. }) => {
            (u64::try_from(now.until(slot.at).as_millis()).expect("small"), delay)
        }
        other => panic!("{other:?} has no slot"),
    };
    world.queued().into_iter().map(slot).collect()
}

/// Milliseconds until the next free slot of a busy webhook.
const BEHIND: u64 = 3_630_500;

/// A limit of one per second whose slots of the next hour are taken, and a delivery to it.
fn behind_an_hour(world: &World) -> (Webhook, Delivery) {
    let webhook = a_webhook().limited_to(1).next_slot(after(world, BEHIND)).build();
    let (_, delivery) = world.delivery_to(&webhook);
    (webhook, delivery)
}

#[tokio::test]
async fn a_batch_reserves_once_for_each_webhook() {
    let world = World::new();
    let (two, ten) = (a_webhook().limited_to(2).build(), a_webhook().limited_to(10).build());
    let free = a_webhook().build();
    let mut attempts = Vec::new();
    for webhook in [&two, &ten, &two, &free, &two, &two, &ten, &two, &free, &two] {
        attempts.push(ordinary(&world.delivery_to(webhook).1));
    }
    let report = handle(&world, attempts).await;
    let count = |wanted| report.done.iter().filter(|done| **done == wanted).count();
    // Slots every half second: the slots of the first second are used at once.
    assert_eq!((count(Done::Delivered), count(Done::RateLimited)), (3 + 2 + 2, 3));
    assert_eq!(slots(&world), [(1500, 2), (2000, 2), (2500, 3)]);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 2);
    world.run_until_quiet().await;
    assert_eq!(world.sender.requests().len(), 10);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 2, "each has its slot");
}

#[tokio::test]
async fn without_a_limit_there_is_no_call_more() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.attempt(&delivery, 1).await;
    for (operation, calls) in [
        (Operation::Delivery, 1),
        (Operation::Webhook, 1),
        (Operation::RecordAttempt, 1),
        (Operation::ReserveSlots, 0),
        (Operation::AwaitSlot, 0),
        (Operation::Enqueue, 0),
    ] {
        assert_eq!(world.memory.calls(operation), calls, "{operation:?}");
    }
}

#[tokio::test]
async fn who_comes_before_the_slot_is_sent_on_and_reserves_no_other() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().limited_to(1).build());
    let early = MakeAttempt { slot: Some(slot(&world, 1001)), ..ordinary(&delivery) };
    assert_eq!(handle(&world, vec![early]).await.done, [Done::RateLimited]);
    assert_eq!(slots(&world), [(1001, 2)]);
    let in_time = MakeAttempt { slot: Some(slot(&world, 1000)), ..ordinary(&delivery) };
    assert_eq!(handle(&world, vec![in_time]).await.done, [Done::Delivered]);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 0);
}

#[tokio::test]
async fn who_comes_long_after_the_slot_gets_another_once() {
    let world = World::new();
    let webhook = a_webhook().limited_to(1).next_slot(after(&world, 60_000)).build();
    let (_, delivery) = world.delivery_to(&webhook);
    let late = MakeAttempt { slot: Some(slot(&world, 0)), ..ordinary(&delivery) };
    world.clock.advance(Duration::from_millis(10_001));
    assert_eq!(handle(&world, vec![late]).await.done, [Done::RateLimited]);
    let Some((QueueMessage::MakeAttempt(moved), _)) = world.queued().pop() else {
        panic!("sent on")
    };
    assert!(moved.slot.is_some_and(|slot| slot.moved));
    world.clock.advance(Duration::from_secs(600));
    assert_eq!(handle(&world, vec![moved]).await.done, [Done::Delivered]);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 1);
}

#[tokio::test]
async fn whoever_asks_or_tries_out_waits_for_nobody() {
    let world = World::new();
    let (webhook, delivery) = behind_an_hour(&world);
    let manual = MakeAttempt { manual: true, ..ordinary(&delivery) };
    assert_eq!(handle(&world, vec![manual]).await.done, [Done::Delivered]);
    let (event, _) = world.delivery_to(&webhook);
    let test = a_delivery().of(&event).to(&webhook).test().build();
    world.memory.put_delivery(test.clone());
    assert_eq!(world.attempt(&test, 1).await.done, [Done::Delivered]);
    // A probe: while the circuit breaker is open, it is the only request.
    let failing = webhook.with_state(a_webhook().failing().build().health, None);
    let (_, probe) = world.delivery_to(&failing);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.attempt(&probe, 1).await.done, [Done::Delivered]);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 0);
}

#[tokio::test]
async fn what_a_replay_sends_again_keeps_to_the_limit() {
    let world = World::new();
    let (webhook, _) = behind_an_hour(&world);
    let slot = after(&world, BEHIND);
    let (event, _) = world.delivery_to(&webhook);
    let delivered = a_delivery().of(&event).to(&webhook).delivered().build();
    world.memory.put_delivery(delivered.clone());
    let replay = a_replay().of(&webhook).status(ReplayStatus::Success);
    let replay = replay.asked_at(after(&world, 1000)).build();
    world.handle(QueueMessage::Replay(replay.first_page())).await;
    world.clock.advance(Duration::from_secs(1));
    // A settled delivery cannot wait in a shared wait: it is queued again and again.
    world.run_until_quiet().await;
    let now = world.now(&delivered);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 2));
    assert!(now.attempts[1].manual);
    assert!(now.attempts[1].attempted_at.plus(Duration::from_secs(1)) >= slot);
    assert_eq!(world.memory.calls(Operation::AwaitSlot), 0);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 1);
}

#[tokio::test]
async fn a_slot_that_is_far_off_is_waited_for_in_a_shared_wait() {
    let world = World::new();
    let (_, delivery) = behind_an_hour(&world);
    let at = after(&world, BEHIND);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::RateLimited]);
    let minute = Minute::at_or_before(at);
    let waiting = world.now(&delivery);
    assert_eq!((waiting.waits_for, waiting.slot), (Some(minute), Some(Slot { at, moved: false })));
    assert_eq!((waiting.status, waiting.attempts.len()), (DeliveryStatus::Pending, 0));
    assert_eq!(world.memory.waits().len(), 1);
    let check = |(m, delay): &(QueueMessage, u64)| {
        matches!(m, QueueMessage::Check(check) if check.after_parking)
            && *delay == VISIBILITY.as_secs()
    };
    assert!(world.queued().iter().all(check), "{:?}", world.queued());
    // A copy of the message finds the slot in the row.
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::RateLimited]);
    assert_eq!(world.memory.calls(Operation::ReserveSlots), 1);
    assert_eq!(world.memory.calls(Operation::AwaitSlot), 1);

    world.clock.set(minute.strikes_at());
    let _checks = world.memory.delivery_queue().take_due();
    world.visit(Visit::first(minute)).await;
    assert_eq!(slots(&world), [(30_500, 31)], "what is left goes by queue");
    let released = world.now(&delivery);
    assert_eq!((released.waits_for, released.slot), (None, None));
    world.run_until_quiet().await;
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 1));
    assert_eq!(now.attempts[0].attempted_at, minute.strikes_at().plus(Duration::from_secs(31)));
}

#[tokio::test]
async fn a_wait_that_is_over_is_replaced_by_the_queue() {
    let world = World::new();
    let (_, delivery) = behind_an_hour(&world);
    let minute = Minute::at_or_before(after(&world, BEHIND));
    {
        use grapnel_domain::ports::StartWaits;
        let started = world.memory.ensure_waiting(minute).await;
        started.expect("started");
    }
    world.memory.end_wait(minute);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::RateLimited]);
    assert_eq!(slots(&world), [(BEHIND, 900)]);
    world.run_until_quiet().await;
    assert_eq!(world.now(&delivery).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn an_event_that_would_be_gone_by_then_ends_its_delivery() {
    let world = World::new();
    let webhook = a_webhook().limited_to(1).build();
    let (_, delivery) = world.delivery_to(&webhook);
    let last = Retention { days: 30 }.last_delivery_expiry(delivery.id.event_stored_at());
    let slot = Some(grapnel_domain::limit::SlotTime::at(last));
    world.memory.put_webhook(webhook.with_state(Health::default(), slot));
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Ended(Reason::EventExpired)]);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn a_limit_that_was_taken_away_keeps_nobody() {
    let world = World::new();
    let (webhook, delivery) = behind_an_hour(&world);
    world.memory.put_webhook(changed(&webhook, |it| it.rate_limit = None));
    let waiting = MakeAttempt { slot: Some(slot(&world, 60_000)), ..ordinary(&delivery) };
    assert_eq!(handle(&world, vec![waiting]).await.done, [Done::Delivered]);
}

#[tokio::test]
async fn who_gets_no_slot_comes_again_and_nobody_else() {
    for effect in [Effect::Before, Effect::After] {
        let world = World::new();
        let limited = world.delivery_to(&a_webhook().limited_to(1).build()).1;
        let others = [a_webhook().build(), a_webhook().limited_to(5).build()];
        let others = others.map(|webhook| world.delivery_to(&webhook).1);
        let error = PortError::Throttled("reserve".into());
        // The reservations are made in the order of the webhooks' ids.
        world.memory.fail_next(Operation::ReserveSlots, error, effect);
        let attempts = [&limited, &others[0], &others[1]].map(ordinary).to_vec();
        let report = handle(&world, attempts.clone()).await;
        assert_eq!((report.failed.as_slice(), report.done.len()), (&["m-0".to_owned()][..], 2));
        // A slot that was reserved without effect wastes its second.
        let again = handle(&world, vec![attempts[0].clone()]).await;
        assert_eq!(again.done, [Done::Delivered]);
        assert!(world.memory.dead_letters().is_empty());
    }
}

#[tokio::test]
async fn a_check_does_not_take_who_waits_for_a_slot_for_lost() {
    let world = World::new();
    let (_, delivery) = behind_an_hour(&world);
    let check = Check {
        target: delivery.target(),
        attempt: nth(1),
        not_before: world.clock.now(),
        after_parking: false,
        after_slots: false,
    };
    let report = world.handle(QueueMessage::Check(check.clone())).await;
    assert_eq!(report.done, [Done::SentOn]);
    let not_before = after(&world, BEHIND).plus(VISIBILITY * 2);
    let later = Check { not_before, after_slots: true, ..check };
    assert_eq!(world.queued(), [(QueueMessage::Check(later.clone()), 900)]);
    let _check = world.memory.delivery_queue().take_due();
    // Every slot that was assigned since then is earlier: now the attempt counts as missing.
    world.clock.set(not_before);
    assert_eq!(world.handle(QueueMessage::Check(later)).await.done, [Done::Healed]);
}

#[tokio::test]
async fn who_made_the_attempt_meanwhile_does_not_wait_for_a_slot() {
    let world = World::new();
    let (_, delivery) = behind_an_hour(&world);
    // Another run of the same message records while this run reserves.
    let other = MakeAttempt { manual: true, ..ordinary(&delivery) };
    let (this, _) =
        futures::join!(world.attempt(&delivery, 1), world.handle(QueueMessage::MakeAttempt(other)));
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 1));
    assert!(now.slot.is_none() && now.waits_for.is_none(), "{this:?}");
    world.run_until_quiet().await;
    assert_eq!(world.sender.requests().len(), 1);
}
