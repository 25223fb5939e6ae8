//! [`ReserveSlots`], and how a limiter shows in what is read of webhooks.

use super::a_user;
use futures::future::join_all;
use grapnel_domain::{
    health::Health,
    limit::{RateLimit, Reservation, SlotTime},
    ports::{Consistency, GenerateIds, ReadSubscriptions, ReserveSlots, StoreWebhooks, Webhooks},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_failing_health, a_webhook, changed},
    clock::START,
    ids::SequentialIds,
};
use std::time::Duration;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_limits {
    ($ports:expr) => {
        $crate::contract_tests!(
            limits,
            $ports,
            [
                a_limit_is_stored_with_its_webhook,
                slots_begin_at_the_present_and_follow_each_other,
                whoever_saw_something_else_gets_the_same_slots,
                slots_that_nobody_took_are_past,
                many_at_once_share_no_slot,
                a_new_configuration_leaves_the_limiter_alone,
                lists_and_subscriptions_show_webhooks_only,
                a_deleted_webhook_takes_its_limiter_along,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: StoreWebhooks + Webhooks + ReadSubscriptions + ReserveSlots {}
impl<S: StoreWebhooks + Webhooks + ReadSubscriptions + ReserveSlots> Store for S {}

/// Three a second: an interval is no whole number of milliseconds.
fn asked(count: u32, now: Timestamp) -> Reservation {
    let limit = RateLimit::new(3).expect("a limit");
    Reservation { count, limit, now, seen: None }
}

/// `intervals` of 333,334 µs after a time.
fn after(time: Timestamp, intervals: u64) -> SlotTime {
    SlotTime::at(time).plus_micros(intervals * 333_334)
}

fn later(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

async fn created<S: Store>(stores: &S) -> Webhook {
    let webhook = a_webhook().for_user(a_user().as_str()).limited_to(3).build();
    stores.create_webhook(&webhook).await.expect("created");
    webhook
}

async fn reserve<S: Store>(stores: &S, webhook: &Webhook, asked: Reservation) -> SlotTime {
    stores.reserve_slots(&webhook.user_id, webhook.id, &asked).await.expect("reserved")
}

async fn read<S: Store>(stores: &S, webhook: &Webhook) -> Option<Webhook> {
    stores.webhook(&webhook.user_id, webhook.id, Consistency::Strong).await.expect("read")
}

async fn next_slot<S: Store>(stores: &S, webhook: &Webhook) -> Option<SlotTime> {
    read(stores, webhook).await.and_then(|webhook| webhook.next_slot)
}

pub async fn a_limit_is_stored_with_its_webhook<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert_eq!(read(stores, &webhook).await, Some(webhook.clone()));
    let unlimited = changed(&webhook, |it| it.rate_limit = None);
    assert_eq!(stores.replace_webhook(&unlimited, webhook.updated_at).await, Ok(true));
    assert_eq!(read(stores, &webhook).await, Some(unlimited));
}

pub async fn slots_begin_at_the_present_and_follow_each_other<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert_eq!(next_slot(stores, &webhook).await, None);
    assert_eq!(reserve(stores, &webhook, asked(10, START)).await, SlotTime::at(START));
    assert_eq!(reserve(stores, &webhook, asked(1, START)).await, after(START, 10));
    // A clock that is behind, and one that is ahead, but not of those who wait.
    let behind = Timestamp::from_millis(START.as_millis() - 500);
    assert_eq!(reserve(stores, &webhook, asked(2, behind)).await, after(START, 11));
    assert_eq!(reserve(stores, &webhook, asked(1, later(2))).await, after(START, 13));
    assert_eq!(next_slot(stores, &webhook).await, Some(after(START, 14)));
}

pub async fn whoever_saw_something_else_gets_the_same_slots<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    let seen = |time| Reservation { seen: Some(SlotTime::at(time)), ..asked(3, START) };
    assert_eq!(reserve(stores, &webhook, seen(later(60))).await, SlotTime::at(START));
    assert_eq!(reserve(stores, &webhook, asked(3, START)).await, after(START, 3));
    let past = Timestamp::from_millis(0);
    assert_eq!(reserve(stores, &webhook, seen(past)).await, after(START, 6));
    assert_eq!(reserve(stores, &webhook, seen(later(1))).await, after(START, 9));
}

pub async fn slots_that_nobody_took_are_past<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    reserve(stores, &webhook, asked(3, START)).await;
    assert_eq!(reserve(stores, &webhook, asked(3, later(60))).await, SlotTime::at(later(60)));
    assert_eq!(next_slot(stores, &webhook).await, Some(after(later(60), 3)));
}

pub async fn many_at_once_share_no_slot<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    let all = (0..8).map(|_| reserve(stores, &webhook, asked(2, START)));
    let mut firsts = join_all(all).await;
    firsts.sort_unstable();
    let expected: Vec<_> = (0..8).map(|n| after(START, 2 * n)).collect();
    assert_eq!(firsts, expected);
}

pub async fn a_new_configuration_leaves_the_limiter_alone<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    reserve(stores, &webhook, asked(3, START)).await;
    let read_back = read(stores, &webhook).await.expect("there");
    // Said twice by somebody who has read the limiter as well: the first time did it.
    let renamed = changed(&read_back, |it| {
        it.texts.name = "other".into();
        it.updated_at = later(1);
    });
    for _ in 0..2 {
        assert_eq!(stores.replace_webhook(&renamed, webhook.updated_at).await, Ok(true));
    }
    assert_eq!(next_slot(stores, &webhook).await, Some(after(START, 3)));
}

pub async fn lists_and_subscriptions_show_webhooks_only<S: Store>(stores: &S) {
    let (user, ids) = (a_user(), SequentialIds::new());
    let mut expected = Vec::new();
    for (is_failing, is_limited) in [(false, true), (true, true), (true, false), (false, false)] {
        let webhook = a_webhook().id(ids.webhook_id()).for_user(user.as_str()).build();
        stores.create_webhook(&webhook).await.expect("created");
        if is_failing {
            let health = Health { version: 1, ..a_failing_health() };
            let stored = stores.store_health(&user, webhook.id, &health).await;
            assert_eq!(stored, Ok(true));
        }
        if is_limited {
            reserve(stores, &webhook, asked(1, START)).await;
        }
        expected.push((webhook.id, is_failing, is_limited.then(|| after(START, 1))));
    }
    let found = |webhook: &Webhook| (webhook.id, webhook.health.is_failing(), webhook.next_slot);
    // Pages of every size: a webhook and what lies beside it may be on either side of a page's end.
    for limit in 1..=5 {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = stores.list_webhooks(&user, limit, after).await.expect("listed");
            listed.extend(page.items.iter().map(found));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{limit} a page");
    }
    let subscriptions = stores.subscriptions(&user).await.expect("read");
    let subscribed: Vec<_> = subscriptions.iter().map(|each| each.webhook_id).collect();
    assert_eq!(subscribed, expected.iter().map(|(id, ..)| *id).collect::<Vec<_>>());
}

pub async fn a_deleted_webhook_takes_its_limiter_along<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    let (user, id) = (&webhook.user_id, webhook.id);
    for unchanged in [false, true] {
        reserve(stores, &webhook, asked(3, START)).await;
        let deleted = match unchanged {
            false => stores.delete_webhook(user, id).await,
            true => stores.delete_unchanged_webhook(user, id, webhook.updated_at).await,
        };
        assert_eq!(deleted, Ok(true), "{unchanged}");
        stores.create_webhook(&webhook).await.expect("created");
        assert_eq!(next_slot(stores, &webhook).await, None, "{unchanged}");
    }
}
