use super::*;
use crate::builders::{USER, a_delivery, a_webhook, an_event, nth, user};
use grapnel_domain::{
    delay::QueueDelay,
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::{
        Consistency, CreateDeliveries, Deliveries, EnqueueAttempts, PortError, StoreEvents,
        TendDeliveries, Webhooks,
    },
    tending::{Minutes, Spread},
    time::Minute,
};
use std::time::Duration;

fn unavailable() -> PortError {
    PortError::Unavailable("for the test".into())
}

#[tokio::test]
async fn a_call_fails_before_or_after_its_effect() {
    let memory = Memory::new();
    let (lost, answered) = (a_delivery().build(), a_delivery().build());
    memory.fail_next(Operation::CreateDelivery, unavailable(), Effect::Before);
    memory.fail_next(Operation::CreateDelivery, unavailable(), Effect::After);
    assert_eq!(memory.create_delivery(&lost).await, Err(unavailable()));
    assert_eq!(memory.delivery_now(lost.key()), None);
    assert_eq!(memory.create_delivery(&answered).await, Err(unavailable()));
    assert_eq!(memory.delivery_now(answered.key()), Some(answered));
    assert!(memory.create_delivery(&lost).await.is_ok());
    assert_eq!(memory.calls(Operation::CreateDelivery), 3);
}

#[tokio::test]
async fn one_message_of_a_call_fails_alone() {
    let memory = Memory::new();
    let message = || {
        let attempt = MakeAttempt::scheduled(a_delivery().build().target(), nth(1));
        Outgoing::new(QueueMessage::MakeAttempt(attempt), QueueDelay::NONE)
    };
    memory.fail_next(Operation::Enqueue, unavailable(), Effect::Before);
    let results = memory.enqueue(vec![message(), message()]).await;
    assert_eq!(results, [Err(unavailable()), Ok(())]);
    assert_eq!(memory.delivery_queue().messages().len(), 1);
    assert_eq!(memory.calls(Operation::Enqueue), 1);
}

#[tokio::test]
async fn something_happens_before_and_after_a_call() {
    let memory = Memory::new();
    let (seen, delivery) = (Arc::new(Mutex::new(Vec::new())), a_delivery().build());
    let look = |seen: &Arc<Mutex<Vec<usize>>>| {
        let seen = Arc::clone(seen);
        move |memory: Memory| {
            let seen = Arc::clone(&seen);
            async move { seen.lock().expect("no panic").push(memory.deliveries().len()) }
        }
    };
    memory.before(Operation::CreateDelivery, look(&seen));
    memory.after(Operation::CreateDelivery, look(&seen));
    memory.create_delivery(&delivery).await.expect("created");
    assert_eq!(*seen.lock().expect("no panic"), [0, 1]);

    memory.before(Operation::Delivery, |_| std::future::pending());
    let read = memory.delivery(delivery.key());
    let read = tokio::time::timeout(Duration::from_millis(1), read).await;
    assert!(read.is_err(), "it never answers: {read:?}");
}

#[tokio::test]
async fn without_replication_only_consistent_reads_see_what_is_new() {
    let memory = Memory::new();
    let minute = Minute::at_or_after(crate::clock::START).next();
    let webhook = a_webhook().build();
    let delivery = a_delivery().to(&webhook).waiting_for(minute).build();
    memory.stop_replication();
    memory.put_webhook(webhook.clone());
    memory.put_delivery(delivery.clone());
    let read = async |consistency| memory.webhook(&user(USER), webhook.id, consistency).await;
    assert_eq!(read(Consistency::Eventual).await, Ok(None));
    assert_eq!(read(Consistency::Strong).await, Ok(Some(webhook.clone())));
    let spread = Spread::of(delivery.id);
    let due = async || memory.due(spread, Minutes::Only(minute), None).await.expect("read").rows;
    assert!(due().await.is_empty());
    assert_eq!(memory.delivery(delivery.key()).await, Ok(Some(delivery.clone())));
    memory.resume_replication();
    assert_eq!(read(Consistency::Eventual).await, Ok(Some(webhook.clone())));
    assert_eq!(due().await.len(), 1);
}

#[tokio::test]
async fn what_has_expired_can_be_dropped() {
    let memory = Memory::new();
    let (event, delivery) = (an_event().build(), a_delivery().build());
    memory.store_event(&event).await.expect("stored");
    memory.put_delivery(delivery.clone());
    memory.clock().set(delivery.expires_at);
    memory.drop_expired();
    assert!(memory.deliveries().is_empty());
    assert_eq!(memory.events(), [event]);
}
