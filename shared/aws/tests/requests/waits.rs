//! The deliveries table: deliveries that wait or are parked.

use crate::deliveries::{Asked, DUE};
use grapnel_domain::{
    delivery::{ParkedRow, Parking, SlotWait},
    limit::Slot,
    ports::{Deliveries, TendDeliveries, UpdateDeliveries},
    tending::{Minutes, Place, Spread, Unreadable},
    time::Minute,
};

#[tokio::test]
async fn who_waits_or_is_parked_is_found_in_its_own_part_of_the_index() {
    let asked = Asked::new().await;
    let (webhook, id) = (asked.delivery.webhook_id, asked.delivery.id);
    let minute = Minute::at_or_after(DUE);
    let spread = Spread::of(id);
    asked.store.due(spread, Minutes::Only(minute), None).await.expect("found");
    let after = Some(Place::of(minute, asked.delivery.key()));
    asked.store.due(spread, Minutes::UpTo(minute), after).await.expect("found");
    for after in [None, Some(ParkedRow { due: DUE, id })] {
        asked.store.parked(webhook, after).await.expect("found");
    }
    asked.is("
        Query deliveries/due
        where waitSpread = 'SPREAD'
          and waitMinute = '20261124T0625Z'
        Query deliveries/due
        after id = 'DELIVERY', waitMinute = '20261124T0625Z', waitSpread = 'SPREAD', webhookId = 'WEBHOOK'
        where waitSpread = 'SPREAD'
          and waitMinute <= '20261124T0625Z'
        Query deliveries/waiting
        where webhookId = 'WEBHOOK'
          and begins_with(waitKey, 'parked#')
        Query deliveries/waiting
        after id = 'DELIVERY', waitKey = 'parked#1795501500000#DELIVERY', webhookId = 'WEBHOOK'
        where webhookId = 'WEBHOOK'
          and begins_with(waitKey, 'parked#')
    ");
}

#[tokio::test]
async fn of_who_waits_no_attempt_is_read_and_what_cannot_be_released_leaves_the_index() {
    let asked = Asked::new().await;
    let key = asked.delivery.key();
    asked.store.waiting(&[key]).await.expect("read");
    let (webhook_id, id) = (key.webhook_id.to_string(), key.id.to_string());
    let row = Unreadable { webhook_id, id, reason: "it cannot be read".into() };
    asked.store.give_up(&row).await.expect("left");
    asked.is("
        BatchGetItem deliveries, consistent
        keys id = 'DELIVERY', webhookId = 'WEBHOOK'
        only webhookId, id, userId, eventId, attemptCount, waitMinute, slot
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attribute_exists(waitMinute)
        SET unreleased = 'it cannot be read'
        REMOVE waitSpread
          waitMinute
    ");
}

#[tokio::test]
async fn a_delivery_waits_or_is_parked_only_while_it_is_as_it_was_read() {
    let asked = Asked::new().await;
    let key = asked.delivery.key();
    let (attempts, expires_at, minute) = (1, DUE, Minute::at_or_after(DUE));
    let slot = Slot { at: DUE, moved: false };
    let wait = SlotWait { key, slot, minute, attempts, expires_at };
    asked.store.await_slot(wait).await.expect("waits");
    let parking = Parking { key, due: DUE, attempts, expires_at };
    asked.store.park(parking).await.expect("parked");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status IN ('pending', 'retrying')
        SET waitSpread = 'SPREAD'
          waitMinute = '20261124T0625Z'
          slot = …
          expiresAt = 1795501500
        REMOVE waitKey
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and status IN ('pending', 'retrying')
        SET waitKey = 'parked#1795501500000#DELIVERY'
          expiresAt = 1795501500
        REMOVE waitSpread
          waitMinute
          slot
    ");
}

#[tokio::test]
async fn a_delivery_leaves_the_index_only_if_it_waits_for_the_same_still() {
    let asked = Asked::new().await;
    let key = asked.delivery.key();
    asked.store.stop_waiting(key, Minute::at_or_after(DUE), 1).await.expect("left");
    asked.store.unpark(key, DUE, 1).await.expect("left");
    asked.is("
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and waitMinute = '20261124T0625Z'
        REMOVE waitSpread
          waitMinute
          slot
        UpdateItem deliveries
        key id = 'DELIVERY', webhookId = 'WEBHOOK'
        if attemptCount = 1
          and waitKey = 'parked#1795501500000#DELIVERY'
        REMOVE waitKey
          slot
    ");
}
