//! Transforms: the effect of a failing one on a delivery.

use crate::world::World;
use grapnel_delivery::Done;
use grapnel_domain::{
    delivery::{DeliveryStatus, Reason},
    message::{MakeAttempt, QueueMessage},
};
use grapnel_testing::{
    builders::{a_failing_health, a_webhook, changed, nth},
    memory::Operation,
};
use std::time::Duration;

#[tokio::test]
async fn a_transform_makes_the_body() {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().transform("{{ type }}").build());
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::Delivered]);
    assert_eq!(world.sender.requests()[0].body, delivery.event_type.as_bytes());
}

#[tokio::test]
async fn one_that_fails_ends_the_delivery_with_its_error_and_no_request() {
    let world = World::new();
    let webhook = a_webhook().transform("\n{{ data.missing }}").build();
    let (_, delivery) = world.delivery_to(&webhook);
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::FailedForGood]);

    let now = world.now(&delivery);
    assert_eq!((now.status, now.reason), (DeliveryStatus::Failed, Some(Reason::TransformFailed)));
    assert_eq!(now.attempts.len(), 1);
    let error = now.attempts[0].error.as_deref().expect("an error");
    assert!(
        error.starts_with("the transform failed: line 2: `data.missing` is missing"),
        "{error}"
    );
    assert!(world.sender.requests().is_empty() && world.queued().is_empty());
    assert_eq!(world.memory.calls(Operation::StoreHealth), 0, "it says nothing of the endpoint");

    // The message is received twice: nothing more happens.
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::NothingToDo]);
    assert_eq!(world.now(&delivery), now);

    // After the template was corrected, a manual retry delivers it.
    let mended = a_webhook().transform("mended").build().transform.clone();
    world.memory.put_webhook(changed(&webhook, |it| it.transform = mended));
    let retry = MakeAttempt { manual: true, ..MakeAttempt::scheduled(delivery.target(), nth(2)) };
    let report = world.handle(QueueMessage::MakeAttempt(retry)).await;
    assert_eq!(report.done, [Done::Delivered]);
    assert_eq!(world.now(&delivery).status, DeliveryStatus::Success);
}

#[tokio::test]
async fn a_probe_is_not_spent_on_one_that_fails() {
    let world = World::new();
    let webhook = a_webhook().transform("{{ data.missing }}").failing().build();
    let (_, delivery) = world.delivery_to(&webhook);
    // The circuit breaker is due: the first delivery is the probe.
    world.clock.advance(Duration::from_secs(120));
    assert_eq!(world.attempt(&delivery, 1).await.done, [Done::FailedForGood]);
    assert_eq!(world.now(&delivery).reason, Some(Reason::TransformFailed));
    assert_eq!(world.memory.webhooks()[0].health, a_failing_health(), "nobody has claimed it");

    let sound = a_webhook().transform("{{ type }}").build().transform.clone();
    let sound = changed(&webhook, |it| it.transform = sound);
    world.memory.put_webhook(sound.clone());
    let (_, next) = world.delivery_to(&sound);
    assert_eq!(world.attempt(&next, 1).await.done, [Done::Delivered]);
}
