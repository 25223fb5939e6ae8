//! Manual retries: what was accepted is done.

use super::{Key, Ledger, account::Asked, name};
use crate::history::History;
use grapnel_domain::{
    delivery::{AttemptNumber, Delivery, MAX_ATTEMPTS_ON_RECORD},
    event::Event,
    time::Timestamp,
    webhook::Webhook,
};

/// Whether there is data to send: a function that erases an event's data may die before it marks
/// the deliveries.
pub(super) fn has_data(events: &[Event], row: &Delivery) -> bool {
    let mut events = events.iter().filter(|event| event.id == row.event_id);
    events.any(|event| event.payload_erased_at.is_none())
}

impl Ledger {
    /// A manual retry with `attempts` recorded attempts was answered with 202.
    pub(crate) fn retry_accepted(&mut self, key: Key, attempts: u32, at: Timestamp) {
        self.asked.push(Asked { key, number: AttemptNumber::after(attempts), at });
    }

    /// At the end of the run: each of them is recorded, unless it could not be made.
    pub(crate) fn check_asked_for(&mut self, events: &[Event], history: &History, now: Timestamp) {
        for Asked { key, number, at } in std::mem::take(&mut self.asked) {
            let Some(row) = self.rows.get(&key) else { continue };
            let sendable = row.payload_erased_at.is_none()
                && has_data(events, row)
                && number.is_among(MAX_ATTEMPTS_ON_RECORD);
            let stopped = |webhook: Option<&Webhook>| {
                webhook.is_none_or(|webhook| !webhook.effective_status().receives())
            };
            let active = !history.ever((&row.user_id, key.0), at, now, stopped);
            if sendable && active && !number.is_among(row.attempt_count()) {
                let made = row.attempt_count();
                let what = format!("a retry was accepted at {at}, and {made} attempts were made");
                self.broken(format!("{}: {what}", name(key)));
            }
        }
    }
}
