//! What must be true, checked as things happen: the invariants of delivery.
//!
//! The ledger keeps its own account of a run and compares it with what the handlers write. The first
//! thing that is not as promised ends the run. [`account`] is what it notes. [`requests`] judges what is sent to receivers,
//! [`limits`] when it may be sent, [`events`] whom an event reaches, [`replays`] and [`asked`] what is
//! sent again, [`erasures`] what must not be, [`wakeups`] who sees to what comes next, [`expiry`] how
//! long rows live, [`quiet`] what is left when nothing happens any more.

mod account;
mod asked;
mod erasures;
mod events;
mod expiry;
mod health;
mod limits;
mod quiet;
mod replays;
mod requests;
mod wakeups;

pub(crate) use account::{Key, Sending, key, name};
pub(crate) use wakeups::{Moment, fault_of_another_slot};

use crate::task::TaskId;
use account::{Accepted, Asked, Erasures, Limits, OnRecord, Replays, Request};
use grapnel_domain::{
    delivery::{Delivery, DeliveryAttempt, DeliveryKey, DeliveryStatus},
    ids::{DeliveryId, EventId, WebhookId},
    time::Timestamp,
};
use std::collections::{BTreeMap, BTreeSet};

/// The account of a run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rows: BTreeMap<Key, Delivery>,
    by_event: BTreeMap<(WebhookId, EventId), DeliveryId>,
    requests: BTreeMap<Key, Vec<Request>>,
    /// Requests of functions that have not ended, by their places in `requests`.
    under_way: BTreeMap<TaskId, Vec<(Key, usize)>>,
    on_record: BTreeMap<(Key, u32), OnRecord>,
    accepted: BTreeMap<EventId, Accepted>,
    malformed: BTreeSet<String>,
    /// What each request to publish was answered, by its key.
    published: BTreeMap<String, Vec<EventId>>,
    replays: Replays,
    erasures: Erasures,
    limits: Limits,
    /// For how long a record is tried is not looked at.
    records_may_be_given_up: bool,
    asked: Vec<Asked>,
    /// Which function wrote the health of a webhook last.
    health_writers: BTreeMap<WebhookId, TaskId>,
    broken: Option<String>,
}

impl Ledger {
    /// Notes that something is not as promised. What came first counts.
    pub(crate) fn broken(&mut self, what: impl Into<String>) {
        self.broken.get_or_insert_with(|| what.into());
    }

    pub(crate) fn first_broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// The deliveries there are.
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

    /// A delivery was written and now looks like this.
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

    /// Time-to-live dropped what had expired.
    pub(crate) fn expired(&mut self, now: Timestamp, gone: &[DeliveryKey]) {
        for key in gone.iter().copied().map(key) {
            let Some(row) = self.rows.remove(&key) else { continue };
            self.by_event.remove(&(row.webhook_id, row.event_id));
            // An event that is sent back from the dead letters after that begins anew.
            self.on_record.retain(|(of, _), _| *of != key);
            self.requests.remove(&key);
            if !row.status.is_settled() || now < row.expires_at {
                self.broken(format!("{}: dropped while {:?}", name(key), row.status));
            }
        }
    }
}

/// What must not change has changed.
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
        // What becomes of this is for the account of replays to judge.
        (DeliveryStatus::Failed, DeliveryStatus::Retrying) => before.reopened == after.reopened,
        (DeliveryStatus::Failed, is) => !is.is_settled(),
        (_, is) => is == DeliveryStatus::Pending && before.status != DeliveryStatus::Pending,
    };
    backwards.then(|| format!("{:?} became {:?}", before.status, after.status))
}

/// Whether a recorded attempt is as it was, but for a body that may be dropped.
fn same(was: &DeliveryAttempt, is: &DeliveryAttempt) -> bool {
    let mut forgotten = was.clone();
    forgotten.forget_response();
    was == is || forgotten == *is
}

/// A row that says something impossible.
fn faulty_row(row: &Delivery) -> Option<String> {
    let numbers = row.attempts.iter().map(|attempt| attempt.attempt_number);
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
