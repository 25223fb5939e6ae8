//! The deliveries table with its sparse index, kept with it.

use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, ParkedRow},
    ids::{DeliveryId, WebhookId},
    tending::{DueRow, Minutes, Place, Spread},
    time::Timestamp,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Bound, RangeInclusive},
};
use uuid::Uuid;

type Key = (WebhookId, DeliveryId);

/// The rows of the deliveries table.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    rows: BTreeMap<Key, Delivery>,
    /// The index of shared waits. Its order is that of the texts that are stored.
    waiting: BTreeMap<(Spread, Place), Key>,
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

    /// The rows of a part of the index that wait for these minutes, by minute, after `after`.
    pub(super) fn due(
        &self,
        spread: Spread,
        minutes: Minutes,
        after: Option<Place>,
    ) -> impl Iterator<Item = DueRow> {
        let from = match after {
            Some(after) => Bound::Excluded((spread, after)),
            None => Bound::Included((spread, Place::first())),
        };
        let rows = self.waiting.range((from, Bound::Unbounded));
        let rows = rows.take_while(move |((of, _), _)| *of == spread);
        rows.filter_map(|(_, key)| {
            let row = self.rows.get(key)?;
            Some(DueRow { key: row.key(), user_id: row.user_id.clone(), minute: row.waits_for? })
        })
        .skip_while(move |row| !minutes.contains(row.minute))
        .take_while(move |row| minutes.contains(row.minute))
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
        let place = |minute| ((Spread::of(id), Place::of(minute, row.key())), (webhook, id));
        self.waiting.extend(row.waits_for.map(place));
        self.parked.extend(row.parked_until.map(|due| (webhook, ParkedRow { due, id })));
    }

    fn leave_index(&mut self, row: &Delivery) {
        let (webhook, id) = (row.webhook_id, row.id);
        if let Some(minute) = row.waits_for {
            self.waiting.remove(&(Spread::of(id), Place::of(minute, row.key())));
        }
        if let Some(due) = row.parked_until {
            self.parked.remove(&(webhook, ParkedRow { due, id }));
        }
    }
}
