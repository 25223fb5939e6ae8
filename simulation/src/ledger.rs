//! The invariants of delivery, checked while a run happens.
//!
//! The ledger keeps its own records of a run ([`account`]) and compares them with what the handlers
//! write. The first broken promise ends the run. [`requests`] checks the requests to receivers,
//! [`limits`] their times under rate limits, [`events`] which webhooks get an event, [`replays`] and
//! [`asked`] what is resent, [`erasures`] what must not be sent, [`wakeups`] that the next step is
//! always scheduled, [`circuits`] that open circuit breakers wake, [`expiry`] how long rows live, [`explanations`] what is said about
//! them, [`quiet`] the state at the end.

mod account;
mod asked;
mod circuits;
mod erasures;
mod events;
mod expiry;
mod explanations;
mod health;
mod limits;
mod quiet;
mod replays;
mod requests;
mod wakeups;

pub(crate) use account::{Key, Sending, key, name};
pub(crate) use explanations::Subject;
pub(crate) use wakeups::{Moment, fault_of_another_slot};

use crate::task::TaskId;
use account::{Accepted, Asked, Attempt, Erasures, Limits, OnRecord, Replays, Request};
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, DeliveryKey, DeliveryStatus},
    ids::{DeliveryId, EventId, WebhookId},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// The records of a run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: BTreeMap<Key, Delivery>,
    by_event: BTreeMap<(WebhookId, EventId), DeliveryId>,
    requests: BTreeMap<Key, Vec<Request>>,
    /// Requests of functions that have not ended, by their index in `requests`.
    under_way: BTreeMap<TaskId, Vec<(Key, usize)>>,
    on_record: BTreeMap<Attempt, OnRecord>,
    accepted: BTreeMap<EventId, Accepted>,
    malformed: BTreeSet<String>,
    /// The answer to each request to publish, by the request's key.
    published: BTreeMap<String, Vec<EventId>>,
    replays: Replays,
    erasures: Erasures,
    limits: Limits,
    /// If set, nothing checks for how long a record is retried.
    records_may_be_given_up: bool,
    asked: Vec<Asked>,
    /// The function that was the last to write the health of a webhook.
    health_writers: BTreeMap<WebhookId, TaskId>,
    /// The latest due time of each circuit breaker for which there was a wake-up.
    wake_ups: BTreeMap<WebhookId, Timestamp>,
    broken: Option<String>,
}

impl Ledger {
    /// Notes a broken promise. Only the first is kept.
    pub(crate) fn broken(&mut self, what: impl Into<String>) {
        self.broken.get_or_insert_with(|| what.into());
    }

    pub(crate) fn first_broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// The keys of all deliveries.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.rows.keys().copied().collect()
    }

    pub(crate) fn row(&self, key: Key) -> Option<&Delivery> {
        self.rows.get(&key)
    }

    /// The delivery of an event to a webhook.
    pub(crate) fn delivery_of(&self, webhook: WebhookId, event: EventId) -> Option<Key> {
        self.by_event.get(&(webhook, event)).map(|id| (webhook, *id))
    }

    /// A delivery was written and has this new state.
    pub(crate) fn written(&mut self, row: Delivery) {
        let key = key(row.key());
        if let Some(before) = self.rows.get(&key) {
            let fault = faulty_change(before, &row)
                .or_else(|| self.replays.faulty_reopening(key, before, &row));
            if let Some(fault) = fault {
                self.broken(format!("{}: {fault}", name(key)));
            }
        }
        if let Some(fault) = faulty_row(&row) {
            self.broken(format!("{}: {fault}", name(key)));
        }
        self.by_event.insert((row.webhook_id, row.event_id), row.id);
        self.rows.insert(key, row);
    }

    /// Time-to-live removed expired rows.
    pub(crate) fn expired(&mut self, now: Timestamp, gone: &[DeliveryKey]) {
        for key in gone.iter().copied().map(key) {
            let Some(row) = self.rows.remove(&key) else { continue };
            self.by_event.remove(&(row.webhook_id, row.event_id));
            // If the event is redriven after that, its delivery begins again.
            self.on_record.retain(|(of, _), _| *of != key);
            self.requests.remove(&key);
            if !row.status.is_settled() || now < row.expires_at {
                self.broken(format!("{}: dropped while {:?}", name(key), row.status));
            }
        }
    }
}

/// A change of something that must not change.
fn faulty_change(before: &Delivery, after: &Delivery) -> Option<String> {
    let (was, is) = (before.attempts.len(), after.attempts.len());
    if is < was || is > was + 1 {
        return Some(format!("{was} attempts on record became {is}"));
    }
    let changed = before.attempts.iter().zip(&after.attempts).find(|(was, is)| !same(was, is));
    if let Some((attempt, _)) = changed {
        return Some(format!("the record of attempt {} changed", attempt.attempt_number));
    }
    if before.payload_erased_at.is_some() && before.payload_erased_at != after.payload_erased_at {
        return Some("when its data was erased is forgotten".into());
    }
    let backwards = match (before.status, after.status) {
        (DeliveryStatus::Success, is) => is != DeliveryStatus::Success,
        // The records of replays judge this change.
        (DeliveryStatus::Failed, DeliveryStatus::Retrying) => before.reopened == after.reopened,
        (DeliveryStatus::Failed, is) => !is.is_settled(),
        (_, is) => is == DeliveryStatus::Pending && before.status != DeliveryStatus::Pending,
    };
    backwards.then(|| format!("{:?} became {:?}", before.status, after.status))
}

/// Whether a recorded attempt is unchanged, except for a body that may be removed.
fn same(was: &DeliveryAttempt, is: &DeliveryAttempt) -> bool {
    let mut forgotten = was.clone();
    forgotten.forget_response();
    was == is || forgotten == *is
}

/// A row with an impossible content.
fn faulty_row(row: &Delivery) -> Option<String> {
    let numbers = row.attempts.iter().map(|attempt| attempt.attempt_number.get());
    if !numbers.eq(1..=row.attempt_count()) {
        return Some("its attempts are not numbered from 1".into());
    }
    let has_reason = row.reason.is_some();
    if has_reason != (row.status == DeliveryStatus::Failed) {
        return Some(format!("{:?} with the reason {:?}", row.status, row.reason));
    }
    let waits = row.waits_for.is_some();
    let parked = row.parked_until.is_some();
    if parked && (waits || row.status.is_settled()) {
        return Some(format!("parked while {:?}, waiting: {waits}", row.status));
    }
    let due = row.next_attempt_at.is_some();
    let for_slot = row.slot.is_some();
    if for_slot && !waits {
        return Some("it has a slot and does not wait for it".into());
    }
    if row.test && row.status == DeliveryStatus::Retrying {
        return Some("a test is to be tried again".into());
    }
    let fits = match row.status {
        DeliveryStatus::Retrying => due,
        DeliveryStatus::Pending => !due && waits == for_slot,
        DeliveryStatus::Success | DeliveryStatus::Failed => !due && !waits,
    };
    (!fits).then(|| format!("{:?}, but due: {due}, waiting: {waits}", row.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_testing::builders::a_delivery;

    fn verdict(rows: [Delivery; 2]) -> bool {
        let mut ledger = Ledger::default();
        rows.into_iter().for_each(|row| ledger.written(row));
        ledger.first_broken().is_none()
    }

    #[test]
    fn a_record_may_lose_a_body_and_nothing_else() {
        let before = a_delivery().delivered().build();
        let mut without_body = before.clone();
        without_body.attempts[0].forget_response();
        assert!(verdict([before.clone(), without_body]));
        let mut changed = before.clone();
        changed.attempts[0].duration += 1;
        assert!(!verdict([before.clone(), changed]));
        let mut fewer = before.clone();
        fewer.attempts.clear();
        assert!(!verdict([before, fewer]));
    }

    #[test]
    fn what_is_settled_stays_so() {
        let delivered = a_delivery().delivered().build();
        let failed = Delivery {
            status: DeliveryStatus::Failed,
            reason: Some(grapnel_domain::delivery::Reason::WebhookDeleted),
            ..delivered.clone()
        };
        assert!(!verdict([delivered, failed]));
    }
}
