//! One delivery with two failures, a queue delay and a shared wait, with a fault in each call in
//! turn. For every fault, before or after the call's effect: the delivery succeeds with three
//! attempts, each recorded once, and no request is repeated.

use crate::world::World;
use grapnel_domain::{delivery::DeliveryStatus, ports::PortError, retry::RetryConfig};
use grapnel_testing::{
    builders::a_webhook,
    memory::{Effect, Operation},
    sender::answered,
};

const URL: &str = "https://receiver.example/hook";

const CALLS: [Operation; 8] = [
    Operation::Delivery,
    Operation::Webhook,
    Operation::Event,
    Operation::RecordAttempt,
    Operation::Enqueue,
    Operation::EnsureWaiting,
    Operation::Waiting,
    Operation::StopWaiting,
];

/// Receivers that fail twice, the second time into a shared wait. Also counts each call.
async fn run(fault: Option<(Operation, usize, Effect)>) -> World {
    let world = World::new();
    let config: RetryConfig =
        serde_json::from_str(r#"{"maxAttempts":3,"timeoutSeconds":5,"delaysSeconds":[60,1800]}"#)
            .expect("a retry configuration");
    let (_, delivery) = world.delivery_to(&a_webhook().retry(config).build());
    world.sender.answer(URL, [answered(500), answered(500)]);
    // A repeated request would get the next answer; more failures keep the path the same.
    world.enqueue_first(&delivery);
    if let Some((operation, skipped, effect)) = fault {
        world.memory.fail_after(operation, skipped, PortError::Unavailable("cut".into()), effect);
    }
    world.run_until_quiet().await;
    let now = world.now(&delivery);
    assert_eq!(now.status, DeliveryStatus::Success, "{fault:?}");
    let numbers = now.attempts.iter().map(|attempt| attempt.attempt_number.get());
    let numbers: Vec<u32> = numbers.collect();
    assert!(numbers.iter().copied().eq(1..=now.attempt_count()), "{fault:?}: {numbers:?}");
    assert!(world.memory.dead_letters().is_empty(), "{fault:?}");
    assert!(world.memory.delivery_queue().exhausted().is_empty(), "{fault:?}");
    let repeated = world.sender.requests().len() - now.attempts.len();
    assert_eq!(repeated, 0, "{fault:?}: requests repeated");
    world
}

#[tokio::test]
async fn a_fault_at_any_call_loses_nothing_and_repeats_nothing() {
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
    assert!(tried >= 2 * CALLS.len());
}
