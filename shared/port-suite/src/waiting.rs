//! [`TendDeliveries`]: deliveries in shared waits.

use super::{NEVER, a_minute, eventually, somebodys_delivery, somebodys_webhook, who_waits};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryStatus},
    ports::{CreateDeliveries, Deliveries, TendDeliveries, UpdateDeliveries},
    tending::{DueRow, Minutes, Place, Spread, WaitingDelivery},
    time::Minute,
    webhook::Webhook,
};
use grapnel_testing::builders::{a_delivery, a_failed_attempt, an_event};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_waiting {
    ($ports:expr) => {
        $crate::contract_tests!(
            waiting,
            $ports,
            [
                who_waits_for_a_minute_is_found,
                who_waits_is_found_in_its_part_with_its_user,
                earlier_minutes_are_found_too_if_asked_for,
                a_page_begins_after_the_last_row_of_the_one_before,
                a_record_moves_a_delivery_in_the_index,
                many_that_wait_are_found_in_pages,
                who_waits_is_read_and_who_does_not_is_left_out,
                who_stops_waiting_is_found_no_more,
                who_waits_for_another_minute_keeps_waiting,
                who_has_made_an_attempt_since_keeps_waiting,
                a_delivery_that_is_gone_does_not_come_back_by_stopping,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries + TendDeliveries {}
impl<S: CreateDeliveries + Deliveries + UpdateDeliveries + TendDeliveries> Store for S {}

async fn waiting<S: Store>(stores: &S, webhook: &Webhook, minute: Minute) -> Delivery {
    let event = an_event().for_user(webhook.user_id.as_str()).build();
    let builder = a_delivery().of(&event).to(webhook).waiting_for(minute).expires_at(NEVER);
    let delivery = builder.build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

pub async fn who_waits_for_a_minute_is_found<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let waits = waiting(stores, &webhook, minute).await;
    let later = waiting(stores, &webhook, minute.next()).await;
    waiting(stores, &somebodys_webhook(), minute).await;
    let by_queue = a_delivery().to(&webhook).retrying().expires_at(NEVER).build();
    stores.create_delivery(&by_queue).await.expect("created");
    eventually(&vec![waits.id], || who_waits(stores, webhook.id, minute)).await;
    eventually(&vec![later.id], || who_waits(stores, webhook.id, minute.next())).await;
    eventually(&vec![], || who_waits(stores, webhook.id, minute.next().next())).await;
}

pub async fn who_waits_is_found_in_its_part_with_its_user<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let delivery = waiting(stores, &webhook, minute).await;
    let row = DueRow { key: delivery.key(), user_id: webhook.user_id.clone(), minute };
    let found = async || {
        let page = stores.due(Spread::of(delivery.id), Minutes::Only(minute), None).await;
        let mut rows = page.expect("found").rows;
        rows.retain(|row| row.key.webhook_id == webhook.id);
        rows
    };
    eventually(&vec![row], found).await;
}

pub async fn earlier_minutes_are_found_too_if_asked_for<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let early = waiting(stores, &webhook, minute).await;
    let spread = Spread::of(early.id);
    let found = async |last: Minute| {
        let (mut after, mut found) = (None, false);
        loop {
            let page = stores.due(spread, Minutes::UpTo(last), after).await.expect("found");
            found |= page.rows.iter().any(|row| row.key == early.key());
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
    };
    eventually(&true, || found(minute)).await;
    eventually(&true, || found(minute.next())).await;
    let before = Minute::at_or_before(minute.strikes_at().minus(std::time::Duration::from_secs(1)));
    eventually(&false, || found(before)).await;
}

pub async fn a_page_begins_after_the_last_row_of_the_one_before<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let delivery = waiting(stores, &webhook, minute).await;
    eventually(&vec![delivery.id], || who_waits(stores, webhook.id, minute)).await;
    let after = Some(Place::of(minute, delivery.key()));
    let page = stores.due(Spread::of(delivery.id), Minutes::Only(minute), after).await;
    let rows = page.expect("found").rows;
    assert!(rows.iter().all(|row| row.key != delivery.key()), "{rows:?}");
}

pub async fn a_record_moves_a_delivery_in_the_index<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let delivery = waiting(stores, &webhook, minute).await;
    eventually(&vec![delivery.id], || who_waits(stores, webhook.id, minute)).await;
    let record = AttemptRecord {
        key: delivery.key(),
        attempt: a_failed_attempt(2),
        status: Some(DeliveryStatus::Retrying),
        reason: None,
        next_attempt_at: Some(minute.next().strikes_at()),
        waits_for: Some(minute.next()),
        expires_at: NEVER,
        drop_body: None,
    };
    stores.record_attempt(&record).await.expect("recorded");
    eventually(&vec![], || who_waits(stores, webhook.id, minute)).await;
    eventually(&vec![delivery.id], || who_waits(stores, webhook.id, minute.next())).await;
    let by_queue = AttemptRecord { attempt: a_failed_attempt(3), waits_for: None, ..record };
    stores.record_attempt(&by_queue).await.expect("recorded");
    eventually(&vec![], || who_waits(stores, webhook.id, minute.next())).await;
}

pub async fn many_that_wait_are_found_in_pages<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let mut all = Vec::new();
    for _ in 0..15 {
        let made = join_all((0..15).map(|_| waiting(stores, &webhook, minute))).await;
        all.extend(made);
    }
    let mut ids: Vec<_> = all.iter().map(|delivery| delivery.id).collect();
    ids.sort();
    eventually(&ids, || who_waits(stores, webhook.id, minute)).await;
    let keys: Vec<_> = all.iter().take(100).map(Delivery::key).collect();
    let (found, unreadable) = stores.waiting(&keys).await.expect("read");
    assert_eq!((found.len(), unreadable.len()), (100, 0));
}

pub async fn who_waits_is_read_and_who_does_not_is_left_out<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let waits = waiting(stores, &webhook, minute).await;
    let by_queue = a_delivery().to(&webhook).retrying().expires_at(NEVER).build();
    stores.create_delivery(&by_queue).await.expect("created");
    let keys = [waits.key(), by_queue.key(), somebodys_delivery().key()];
    let (found, unreadable) = stores.waiting(&keys).await.expect("read");
    let expected = WaitingDelivery { target: waits.target(), attempts: 1, minute, slot: None };
    assert_eq!((found, unreadable), (vec![expected], Vec::new()));
}

pub async fn who_stops_waiting_is_found_no_more<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let delivery = waiting(stores, &webhook, minute).await;
    for _ in 0..2 {
        stores.stop_waiting(delivery.key(), minute, 1).await.expect("stopped, or nothing to do");
    }
    let expected = Delivery { waits_for: None, ..delivery.clone() };
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(expected)));
    eventually(&vec![], || who_waits(stores, webhook.id, minute)).await;
}

pub async fn who_waits_for_another_minute_keeps_waiting<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let delivery = waiting(stores, &webhook, minute).await;
    stores.stop_waiting(delivery.key(), minute.next(), 1).await.expect("nothing to do");
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
}

pub async fn who_has_made_an_attempt_since_keeps_waiting<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let delivery = waiting(stores, &webhook, minute).await;
    for attempts in [0, 2] {
        stores.stop_waiting(delivery.key(), minute, attempts).await.expect("nothing to do");
    }
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
}

pub async fn a_delivery_that_is_gone_does_not_come_back_by_stopping<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    for attempts in [0, 1] {
        stores.stop_waiting(delivery.key(), a_minute(), attempts).await.expect("nothing to do");
    }
    assert_eq!(stores.delivery(delivery.key()).await, Ok(None));
}
