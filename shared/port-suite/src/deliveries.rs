//! [`CreateDeliveries`] and [`Deliveries`].

use super::{NEVER, somebodys_delivery, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, DeliveryKey, Reason},
    ports::{CreateDeliveries, Created, Deliveries, DeliveryLog, ReadTogether},
    time::{Minute, Timestamp},
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, an_attempt},
    clock::START,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_deliveries {
    ($ports:expr) => {
        $crate::contract_tests!(
            deliveries,
            $ports,
            [
                a_new_delivery_reads_back,
                a_delivery_with_everything_reads_back,
                an_unknown_delivery_is_none,
                a_delivery_is_its_webhooks_only,
                creating_a_delivery_again_answers_what_is_there,
                of_many_that_create_it_at_once_one_is_new,
                many_are_read_in_the_order_of_their_keys,
                those_of_a_batch_are_read_together,
                more_than_one_call_takes_are_read_too,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + DeliveryLog {}
impl<S: CreateDeliveries + Deliveries + DeliveryLog> Store for S {}

pub async fn a_new_delivery_reads_back<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    assert_eq!(stores.create_delivery(&delivery).await, Ok(Created::New));
    assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
}

pub async fn a_delivery_with_everything_reads_back<S: Store>(stores: &S) {
    let silent = DeliveryAttempt {
        status_code: None,
        response: None,
        error: Some("the receiver did not answer within 10 s".into()),
        duration: 10_000,
        manual: true,
        ..an_attempt(2)
    };
    let odd = DeliveryAttempt { response: Some("\u{0}\u{FFFD} ✓ 🪝".into()), ..an_attempt(3) };
    let empty = DeliveryAttempt { response: Some(String::new()), ..an_attempt(4) };
    let minute = Minute::at_or_after(START).next();
    let waiting = a_delivery()
        .to(&somebodys_webhook())
        .test()
        .waiting_for(minute)
        .attempt(silent)
        .attempt(odd)
        .attempt(empty)
        .expires_at(NEVER)
        .build();
    let failed = a_delivery()
        .to(&somebodys_webhook())
        .failed(2, Reason::EventExpired)
        .expires_at(NEVER)
        .build();
    for delivery in [waiting, failed] {
        assert_eq!(stores.create_delivery(&delivery).await, Ok(Created::New));
        assert_eq!(stores.delivery(delivery.key()).await, Ok(Some(delivery)));
    }
}

pub async fn an_unknown_delivery_is_none<S: Store>(stores: &S) {
    assert_eq!(stores.delivery(somebodys_delivery().key()).await, Ok(None));
}

pub async fn a_delivery_is_its_webhooks_only<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    stores.create_delivery(&delivery).await.expect("created");
    let elsewhere = DeliveryKey { webhook_id: somebodys_webhook().id, ..delivery.key() };
    assert_eq!(stores.delivery(elsewhere).await, Ok(None));
}

pub async fn creating_a_delivery_again_answers_what_is_there<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let there = a_delivery().to(&webhook).retrying().expires_at(NEVER).build();
    stores.create_delivery(&there).await.expect("created");
    let again = Delivery {
        attempts: vec![],
        next_attempt_at: None,
        created_at: Timestamp::from_millis(START.as_millis() + 9),
        ..there.clone()
    };
    let existed = Created::Existed(Box::new(there.clone()));
    assert_eq!(stores.create_delivery(&again).await, Ok(existed));
    assert_eq!(there.attempts, [a_failed_attempt(1)]);
    assert_eq!(stores.delivery(there.key()).await, Ok(Some(there)));
}

pub async fn of_many_that_create_it_at_once_one_is_new<S: Store>(stores: &S) {
    let delivery = somebodys_delivery();
    let answers = join_all((0..8).map(|_| stores.create_delivery(&delivery))).await;
    let new = answers.iter().filter(|answer| **answer == Ok(Created::New)).count();
    let existed = Ok(Created::Existed(Box::new(delivery)));
    assert_eq!(new, 1);
    assert_eq!(answers.into_iter().filter(|answer| *answer == existed).count(), 7);
}

pub async fn many_are_read_in_the_order_of_their_keys<S: Store>(stores: &S) {
    let (one, other, missing) = (somebodys_delivery(), somebodys_delivery(), somebodys_delivery());
    for delivery in [&one, &other] {
        stores.create_delivery(delivery).await.expect("created");
    }
    let keys = [other.key(), missing.key(), one.key()];
    assert_eq!(stores.deliveries_by_key(&keys).await, Ok(vec![other, one]));
    assert_eq!(stores.deliveries_by_key(&[missing.key()]).await, Ok(vec![]));
    assert_eq!(stores.deliveries_by_key(&[]).await, Ok(vec![]));
}

pub async fn those_of_a_batch_are_read_together<S: Store>(stores: &S) {
    let (one, other, missing) = (somebodys_delivery(), somebodys_delivery(), somebodys_delivery());
    for delivery in [&one, &other] {
        stores.create_delivery(delivery).await.expect("created");
    }
    let keys = [other.key(), missing.key(), one.key()];
    let mut read = stores.deliveries_together(&keys).await.expect("read");
    read.found.sort_by_key(|delivery| delivery.key() == other.key());
    assert_eq!(read, ReadTogether { found: vec![one, other], unread: Vec::new() });
}

pub async fn more_than_one_call_takes_are_read_too<S: Store>(stores: &S) {
    let there: Vec<Delivery> = (0..130).map(|_| somebodys_delivery()).collect();
    for created in join_all(there.iter().map(|one| stores.create_delivery(one))).await {
        created.expect("created");
    }
    let keys: Vec<DeliveryKey> = there.iter().map(Delivery::key).collect();
    let read = stores.deliveries_by_key(&keys).await.expect("read");
    assert!(read == there, "{} of {}", read.len(), there.len());
}
