//! Calls that fail, and functions that die: nothing is lost, and little is sent twice.

use crate::world::{World, last, minute};
use grapnel_domain::{
    ports::{Clock, PortError},
    tending::{Answer, SENT_AGAIN_AFTER, Visit},
};
use grapnel_testing::{
    builders::a_webhook,
    memory::{Effect, Operation},
};
use std::{future::pending, time::Duration};

fn throttled() -> PortError {
    PortError::Throttled("call".into())
}

#[tokio::test]
async fn any_call_may_fail_and_the_delivery_is_released_by_a_later_visit() {
    for operation in
        [Operation::Due, Operation::Waiting, Operation::Enqueue, Operation::StopWaiting]
    {
        for effect in [Effect::Before, Effect::After] {
            let world = World::new();
            let delivery = world.waiting(&a_webhook().build(), minute());
            for _ in 0..16 {
                world.memory.fail_next(operation, PortError::Unusable("call".into()), effect);
            }
            let mut visit = Visit::first(minute());
            for _ in 0..40 {
                let answer = world.visit(visit).await.answer;
                if answer.over {
                    break;
                }
                visit.until = answer.until;
            }
            assert_eq!(world.now(delivery.key()).waits_for, None, "{operation:?} {effect:?}");
            assert!(!world.queued().is_empty(), "{operation:?} {effect:?}");
        }
    }
}

#[tokio::test]
async fn who_could_not_be_read_stays_in_the_index_and_comes_soon() {
    let world = World::new();
    let delivery = world.waiting(&a_webhook().build(), minute());
    world.memory.fail_next(Operation::Waiting, throttled(), Effect::Before);
    let report = world.visit(Visit::first(minute())).await;
    assert_eq!((report.tended.released, report.tended.left), (0, 1));
    let soon = minute().strikes_at().plus(Duration::from_secs(5));
    assert!(!report.answer.over && report.answer.until <= soon, "{:?}", report.answer);
    assert_eq!(world.now(delivery.key()), delivery);
}

/// Its message may have been sent.
#[tokio::test]
async fn who_may_have_been_queued_comes_again_when_the_first_message_has_had_its_effect() {
    for effect in [Effect::Before, Effect::After] {
        let world = World::new();
        let delivery = world.waiting(&a_webhook().build(), minute());
        world.memory.fail_next(Operation::Enqueue, throttled(), effect);
        let report = world.visit(Visit::first(minute())).await;
        assert_eq!((report.tended.released, report.tended.unsure), (0, 1));
        let again = world.clock.now().plus(SENT_AGAIN_AFTER);
        assert_eq!(report.answer, Answer { over: false, until: again });
        assert_eq!(world.now(delivery.key()), delivery);
    }
}

/// Its message is queued: in the index, it would be sent again.
#[tokio::test]
async fn a_throttled_write_is_tried_again_before_the_visit_ends() {
    let world = World::new();
    let delivery = world.waiting(&a_webhook().build(), minute());
    for _ in 0..8 {
        world.memory.fail_next(Operation::StopWaiting, throttled(), Effect::Before);
    }
    assert_eq!(world.visit(Visit::first(minute())).await.tended.released, 1);
    assert_eq!(world.now(delivery.key()).waits_for, None);
    assert_eq!(world.queued().len(), 1);
}

#[tokio::test]
async fn a_function_that_dies_after_the_message_sends_it_again_and_loses_nothing() {
    let world = World::new();
    let delivery = world.waiting(&a_webhook().build(), minute());
    world.memory.before(Operation::StopWaiting, |_| pending());
    let dying = world.tend.visit(Visit::first(minute()), world.deadline());
    assert!(tokio::time::timeout(Duration::from_millis(50), dying).await.is_err());
    assert_eq!(world.now(delivery.key()).waits_for, Some(minute()));
    world.memory.before(Operation::StopWaiting, |_| std::future::ready(()));
    world.visit(Visit::first(minute())).await;
    assert_eq!(world.now(delivery.key()).waits_for, None);
    assert_eq!(world.queued(), [(delivery.key(), 2); 2]);
}

#[tokio::test]
async fn no_page_is_begun_late_and_the_visit_is_continued_at_once() {
    let world = World::new();
    let webhook = a_webhook().build();
    for _ in 0..1_500 {
        world.waiting(&webhook, minute());
    }
    // Each read takes a quarter of the function's time.
    let begun = world.clock.clone();
    world.memory.before(Operation::Waiting, move |_| {
        begun.advance(Duration::from_secs(18));
        std::future::ready(())
    });
    let first = world.visit(Visit::first(minute())).await;
    assert!(first.tended.more && !first.answer.over);
    assert_eq!(first.answer.until, world.clock.now());
    assert!((100..1_500).contains(&first.tended.released), "{:?}", first.tended);
    let mut visit = Visit { until: first.answer.until, ..Visit::first(minute()) };
    let mut released = first.tended.released;
    for _ in 0..20 {
        let report = world.visit(visit).await;
        released += report.tended.released;
        visit.until = report.answer.until;
        if report.answer.over {
            break;
        }
    }
    assert_eq!((released, world.queued().len()), (1_500, 1_500));
}

/// Nobody else may be left who would release it.
#[tokio::test]
async fn an_adopted_delivery_that_was_not_released_keeps_the_adopting_minute_alive() {
    let world = World::new();
    let old = world.waiting(&a_webhook().build(), minute());
    let following = minute().next().next();
    world.memory.fail_next(Operation::Enqueue, throttled(), Effect::Before);
    let report = world.visit(last(following)).await;
    assert_eq!((report.tended.unsure, report.answer.over), (1, false));
    let next = Visit { until: report.answer.until, ..last(following) };
    assert!(world.visit(next).await.answer.over);
    assert_eq!((world.now(old.key()).waits_for, world.queued()), (None, vec![(old.key(), 2)]));
}
