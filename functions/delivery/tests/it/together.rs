//! What the messages of a batch read and send together.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus, Reason},
    message::{MakeAttempt, QueueMessage, Record},
    ports::{GenerateIds, PortError, ROWS_FOR_EACH},
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, nth},
    ids::SequentialIds,
    memory::{Effect, Operation, Received},
    sender::answered,
};

fn first_attempts(deliveries: &[Delivery]) -> Vec<Record> {
    let message = |delivery: &Delivery| {
        QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1))).to_json()
    };
    let named = deliveries.iter().enumerate();
    named.map(|(at, delivery)| Record::new(format!("m-{at}"), message(delivery))).collect()
}

fn key_of(message: &QueueMessage) -> Option<DeliveryKey> {
    match message {
        QueueMessage::MakeAttempt(attempt) => Some(attempt.target.key()),
        _ => None,
    }
}

/// Two deliveries to one webhook, and one to another.
fn three(world: &World) -> Vec<Delivery> {
    let (one, other) = (a_webhook().build(), a_webhook().build());
    [&one, &one, &other].map(|webhook| world.delivery_to(webhook).1).into()
}

#[tokio::test]
async fn deliveries_are_read_in_one_call_and_the_webhooks_of_a_user_in_another() {
    let world = World::new();
    let report = world.handle_records(&first_attempts(&three(&world))).await;
    assert_eq!(report.done, vec![Done::Delivered; 3]);
    for (operation, calls) in [
        (Operation::DeliveriesTogether, 1),
        (Operation::Delivery, 0),
        (Operation::WebhooksTogether, 1),
        (Operation::Webhook, 0),
    ] {
        assert_eq!(world.memory.calls(operation), calls, "{operation:?}");
    }
}

#[tokio::test]
async fn if_that_call_fails_each_delivery_is_read_alone() {
    let world = World::new();
    let records = first_attempts(&three(&world));
    let error = PortError::Throttled("busy".into());
    world.memory.fail_next(Operation::DeliveriesTogether, error, Effect::Before);
    let report = world.handle_records(&records).await;
    assert_eq!(report.done, vec![Done::Delivered; 3]);
    assert_eq!(world.memory.calls(Operation::Delivery), 3);
}

fn alone_in_its_user(world: &World) -> Delivery {
    let webhook = a_webhook().for_user("user-2").build();
    world.delivery_to(&webhook).1
}

/// Two webhooks of a user with so many others between them. The second one's circuit breaker is open.
fn far_apart(world: &World, between: usize) -> [Webhook; 2] {
    let ids = SequentialIds::new();
    let first = a_webhook().id(ids.webhook_id()).url("https://receiver.example/first").build();
    for _ in 0..between {
        world.memory.put_webhook(a_webhook().id(ids.webhook_id()).build());
    }
    let last = a_webhook().id(ids.webhook_id()).url("https://receiver.example/last").failing();
    [first, last.build()]
}

#[tokio::test]
async fn the_webhooks_of_a_user_are_read_once_and_that_of_another_user_alone() {
    let world = World::new();
    let mut deliveries = three(&world);
    deliveries.push(alone_in_its_user(&world));
    let report = world.handle_records(&first_attempts(&deliveries)).await;
    assert_eq!(report.done, vec![Done::Delivered; 4]);
    assert_eq!(world.memory.calls(Operation::WebhooksTogether), 1);
    assert_eq!(world.memory.calls(Operation::Webhook), 1);
}

#[tokio::test]
async fn one_webhook_for_each_user_costs_no_call_more() {
    let world = World::new();
    let mut deliveries = three(&world)[..2].to_vec();
    deliveries.push(alone_in_its_user(&world));
    world.handle_records(&first_attempts(&deliveries)).await;
    assert_eq!(world.memory.calls(Operation::WebhooksTogether), 0);
    assert_eq!(world.memory.calls(Operation::Webhook), 2);
}

#[tokio::test]
async fn if_the_read_of_webhooks_fails_each_is_read_alone() {
    for error in [PortError::Throttled("busy".into()), PortError::Unusable("damaged".into())] {
        let world = World::new();
        let records = first_attempts(&three(&world));
        world.memory.fail_next(Operation::WebhooksTogether, error, Effect::Before);
        let report = world.handle_records(&records).await;
        assert_eq!(report.done, vec![Done::Delivered; 3]);
        assert_eq!(world.memory.calls(Operation::Webhook), 2);
    }
}

#[tokio::test]
async fn a_panic_in_the_read_of_webhooks_fails_no_message() {
    let world = World::new();
    let records = first_attempts(&three(&world));
    world.memory.before(Operation::WebhooksTogether, |_| async { panic!("a bug") });
    let report = world.handle_records(&records).await;
    assert_eq!(report.done, vec![Done::Delivered; 3]);
}

/// With 15 webhooks before it, the failing one's own row is the last of a page of 16, and its health
/// is the first row that is not read.
#[tokio::test]
async fn a_failing_webhook_is_not_taken_for_healthy_wherever_the_page_ends() {
    for between in 0..20 {
        let world = World::new();
        let webhooks = far_apart(&world, between);
        let deliveries = webhooks.map(|webhook| world.delivery_to(&webhook).1);
        let report = world.handle_records(&first_attempts(&deliveries)).await;
        assert_eq!(report.done, [Done::Delivered, Done::Parked], "{between}");
        let requests = world.sender.requests();
        assert_eq!(requests.len(), 1, "{between}");
        // The first read of the second webhook is another than the one after parking.
        let alone = usize::from(between + 2 >= 2 * ROWS_FOR_EACH - 1);
        assert_eq!(world.memory.calls(Operation::Webhook), 1 + alone, "{between}");
    }
}

#[tokio::test]
async fn no_delivery_ends_because_the_common_read_lags() {
    let world = World::new();
    world.memory.stop_replication();
    let (new, other) = (a_webhook().build(), a_webhook().build());
    let deliveries = [&new, &other].map(|webhook| world.delivery_to(webhook).1);
    let report = world.handle_records(&first_attempts(&deliveries)).await;
    assert_eq!(report.done, vec![Done::Delivered; 2]);
    // Both are missing in the common read, so a consistent read decides.
    assert_eq!(world.memory.calls(Operation::WebhooksTogether), 1);
    assert_eq!(world.memory.calls(Operation::Webhook), 2);
}

#[tokio::test]
async fn a_deleted_and_a_disabled_webhook_end_only_their_own_deliveries() {
    let world = World::new();
    let mut deliveries = three(&world);
    deliveries.push(world.delivery_to(&a_webhook().disabled().build()).1);
    let deleted = a_delivery().to(&a_webhook().build()).build();
    world.memory.put_delivery(deleted.clone());
    deliveries.push(deleted);
    let report = world.handle_records(&first_attempts(&deliveries)).await;
    assert_eq!(report.done[..3], [Done::Delivered; 3]);
    let ended = [Reason::WebhookDisabled, Reason::WebhookDeleted].map(Done::Ended);
    assert_eq!(report.done[3..], ended);
    assert_eq!(world.memory.calls(Operation::Webhook), 2, "consistently");
}

#[tokio::test]
async fn a_message_alone_is_read_alone() {
    let world = World::new();
    let records = first_attempts(&three(&world)[..1]);
    let twice = [records[0].clone(), records[0].clone()];
    world.handle_records(&twice).await;
    assert_eq!(world.memory.calls(Operation::DeliveriesTogether), 0);
    assert_eq!(world.memory.calls(Operation::WebhooksTogether), 0);
}

#[tokio::test]
async fn what_the_call_leaves_out_is_read_alone_and_keeps_its_place() {
    let world = World::new();
    let limited = a_webhook().limited_to(1).build();
    let deliveries = [(); 3].map(|()| world.delivery_to(&limited).1);
    world.memory.leave_out(deliveries[0].key());
    let report = world.handle_records(&first_attempts(&deliveries)).await;
    // A slot that is a second ahead is used at once.
    assert_eq!(report.done, [Done::Delivered, Done::Delivered, Done::RateLimited]);
    assert_eq!(world.memory.calls(Operation::Delivery), 1);
}

#[tokio::test]
async fn a_delivery_with_two_messages_is_asked_for_once() {
    let world = World::new();
    let deliveries = three(&world);
    let mut records = first_attempts(&deliveries);
    let copy = Record { message_id: "m-copy".to_owned(), ..records[0].clone() };
    records.push(copy);
    let report = world.handle_records(&records).await;
    assert_eq!((report.done.len(), report.failed.len()), (4, 0));
    assert_eq!(world.memory.calls(Operation::DeliveriesTogether), 1);
    assert_eq!(world.memory.calls(Operation::Delivery), 0);
    let on_record = |delivery| world.now(delivery).attempt_count();
    assert_eq!(deliveries.iter().map(on_record).collect::<Vec<_>>(), [1, 1, 1]);
}

#[tokio::test]
async fn nothing_is_kept_for_the_next_batch() {
    let world = World::new();
    let mut deliveries = three(&world);
    deliveries.push(alone_in_its_user(&world));
    let records = first_attempts(&deliveries);
    for batch in 1..=2 {
        world.handle_records(&records).await;
        assert_eq!(world.memory.calls(Operation::DeliveriesTogether), batch);
        assert_eq!(world.memory.calls(Operation::WebhooksTogether), batch);
        assert_eq!(world.memory.calls(Operation::Webhook), batch);
    }
}

#[tokio::test]
async fn a_panic_in_that_call_fails_no_message() {
    let world = World::new();
    let records = first_attempts(&three(&world));
    world.memory.before(Operation::DeliveriesTogether, |_| async { panic!("a bug") });
    let report = world.handle_records(&records).await;
    assert_eq!(report.done, vec![Done::Delivered; 3]);
}

#[tokio::test]
async fn a_delivery_that_is_gone_is_left_alone() {
    let world = World::new();
    let mut deliveries = three(&world);
    let webhook = a_webhook().build();
    deliveries.push(a_delivery().to(&webhook).build());
    let report = world.handle_records(&first_attempts(&deliveries)).await;
    assert_eq!(report.done[3], Done::NothingToDo);
    assert!(report.failed.is_empty());
}

#[tokio::test]
async fn a_webhook_that_cannot_be_read_fails_only_its_own_messages() {
    let world = World::new();
    let records = first_attempts(&three(&world));
    let error = PortError::Throttled("busy".into());
    world.memory.fail_next(Operation::WebhooksTogether, error.clone(), Effect::Before);
    world.memory.fail_next(Operation::Webhook, error, Effect::Before);
    let report = world.handle_records(&records).await;
    assert_eq!((report.done.len(), report.failed), (1, vec!["m-0".to_owned(), "m-1".to_owned()]));
}

#[tokio::test]
async fn only_the_message_whose_retry_was_refused_comes_again() {
    let world = World::new();
    let webhook = a_webhook().build();
    world.sender.always(webhook.url.as_str(), answered(500));
    let deliveries = [(); 3].map(|()| world.delivery_to(&webhook).1);
    let error = PortError::Throttled("full".into());
    world.memory.fail_after(Operation::Enqueue, 1, error, Effect::Before);
    let report = world.handle_records(&first_attempts(&deliveries)).await;
    assert_eq!(world.memory.calls(Operation::Enqueue), 1);
    assert_eq!(report.done, vec![Done::Rescheduled; 2]);
    let has_retry = |delivery: &Delivery| {
        let queued = world.queued().into_iter();
        queued.filter_map(|(message, _)| key_of(&message)).any(|key| key == delivery.key())
    };
    let without: Vec<String> = (0..deliveries.len())
        .filter(|at| !has_retry(&deliveries[*at]))
        .map(|at| format!("m-{at}"))
        .collect();
    assert_eq!((report.failed.len(), report.failed), (1, without));
}

#[tokio::test]
async fn if_the_function_dies_at_the_common_call_nothing_is_lost_or_repeated() {
    for was_sent in [false, true] {
        let world = World::new();
        let deliveries = three(&world);
        world.sender.answer(a_webhook().build().url.as_str(), [(); 3].map(|()| answered(500)));
        deliveries.iter().for_each(|delivery| world.enqueue_first(delivery));
        let never = |_| std::future::pending::<()>();
        match was_sent {
            false => world.memory.before(Operation::Enqueue, never),
            true => world.memory.after(Operation::Enqueue, never),
        }
        let received = world.memory.delivery_queue().receive(10);
        let records: Vec<Record> = received.iter().map(Received::record).collect();
        let mut dying = Box::pin(world.handle_records(&records));
        for _ in 0..200 {
            assert!(futures::poll!(&mut dying).is_pending());
            tokio::task::yield_now().await;
        }
        drop(dying);
        assert_eq!(world.memory.calls(Operation::Enqueue), usize::from(was_sent));
        let retries = if was_sent { deliveries.len() } else { 0 };
        assert_eq!(world.queued().len(), deliveries.len() + retries);
        world.memory.before(Operation::Enqueue, |_| std::future::ready(()));
        world.memory.after(Operation::Enqueue, |_| std::future::ready(()));
        world.run_until_quiet().await;
        for delivery in &deliveries {
            let now = world.now(delivery);
            assert_eq!((now.status, now.attempt_count()), (DeliveryStatus::Success, 2));
        }
        assert_eq!(world.sender.requests().len(), 2 * deliveries.len());
    }
}
