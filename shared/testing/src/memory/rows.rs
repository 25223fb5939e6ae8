//! The deliveries table with its sparse index, kept with it.

use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, ParkedRow},
    ids::{DeliveryId, WebhookId},
    time::{Minute, Timestamp},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};
use uuid::Uuid;

type Key = (WebhookId, DeliveryId);

/// The rows of the deliveries table.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    rows: BTreeMap<Key, Delivery>,
    waiting: BTreeSet<(WebhookId, Minute, DeliveryId)>,
    parked: BTreeSet<(WebhookId, ParkedRow)>,
}

const FIRST: DeliveryId = DeliveryId::from_uuid(Uuid::nil());
const LAST: DeliveryId = DeliveryId::from_uuid(Uuid::max());

impl Rows {
    pub(super) fn get(&self, key: Key) -> Option<&Delivery> {
        self.rows.get(&key)
    }

    pub(super) fn insert(&mut self, row: Delivery) {
        let key = (row.webhook_id, row.id);
        self.forget(key);
        self.index(&row);
        self.rows.insert(key, row);
    }

    /// Changes a row, if it is there.
    pub(super) fn change(&mut self, key: Key, change: impl FnOnce(&mut Delivery)) {
        if let Some(mut row) = self.rows.remove(&key) {
            self.leave_index(&row);
            change(&mut row);
            self.index(&row);
            self.rows.insert(key, row);
        }
    }

    /// Drops what has expired, and answers what that was.
    pub(super) fn drop_expired(&mut self, now: Timestamp) -> Vec<DeliveryKey> {
        let expired = self.rows.values().filter(|row| row.expires_at <= now);
        let keys: Vec<DeliveryKey> = expired.map(Delivery::key).collect();
        keys.iter().for_each(|key| self.forget((key.webhook_id, key.id)));
        keys
    }

    /// Every row, by webhook and age.
    pub(super) fn all(&self) -> impl Iterator<Item = &Delivery> {
        self.rows.values()
    }

    /// A webhook's rows, oldest first.
    pub(super) fn of(&self, webhook: WebhookId) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.between(webhook, FIRST..=LAST)
    }

    /// A webhook's rows with these ids.
    pub(super) fn between(
        &self,
        webhook: WebhookId,
        ids: RangeInclusive<DeliveryId>,
    ) -> impl DoubleEndedIterator<Item = &Delivery> {
        let range = (webhook, *ids.start())..=(webhook, *ids.end());
        self.rows.range(range).map(|(_, row)| row)
    }

    /// Who waits for this minute, after `after`.
    pub(super) fn waiting(
        &self,
        webhook: WebhookId,
        minute: Minute,
        after: Option<DeliveryId>,
    ) -> impl Iterator<Item = DeliveryId> {
        let from = (webhook, minute, after.unwrap_or(FIRST));
        let rows = self.waiting.range(from..=(webhook, minute, LAST)).map(|(.., id)| *id);
        rows.filter(move |id| after != Some(*id))
    }

    /// Who is parked, the longest parked first, after `after`.
    pub(super) fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> impl Iterator<Item = ParkedRow> {
        let end = |millis, id| ParkedRow { due: Timestamp::from_millis(millis), id };
        let from = (webhook, after.unwrap_or(end(i64::MIN, FIRST)));
        let rows = self.parked.range(from..=(webhook, end(i64::MAX, LAST))).map(|(_, row)| *row);
        rows.filter(move |row| after != Some(*row))
    }

    fn forget(&mut self, key: Key) {
        if let Some(row) = self.rows.remove(&key) {
            self.leave_index(&row);
        }
    }

    fn index(&mut self, row: &Delivery) {
        let (webhook, id) = (row.webhook_id, row.id);
        self.waiting.extend(row.waits_for.map(|minute| (webhook, minute, id)));
        self.parked.extend(row.parked_until.map(|due| (webhook, ParkedRow { due, id })));
    }

    fn leave_index(&mut self, row: &Delivery) {
        let (webhook, id) = (row.webhook_id, row.id);
        if let Some(minute) = row.waits_for {
            self.waiting.remove(&(webhook, minute, id));
        }
        if let Some(due) = row.parked_until {
            self.parked.remove(&(webhook, ParkedRow { due, id }));
        }
    }
}
