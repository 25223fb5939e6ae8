//! [`UpdateDeliveries::settled`].

use super::{NEVER, eventually, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryStatus, Ending, Reason, Reopened, Reopening},
    ids::{DeliveryId, ReplayId},
    ports::{CreateDeliveries, Deliveries, Recorded, UpdateDeliveries},
    replay::{ReplayFilter, ReplayStatus, SettledRow},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_failed_attempt, an_attempt, an_event},
    clock::START,
};
use uuid::Uuid;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_settled {
    ($ports:expr) => {
        $crate::contract_tests!(
            settled,
            $ports,
            [
                what_failed_is_found_oldest_first,
                what_succeeded_is_found_oldest_first,
                times_are_of_the_events_arrival,
                many_are_found_in_pages_of_a_hundred,
                whatever_makes_a_delivery_fail_puts_it_among_the_failed,
                whatever_makes_it_fail_no_more_takes_it_out,
                what_was_cancelled_is_not_among_the_failed,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + UpdateDeliveries + Deliveries {}
impl<S: CreateDeliveries + UpdateDeliveries + Deliveries> Store for S {}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + millis)
}

fn filter(status: ReplayStatus) -> ReplayFilter {
    ReplayFilter { status, event: None, since: None, until: at(1_000_000) }
}

/// A delivery of an event that arrived then.
async fn there<S: Store>(
    stores: &S,
    webhook: &Webhook,
    millis: i64,
    state: impl FnOnce(DeliveryBuilder) -> DeliveryBuilder,
) -> Delivery {
    let event = an_event().stored_at(at(millis)).build();
    let delivery = state(a_delivery().of(&event).to(webhook)).expires_at(NEVER).build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

fn failed(builder: DeliveryBuilder) -> DeliveryBuilder {
    builder.failed(3, Reason::AttemptsExhausted)
}

/// All that is found, page by page.
async fn found<S: Store>(stores: &S, webhook: &Webhook, filter: &ReplayFilter) -> Vec<SettledRow> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = stores.settled(webhook.id, filter, after).await.expect("found");
        assert!(page.examined <= 100 && page.rows.len() as u64 <= page.examined);
        found.extend(page.rows);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

async fn ids<S: Store>(stores: &S, webhook: &Webhook, filter: &ReplayFilter) -> Vec<DeliveryId> {
    found(stores, webhook, filter).await.into_iter().map(|row| row.id).collect()
}

/// One webhook with a delivery of each kind, and another that is nobody's business.
async fn of_each_kind<S: Store>(stores: &S) -> (Webhook, [Delivery; 4]) {
    let webhook = somebodys_webhook();
    there(stores, &webhook, 1, |new| new).await;
    there(stores, &webhook, 2, DeliveryBuilder::retrying).await;
    there(stores, &somebodys_webhook(), 3, failed).await;
    let reopened = Reopened { by: ReplayId::from_uuid(Uuid::now_v7()), attempts: 1 };
    let second = there(stores, &webhook, 8, |new| failed(new).reopened(reopened).test()).await;
    let first = there(stores, &webhook, 4, failed).await;
    let third = there(stores, &webhook, 6, DeliveryBuilder::delivered).await;
    let fourth = there(stores, &webhook, 7, DeliveryBuilder::delivered).await;
    (webhook, [first, second, third, fourth])
}

pub async fn what_failed_is_found_oldest_first<S: Store>(stores: &S) {
    let (webhook, [first, second, ..]) = of_each_kind(stores).await;
    // An index has no attempts.
    let row = |delivery| SettledRow { last_attempt_at: None, ..SettledRow::of(delivery) };
    let expected = [row(&first), row(&second)].to_vec();
    let filter = filter(ReplayStatus::Failed);
    eventually(&expected, || found(stores, &webhook, &filter)).await;
}

pub async fn what_succeeded_is_found_oldest_first<S: Store>(stores: &S) {
    let (webhook, [.., third, fourth]) = of_each_kind(stores).await;
    let expected = [SettledRow::of(&third), SettledRow::of(&fourth)].to_vec();
    let filter = filter(ReplayStatus::Success);
    eventually(&expected, || found(stores, &webhook, &filter)).await;
}

pub async fn times_are_of_the_events_arrival<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    for (status, state) in [
        (ReplayStatus::Failed, failed as fn(DeliveryBuilder) -> DeliveryBuilder),
        (ReplayStatus::Success, DeliveryBuilder::delivered),
    ] {
        let mut all = Vec::new();
        for millis in [10, 20, 30] {
            all.push(there(stores, &webhook, millis, state).await.id);
        }
        let times = |since, until| ReplayFilter { since, until: at(until), ..filter(status) };
        let window = times(Some(at(20)), 30);
        eventually(&all[1..2].to_vec(), || ids(stores, &webhook, &window)).await;
        let until = times(None, 30);
        eventually(&all[..2].to_vec(), || ids(stores, &webhook, &until)).await;
        let since = times(Some(at(11)), 1000);
        eventually(&all[1..].to_vec(), || ids(stores, &webhook, &since)).await;
        assert_eq!(ids(stores, &webhook, &times(Some(at(30)), 30)).await, []);
    }
}

pub async fn many_are_found_in_pages_of_a_hundred<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let settle = |n: i64| if n % 2 == 0 { failed } else { DeliveryBuilder::delivered };
    let numbers: Vec<i64> = (0..230).collect();
    let mut created = Vec::new();
    for batch in numbers.chunks(16) {
        let batch = batch.iter().map(|n| there(stores, &webhook, *n, settle(*n)));
        created.extend(join_all(batch).await.into_iter().map(|delivery| delivery.id));
    }
    let every_other =
        |skipped| created.iter().copied().skip(skipped).step_by(2).collect::<Vec<_>>();
    for (status, skipped) in [(ReplayStatus::Failed, 0), (ReplayStatus::Success, 1)] {
        let (filter, expected) = (filter(status), every_other(skipped));
        eventually(&expected, || ids(stores, &webhook, &filter)).await;
        let first = stores.settled(webhook.id, &filter, None).await.expect("found");
        assert_eq!(first.examined, 100, "{status:?}");
        assert!(first.next.is_some(), "{status:?}");
    }
}

pub async fn whatever_makes_a_delivery_fail_puts_it_among_the_failed<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let exhausted = there(stores, &webhook, 1, DeliveryBuilder::retrying).await;
    let record = record(&exhausted, DeliveryStatus::Failed);
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let ended = there(stores, &webhook, 2, |new| new).await;
    let ending = Ending {
        key: ended.key(),
        attempts: 0,
        reason: Reason::WebhookDisabled,
        expires_at: NEVER,
    };
    assert_eq!(stores.end_delivery(ending).await, Ok(Recorded::Yes));
    let expected = [(exhausted.id, 2), (ended.id, 0)].to_vec();
    let found = async || {
        let found = found(stores, &webhook, &filter(ReplayStatus::Failed)).await;
        found.into_iter().map(|row| (row.id, row.attempts)).collect::<Vec<_>>()
    };
    eventually(&expected, found).await;
}

pub async fn what_was_cancelled_is_not_among_the_failed<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let cancelled = there(stores, &webhook, 1, DeliveryBuilder::retrying).await;
    let ending = Ending {
        key: cancelled.key(),
        attempts: cancelled.attempt_count(),
        reason: Reason::Cancelled,
        expires_at: NEVER,
    };
    assert_eq!(stores.end_delivery(ending).await, Ok(Recorded::Yes));
    let by = ReplayId::from_uuid(Uuid::now_v7());
    let reopening = Reopening {
        key: cancelled.key(),
        reopened: Reopened { by, attempts: cancelled.attempt_count() },
        due: START,
        expires_at: NEVER,
    };
    let answer = stores.reopen_delivery(reopening).await;
    assert!(matches!(answer, Ok(Recorded::Refused(Some(_)))), "{answer:?}");
    // Once this one is in the index, the other would be.
    let failed = there(stores, &webhook, 2, failed).await;
    let filter = filter(ReplayStatus::Failed);
    eventually(&vec![failed.id], || ids(stores, &webhook, &filter)).await;
}

pub async fn whatever_makes_it_fail_no_more_takes_it_out<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let reopened = there(stores, &webhook, 1, failed).await;
    let taken = there(stores, &webhook, 2, failed).await;
    let left = there(stores, &webhook, 3, failed).await;
    let by = ReplayId::from_uuid(Uuid::now_v7());
    let reopening = Reopening {
        key: reopened.key(),
        reopened: Reopened { by, attempts: 3 },
        due: START,
        expires_at: NEVER,
    };
    assert_eq!(stores.reopen_delivery(reopening).await, Ok(Recorded::Yes));
    let success = record(&taken, DeliveryStatus::Success);
    assert_eq!(stores.record_attempt(&success).await, Ok(Recorded::Yes));
    // A manual retry that fails leaves it where it is, with one attempt more.
    let manual = AttemptRecord { status: None, ..record(&left, DeliveryStatus::Failed) };
    assert_eq!(stores.record_attempt(&manual).await, Ok(Recorded::Yes));
    let expected = [(left.id, 4)].to_vec();
    let found = async || {
        let found = found(stores, &webhook, &filter(ReplayStatus::Failed)).await;
        found.into_iter().map(|row| (row.id, row.attempts)).collect::<Vec<_>>()
    };
    eventually(&expected, found).await;
}

/// The record of the next attempt, which settles the delivery.
fn record(delivery: &Delivery, status: DeliveryStatus) -> AttemptRecord {
    let number = delivery.next_attempt_number().get();
    let failed = status == DeliveryStatus::Failed;
    AttemptRecord {
        key: delivery.key(),
        attempt: if failed { a_failed_attempt(number) } else { an_attempt(number) },
        status: Some(status),
        reason: failed.then_some(Reason::AttemptsExhausted),
        next_attempt_at: None,
        waits_for: None,
        expires_at: NEVER,
        drop_body: None,
    }
}
