//! A webhook that gets more than it can take: its health says since when and by how much Grapnel is
//! behind with it.

use crate::world::World;
use grapnel_domain::{
    delivery::Delivery,
    health::{Behind, Health},
    message::{MakeAttempt, QueueMessage},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_webhook, nth},
    clock::START,
    memory::Operation,
};
use std::time::Duration;

fn after(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

fn health(world: &World, webhook: &Webhook) -> Health {
    world.memory.health_now(&webhook.user_id, webhook.id)
}

/// Some deliveries of events that were stored at [`START`].
fn deliveries(world: &World, webhook: &Webhook, count: usize) -> Vec<Delivery> {
    (0..count).map(|_| world.delivery_to(webhook).1).collect()
}

#[tokio::test]
async fn what_is_sent_in_time_writes_no_health() {
    let world = World::new();
    let webhook = a_webhook().build();
    let deliveries = deliveries(&world, &webhook, 1);
    world.clock.set(after(119));
    world.attempt(&deliveries[0], 1).await;
    assert_eq!(world.memory.calls(Operation::StoreHealth), 0);
    assert_eq!(health(&world, &webhook), Health::default());
}

#[tokio::test]
async fn late_deliveries_are_noted_once_a_minute_and_the_platform_is_told_once() {
    let world = World::new();
    let webhook = a_webhook().build();
    let deliveries = deliveries(&world, &webhook, 4);
    for (second, noted) in [(130, 130), (189, 130), (190, 190)] {
        world.clock.set(after(second));
        world.attempt(&deliveries[usize::from(second > 130) + usize::from(second > 189)], 1).await;
        let expected = Behind { since: after(130), age_seconds: noted, noted_at: after(noted) };
        assert_eq!(health(&world, &webhook).behind, Some(expected), "{second}");
    }
    assert_eq!(world.memory.calls(Operation::StoreHealth), 2);
    let told: Vec<_> = world.memory.notices().iter().map(|notice| notice.kind()).collect();
    assert_eq!(told, ["webhook.behind"]);
}

#[tokio::test]
async fn a_manual_retry_is_not_late() {
    let world = World::new();
    let webhook = a_webhook().build();
    let delivery = &deliveries(&world, &webhook, 1)[0];
    world.clock.set(after(3_600));
    let asked = MakeAttempt { manual: true, ..MakeAttempt::scheduled(delivery.target(), nth(1)) };
    world.handle(QueueMessage::MakeAttempt(asked)).await;
    assert_eq!(world.now(delivery).attempt_count(), 1);
    assert_eq!(health(&world, &webhook).behind, None);
}
