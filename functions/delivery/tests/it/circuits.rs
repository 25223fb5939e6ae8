//! Open circuit breakers: which deliveries are parked, which one probes, and what a batch writes about
//! its endpoints.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, ParkedRow},
    health::{Circuit, DisabledCause},
    message::{MakeAttempt, QueueMessage, Record},
    ports::Clock,
    release::{Look, ReleaseParked},
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
pub(crate) const DUE: Timestamp = Timestamp::from_millis(START.as_millis() + 60_000);

/// A delivery that was parked after one failed attempt.
pub(crate) fn parked(world: &World, webhook: &Webhook) -> Delivery {
    let (event, _) = world.delivery_to(webhook);
    let parked = a_delivery().of(&event).to(webhook).retrying().parked_until(DUE).build();
    world.memory.put_delivery(parked.clone());
    parked
}

pub(crate) fn release(webhook: &Webhook) -> ReleaseParked {
    ReleaseParked::now(webhook.user_id.clone(), webhook.id)
}

/// The release of the page after this row.
pub(crate) fn next_page(release: ReleaseParked, after: &Delivery) -> QueueMessage {
    let row = ParkedRow { due: DUE, id: after.id };
    QueueMessage::ReleaseParked(release.next_page(row))
}

/// The wake-up of the webhook's circuit breaker at this time.
pub(crate) fn wake_up(webhook: &Webhook, due: Timestamp) -> QueueMessage {
    let wake_up = ReleaseParked::wake_up(webhook.user_id.clone(), webhook.id, due);
    QueueMessage::ReleaseParked(wake_up)
}

/// The next look, after looks that found nobody or this delivery first.
pub(crate) fn look(webhook: &Webhook, empty: u32, first: Option<&Delivery>) -> QueueMessage {
    let first = first.map(|delivery| ParkedRow { due: DUE, id: delivery.id });
    let look = Some(Look { due: None, empty, first });
    QueueMessage::ReleaseParked(ReleaseParked { look, ..release(webhook) })
}

/// The queued releases, each with the seconds until it is due.
pub(crate) fn releases_queued(world: &World) -> Vec<(QueueMessage, u64)> {
    let is_release = |(message, _): &_| matches!(message, QueueMessage::ReleaseParked(_));
    world.queued().into_iter().filter(is_release).collect()
}

pub(crate) fn noted(world: &World, webhook: &Webhook) -> Option<Timestamp> {
    world.memory.health_now(&webhook.user_id, webhook.id).wakes_at
}

/// The numbers of the queued attempts, each with the seconds until it is due.
pub(crate) fn attempts_queued(world: &World) -> Vec<(u32, u64)> {
    let number = |message: QueueMessage| match message {
        QueueMessage::MakeAttempt(attempt) => Some(attempt.attempt.get()),
        _ => None,
    };
    let queued = world.queued().into_iter();
    queued.filter_map(|(message, delay)| Some((number(message)?, delay))).collect()
}

#[tokio::test]
async fn one_delivery_probes_a_circuit_that_is_due_and_the_others_are_parked_again() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let [(_, first), (_, second)] = [world.delivery_to(&webhook), world.delivery_to(&webhook)];
    world.sender.always(URL, answered(503));
    world.clock.set(DUE);
    assert_eq!(world.attempt(&first, 1).await.done, [Done::Rescheduled]);
    // Before its request: the function may die in it.
    let due = world.memory.health_now(&webhook.user_id, webhook.id).last_due;
    assert_eq!(noted(&world, &webhook), due);
    assert_eq!(releases_queued(&world).len(), 1);
    assert_eq!(world.attempt(&second, 1).await.done, [Done::Parked]);
    assert_eq!(releases_queued(&world).len(), 1, "one wake-up for both");
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
    let due = world.memory.health_now(&webhook.user_id, webhook.id).last_due.expect("claimed");
    let released = (QueueMessage::ReleaseParked(release(&webhook)), 0);
    assert_eq!(world.queued(), [(wake_up(&webhook, due), 121), released]);
    world.run_until_quiet().await;
    for delivery in &kept {
        let now = world.now(delivery);
        assert_eq!((now.status, now.parked_until), (DeliveryStatus::Success, None));
    }
    assert_eq!(world.sender.requests().len(), kept.len());
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
    assert_eq!(world.queued(), [(next_page(release(&webhook).begun(START), &first), 1)]);
}

#[tokio::test]
async fn a_probe_is_looked_for_on_the_next_page_if_nobody_is_parked_any_more_on_this_one() {
    let world = World::new();
    let webhook = a_webhook().failing().build();
    let [first, _] = first_page_is_past(&world, &webhook);
    world.clock.set(DUE);
    let message = QueueMessage::ReleaseParked(release(&webhook));
    assert_eq!(world.handle(message).await.done, [Done::Released(0)]);
    assert_eq!(world.queued(), [(next_page(release(&webhook), &first), 0)]);
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
    assert_eq!(health.wakes_at, health.last_due, "it wakes even if nobody parks a delivery");
    assert_eq!(releases_queued(&world).len(), 1);
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
