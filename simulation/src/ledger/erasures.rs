//! Erased data: it is gone, and is no longer sent.

use super::{Key, Ledger, name};
use crate::trace::short;
use grapnel_domain::{delivery::DeliveryStatus, event::Event};

impl Ledger {
    /// An event with this earlier state has lost its data. Its deliveries were settled when the API
    /// checked; only a replay reopens one.
    pub(crate) fn data_erased(&mut self, before: &Event) {
        if before.payload_erased_at.is_some() {
            return;
        }
        for key in before.delivery_keys() {
            let key = super::key(key);
            let Some(row) = self.rows.get(&key) else {
                self.broken(format!("{}: not made, and its data erased", name(key)));
                continue;
            };
            let is_open = !row.status.is_settled();
            if is_open && (row.status == DeliveryStatus::Pending || row.reopened.is_none()) {
                let what = format!("{}: its data erased while {:?}", name(key), row.status);
                self.broken(what);
            }
        }
        self.erasures.events.insert(before.id, before.user_id.clone());
    }

    /// A delivery was marked.
    pub(crate) fn told_of_erasure(&mut self, key: Key, step: u64) {
        self.erasures.told.entry(key).or_insert(step);
    }

    /// The API answered that an event's data is erased: then every delivery is marked.
    pub(crate) fn erasure_answered(&mut self, event: &Event) {
        if event.payload_erased_at.is_none() {
            self.broken(format!("{}: said to be erased, and is not", short(event.id)));
        }
        for key in event.delivery_keys() {
            let key = super::key(key);
            let row = self.rows.get(&key);
            if row.is_some_and(|row| row.payload_erased_at.is_none()) {
                self.broken(format!("{}: its data is said to be erased to all but it", name(key)));
            }
        }
    }

    /// A function that read its delivery at step `read` sends a request.
    pub(super) fn check_data_may_be_sent(&mut self, key: Key, read: u64) {
        if self.erasures.told.get(&key).is_some_and(|told| *told <= read) {
            self.broken(format!("{}: sent, though its data was erased", name(key)));
        }
    }

    /// At the end of the run: no data came back.
    pub(crate) fn check_erasures(&mut self, stored: &[Event]) {
        let back = stored.iter().find(|event| {
            let is_erased = event.payload_erased_at.is_some();
            let was_erased = self.erasures.events.contains_key(&event.id);
            is_erased != was_erased || (is_erased && !event.content.data.is_empty())
        });
        if let Some(event) = back {
            self.broken(format!("{}: its data was erased and came back", short(event.id)));
        }
    }
}
