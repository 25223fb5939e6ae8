//! Notices that the bus does not accept.

use crate::world::World;
use grapnel_domain::ports::PortError;
use grapnel_testing::{
    builders::a_webhook,
    memory::{Effect, Operation},
    sender::answered,
};

const URL: &str = "https://receiver.example/hook";

/// A delivery whose endpoint is gone. After the first `taken` calls, the bus refuses `refusals`
/// calls. Returns the kinds of the received notices, and the number of calls.
async fn gone(taken: usize, refusals: usize) -> (Vec<&'static str>, usize) {
    let world = World::new();
    let (_, delivery) = world.delivery_to(&a_webhook().build());
    world.sender.answer(URL, [answered(410)]);
    for refusal in 0..refusals {
        let error = PortError::Unavailable("PutEvents: AccessDeniedException".into());
        let skipped = if refusal == 0 { taken } else { 0 };
        world.memory.fail_after(Operation::Notify, skipped, error, Effect::Before);
    }
    assert!(world.attempt(&delivery, 1).await.failed.is_empty(), "a notice fails no message");
    let mut kinds: Vec<_> = world.memory.notices().iter().map(|notice| notice.kind()).collect();
    kinds.sort_unstable();
    (kinds, world.memory.calls(Operation::Notify))
}

#[tokio::test]
async fn a_notice_that_the_bus_refuses_is_sent_once_more_and_alone() {
    let (all, calls) = gone(0, 0).await;
    assert!(!all.is_empty() && calls == all.len(), "{all:?} by {calls} calls");
    for refused in 0..all.len() {
        assert_eq!(gone(refused, 1).await, (all.clone(), calls + 1));
    }
}

#[tokio::test]
async fn a_notice_that_the_bus_refuses_twice_is_given_up() {
    let (all, calls) = gone(0, 0).await;
    assert_eq!(gone(0, 2 * all.len()).await, (vec![], 2 * calls));
}
