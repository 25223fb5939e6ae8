//! [`FindDeliveries::waiting`] and [`UpdateDeliveries::stop_waiting`].

use super::{NEVER, eventually, somebodys_delivery, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryStatus},
    ids::DeliveryId,
    ports::{CreateDeliveries, Deliveries, FindDeliveries, UpdateDeliveries},
    time::Minute,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, an_event},
    clock::START,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_waiting {
    ($ports:expr) => {
        $crate::contract_tests!(
            waiting,
            $ports,
            [
                who_waits_for_a_minute_is_found,
                a_record_moves_a_delivery_in_the_index,
                many_that_wait_are_found_in_pages,
                who_stops_waiting_is_found_no_more,
                who_waits_for_another_minute_keeps_waiting,
                who_has_made_an_attempt_since_keeps_waiting,
                a_delivery_that_is_gone_does_not_come_back_by_stopping,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries + FindDeliveries {}
impl<S: CreateDeliveries + Deliveries + UpdateDeliveries + FindDeliveries> Store for S {}

fn minute() -> Minute {
    Minute::at_or_after(START).next()
}

async fn waiting<S: Store>(stores: &S, webhook: &Webhook, minute: Minute) -> Delivery {
    let event = an_event().build();
    let builder = a_delivery().of(&event).to(webhook).waiting_for(minute).expires_at(NEVER);
    let delivery = builder.build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

async fn found<S: Store>(stores: &S, webhook: &Webhook, minute: Minute) -> Vec<DeliveryId> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = stores.waiting(webhook.id, minute, after).await.expect("found");
        found.extend(page.items.into_iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

pub async fn who_waits_for_a_minute_is_found<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let waits = waiting(stores, &webhook, minute()).await;
    let later = waiting(stores, &webhook, minute().next()).await;
    waiting(stores, &somebodys_webhook(), minute()).await;
    let by_queue = a_delivery().to(&webhook).retrying().expires_at(NEVER).build();
    stores.create_delivery(&by_queue).await.expect("created");
    eventually(&vec![waits.id], || found(stores, &webhook, minute())).await;
    eventually(&vec![later.id], || found(stores, &webhook, minute().next())).await;
    eventually(&vec![], || found(stores, &webhook, minute().next().next())).await;
}

pub async fn a_record_moves_a_delivery_in_the_index<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = waiting(stores, &webhook, minute()).await;
    eventually(&vec![delivery.id], || found(stores, &webhook, minute())).await;
    let record = AttemptRecord {
        key: delivery.key(),
        attempt: a_failed_attempt(2),
        status: Some(DeliveryStatus::Retrying),
        reason: None,
        next_attempt_at: Some(minute().next().strikes_at()),
        waits_for: Some(minute().next()),
        expires_at: NEVER,
        drop_body: None,
    };
    stores.record_attempt(&record).await.expect("recorded");
    eventually(&vec![], || found(stores, &webhook, minute())).await;
    eventually(&vec![delivery.id], || found(stores, &webhook, minute().next())).await;
    let by_queue = AttemptRecord { attempt: a_failed_attempt(3), waits_for: None, ..record };
    stores.record_attempt(&by_queue).await.expect("recorded");
    eventually(&vec![], || found(stores, &webhook, minute().next())).await;
}

pub async fn many_that_wait_are_found_in_pages<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let mut ids = Vec::new();
    for _ in 0..15 {
        let made = join_all((0..15).map(|_| waiting(stores, &webhook, minute()))).await;
        ids.extend(made.into_iter().map(|delivery| delivery.id));
    }
    ids.sort();
    eventually(&ids, || found(stores, &webhook, minute())).await;
    // More than one page, so that the cursor was used.
    let page = stores.waiting(webhook.id, minute(), None).await.expect("found");
    assert!(page.items.len() < ids.len() && page.next.is_some());
}

pub async fn who_stops_waiting_is_found_no_more<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = waiting(stores, &webhook, minute()).await;
    for _ in 0..2 {
        stores.stop_waiting(delivery.key(), minute(), 1).await.expect("stopped, or nothing to do");
    }
    let expected = Delivery { waits_for: None, ..delivery.clone() };
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(expected)));
    eventually(&vec![], || found(stores, &webhook, minute())).await;
}

pub async fn who_waits_for_another_minute_keeps_waiting<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = waiting(stores, &webhook, minute()).await;
    stores.stop_waiting(delivery.key(), minute().next(), 1).await.expect("nothing to do");
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
}

pub async fn who_has_made_an_attempt_since_keeps_waiting<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = waiting(stores, &webhook, minute()).await;
    for attempts in [0, 2] {
        stores.stop_waiting(delivery.key(), minute(), attempts).await.expect("nothing to do");
    }
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
}

pub async fn a_delivery_that_is_gone_does_not_come_back_by_stopping<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    for attempts in [0, 1] {
        stores.stop_waiting(delivery.key(), minute(), attempts).await.expect("nothing to do");
    }
    assert_eq!(stores.delivery(delivery.key()).await, Ok(None));
}
