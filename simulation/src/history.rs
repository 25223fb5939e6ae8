//! Earlier versions of rows: what a lagging read may still see, and what was true in a period.

use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus, ParkedRow},
    event::Event,
    ids::{DeliveryId, EventId, UserId, WebhookId},
    replay::SettledRow,
    tending::{DueRow, Minutes, Place, Spread},
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use std::collections::BTreeMap;

/// A row's versions, oldest first, each with the time since when it was true.
type Versions<T> = Vec<(Timestamp, T)>;

/// All writes and their times.
#[derive(Debug, Default)]
pub(crate) struct History {
    webhooks: BTreeMap<(UserId, WebhookId), Versions<Option<Webhook>>>,
    waits: BTreeMap<(WebhookId, DeliveryId), Versions<Option<Minute>>>,
    parked: BTreeMap<(WebhookId, DeliveryId), Versions<Option<Timestamp>>>,
    rows: BTreeMap<(WebhookId, DeliveryId), Versions<SettledRow>>,
    events: BTreeMap<(UserId, EventId), Timestamp>,
    /// Events before their data was erased, and the time of the erasure.
    erased: BTreeMap<(UserId, EventId), (Timestamp, Event)>,
}

fn at<T>(versions: &Versions<T>, time: Timestamp) -> Option<&T> {
    versions.iter().rev().find(|(since, _)| *since <= time).map(|(_, version)| version)
}

impl History {
    pub(crate) fn webhook_changed(
        &mut self,
        now: Timestamp,
        user: &UserId,
        id: WebhookId,
        webhook: Option<Webhook>,
    ) {
        let versions = self.webhooks.entry((user.clone(), id)).or_default();
        if versions.last().map(|(_, last)| last) != Some(&webhook) {
            versions.push((now, webhook));
        }
    }

    pub(crate) fn wait_changed(
        &mut self,
        now: Timestamp,
        webhook: WebhookId,
        id: DeliveryId,
        minute: Option<Minute>,
    ) {
        let versions = self.waits.entry((webhook, id)).or_default();
        // A delivery that never waits is never in the index.
        let last = versions.last().and_then(|(_, last)| *last);
        if last != minute {
            versions.push((now, minute));
        }
    }

    pub(crate) fn parking_changed(
        &mut self,
        now: Timestamp,
        webhook: WebhookId,
        id: DeliveryId,
        due: Option<Timestamp>,
    ) {
        let versions = self.parked.entry((webhook, id)).or_default();
        let last = versions.last().and_then(|(_, last)| *last);
        if last != due {
            versions.push((now, due));
        }
    }

    pub(crate) fn row_changed(&mut self, now: Timestamp, row: &Delivery) {
        let versions = self.rows.entry((row.webhook_id, row.id)).or_default();
        let row = SettledRow::of(row);
        if versions.last().map(|(_, last)| last) != Some(&row) {
            versions.push((now, row));
        }
    }

    /// The webhook's deliveries, oldest first. Each is read at a different time.
    pub(crate) fn rows_at(
        &self,
        webhook: WebhookId,
        mut time: impl FnMut() -> Timestamp,
    ) -> Vec<SettledRow> {
        self.rows
            .iter()
            .filter(|((of, _), _)| *of == webhook)
            .filter_map(|(_, versions)| at(versions, time()).cloned())
            .collect()
    }

    /// Since when a delivery has been failed without any change.
    pub(crate) fn failed_since(&self, key: (WebhookId, DeliveryId)) -> Option<Timestamp> {
        let (since, last) = self.rows.get(&key)?.last()?;
        (last.status == DeliveryStatus::Failed).then_some(*since)
    }

    /// Since when a delivery has been successful.
    pub(crate) fn succeeded_since(&self, key: (WebhookId, DeliveryId)) -> Option<Timestamp> {
        self.rows_since(key, |row| row.status == DeliveryStatus::Success)
    }

    /// Since when a delivery has existed without being settled.
    pub(crate) fn open_since(&self, key: (WebhookId, DeliveryId)) -> Option<Timestamp> {
        self.rows_since(key, |row| !row.status.is_settled())
    }

    fn rows_since(
        &self,
        key: (WebhookId, DeliveryId),
        holds: impl Fn(&SettledRow) -> bool,
    ) -> Option<Timestamp> {
        let versions = self.rows.get(&key)?.iter().rev();
        versions.take_while(|(_, row)| holds(row)).last().map(|(since, _)| *since)
    }

    /// Whether a delivery began to wait for this minute before the minute.
    pub(crate) fn waited_before(&self, key: (WebhookId, DeliveryId), minute: Minute) -> bool {
        let mut versions = self.waits.get(&key).into_iter().flatten();
        versions.any(|(since, waited)| *waited == Some(minute) && *since < minute.strikes_at())
    }

    /// Whether a delivery was parked before this time, until this time at the latest.
    pub(crate) fn parked_before(&self, key: (WebhookId, DeliveryId), due: Timestamp) -> bool {
        let mut versions = self.parked.get(&key).into_iter().flatten();
        versions.any(|(since, parked)| parked.is_some_and(|until| until <= due) && *since < due)
    }

    pub(crate) fn event_stored(&mut self, now: Timestamp, user: &UserId, id: EventId) {
        self.events.entry((user.clone(), id)).or_insert(now);
    }

    pub(crate) fn data_erased(&mut self, now: Timestamp, before: Event) {
        if before.payload_erased_at.is_none() {
            self.erased.insert((before.user_id.clone(), before.id), (now, before));
        }
    }

    /// The event with its data, if the data was erased after `time`.
    pub(crate) fn event_before_erasure(
        &self,
        user: &UserId,
        id: EventId,
        time: Timestamp,
    ) -> Option<Event> {
        let (at, before) = self.erased.get(&(user.clone(), id))?;
        (time < *at).then(|| before.clone())
    }

    pub(crate) fn webhook_at(
        &self,
        user: &UserId,
        id: WebhookId,
        time: Timestamp,
    ) -> Option<Webhook> {
        self.webhooks.get(&(user.clone(), id)).and_then(|all| at(all, time).cloned().flatten())
    }

    pub(crate) fn event_was_there(&self, user: &UserId, id: EventId, time: Timestamp) -> bool {
        self.events.get(&(user.clone(), id)).is_some_and(|since| *since <= time)
    }

    /// The rows of a part of the index of waits, in its order. Each is read at a different time.
    pub(crate) fn due_at(
        &self,
        spread: Spread,
        minutes: Minutes,
        user: impl Fn((WebhookId, DeliveryId)) -> Option<UserId>,
        mut time: impl FnMut() -> Timestamp,
    ) -> Vec<DueRow> {
        let mine = self.waits.iter().filter(|((_, id), _)| Spread::of(*id) == spread);
        let mut rows: Vec<DueRow> = mine
            .filter_map(|((webhook_id, id), versions)| {
                let minute = (*at(versions, time())?).filter(|it| minutes.contains(*it))?;
                let key = DeliveryKey { webhook_id: *webhook_id, id: *id };
                Some(DueRow { key, user_id: user((*webhook_id, *id))?, minute })
            })
            .collect();
        rows.sort_by_key(|row| Place::of(row.minute, row.key));
        rows
    }

    /// The webhook's parked deliveries, the longest parked first. Each is read at a different time.
    pub(crate) fn parked_at(
        &self,
        webhook: WebhookId,
        mut time: impl FnMut() -> Timestamp,
    ) -> Vec<ParkedRow> {
        let mine = self.parked.iter().filter(|((of, _), _)| *of == webhook);
        let mut rows: Vec<ParkedRow> = mine
            .filter_map(|((_, id), versions)| {
                let due = (*at(versions, time())?)?;
                Some(ParkedRow { due, id: *id })
            })
            .collect();
        rows.sort_unstable();
        rows
    }

    /// The states of a webhook between two times; `None` where it did not exist.
    fn states(
        &self,
        user: &UserId,
        id: WebhookId,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Iterator<Item = Option<&Webhook>> {
        let versions: &[_] = self.webhooks.get(&(user.clone(), id)).map_or(&[], Vec::as_slice);
        // It did not exist before its first version.
        let before = versions.iter().rposition(|(since, _)| *since <= from);
        let absent = before.is_none().then_some(None);
        let first = before.unwrap_or(0);
        let during = versions
            .iter()
            .skip(first)
            .filter(move |(since, _)| *since <= until)
            .map(|(_, version)| version.as_ref());
        absent.into_iter().chain(during)
    }

    pub(crate) fn ever(
        &self,
        (user, id): (&UserId, WebhookId),
        from: Timestamp,
        until: Timestamp,
        holds: impl Fn(Option<&Webhook>) -> bool,
    ) -> bool {
        self.states(user, id, from, until).any(holds)
    }

    /// Since when a webhook has been so, when it first was.
    pub(crate) fn webhook_since(
        &self,
        (user, id): (&UserId, WebhookId),
        holds: impl Fn(&Webhook) -> bool,
    ) -> Option<Timestamp> {
        let mut versions = self.webhooks.get(&(user.clone(), id)).into_iter().flatten();
        versions.find(|(_, state)| state.as_ref().is_some_and(&holds)).map(|(since, _)| *since)
    }

    /// Every webhook that the user has had.
    pub(crate) fn webhooks_of(&self, user: &UserId) -> Vec<WebhookId> {
        self.webhooks.keys().filter(|(owner, _)| owner == user).map(|(_, id)| *id).collect()
    }

    /// The user's webhooks for which a condition was true all the time.
    pub(crate) fn always(
        &self,
        user: &UserId,
        from: Timestamp,
        until: Timestamp,
        holds: impl Fn(&Webhook) -> bool,
    ) -> Vec<WebhookId> {
        self.webhooks
            .keys()
            .filter(|(owner, _)| owner == user)
            .map(|(_, id)| *id)
            .filter(|id| self.states(user, *id, from, until).all(|state| state.is_some_and(&holds)))
            .collect()
    }
}
