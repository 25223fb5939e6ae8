//! The effects of one attempt.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{DeliveryStatus, Reason},
    message::{MakeAttempt, QueueMessage, Record},
    ports::PortError,
    webhook::WebhookStatus,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, changed, nth},
    memory::{Effect, Operation},
    sender::{answered, busy, resolver_silent},
};
use std::time::Duration;

const URL: &str = "https://receiver.example/hook";

#[tokio::test]
async fn a_success_costs_two_reads_and_one_write() {
    let world = World::new();
    let (event, delivery) = world.delivery_to(&a_webhook().build());
    let attempt = MakeAttempt::scheduled(delivery.target(), nth(1)).carrying(&event.content);
    let report = world.handle(QueueMessage::MakeAttempt(attempt)).await;
    assert_eq!(report.done, [Done::Delivered]);
    let now = world.now(&delivery);
    assert_eq!((now.status, now.attempts.len()), (DeliveryStatus::Success, 1));
    for (operation, calls) in [
        (Operation::Delivery, 1),
        (Operation::Webhook, 1),
        (Operation::Event, 0),
        (Operation::RecordAttempt, 1),
        (Operation::Enqueue, 0),
    ] {
        assert_eq!(world.memory.calls(operation), calls, "{operation:?}");
    }
}

#[tokio::test]
async fn a_failure_schedules_the_next_attempt_on_the_queue() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, answered(500));
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Rescheduled]);
    let queued = world.queued();
    let [(QueueMessage::MakeAttempt(next), delay)] = queued.as_slice() else {
        panic!("one attempt is queued, not {queued:?}")
    };
    assert_eq!(next.attempt, nth(2));
    assert!((60..=66).contains(delay), "{delay}");
    assert_eq!(world.now(&delivery).status, DeliveryStatus::Retrying);
}

#[tokio::test]
async fn retry_after_lengthens_the_delay_into_a_shared_wait() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, busy(503, "3600"));
    world.attempt(&delivery, 1).await;
    assert!(world.queued().is_empty());
    assert_eq!(world.memory.waits().len(), 1);
    assert!(world.now(&delivery).waits_for.is_some());
}

#[tokio::test]
async fn a_disabled_or_deleted_webhook_ends_the_delivery_with_a_reason() {
    for (status, reason) in
        [(Some(WebhookStatus::Disabled), Reason::WebhookDisabled), (None, Reason::WebhookDeleted)]
    {
        let world = World::new();
        let webhook = a_webhook().build();
        let (_, delivery) = world.delivery_to(&webhook);
        match status {
            Some(status) => {
                world.memory.put_webhook(changed(&webhook, |it| it.status = status));
            }
            None => {
                use grapnel_domain::ports::StoreWebhooks;
                let gone = world.memory.delete_webhook(&webhook.user_id, webhook.id).await;
                assert_eq!(gone, Ok(true));
            }
        }
        assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Ended(reason)]);
        let now = world.now(&delivery);
        assert_eq!((now.status, now.reason), (DeliveryStatus::Failed, Some(reason)));
        assert!(world.sender.requests().is_empty());
    }
}

#[tokio::test]
async fn nothing_ends_on_a_read_that_lags() {
    let world = World::new();
    world.memory.stop_replication();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Delivered]);
}

#[tokio::test]
async fn an_expired_event_ends_the_delivery() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivery = a_delivery().to(&webhook).build();
    world.memory.put_webhook(webhook);
    world.memory.put_delivery(delivery.clone());
    let report = world.attempt(&delivery, 1).await;
    assert_eq!(report.done, [Done::Ended(Reason::EventExpired)]);
}

#[tokio::test]
async fn a_test_goes_to_a_disabled_webhook_and_is_never_retried() {
    let world = World::new();
    let webhook = a_webhook().disabled().build();
    let (event, _) = world.delivery_to(&webhook);
    let test = a_delivery().of(&event).to(&webhook).test().build();
    world.memory.put_delivery(test.clone());
    world.sender.always(URL, answered(500));
    assert_eq!(world.attempt(&test, 1).await.done, [Done::FailedForGood]);
    assert!(world.queued().is_empty());
}

#[tokio::test]
async fn a_manual_retry_that_fails_leaves_a_settled_delivery_as_it_was() {
    let world = World::new();
    let webhook = a_webhook().build();
    let (event, _) = world.delivery_to(&webhook);
    let failed = a_delivery().of(&event).to(&webhook).failed(5, Reason::AttemptsExhausted).build();
    world.memory.put_delivery(failed.clone());
    world.sender.answer(URL, [answered(500)]);
    let manual = |number| {
        let attempt = MakeAttempt::scheduled(failed.target(), nth(number));
        QueueMessage::MakeAttempt(MakeAttempt { manual: true, ..attempt })
    };
    assert_eq!(world.handle(manual(6)).await.done, [Done::FailedForGood]);
    let now = world.now(&failed);
    assert_eq!((now.status, now.reason), (DeliveryStatus::Failed, failed.reason));
    assert_eq!(now.attempts.len(), 6);
    assert!(now.attempts[5].manual);
    assert!(world.queued().is_empty());

    assert_eq!(world.handle(manual(7)).await.done, [Done::Delivered]);
    let now = world.now(&failed);
    assert_eq!((now.status, now.reason), (DeliveryStatus::Success, None));
}

#[tokio::test]
async fn two_clicks_before_the_first_is_recorded_are_one_attempt() {
    let world = World::new();
    let webhook = a_webhook().build();
    let (event, _) = world.delivery_to(&webhook);
    let failed = a_delivery().of(&event).to(&webhook).failed(5, Reason::AttemptsExhausted).build();
    world.memory.put_delivery(failed.clone());
    for _ in 0..2 {
        let attempt =
            MakeAttempt { manual: true, ..MakeAttempt::scheduled(failed.target(), nth(6)) };
        world.handle(QueueMessage::MakeAttempt(attempt)).await;
    }
    assert_eq!(world.sender.requests().len(), 1);
    assert_eq!(world.now(&failed).attempts.len(), 6);
}

#[tokio::test]
async fn a_silent_resolver_spends_no_attempt_for_an_hour_and_then_counts() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, resolver_silent());
    world.enqueue_first(&delivery);
    let mut postponed = 0;
    while world.now(&delivery).attempts.is_empty() {
        let due = world.memory.delivery_queue().next_due().expect("a message is queued");
        world.clock.set(due);
        for message in world.memory.delivery_queue().take_due() {
            postponed += world.handle_text(&message.body).await.done.len();
        }
        assert!(postponed < 200, "it never counts");
    }
    assert!(postponed >= 120, "an hour in steps of 30 s, not {postponed}");
    let attempt = &world.now(&delivery).attempts[0];
    assert!(attempt.error.as_deref().is_some_and(|error| error.contains("name server")));
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_with_a_reason_and_harms_no_neighbour() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    let good =
        QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1))).to_json();
    let record = |id: &str, body: &str| Record::new(id, body);
    let batch = [record("bad", "{\"kind\":\"riddle\"}"), record("good", &good)];
    let report = world.handle_records(&batch).await;
    assert_eq!(report.failed, Vec::<String>::new());
    assert_eq!(report.done, [Done::Delivered]);
    let letters = world.memory.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "not a delivery message: unknown kind");
}

#[tokio::test]
async fn an_attempt_beyond_what_is_on_record_is_put_aside() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    let report = world.attempt(&delivery, 3).await;
    assert_eq!((report.dead_letters, report.failed.len()), (1, 0));
}

#[tokio::test]
async fn an_aws_error_leaves_the_message_to_come_again() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    let throttled = PortError::Throttled("read".into());
    world.memory.fail_next(Operation::Delivery, throttled, Effect::Before);
    assert_eq!(world.attempt(&delivery, 1).await.failed, ["m-1"]);
    assert!(world.sender.requests().is_empty());
}

#[tokio::test]
async fn an_item_that_cannot_be_written_is_put_aside_and_not_retried_for_hours() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    let unusable = PortError::Unusable("UpdateItem: too large".into());
    world.memory.fail_next(Operation::RecordAttempt, unusable, Effect::Before);
    let report = world.attempt(&delivery, 1).await;
    assert_eq!((report.dead_letters, report.failed.len()), (1, 0));
}

#[tokio::test]
async fn ten_messages_are_worked_on_side_by_side() {
    let world = World::new();
    let webhook = a_webhook().build();
    let records: Vec<_> = (0..10)
        .map(|index| {
            let (_, delivery) = world.delivery_to(&webhook);
            let attempt = MakeAttempt::scheduled(delivery.target(), nth(1));
            let body = QueueMessage::MakeAttempt(attempt).to_json();
            Record::new(format!("m-{index}"), body)
        })
        .collect();
    let report = tokio::time::timeout(Duration::from_secs(10), world.handle_records(&records));
    assert_eq!(report.await.expect("in time").done, [Done::Delivered; 10]);
}

#[tokio::test]
async fn an_end_that_came_while_an_attempt_was_under_way_stays_with_the_attempt_on_record() {
    use grapnel_domain::{delivery::Ending, ports::Deliveries};
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.always(URL, answered(500));
    let ending = Ending {
        key: delivery.key(),
        attempts: 0,
        reason: Reason::WebhookDisabled,
        expires_at: delivery.expires_at,
    };
    // The attempt has read the delivery but not recorded yet when the end is written.
    let mut attempt = std::pin::pin!(world.attempt(&delivery, 1));
    while world.sender.requests().is_empty() {
        assert!(futures::poll!(&mut attempt).is_pending());
    }
    world.memory.end_delivery(ending).await.expect("ended");
    assert_eq!(attempt.await.done, [Done::FailedForGood]);
    let now = world.now(&delivery);
    assert_eq!((now.status, now.reason), (DeliveryStatus::Failed, Some(Reason::WebhookDisabled)));
    assert_eq!(now.attempts.len(), 1);
    assert!(world.queued().is_empty());
}
