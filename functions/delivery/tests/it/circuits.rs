//! Open circuit breakers: which deliveries are parked, which one probes, what releases them, and
//! what a batch writes about its endpoints.

use crate::world::{VISIBILITY, World};
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, ParkedRow},
    health::{Circuit, DisabledCause},
    message::{Check, MakeAttempt, QueueMessage, Record, ReleaseParked},
    ports::{Clock, StartWaits},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, nth},
    clock::START,
    memory::Operation,
    sender::answered,
};
use std::time::Duration;

const URL: &str = "https://receiver.example/hook";

/// When the circuit breaker of a failing webhook is due.
const DUE: Timestamp = Timestamp::from_millis(START.as_millis() + 60_000);

/// A delivery that was parked after one failed attempt.
fn parked(world: &World, webhook: &Webhook) -> Delivery {
    let (event, _) = world.delivery_to(webhook);
    let parked = a_delivery().of(&event).to(webhook).retrying().parked_until(DUE).build();
    world.memory.put_delivery(parked.clone());
    parked
}

fn release(webhook: &Webhook) -> ReleaseParked {
    ReleaseParked { webhook_id: webhook.id, user_id: webhook.user_id.clone(), cursor: None }
}

/// The release of the page after this row.
fn next_page(webhook: &Webhook, after: &Delivery) -> QueueMessage {
    let cursor = Some(ParkedRow { due: DUE, id: after.id });
    QueueMessage::ReleaseParked(ReleaseParked { cursor, ..release(webhook) })
}

/// The numbers of the queued attempts, each with the seconds until it is due.
fn attempts_queued(world: &World) -> Vec<(u32, u64)> {
    let number = |message: QueueMessage| match message {
        QueueMessage::MakeAttempt(attempt) => Some(attempt.attempt.get()),
        _ => None,
    };
    let queued = world.queued().into_iter();
    queued.filter_map(|(message, delay)| Some((number(message)?, delay))).collect()
}

async fn start_and_end_watch(world: &World, webhook: &Webhook, due: Timestamp) {
    let started = world.memory.ensure_watched(&webhook.user_id, webhook.id, due).await;
    started.expect("it is started");
    world.memory.end_watch(webhook.id, due);
}

#[tokio::test]
async fn an_open_circuit_parks_a_delivery_and_has_the_circuit_watched() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let (_, delivery) = world.delivery_to(&webhook);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Parked]);
    assert_eq!(world.now(&delivery).parked_until, Some(DUE));
    let watches: Vec<_> = world.memory.watches().iter().map(|watch| watch.due).collect();
    assert_eq!(watches, [DUE]);
    let check = Check {
        target: delivery.target(),
        attempt: nth(1),
        not_before: START.plus(VISIBILITY),
        after_parking: true,
        after_slots: false,
    };
    assert_eq!(world.queued(), [(QueueMessage::Check(check), VISIBILITY.as_secs())]);
    assert!(world.sender.requests().is_empty());
}

#[tokio::test]
async fn a_delivery_that_is_parked_after_the_watch_has_ended_is_woken_by_the_queue() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let (_, delivery) = world.delivery_to(&webhook);
    // Somebody stopped the execution early.
    start_and_end_watch(&world, &webhook, DUE).await;
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Parked]);
    assert_eq!(attempts_queued(&world), [(1, 60)]);
    world.run_until_quiet().await;
    assert_eq!(world.now(&delivery).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn before_the_circuit_is_due_a_stale_message_relies_on_the_watch() {
    let world = World::new();
    let delivery = parked(&world, &a_webhook().failing().build());
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Stale]);
    assert_eq!(world.memory.watches().len(), 1);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn when_the_circuit_is_due_a_stale_message_does_not_rely_on_the_watch_alone() {
    let world = World::new();
    let delivery = parked(&world, &a_webhook().failing().build());
    world.clock.set(DUE);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Stale]);
    assert_eq!(world.memory.watches().len(), 1);
    assert!(
        matches!(world.queued().as_slice(), [(QueueMessage::Check(c), _)] if c.attempt == nth(2))
    );
}

#[tokio::test]
async fn a_stale_message_does_not_rely_on_a_watch_that_has_ended() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let delivery = parked(&world, &webhook);
    start_and_end_watch(&world, &webhook, DUE).await;
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Stale]);
    assert!(
        matches!(world.queued().as_slice(), [(QueueMessage::Check(c), _)] if c.attempt == nth(2))
    );
}

#[tokio::test]
async fn one_delivery_probes_a_circuit_that_is_due_and_the_others_are_parked_again() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let [(_, first), (_, second)] = [world.delivery_to(&webhook), world.delivery_to(&webhook)];
    world.sender.always(URL, answered(503));
    world.clock.set(DUE);
    assert_eq!(world.attempt(&first, 1).await.done, [Done::Rescheduled]);
    assert_eq!(world.attempt(&second, 1).await.done, [Done::Parked]);
    assert_eq!(world.sender.requests().len(), 1);
    let Circuit::Open { due } = world.memory.health_now(&webhook.user_id, webhook.id).circuit
    else {
        panic!("a failed probe leaves the circuit open")
    };
    assert!(due > DUE);
    assert_eq!(world.now(&second).parked_until, Some(due));
    // The claim moved the due time. A failed probe writes nothing more.
    assert_eq!(world.memory.calls(Operation::StoreHealth), 1);
}

#[tokio::test]
async fn a_probe_that_succeeds_closes_the_circuit_and_lets_everybody_go() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let kept = [parked(&world, &webhook), parked(&world, &webhook), parked(&world, &webhook)];
    world.clock.set(DUE);
    assert_eq!(world.attempt(&kept[0], 2).await.done, [Done::Delivered]);
    assert_eq!(world.queued(), [(QueueMessage::ReleaseParked(release(&webhook)), 0)]);
    world.run_until_quiet().await;
    for delivery in &kept {
        let now = world.now(delivery);
        assert_eq!((now.status, now.parked_until), (DeliveryStatus::Success, None));
    }
    assert_eq!(world.sender.requests().len(), kept.len());
}

#[tokio::test]
async fn a_release_lets_nobody_go_before_the_circuit_is_due_and_then_one_who_stays_parked() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let kept = [parked(&world, &webhook), parked(&world, &webhook)];
    let message = || QueueMessage::ReleaseParked(release(&webhook));
    assert_eq!(world.handle(message()).await.done, [Done::Released(0)]);
    assert!(world.queued().is_empty());
    world.clock.set(DUE);
    assert_eq!(world.handle(message()).await.done, [Done::Released(1)]);
    assert_eq!(attempts_queued(&world), [(2, 0)]);
    for delivery in &kept {
        assert_eq!(world.now(delivery).parked_until, Some(DUE));
    }
}

/// Two parked deliveries, one per page. The first is no longer parked, and the index does not show
/// that yet.
fn first_page_is_past(world: &World, webhook: &Webhook) -> [Delivery; 2] {
    world.memory.set_waiting_page(1);
    let mut kept = [parked(world, webhook), parked(world, webhook)];
    kept.sort_by_key(|delivery| delivery.id);
    world.memory.stop_replication();
    world.memory.put_delivery(Delivery { parked_until: None, ..kept[0].clone() });
    kept
}

#[tokio::test]
async fn a_page_on_which_nobody_is_parked_any_more_is_followed_by_the_next() {
    let world = World::new();
    let webhook = a_webhook().build();
    let [first, _] = first_page_is_past(&world, &webhook);
    let message = QueueMessage::ReleaseParked(release(&webhook));
    assert_eq!(world.handle(message).await.done, [Done::Released(0)]);
    assert_eq!(world.queued(), [(next_page(&webhook, &first), 0)]);
}

#[tokio::test]
async fn a_probe_is_looked_for_on_the_next_page_if_nobody_is_parked_any_more_on_this_one() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let [first, _] = first_page_is_past(&world, &webhook);
    world.clock.set(DUE);
    let message = QueueMessage::ReleaseParked(release(&webhook));
    assert_eq!(world.handle(message).await.done, [Done::Released(0)]);
    assert_eq!(world.queued(), [(next_page(&webhook, &first), 0)]);
}

/// A probe and a manual retry in one batch, in either order.
async fn batch_with_probe(probe_first: bool) -> World {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let [(carried, scheduled), (event, _)] =
        [world.delivery_to(&webhook), world.delivery_to(&webhook)];
    let asked_for = a_delivery().of(&event).to(&webhook).retrying().build();
    world.memory.put_delivery(asked_for.clone());
    world.clock.set(DUE);
    let manual = MakeAttempt { manual: true, ..MakeAttempt::scheduled(asked_for.target(), nth(2)) };
    // One claims the probe while the other reads its event: they end in the order of the batch.
    let probe = MakeAttempt::scheduled(scheduled.target(), nth(1)).carrying(&carried.content);
    let mut messages = vec![probe, manual];
    if !probe_first {
        messages.reverse();
    }
    let record = |(place, attempt)| {
        Record::new(format!("m-{place}"), QueueMessage::MakeAttempt(attempt).to_json())
    };
    let records: Vec<Record> = messages.into_iter().enumerate().map(record).collect();
    let report = world.handle_records(&records).await;
    assert_eq!(report.done, [Done::Delivered, Done::Delivered]);
    world
}

#[tokio::test]
async fn what_a_batch_says_about_an_endpoint_is_one_write_over_the_newest_health_it_knew() {
    for probe_first in [true, false] {
        let world = batch_with_probe(probe_first).await;
        // One write claims the probe, one closes the circuit breaker, and none is refused.
        assert_eq!(world.memory.calls(Operation::StoreHealth), 2, "probe first: {probe_first}");
    }
}

#[tokio::test]
async fn failures_in_one_batch_open_a_circuit_by_one_write() {
    let world = World::new();
    let webhook = a_webhook().build();
    ten_answered(&world, &webhook, 503).await;
    let health = world.memory.health_now(&webhook.user_id, webhook.id);
    assert_eq!((health.version, health.failures), (1, 10));
    assert_eq!(world.memory.calls(Operation::StoreHealth), 1);
    let due = world.clock.now().plus(Duration::from_secs(60));
    assert_eq!(health.circuit, Circuit::Open { due });
}

/// Ten deliveries to `webhook`, each answered once with this status.
async fn ten_answered(world: &World, webhook: &Webhook, status: u16) {
    world.sender.always(URL, answered(status));
    let record = |place: usize| {
        let (_, delivery) = world.delivery_to(webhook);
        let body =
            QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1))).to_json();
        Record::new(format!("m-{place}"), body)
    };
    let records: Vec<Record> = (0..10).map(record).collect();
    world.handle_records(&records).await;
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_opens_the_circuit_as_one_that_fails() {
    for status in [401, 403, 404, 405, 407, 421, 451] {
        let world = World::new();
        let webhook = a_webhook().build();
        ten_answered(&world, &webhook, status).await;
        assert!(world.memory.health_now(&webhook.user_id, webhook.id).is_failing(), "{status}");
    }
}

#[tokio::test]
async fn answers_about_events_disable_after_five_days_and_one_success_resets_them() {
    let world = World::new();
    let webhook = a_webhook().build();
    let now = || world.memory.health_now(&webhook.user_id, webhook.id);
    ten_answered(&world, &webhook, 422).await;
    assert_eq!((now().circuit, now().failing_since), (Circuit::Closed, Some(START)));
    let sent = world.sender.requests().len();
    let day = Duration::from_secs(86_400);
    world.clock.advance(4 * day);
    ten_answered(&world, &webhook, 200).await;
    assert_eq!(now().failing_since, None);
    assert_eq!(world.memory.calls(Operation::StoreHealth), 2, "one for the failures, one to reset");
    ten_answered(&world, &webhook, 422).await;
    world.clock.advance(4 * day);
    ten_answered(&world, &webhook, 400).await;
    assert!(!now().is_disabled(), "four days since the last success");
    world.clock.advance(day);
    ten_answered(&world, &webhook, 422).await;
    assert_eq!(now().circuit, Circuit::Disabled { cause: DisabledCause::Failing });
    assert_eq!(sent, 10, "a circuit breaker that is closed holds nothing back");
}
