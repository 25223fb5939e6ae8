//! [`DeliveryLog::list_deliveries`].

use super::{NEVER, eventually, somebodys_delivery, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt},
    outbound::CAPTURE_LIMIT_BYTES,
    ports::{CreateDeliveries, DeliveryLog},
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, an_event},
    clock::START,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_listing {
    ($ports:expr) => {
        $crate::contract_tests!(
            listing,
            $ports,
            [
                a_webhook_without_deliveries_has_an_empty_list,
                deliveries_are_listed_newest_first_in_pages,
                a_list_is_of_one_webhook,
                a_page_of_large_rows_is_complete,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + DeliveryLog {}
impl<S: CreateDeliveries + DeliveryLog> Store for S {}

/// Deliveries of one webhook, newest first.
async fn created<S: Store>(
    stores: &S,
    webhook: &Webhook,
    count: i64,
    attempts: &[DeliveryAttempt],
) -> Vec<Delivery> {
    let deliveries: Vec<Delivery> = (0..count)
        .rev()
        .map(|n| {
            let stored_at = Timestamp::from_millis(START.as_millis() + n);
            let event = an_event().stored_at(stored_at).build();
            let new = a_delivery().of(&event).to(webhook).expires_at(NEVER).build();
            Delivery { attempts: attempts.to_vec(), ..new }
        })
        .collect();
    for batch in deliveries.chunks(16) {
        for done in join_all(batch.iter().map(|delivery| stores.create_delivery(delivery))).await {
            done.expect("created");
        }
    }
    deliveries
}

async fn listed<S: Store>(stores: &S, webhook: &Webhook, limit: usize) -> Vec<Delivery> {
    let mut listed = Vec::new();
    let mut after = None;
    loop {
        let page = stores.list_deliveries(webhook.id, limit, after).await.expect("listed");
        assert!(page.items.len() <= limit, "limit {limit}");
        assert!(page.next.is_none() || page.items.len() == limit, "a short page is the last");
        listed.extend(page.items);
        after = page.next;
        if after.is_none() {
            return listed;
        }
    }
}

pub async fn a_webhook_without_deliveries_has_an_empty_list<S: Store>(stores: &S) {
    let page = stores.list_deliveries(somebodys_webhook().id, 10, None).await.expect("listed");
    assert!(page.items.is_empty() && page.next.is_none());
}

pub async fn deliveries_are_listed_newest_first_in_pages<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let deliveries = created(stores, &webhook, 6, &[]).await;
    for limit in [1, 2, 3, 4, 6, 100] {
        eventually(&deliveries, || listed(stores, &webhook, limit)).await;
    }
    // A page is full and yet the last one.
    let page = stores.list_deliveries(webhook.id, 6, None).await.expect("listed");
    assert_eq!((page.items.len(), page.next), (6, None));
    let oldest = deliveries.last().map(|delivery| delivery.id);
    let beyond = stores.list_deliveries(webhook.id, 6, oldest).await.expect("listed");
    assert!(beyond.items.is_empty() && beyond.next.is_none());
}

pub async fn a_list_is_of_one_webhook<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let deliveries = created(stores, &webhook, 2, &[]).await;
    stores.create_delivery(&somebodys_delivery()).await.expect("created");
    eventually(&deliveries, || listed(stores, &webhook, 100)).await;
}

/// DynamoDB reads at most 1 MB at once: this is about twice that.
pub async fn a_page_of_large_rows_is_complete<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let attempts: Vec<DeliveryAttempt> = (1..=10)
        .map(|number| DeliveryAttempt {
            response: Some("x".repeat(CAPTURE_LIMIT_BYTES)),
            ..a_failed_attempt(number)
        })
        .collect();
    let ids = |deliveries: Vec<Delivery>| -> Vec<_> {
        deliveries.into_iter().map(|delivery| (delivery.id, delivery.attempt_count())).collect()
    };
    let deliveries = ids(created(stores, &webhook, 50, &attempts).await);
    eventually(&deliveries, async || ids(listed(stores, &webhook, 50).await)).await;
    eventually(&deliveries, async || ids(listed(stores, &webhook, 40).await)).await;
}
