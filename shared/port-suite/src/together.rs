//! [`Webhooks::webhooks_together`].

use super::a_user;
use grapnel_domain::{
    health::Health,
    ids::{UserId, WebhookId},
    limit::{RateLimit, Reservation},
    ports::{
        Consistency, GenerateIds, ROWS_FOR_EACH, ReadTogether, ReserveSlots, StoreWebhooks,
        Webhooks,
    },
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_failing_health, a_webhook},
    clock::START,
    ids::SequentialIds,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_together {
    ($ports:expr) => {
        $crate::contract_tests!(
            together,
            $ports,
            [
                webhooks_of_a_user_are_read_in_one_call,
                what_lies_between_another_users_webhooks_is_not_read,
                no_webhook_is_read_without_its_health_or_its_limiter,
                a_read_ends_after_so_many_rows_for_each_webhook,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: StoreWebhooks + Webhooks + ReserveSlots {}
impl<S: StoreWebhooks + Webhooks + ReserveSlots> Store for S {}

/// A webhook with so many rows: its own, then its health, then its limiter.
async fn created<S: Store>(stores: &S, user: &UserId, id: WebhookId, rows: usize) -> Webhook {
    let webhook = a_webhook().id(id).for_user(user.as_str()).build();
    stores.create_webhook(&webhook).await.expect("created");
    if rows > 1 {
        let health = Health { version: 1, ..a_failing_health() };
        assert_eq!(stores.store_health(user, id, &health).await, Ok(true));
    }
    if rows > 2 {
        let limit = RateLimit::new(3).expect("a limit");
        let slot = Reservation { count: 1, limit, now: START, seen: None };
        stores.reserve_slots(user, id, &slot).await.expect("reserved");
    }
    let read = stores.webhook(user, id, Consistency::Strong).await.expect("read");
    read.expect("it was created")
}

async fn read<S: Store>(
    stores: &S,
    user: &UserId,
    ids: &[WebhookId],
) -> ReadTogether<Webhook, WebhookId> {
    let mut read = stores.webhooks_together(user, ids).await.expect("read");
    read.found.sort_by_key(|webhook| webhook.id);
    read.unread.sort();
    read
}

pub async fn webhooks_of_a_user_are_read_in_one_call<S: Store>(stores: &S) {
    let (user, ids) = (a_user(), SequentialIds::new());
    let mut webhooks = Vec::new();
    for rows in [1, 2, 3, 1, 2] {
        webhooks.push(created(stores, &user, ids.webhook_id(), rows).await);
    }
    let missing = ids.webhook_id();
    webhooks.push(created(stores, &user, ids.webhook_id(), 3).await);
    let (between, found) = (webhooks.remove(3), webhooks);
    // In another order than that of the keys, with the missing one between them and at the end.
    for missing in [missing, ids.webhook_id()] {
        let mut wanted: Vec<WebhookId> = found.iter().rev().map(|webhook| webhook.id).collect();
        wanted.insert(2, missing);
        let expected = ReadTogether { found: found.clone(), unread: Vec::new() };
        assert_eq!(read(stores, &user, &wanted).await, expected);
        assert!(!wanted.contains(&between.id));
    }
    assert_eq!(stores.delete_webhook(&user, found[0].id).await, Ok(true));
    let wanted: Vec<WebhookId> = found.iter().map(|webhook| webhook.id).collect();
    assert_eq!(read(stores, &user, &wanted).await.found, found[1..]);
}

pub async fn what_lies_between_another_users_webhooks_is_not_read<S: Store>(stores: &S) {
    let (user, other, ids) = (a_user(), a_user(), SequentialIds::new());
    let mut mine = Vec::new();
    let mut theirs = Vec::new();
    for _ in 0..3 {
        mine.push(created(stores, &user, ids.webhook_id(), 3).await);
        theirs.push(created(stores, &other, ids.webhook_id(), 3).await);
    }
    let all: Vec<WebhookId> = mine.iter().chain(&theirs).map(|webhook| webhook.id).collect();
    for (user, found) in [(&user, mine), (&other, theirs)] {
        let expected = ReadTogether { found, unread: Vec::new() };
        assert_eq!(read(stores, user, &all).await, expected);
    }
    let stranger = ReadTogether { found: Vec::new(), unread: Vec::new() };
    assert_eq!(read(stores, &a_user(), &all).await, stranger);
}

/// Every pair of many webhooks: a read of two ends before, among and behind the rows of the second.
pub async fn no_webhook_is_read_without_its_health_or_its_limiter<S: Store>(stores: &S) {
    let (user, ids) = (a_user(), SequentialIds::new());
    let mut webhooks = Vec::new();
    // More than a read of two takes.
    for place in 0..13 {
        webhooks.push(created(stores, &user, ids.webhook_id(), 1 + place % 3).await);
    }
    let rows = |range: std::ops::Range<usize>| range.map(|place| 1 + place % 3).sum::<usize>();
    let most = 2 * ROWS_FOR_EACH;
    let (mut whole, mut cut, mut behind) = (0, 0, 0);
    for first in 0..webhooks.len() {
        for last in first + 1..webhooks.len() {
            let wanted = [&webhooks[first], &webhooks[last]];
            let read = read(stores, &user, &wanted.map(|webhook| webhook.id)).await;
            let [one, other] = wanted.map(Clone::clone);
            let (before, through) = (rows(first..last), rows(first..last + 1));
            // If the page is full with the last row of the range, a store may know that it is the last.
            let is_read = through < most || through == most && read.unread.is_empty();
            let (found, unread) = match is_read {
                true => (vec![one, other], vec![]),
                false => (vec![one], vec![other.id]),
            };
            assert_eq!(read, ReadTogether { found, unread }, "{first} and {last}");
            whole += usize::from(through < most);
            cut += usize::from(before < most && most < through);
            behind += usize::from(most <= before);
        }
    }
    assert!(whole > 0 && cut > 0 && behind > 0, "{whole}, {cut}, {behind}");
}

pub async fn a_read_ends_after_so_many_rows_for_each_webhook<S: Store>(stores: &S) {
    let (user, ids) = (a_user(), SequentialIds::new());
    let mut webhooks = Vec::new();
    for _ in 0..=2 * ROWS_FOR_EACH {
        webhooks.push(created(stores, &user, ids.webhook_id(), 1).await.id);
    }
    let (first, last) = (webhooks[0], webhooks[webhooks.len() - 1]);
    assert_eq!(read(stores, &user, &[first, last]).await.unread, [last]);
    let three = [first, webhooks[1], last];
    assert_eq!(read(stores, &user, &three).await.unread, Vec::<WebhookId>::new());
}
