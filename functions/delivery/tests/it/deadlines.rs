//! A request is sent only if there is time for its record, and a record is retried until the time
//! is over.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    message::{MakeAttempt, QueueMessage, Record},
    ports::{Clock, PortError},
    retry::RetryConfig,
};
use grapnel_testing::{
    builders::{a_webhook, nth},
    clock::TIME_BUDGET,
    memory::{Effect, Operation},
    sender::answered,
};
use std::time::Duration;

const URL: &str = "https://receiver.example/hook";
const SECOND: Duration = Duration::from_secs(1);

/// The time that must be left after a request.
const FOR_THE_RECORD: Duration = Duration::from_secs(30);

fn first_attempt(delivery: &Delivery) -> Record {
    let message = QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1)));
    Record::new(delivery.id.to_string(), message.to_json())
}

fn time_limit(seconds: u32) -> RetryConfig {
    RetryConfig { timeout_seconds: seconds, ..RetryConfig::default() }
}

/// Throttles this many records in a row.
fn throttle_records(world: &World, count: usize) {
    for _ in 0..count {
        let throttled = PortError::Throttled("UpdateItem on deliveries".into());
        world.memory.fail_after(Operation::RecordAttempt, 0, throttled, Effect::Before);
    }
}

#[tokio::test]
async fn a_request_that_leaves_no_time_for_its_record_is_not_sent() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().retry(time_limit(10)).build());
    let enough = world.clock.now().plus(SECOND * 10 + FOR_THE_RECORD);
    let too_soon = world.clock.now().plus(SECOND * 10 + FOR_THE_RECORD - SECOND / 1000);
    let report = world.deliver.handle(&[first_attempt(&delivery)], too_soon).await;
    assert_eq!(report.failed, [delivery.id.to_string()], "its message comes again");
    assert!(world.sender.requests().is_empty());
    assert_eq!(world.now(&delivery), delivery, "no attempt is spent");
    assert_eq!(report.dead_letters, 0);

    let report = world.deliver.handle(&[first_attempt(&delivery)], enough).await;
    assert_eq!(report.done, [Done::Delivered]);
}

#[tokio::test]
async fn what_has_no_time_for_a_long_request_may_have_it_for_a_short_one() {
    let world = World::new();
    let (_, long) = world.delivery_to(&a_webhook().retry(time_limit(30)).build());
    let (_, short) = world.delivery_to(&a_webhook().retry(time_limit(1)).build());
    let deadline = world.clock.now().plus(SECOND * 20 + FOR_THE_RECORD);
    let report =
        world.deliver.handle(&[first_attempt(&long), first_attempt(&short)], deadline).await;
    assert_eq!(report.failed, [long.id.to_string()]);
    assert_eq!(report.done, [Done::Delivered]);
    assert_eq!(world.now(&short).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn no_request_has_a_longer_time_limit_than_the_deployment_allows() {
    let mut world = World::new();
    world.deliver.rules.time_budget.longest_request = SECOND * 12;
    let (_, delivery) = world.delivery_to(&a_webhook().retry(time_limit(30)).build());
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Delivered]);
    assert_eq!(world.sender.requests()[0].timeout, SECOND * 12);
}

#[tokio::test]
async fn a_throttled_record_is_tried_until_it_is_taken() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    throttle_records(&world, 15);
    world.sender.always(URL, answered(500));
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Rescheduled]);
    assert_eq!(world.sender.requests().len(), 1);
    let now = world.now(&delivery);
    assert_eq!(now.attempts.len(), 1);
    // The delay is counted from the attempt, not from the record, so the queue's delay is shorter.
    let due = now.next_attempt_at.expect("due");
    let (_, delay) = world.queued().pop().expect("the next attempt");
    let comes_at = world.clock.now().plus(Duration::from_secs(delay));
    assert!(comes_at >= due && comes_at < due.plus(SECOND), "due {due}, comes {comes_at}");
}

#[tokio::test]
async fn a_record_that_stays_throttled_costs_its_own_message_only() {
    let world = World::new();
    let webhook = a_webhook().build();
    let deliveries: Vec<Delivery> = (0..2).map(|_| world.delivery_to(&webhook).1).collect();
    let records: Vec<Record> = deliveries.iter().map(first_attempt).collect();
    let began = world.clock.now();
    // The first record is throttled, the second is written, and the first stays throttled.
    throttle_records(&world, 1);
    let throttled = PortError::Throttled("UpdateItem on deliveries".into());
    world.memory.fail_after(Operation::RecordAttempt, 1, throttled, Effect::Before);
    throttle_records(&world, 300);
    let report = world.handle_records(&records).await;
    assert_eq!((report.done.as_slice(), report.failed.len()), (&[Done::Delivered][..], 1));
    let recorded = deliveries.iter().filter(|d| world.now(d).status == DeliveryStatus::Success);
    assert_eq!(recorded.count(), 1);
    assert_eq!(world.sender.requests().len(), 2);
    let took = began.until(world.clock.now());
    assert!(took <= TIME_BUDGET.function_timeout - SECOND * 8, "{took:?}");
}

#[tokio::test]
async fn a_throttled_record_of_a_delivery_that_was_settled_meanwhile_is_tried_again_too() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    let manual = |number| {
        let attempt = MakeAttempt::scheduled(delivery.target(), nth(number));
        QueueMessage::MakeAttempt(MakeAttempt { manual: true, ..attempt })
    };
    world.sender.always(URL, answered(500));
    let failed = Delivery {
        status: DeliveryStatus::Failed,
        reason: Some(grapnel_domain::delivery::Reason::Cancelled),
        ..delivery.clone()
    };
    world.memory.put_delivery(failed);
    throttle_records(&world, 10);
    assert_eq!(world.handle(manual(1)).await.done, [Done::FailedForGood]);
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Failed, 1));
    assert_eq!(world.sender.requests().len(), 1);
}

#[tokio::test]
async fn a_record_whose_answers_were_all_lost_is_scheduled_by_the_same_run() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, answered(500));
    let lost = PortError::Unavailable("UpdateItem on deliveries: timed out".into());
    world.memory.fail_after(Operation::RecordAttempt, 0, lost.clone(), Effect::After);
    world.memory.fail_after(Operation::RecordAttempt, 0, lost, Effect::After);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Rescheduled]);
    assert_eq!(world.now(&delivery).attempts.len(), 1);
    let queued = world.queued();
    assert!(
        matches!(queued.as_slice(), [(QueueMessage::MakeAttempt(next), _)] if next.attempt == nth(2)),
        "{queued:?}"
    );
}

#[tokio::test]
async fn a_throttled_schedule_is_made_up_for_without_a_second_request() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.answer(URL, [answered(500)]);
    world.enqueue_first(&delivery);
    world.memory.fail_after(
        Operation::Enqueue,
        0,
        PortError::Throttled("SendMessage".into()),
        Effect::Before,
    );
    world.run_until_quiet().await;
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 2));
    assert_eq!(world.sender.requests().len(), 2, "one for each attempt");
}
