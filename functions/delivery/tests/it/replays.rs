//! Replays: which deliveries are resent, and that a fault in any call neither loses a delivery nor
//! multiplies a message.

use crate::world::{VISIBILITY, World};
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason, Reopened},
    message::{MakeAttempt, QueueMessage},
    ports::{Clock, PortError},
    replay::{Replay, ReplayPage, ReplayStatus},
    retry::RetryConfig,
    time::Timestamp,
    webhook::{Webhook, WebhookStatus},
};
use grapnel_testing::{
    builders::{USER, a_delivery, a_replay, a_webhook, an_event, changed, nth},
    memory::{Effect, Operation},
    sender::answered,
};
use std::{collections::BTreeMap, time::Duration};

const URL: &str = "https://receiver.example/hook";

/// A replay that is requested in a second.
fn order(world: &World, webhook: Option<&Webhook>, status: ReplayStatus) -> Replay {
    let builder = a_replay().asked_at(world.clock.now().plus(Duration::from_secs(1)));
    let builder = builder.status(status);
    webhook.map_or(builder.clone(), |webhook| builder.of(webhook)).build()
}

/// Queues the first page's message.
fn ask(world: &World, replay: &Replay) {
    let message = QueueMessage::Replay(replay.first_page());
    world.memory.delivery_queue().send(message.to_json(), USER, Duration::ZERO);
}

fn progress(world: &World, replay: &Replay) -> Replay {
    let replays = world.memory.replays();
    replays.into_iter().find(|stored| stored.id == replay.id).expect("it is stored")
}

/// This many failed deliveries, each of a different event.
fn failed(world: &World, webhook: &Webhook, count: i64) -> Vec<Delivery> {
    world.memory.put_webhook(webhook.clone());
    let event = |n| {
        let stored_at = Timestamp::from_millis(world.clock.now().as_millis() - 1_000_000 + n);
        an_event().stored_at(stored_at).build()
    };
    let deliveries: Vec<Delivery> = (0..count)
        .map(|n| {
            let event = event(n);
            let failed = a_delivery().of(&event).to(webhook).failed(5, Reason::AttemptsExhausted);
            world.memory.put_event(event);
            failed.build()
        })
        .collect();
    deliveries.iter().for_each(|delivery| world.memory.put_delivery(delivery.clone()));
    deliveries
}

fn first_attempt_only() -> RetryConfig {
    serde_json::from_str(r#"{"maxAttempts":1,"timeoutSeconds":5,"delaysSeconds":[60]}"#)
        .expect("a retry configuration")
}

#[tokio::test]
async fn what_failed_is_delivered_and_the_replay_says_so() {
    let world = World::new();
    let webhook = a_webhook().build();
    let deliveries = failed(&world, &webhook, 5);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    ask(&world, &replay);
    world.run_until_quiet().await;
    for delivery in &deliveries {
        let now = world.now(delivery);
        assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 6));
        assert_eq!(now.reopened, Some(Reopened { by: replay.id, attempts: 5 }));
        assert!(!now.attempts[5].manual);
    }
    let stored = progress(&world, &replay);
    assert_eq!((stored.examined, stored.replayed, stored.page), (5, 5, 1));
    assert!(stored.finished_at.is_some());
}

#[tokio::test]
async fn the_schedule_begins_anew_and_ends_as_it_does() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivery = failed(&world, &webhook, 1).remove(0);
    world.sender.always(URL, answered(503));
    let begun = world.clock.now();
    ask(&world, &order(&world, Some(&webhook), ReplayStatus::Failed));
    world.run_until_quiet().await;
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Failed, 10));
    assert_eq!(now.reason, Some(Reason::AttemptsExhausted));
    let times: Vec<Timestamp> =
        [begun].into_iter().chain(now.attempts[5..].iter().map(|a| a.attempted_at)).collect();
    for (pair, configured) in times.windows(2).zip([0_u64, 60, 300, 1800, 7200]) {
        let waited = pair[0].until(pair[1]).as_secs();
        assert!(waited >= configured && waited <= configured * 11 / 10 + 90, "{waited}");
    }
    assert!(now.expires_at > delivery.expires_at);
}

#[tokio::test]
async fn a_delivery_that_is_reopened_lives_for_another_retention() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivery = failed(&world, &webhook, 1).remove(0);
    world.clock.set(world.clock.now().plus(Duration::from_secs(25 * 86_400)));
    let reopened_at = world.clock.now();
    let message = MakeAttempt {
        replay: Some(order(&world, Some(&webhook), ReplayStatus::Failed).id),
        ..MakeAttempt::scheduled(delivery.target(), nth(6))
    };
    // The function may die between reopening and recording: the row must live long enough.
    for _ in 0..300 {
        let error = PortError::Unavailable("cut".into());
        world.memory.fail_next(Operation::RecordAttempt, error, Effect::Before);
    }
    assert_eq!(world.handle(QueueMessage::MakeAttempt(message)).await.failed, ["m-1"]);
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Retrying, 5));
    let retention = world.deliver.rules.retention;
    let expected = retention.delivery_expiry(reopened_at, delivery.id.event_stored_at());
    assert!(expected > delivery.expires_at);
    assert_eq!(now.expires_at.as_secs(), expected.as_secs());
}

#[tokio::test]
async fn only_what_the_filter_names_is_sent_again() {
    let world = World::new();
    let webhook = a_webhook().build();
    let kept = failed(&world, &webhook, 3);
    let test = Delivery { test: true, ..failed(&world, &webhook, 1).remove(0) };
    world.memory.put_delivery(test.clone());
    let replay = a_replay()
        .of(&webhook)
        .asked_at(world.clock.now())
        .event("task.failed")
        .since(kept[1].id.event_stored_at())
        .build();
    let mut other = kept[2].clone();
    other.event_type = "task.failed".into();
    world.memory.put_delivery(other.clone());
    ask(&world, &replay);
    world.run_until_quiet().await;
    assert_eq!(world.now(&other).status, DeliveryStatus::Success);
    for delivery in [&kept[0], &kept[1], &test] {
        assert_eq!(world.now(delivery).status, DeliveryStatus::Failed);
    }
    assert_eq!(world.sender.requests().len(), 1);
}

#[tokio::test]
async fn all_webhooks_are_gone_through_but_those_that_receive_nothing() {
    let world = World::new();
    world.memory.set_settled_page(2);
    let disabled = a_webhook().disabled().build();
    let webhooks: Vec<Webhook> = (0..3).map(|_| a_webhook().build()).collect();
    let strangers = a_webhook().for_user("stranger").build();
    let left = [failed(&world, &disabled, 2), failed(&world, &strangers, 2)].concat();
    let sent = [failed(&world, &webhooks[0], 3), failed(&world, &webhooks[2], 2)].concat();
    world.memory.put_webhook(webhooks[1].clone());
    let replay = order(&world, None, ReplayStatus::Failed);
    ask(&world, &replay);
    world.run_until_quiet().await;
    assert!(sent.iter().all(|one| world.now(one).status == DeliveryStatus::Success));
    assert!(left.iter().all(|one| world.now(one) == *one));
    let stored = progress(&world, &replay);
    assert_eq!((stored.page, stored.examined, stored.replayed), (3, 5, 5));
    assert!(stored.finished_at.is_some());
}

#[tokio::test]
async fn what_succeeded_is_sent_once_more_and_stays_a_success() {
    let world = World::new();
    let webhook = a_webhook().build();
    let (_, new) = world.delivery_to(&webhook);
    world.attempt(&new, 1).await;
    world.sender.always(URL, answered(500));
    let replay = order(&world, Some(&webhook), ReplayStatus::Success);
    world.clock.advance(Duration::from_secs(5));
    ask(&world, &replay);
    world.run_until_quiet().await;
    let now = world.now(&new);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 2));
    assert!(now.attempts[1].manual);
    // The same page again, as if its record had been lost.
    let again = Replay { id: a_replay().build().id, ..replay };
    ask(&world, &again);
    world.run_until_quiet().await;
    assert_eq!(world.now(&new).attempts.len(), 2, "it was sent since the replay was asked for");
}

#[tokio::test]
async fn a_webhook_that_is_disabled_meanwhile_is_left() {
    let world = World::new();
    world.memory.set_settled_page(1);
    let webhook = a_webhook().build();
    failed(&world, &webhook, 3);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    let first = QueueMessage::Replay(replay.first_page());
    assert_eq!(world.handle(first).await.done, [Done::Replayed(1)]);
    let disabled = changed(&webhook, |it| it.status = WebhookStatus::Disabled);
    world.memory.put_webhook(disabled);
    world.run_until_quiet().await;
    let stored = progress(&world, &replay);
    assert!(stored.finished_at.is_some());
    assert_eq!(stored.replayed, 1);
    let by_reason = |reason| {
        let all = world.memory.deliveries();
        all.iter().filter(|delivery| delivery.reason == Some(reason)).count()
    };
    assert_eq!(by_reason(Reason::WebhookDisabled), 1, "what was under way ends as ever");
    assert_eq!(by_reason(Reason::AttemptsExhausted), 2);
}

#[tokio::test]
async fn an_event_that_is_gone_ends_its_delivery_once_more() {
    let world = World::new();
    let webhook = a_webhook().build();
    world.memory.put_webhook(webhook.clone());
    let delivery = a_delivery().of(&an_event().build()).to(&webhook);
    let delivery = delivery.failed(1, Reason::AttemptsExhausted).build();
    world.memory.put_delivery(delivery.clone());
    ask(&world, &order(&world, Some(&webhook), ReplayStatus::Failed));
    world.clock.advance(Duration::from_secs(5));
    world.run_until_quiet().await;
    assert_eq!(world.now(&delivery).reason, Some(Reason::EventExpired));
}

fn replayed(delivery: &Delivery, number: u32, replay: &Replay) -> QueueMessage {
    let attempt = MakeAttempt::scheduled(delivery.target(), nth(number));
    QueueMessage::MakeAttempt(MakeAttempt { replay: Some(replay.id), ..attempt })
}

#[tokio::test]
async fn whoever_dies_after_reopening_is_followed_by_one_who_goes_on() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivery = failed(&world, &webhook, 1).remove(0);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    let reopened = Some(Reopened { by: replay.id, attempts: 5 });
    let next_attempt_at = Some(world.clock.now());
    let status = DeliveryStatus::Retrying;
    let reopened = Delivery { status, reason: None, next_attempt_at, reopened, ..delivery };
    world.memory.put_delivery(reopened.clone());
    let report = world.handle(replayed(&reopened, 6, &replay)).await;
    assert_eq!(report.done, [Done::Delivered]);
    assert_eq!(world.memory.calls(Operation::ReopenDelivery), 0);
}

#[tokio::test]
async fn whoever_dies_after_recording_is_followed_by_one_who_sends_a_check() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivery = failed(&world, &webhook, 1).remove(0);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    world.sender.always(URL, answered(500));
    world.handle(replayed(&delivery, 6, &replay)).await;
    let _lost = world.memory.delivery_queue().messages();
    world.clock.advance(Duration::from_secs(70));
    let _taken = world.memory.delivery_queue().take_due();
    assert_eq!(world.handle(replayed(&delivery, 6, &replay)).await.done, [Done::Stale]);
    assert!(
        matches!(world.queued().as_slice(), [(QueueMessage::Check(c), _)] if c.attempt == nth(7))
    );
    assert_eq!(world.sender.requests().len(), 1);
}

#[tokio::test]
async fn a_replay_reopens_a_delivery_once() {
    let world = World::new();
    let webhook = a_webhook().retry(first_attempt_only()).build();
    let delivery = failed(&world, &webhook, 1).remove(0);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    world.sender.always(URL, answered(500));
    world.handle(replayed(&delivery, 6, &replay)).await;
    assert_eq!(world.now(&delivery).status, DeliveryStatus::Failed);
    assert_eq!(world.handle(replayed(&delivery, 7, &replay)).await.done, [Done::NothingToDo]);
    // Its page does not ask for it again.
    ask(&world, &replay);
    world.run_until_quiet().await;
    assert_eq!(progress(&world, &replay).replayed, 0);
    let other = order(&world, Some(&webhook), ReplayStatus::Failed);
    world.handle(replayed(&delivery, 7, &other)).await;
    assert_eq!(world.now(&delivery).attempts.len(), 7, "another replay may");
}

#[tokio::test]
async fn a_page_that_is_on_record_sends_the_next_ones_message_late_and_nothing_else() {
    let world = World::new();
    world.memory.set_settled_page(1);
    let webhook = a_webhook().build();
    failed(&world, &webhook, 3);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    let first = QueueMessage::Replay(replay.first_page());
    world.handle(first.clone()).await;
    let _lost = world.memory.delivery_queue().take_due();
    assert_eq!(world.handle(first.clone()).await.done, [Done::Stale]);
    let queued = world.queued();
    let [(QueueMessage::Replay(page), delay)] = queued.as_slice() else { panic!("{queued:?}") };
    assert_eq!((page.page, *delay), (1, VISIBILITY.as_secs() * 2));
    // The replay has advanced by then: the copy ends.
    world.handle(QueueMessage::Replay(page.clone())).await;
    assert_eq!(world.handle(first).await.done, [Done::NothingToDo]);
}

#[tokio::test]
async fn a_page_that_cannot_be_next_is_put_aside_and_one_of_nothing_ends() {
    let world = World::new();
    let webhook = a_webhook().build();
    failed(&world, &webhook, 1);
    let replay = order(&world, Some(&webhook), ReplayStatus::Failed);
    let gone = QueueMessage::Replay(replay.next_page());
    assert_eq!(world.handle(gone).await.done, [Done::NothingToDo]);
    let page = |page| QueueMessage::Replay(ReplayPage { page, ..replay.first_page() });
    assert_eq!(world.handle(page(3)).await.dead_letters, 1);
    world.clock.advance(Duration::from_secs(31 * 86_400));
    let late = QueueMessage::Replay(a_replay().of(&webhook).build().first_page());
    assert_eq!(world.handle(late).await.done, [Done::NothingToDo], "it has expired");
}

const CALLS: [Operation; 9] = [
    Operation::Replay,
    Operation::StoreReplay,
    Operation::AdvanceReplay,
    Operation::ListWebhooks,
    Operation::Webhook,
    Operation::Settled,
    Operation::Enqueue,
    Operation::ReopenDelivery,
    Operation::RecordAttempt,
];

/// Three pages over two webhooks; one delivery fails again.
async fn run(fault: Option<(Operation, usize, Effect)>) -> World {
    let world = World::new();
    world.memory.set_settled_page(2);
    let webhooks: Vec<Webhook> =
        (0..2).map(|_| a_webhook().retry(first_attempt_only()).build()).collect();
    let deliveries = [failed(&world, &webhooks[0], 3), failed(&world, &webhooks[1], 1)].concat();
    world.sender.answer(URL, [answered(500)]);
    let replay = order(&world, None, ReplayStatus::Failed);
    ask(&world, &replay);
    if let Some((operation, skipped, effect)) = fault {
        world.memory.fail_after(operation, skipped, PortError::Unavailable("cut".into()), effect);
    }
    world.run_until_quiet().await;
    let stored = progress(&world, &replay);
    assert!(stored.finished_at.is_some(), "{fault:?}");
    // A page whose record failed no longer finds the deliveries that succeeded meanwhile, and
    // counts the others.
    let counted = (stored.page, stored.replayed);
    match fault {
        None => assert_eq!(counted, (3, 4)),
        Some(_) => assert!(stored.page <= 3 && stored.replayed <= 4, "{fault:?}: {counted:?}"),
    }
    let mut ended: BTreeMap<_, usize> = BTreeMap::new();
    for delivery in &deliveries {
        let now = world.now(delivery);
        assert_eq!(now.attempts.len(), 6, "{fault:?}: each is sent again once");
        *ended.entry(format!("{:?}", now.status)).or_default() += 1;
    }
    let repeated = world.sender.requests().len() - 4;
    let may_repeat = fault.is_some_and(|(operation, ..)| operation == Operation::RecordAttempt);
    assert!(repeated <= usize::from(may_repeat), "{fault:?}: {repeated} requests repeated");
    if !may_repeat {
        assert_eq!(ended.get("Success"), Some(&3), "{fault:?}");
    }
    assert!(world.memory.dead_letters().is_empty(), "{fault:?}");
    assert!(world.memory.delivery_queue().exhausted().is_empty(), "{fault:?}");
    world
}

#[tokio::test]
async fn a_fault_at_any_call_of_a_replay_loses_nothing_and_sends_nothing_twice() {
    let smooth = run(None).await;
    let mut tried = 0;
    for operation in CALLS {
        let calls = smooth.memory.calls(operation);
        assert!(calls > 0, "{operation:?} is not on the path");
        for skipped in 0..calls {
            for effect in [Effect::Before, Effect::After] {
                run(Some((operation, skipped, effect))).await;
                tried += 1;
            }
        }
    }
    assert!(tried >= 40, "{tried}");
}
