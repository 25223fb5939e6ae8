//! What a batch reads once for all its messages.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::Delivery,
    message::{MakeAttempt, QueueMessage, Record},
    ports::PortError,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, nth},
    memory::{Effect, Operation},
};

fn first_attempts(deliveries: &[Delivery]) -> Vec<Record> {
    let message = |delivery: &Delivery| {
        QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1))).to_json()
    };
    let named = deliveries.iter().enumerate();
    named.map(|(at, delivery)| Record::new(format!("m-{at}"), message(delivery))).collect()
}

/// Two deliveries to one webhook, and one to another.
fn three(world: &World) -> Vec<Delivery> {
    let (one, other) = (a_webhook().build(), a_webhook().build());
    [&one, &one, &other].map(|webhook| world.delivery_to(webhook).1).into()
}

#[tokio::test]
async fn deliveries_are_read_in_one_call_and_each_webhook_once() {
    let world = World::new();
    let report = world.handle_records(&first_attempts(&three(&world))).await;
    assert_eq!(report.done, vec![Done::Delivered; 3]);
    for (operation, calls) in
        [(Operation::DeliveriesTogether, 1), (Operation::Delivery, 0), (Operation::Webhook, 2)]
    {
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

#[tokio::test]
async fn a_message_alone_is_read_alone() {
    let world = World::new();
    let records = first_attempts(&three(&world)[..1]);
    let twice = [records[0].clone(), records[0].clone()];
    world.handle_records(&twice).await;
    assert_eq!(world.memory.calls(Operation::DeliveriesTogether), 0);
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
    let records = first_attempts(&three(&world));
    for batch in 1..=2 {
        world.handle_records(&records).await;
        assert_eq!(world.memory.calls(Operation::DeliveriesTogether), batch);
        assert_eq!(world.memory.calls(Operation::Webhook), 2 * batch);
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
    world.memory.fail_next(Operation::Webhook, error, Effect::Before);
    let report = world.handle_records(&records).await;
    assert_eq!((report.done.len(), report.failed), (1, vec!["m-0".to_owned(), "m-1".to_owned()]));
}
