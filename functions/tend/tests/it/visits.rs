//! What a visit releases, and when the next one is.

use crate::world::{World, last, minute};
use grapnel_domain::{
    delivery::Delivery,
    ids::WebhookId,
    limit::Slot,
    message::QueueMessage,
    tending::{ADOPTED_AFTER, Answer, SETTLES_AFTER, Spread, Unreadable, Visit},
};
use grapnel_testing::{builders::a_webhook, memory::Operation};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

#[tokio::test]
async fn what_waits_for_the_minute_is_queued_and_leaves_the_index() {
    let world = World::new();
    let delivery = world.waiting(&a_webhook().build(), minute());
    let later = world.waiting(&a_webhook().build(), minute().next());
    let report = world.visit(Visit::first(minute())).await;
    assert_eq!(report.tended.released, 1);
    assert_eq!(world.queued(), [(delivery.key(), 2)]);
    assert_eq!(world.now(delivery.key()), Delivery { waits_for: None, ..delivery });
    assert_eq!(world.now(later.key()), later);
    let settled = minute().strikes_at().plus(SETTLES_AFTER);
    assert_eq!(report.answer, Answer { over: false, until: settled });
    assert!(world.visit(last(minute())).await.answer.over);
    assert_eq!(world.queued().len(), 1);
}

#[tokio::test]
async fn many_in_many_pages_are_all_released_once() {
    let world = World::new();
    world.memory.set_waiting_page(3);
    let webhooks = [a_webhook().build(), a_webhook().build()];
    let all: BTreeSet<_> =
        (0..350).map(|n| world.waiting(&webhooks[n % 2], minute()).key()).collect();
    assert_eq!(world.visit(Visit::first(minute())).await.tended.released, 350);
    let queued = world.queued();
    assert_eq!((queued.len(), queued.into_iter().map(|(key, _)| key).collect()), (350, all));
    let calls = world.memory.calls(Operation::Waiting);
    assert_eq!(calls, 4, "a hundred deliveries are read together");
}

#[tokio::test]
async fn who_waits_for_a_slot_is_queued_for_its_slot() {
    let world = World::new();
    let delivery = world.waiting(&a_webhook().build(), minute());
    let slot = Slot { at: minute().strikes_at().plus(Duration::from_secs(20)), moved: true };
    world.memory.put_delivery(Delivery { slot: Some(slot), ..delivery.clone() });
    world.visit(Visit::first(minute())).await;
    let messages = world.memory.delivery_queue().messages();
    let QueueMessage::MakeAttempt(attempt) = messages[0].message() else { panic!("an attempt") };
    assert_eq!((attempt.slot, messages[0].due), (Some(slot), slot.at));
    let now = world.now(delivery.key());
    assert_eq!((now.waits_for, now.slot), (None, None));
}

/// The index lags: it shows who has left, and not yet who has come.
#[tokio::test]
async fn who_waits_for_something_else_by_now_is_not_released() {
    let world = World::new();
    let webhook = a_webhook().build();
    let rows = [(); 3].map(|()| world.waiting(&webhook, minute()));
    world.memory.stop_replication();
    let moved = Delivery { waits_for: Some(minute().next()), ..rows[0].clone() };
    let left = Delivery { waits_for: None, ..rows[1].clone() };
    for row in [&moved, &left] {
        world.memory.put_delivery(row.clone());
    }
    assert_eq!(world.visit(Visit::first(minute())).await.tended.released, 1);
    assert_eq!(world.queued(), [(rows[2].key(), 2)]);
    assert_eq!([&moved, &left].map(|row| world.now(row.key())), [moved.clone(), left.clone()]);
    // What is only in the index does not keep the minute alive.
    assert!(world.visit(last(minute())).await.answer.over);
}

#[tokio::test]
async fn a_page_on_which_nobody_waits_any_more_is_followed_by_the_next() {
    let world = World::new();
    world.memory.set_waiting_page(1);
    let webhook = a_webhook().build();
    let rows: Vec<Delivery> = (0..40).map(|_| world.waiting(&webhook, minute())).collect();
    world.memory.stop_replication();
    for row in &rows[..20] {
        world.memory.put_delivery(Delivery { waits_for: None, ..row.clone() });
    }
    assert_eq!(world.visit(Visit::first(minute())).await.tended.released, 20);
}

/// Whatever became of an execution: the visits of later minutes release what waits.
#[tokio::test]
async fn a_minute_without_an_execution_is_made_good_by_a_following_one() {
    let world = World::new();
    let old = world.waiting(&a_webhook().build(), minute());
    let following = minute().next().next();
    assert_eq!(world.visit(Visit::first(following)).await.tended.released, 0);
    // Its own execution may still be at work until then.
    let next = world.visit(last(minute().next())).await;
    assert_eq!((next.tended.released, next.answer.over), (0, true));
    assert!(ADOPTED_AFTER > SETTLES_AFTER);
    let report = world.visit(last(following)).await;
    assert_eq!((report.tended.released, report.answer.over), (1, true));
    assert_eq!(world.queued(), [(old.key(), 2)]);
}

#[tokio::test]
async fn a_visit_long_after_its_minute_releases_its_own_once() {
    let world = World::new();
    let own = world.waiting(&a_webhook().build(), minute());
    let until = minute().strikes_at().plus(Duration::from_secs(86_400));
    let report = world.visit(Visit { minute: minute(), until }).await;
    assert_eq!((report.tended.released, report.answer.over), (1, true));
    assert_eq!(world.queued(), [(own.key(), 2)]);
}

#[tokio::test]
async fn a_row_that_cannot_be_released_is_put_aside_with_a_reason() {
    let world = World::new();
    let row = Unreadable {
        webhook_id: WebhookId::from_uuid(Uuid::nil()).to_string(),
        id: "dlv_unknown".into(),
        reason: "a row of the index of waits cannot be read".into(),
    };
    let spread = Spread::all().next().expect("one");
    world.memory.put_unreadable(spread, row.clone());
    let report = world.visit(last(minute())).await;
    assert_eq!((report.tended.put_aside, report.answer.over), (1, true));
    let letters = world.memory.dead_letters();
    assert_eq!(letters.len(), 1, "it is in both of the ranges that are read");
    assert_eq!((&letters[0].body, &letters[0].reason), (&row.dead_letter(), &row.reason));
    assert!(letters[0].body.contains("dlv_unknown"), "{}", letters[0].body);
    assert!(world.memory.unreadable().is_empty());
}

#[tokio::test]
async fn one_of_somebody_else_comes_first_among_thousands() {
    let world = World::new();
    let crowd = a_webhook().for_user("ada").build();
    for _ in 0..2_000 {
        world.waiting(&crowd, minute());
    }
    let single = world.waiting(&a_webhook().for_user("bob").build(), minute());
    world.visit(Visit::first(minute())).await;
    let place = world.queued().iter().position(|(key, _)| *key == single.key());
    assert!(place.is_some_and(|place| place < 2), "{place:?}");
}
