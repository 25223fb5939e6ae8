//! A replay of a hundred thousand deliveries: counts the calls.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{Delivery, Reason},
    ids::DeliveryId,
    message::QueueMessage,
    ports::Clock,
    time::Timestamp,
};
use grapnel_testing::{
    builders::{a_delivery, a_replay, a_webhook, an_event},
    memory::Operation,
};
use std::collections::HashSet;

const DELIVERIES: usize = 100_000;
const PAGE: usize = 100;

#[tokio::test]
async fn a_hundred_thousand_deliveries_cost_one_message_each_and_one_for_each_page() {
    let world = World::new();
    let webhook = a_webhook().build();
    world.memory.put_webhook(webhook.clone());
    let now = world.clock.now();
    let template = a_delivery().of(&an_event().build()).to(&webhook);
    let template = template.failed(1, Reason::AttemptsExhausted).build();
    for n in 0..DELIVERIES {
        let millis = i64::try_from(n).expect("small");
        let stored_at = Timestamp::from_millis(now.as_millis() - 1_000_000 + millis);
        let id = DeliveryId::derive(&webhook.id, &template.event_id, stored_at);
        world.memory.put_delivery(Delivery { id, ..template.clone() });
    }
    let replay = a_replay().of(&webhook).asked_at(now).build();

    let mut asked_for = HashSet::new();
    let mut page = Some(QueueMessage::Replay(replay.first_page()));
    let mut pages = 0;
    while let Some(message) = page.take() {
        pages += 1;
        assert_eq!(world.handle(message).await.done, [Done::Replayed(PAGE)]);
        let sent = world.memory.delivery_queue().take_due();
        assert!(sent.len() <= PAGE + 1);
        for message in sent {
            match message.message() {
                QueueMessage::MakeAttempt(attempt) => {
                    assert!(asked_for.insert(attempt.target.delivery_id), "asked for twice");
                }
                next => assert!(page.replace(next).is_none(), "one page follows another"),
            }
        }
    }
    assert_eq!((asked_for.len(), pages), (DELIVERIES, DELIVERIES / PAGE));
    for (operation, calls) in [
        (Operation::Settled, pages),
        (Operation::AdvanceReplay, pages),
        (Operation::Replay, pages),
        (Operation::StoreReplay, 1),
        (Operation::Webhook, pages),
        // One for a page's messages, one for the next page's message; the last page has no next.
        (Operation::Enqueue, 2 * pages - 1),
        (Operation::Delivery, 0),
        (Operation::ReopenDelivery, 0),
    ] {
        assert_eq!(world.memory.calls(operation), calls, "{operation:?}");
    }
    let stored = world.memory.replays().remove(0);
    assert_eq!((stored.examined, stored.replayed), (DELIVERIES as u64, DELIVERIES as u64));
    assert_eq!(stored.finished_at, Some(now));
}
