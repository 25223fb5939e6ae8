//! [`UpdateDeliveries::await_slot`]: deliveries in a shared wait for a slot of their webhook's rate limit.

use super::{NEVER, eventually, somebodys_webhook, who_waits};
use grapnel_domain::{
    delivery::{AttemptRecord, Delivery, DeliveryStatus, Ending, Parking, Reason, SlotWait},
    limit::Slot,
    ports::{CreateDeliveries, Deliveries, Recorded, TendDeliveries, UpdateDeliveries},
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, an_event},
    clock::START,
};
use std::time::Duration;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_slots {
    ($ports:expr) => {
        $crate::contract_tests!(
            slots,
            $ports,
            [
                who_waits_for_a_slot_is_found_by_its_minute,
                a_slot_takes_the_place_of_another_wait,
                who_is_settled_or_has_moved_on_waits_for_no_slot,
                who_leaves_the_index_loses_the_slot,
                a_record_an_end_and_parking_take_the_slot_away,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + Deliveries + UpdateDeliveries + TendDeliveries {}
impl<S: CreateDeliveries + Deliveries + UpdateDeliveries + TendDeliveries> Store for S {}

/// A slot in minutes that never strike: a deployed stack releases what is due.
fn slot(seconds: u64) -> Slot {
    Slot { at: NEVER.plus(Duration::from_secs(seconds)), moved: false }
}

fn minute(slot: Slot) -> Minute {
    Minute::at_or_before(slot.at)
}

async fn created<S: Store>(stores: &S, webhook: &Webhook) -> Delivery {
    let delivery = a_delivery().of(&an_event().build()).to(webhook).expires_at(NEVER).build();
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

fn wait_of(delivery: &Delivery, slot: Slot) -> SlotWait {
    let attempts = delivery.attempt_count();
    SlotWait { key: delivery.key(), slot, minute: minute(slot), attempts, expires_at: NEVER }
}

async fn wait<S: Store>(stores: &S, delivery: &Delivery, slot: Slot) -> Recorded {
    stores.await_slot(wait_of(delivery, slot)).await.expect("on record or refused")
}

async fn stored<S: Store>(stores: &S, delivery: &Delivery) -> Delivery {
    stores.delivery(delivery.key()).await.expect("read").expect("there")
}

pub async fn who_waits_for_a_slot_is_found_by_its_minute<S: Store>(stores: &S) {
    let (webhook, slot) = (somebodys_webhook(), Slot { moved: true, ..slot(3601) });
    let delivery = created(stores, &webhook).await;
    // Said twice: a repeated step.
    for _ in 0..2 {
        assert_eq!(wait(stores, &delivery, slot).await, Recorded::Yes);
    }
    eventually(&vec![delivery.id], || who_waits(stores, webhook.id, minute(slot))).await;
    let waits_for = Some(minute(slot));
    let expected = Delivery { waits_for, slot: Some(slot), ..delivery.clone() };
    assert_eq!(stored(stores, &delivery).await, expected, "and nothing else changed");
}

pub async fn a_slot_takes_the_place_of_another_wait<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = created(stores, &webhook).await;
    wait(stores, &delivery, slot(3600)).await;
    assert_eq!(wait(stores, &delivery, slot(7200)).await, Recorded::Yes);
    eventually(&vec![delivery.id], || who_waits(stores, webhook.id, minute(slot(7200)))).await;
    eventually(&vec![], || who_waits(stores, webhook.id, minute(slot(3600)))).await;
    let parked = created(stores, &webhook).await;
    park(stores, &parked, START).await;
    assert_eq!(wait(stores, &parked, slot(3600)).await, Recorded::Yes);
    let now = stored(stores, &parked).await;
    assert_eq!((now.parked_until, now.slot), (None, Some(slot(3600))));
}

async fn park<S: Store>(stores: &S, delivery: &Delivery, due: Timestamp) {
    let attempts = delivery.attempt_count();
    let parking = Parking { key: delivery.key(), due, attempts, expires_at: NEVER };
    assert_eq!(stores.park(parking).await, Ok(Recorded::Yes));
}

pub async fn who_is_settled_or_has_moved_on_waits_for_no_slot<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let settled = a_delivery().of(&an_event().build()).to(&webhook).delivered().build();
    stores.create_delivery(&settled).await.expect("created");
    let refused = wait(stores, &settled, slot(3600)).await;
    assert!(matches!(refused, Recorded::Refused(Some(found)) if found.id == settled.id));
    let delivery = created(stores, &webhook).await;
    let other = SlotWait { attempts: 1, ..wait_of(&delivery, slot(3600)) };
    assert!(matches!(stores.await_slot(other).await, Ok(Recorded::Refused(Some(_)))));
    let gone = a_delivery().to(&webhook).build();
    assert_eq!(wait(stores, &gone, slot(3600)).await, Recorded::Refused(None));
    assert_eq!(stores.delivery(gone.key()).await, Ok(None));
}

pub async fn who_leaves_the_index_loses_the_slot<S: Store>(stores: &S) {
    let (webhook, slot) = (somebodys_webhook(), slot(3600));
    let delivery = created(stores, &webhook).await;
    wait(stores, &delivery, slot).await;
    stores.stop_waiting(delivery.key(), minute(slot).next(), 0).await.expect("nothing to do");
    assert_eq!(stored(stores, &delivery).await.slot, Some(slot));
    stores.stop_waiting(delivery.key(), minute(slot), 0).await.expect("stopped");
    assert_eq!(stored(stores, &delivery).await, delivery);
}

pub async fn a_record_an_end_and_parking_take_the_slot_away<S: Store>(stores: &S) {
    let (webhook, slot) = (somebodys_webhook(), slot(3600));
    let recorded = created(stores, &webhook).await;
    wait(stores, &recorded, slot).await;
    let record = AttemptRecord {
        key: recorded.key(),
        attempt: a_failed_attempt(1),
        status: Some(DeliveryStatus::Retrying),
        reason: None,
        next_attempt_at: Some(minute(slot).strikes_at()),
        waits_for: Some(minute(slot)),
        expires_at: NEVER,
        drop_body: None,
    };
    assert_eq!(stores.record_attempt(&record).await, Ok(Recorded::Yes));
    let ended = created(stores, &webhook).await;
    wait(stores, &ended, slot).await;
    let (key, reason) = (ended.key(), Reason::WebhookDisabled);
    let ending = Ending { key, attempts: 0, reason, expires_at: NEVER };
    assert_eq!(stores.end_delivery(ending).await, Ok(Recorded::Yes));
    let parked = created(stores, &webhook).await;
    wait(stores, &parked, slot).await;
    park(stores, &parked, slot.at).await;
    for delivery in [&recorded, &ended, &parked] {
        assert_eq!(stored(stores, delivery).await.slot, None);
    }
    eventually(&vec![recorded.id], || who_waits(stores, webhook.id, minute(slot))).await;
}
