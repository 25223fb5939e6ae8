//! Parked deliveries: [`UpdateDeliveries::park`], [`Deliveries::parked`] and [`UpdateDeliveries::unpark`].

use super::{NEVER, a_minute, eventually, somebodys_webhook, who_waits};
use grapnel_domain::{
    delivery::{Delivery, Ending, ParkedRow, Parking, Reason},
    ports::{CreateDeliveries, Deliveries, Recorded, TendDeliveries, UpdateDeliveries},
    release::PAGE_ROWS,
    time::Timestamp,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, an_event},
    clock::START,
};
use std::time::Duration;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_parking {
    ($ports:expr) => {
        $crate::contract_tests!(
            parking,
            $ports,
            [
                who_is_parked_is_found_the_longest_parked_first,
                many_that_are_parked_are_found_in_pages,
                parking_takes_the_place_of_a_wait,
                who_is_settled_or_has_moved_on_is_not_parked,
                who_is_parked_anew_does_not_leave_for_the_old_time,
                an_end_takes_it_out,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries + TendDeliveries {}
impl<S: CreateDeliveries + Deliveries + UpdateDeliveries + TendDeliveries> Store for S {}

fn due(seconds: u64) -> Timestamp {
    START.plus(Duration::from_secs(seconds))
}

async fn created<S: Store>(stores: &S, webhook: &Webhook) -> Delivery {
    let delivery = a_delivery().of(&an_event().build()).to(webhook).expires_at(NEVER).build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

async fn park<S: Store>(stores: &S, delivery: &Delivery, due: Timestamp) -> Recorded {
    let attempts = delivery.attempt_count();
    let parking = Parking { key: delivery.key(), due, attempts, expires_at: NEVER };
    stores.park(parking).await.expect("parked or refused")
}

async fn found<S: Store>(stores: &S, webhook: &Webhook) -> Vec<ParkedRow> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = stores.parked(webhook.id, after).await.expect("found");
        found.extend(page.items);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

pub async fn who_is_parked_is_found_the_longest_parked_first<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let mut expected = Vec::new();
    for seconds in [9, 60, 7_200] {
        let delivery = created(stores, &webhook).await;
        assert_eq!(park(stores, &delivery, due(seconds)).await, Recorded::Yes);
        expected.push(ParkedRow { due: due(seconds), id: delivery.id });
        let stored = stores.delivery(delivery.key()).await.expect("read").expect("there");
        assert_eq!(stored.parked_until, Some(due(seconds)));
    }
    eventually(&expected, || found(stores, &webhook)).await;
}

pub async fn many_that_are_parked_are_found_in_pages<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let mut expected = Vec::new();
    for number in 0..u64::from(PAGE_ROWS) + 20 {
        let delivery = created(stores, &webhook).await;
        park(stores, &delivery, due(number % 3)).await;
        expected.push(ParkedRow { due: due(number % 3), id: delivery.id });
    }
    expected.sort_unstable();
    eventually(&expected, || found(stores, &webhook)).await;
}

pub async fn parking_takes_the_place_of_a_wait<S: Store>(stores: &S) {
    let (webhook, minute) = (somebodys_webhook(), a_minute());
    let builder = a_delivery().of(&an_event().build()).to(&webhook).expires_at(NEVER);
    let delivery = builder.waiting_for(minute).build();
    stores.create_delivery(&delivery).await.expect("created");
    assert_eq!(park(stores, &delivery, due(60)).await, Recorded::Yes);
    eventually(&1, async || found(stores, &webhook).await.len()).await;
    eventually(&Vec::new(), || who_waits(stores, webhook.id, minute)).await;
    let stored = stores.delivery(delivery.key()).await.expect("read").expect("there");
    assert_eq!((stored.waits_for, stored.parked_until), (None, Some(due(60))));
    assert_eq!(stored.next_attempt_at, delivery.next_attempt_at, "its schedule is as it was");
}

pub async fn who_is_settled_or_has_moved_on_is_not_parked<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let settled = a_delivery().of(&an_event().build()).to(&webhook).delivered().build();
    stores.create_delivery(&settled).await.expect("created");
    let refused = park(stores, &settled, due(60)).await;
    assert!(matches!(refused, Recorded::Refused(Some(found)) if found.id == settled.id));
    let delivery = created(stores, &webhook).await;
    let other = Parking { key: delivery.key(), due: due(60), attempts: 1, expires_at: NEVER };
    assert!(matches!(stores.park(other).await, Ok(Recorded::Refused(Some(_)))));
    let gone = a_delivery().to(&webhook).build();
    assert_eq!(park(stores, &gone, due(60)).await, Recorded::Refused(None));
}

pub async fn who_is_parked_anew_does_not_leave_for_the_old_time<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = created(stores, &webhook).await;
    park(stores, &delivery, due(60)).await;
    park(stores, &delivery, due(180)).await;
    stores.unpark(delivery.key(), due(60), 0).await.expect("nothing to do");
    stores.unpark(delivery.key(), due(180), 1).await.expect("nothing to do");
    let row = ParkedRow { due: due(180), id: delivery.id };
    eventually(&vec![row], || found(stores, &webhook)).await;
    stores.unpark(delivery.key(), due(180), 0).await.expect("let go");
    eventually(&Vec::new(), || found(stores, &webhook)).await;
}

pub async fn an_end_takes_it_out<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = created(stores, &webhook).await;
    park(stores, &delivery, due(60)).await;
    let ending = Ending {
        key: delivery.key(),
        attempts: 0,
        reason: Reason::WebhookDisabled,
        expires_at: NEVER,
    };
    assert_eq!(stores.end_delivery(ending).await, Ok(Recorded::Yes));
    eventually(&Vec::new(), || found(stores, &webhook)).await;
}
