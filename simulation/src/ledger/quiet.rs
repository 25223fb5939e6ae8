//! What is left when nothing happens any more.

use super::{Ledger, name};
use crate::{
    counts::{Count, Counts, Group},
    history::History,
    trace::short,
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    time::Timestamp,
};

/// Messages that one thing gone wrong may cause: a copy, the check that it sends, and so on. Twice
/// as many as the worst of 40,000 runs needed.
const MESSAGES_PER_FAULT: u64 = 4;

/// Messages about one delivery that may be on the queue at once because of one thing gone wrong.
const COPIES_PER_FAULT: u64 = 2;

impl Ledger {
    /// Everything has ended as it should: dead letters were sent back, and nothing is on a queue.
    pub(crate) fn check_quiet(&mut self, counts: &mut Counts, history: &History, smooth: bool) {
        let open = self.rows.iter().filter(|(_, row)| !row.status.is_settled());
        let (left_behind, lost): (Vec<_>, Vec<_>) =
            open.partition(|(_, row)| self.is_left_behind(row, history));
        counts.add(Count::LeftBehind, left_behind.len() as u64);
        let unsettled = lost.first().copied();
        if let Some((key, row)) = unsettled {
            let (status, attempts) = (row.status, row.attempts.len());
            let waits = row.waits_for;
            self.broken(format!(
                "{}: still {status:?} with {attempts} attempts, waiting for {waits:?}",
                name(*key)
            ));
        }
        if let Some((id, _)) = self.accepted.iter().find(|(_, event)| !event.fanned_out) {
            self.broken(format!("{} never was fanned out", short(id)));
        }
        if let Some(what) = self.unfounded_success() {
            self.broken(what);
        }
        let most = most_messages(counts);
        let sent = counts.of(Count::Messages);
        if sent > most {
            self.broken(format!("{sent} messages were sent; {most} were to be expected at most"));
        }
        if smooth {
            self.check_smooth(counts);
        }
    }

    /// Whether a delivery was left behind because its event was fanned out twice, to different
    /// webhooks: one run recorded it and failed to enqueue it, the other acknowledged the event and
    /// did not know of it, since its webhook was deleted by then, or not there yet. A known gap of
    /// fan-out, and the only one; it is counted.
    fn is_left_behind(&self, row: &Delivery, history: &History) -> bool {
        let Some(event) = self.accepted.get(&row.event_id) else { return false };
        let for_ever = Timestamp::from_millis(i64::MAX);
        let always = history.always(&row.user_id, event.put, for_ever, |w| event.is_for(w));
        row.status == DeliveryStatus::Pending
            && !self.enqueued.contains(&super::key(row.key()))
            && !always.contains(&row.webhook_id)
    }

    /// A delivery that succeeded without a success on record.
    fn unfounded_success(&self) -> Option<String> {
        let taken = |status: Option<u16>| status.is_some_and(|code| (200..300).contains(&code));
        let unfounded = self.rows.iter().find(|(_, row)| {
            row.status == DeliveryStatus::Success
                && !row.attempts.iter().any(|attempt| taken(attempt.status_code))
        });
        unfounded.map(|(key, _)| format!("{}: a success that nobody answered", name(*key)))
    }

    /// Nothing went wrong: then nothing is sent twice, and nothing has to be repaired.
    fn check_smooth(&mut self, counts: &Counts) {
        if self.repeated() > 0 {
            self.broken("nothing went wrong, and a request was sent twice");
        }
        for group in [Group::Fault, Group::Repair] {
            if counts.of_group(group) > 0 {
                self.broken(format!("nothing went wrong, and still: \n{counts}"));
            }
        }
        let needed = needed_messages(counts);
        let sent = counts.of(Count::Messages);
        if sent != needed {
            self.broken(format!("nothing went wrong; {sent} messages for {needed} wake-ups"));
        }
    }

    /// How many messages about one delivery may be on the queue at once, beside those that are being
    /// worked on: the next one, and copies.
    pub(crate) fn most_copies(counts: &Counts) -> u64 {
        1 + COPIES_PER_FAULT * counts.of_group(Group::Fault)
    }
}

/// One message for each attempt and postponement, one for each page of a release.
fn needed_messages(counts: &Counts) -> u64 {
    counts.of(Count::Attempts) + counts.of(Count::Postponed) + counts.of(Count::Releases)
}

/// Beyond what is needed: a message for each delivery that ends without an attempt, and copies.
fn most_messages(counts: &Counts) -> u64 {
    needed_messages(counts)
        + counts.of(Count::Deliveries)
        + MESSAGES_PER_FAULT * counts.of_group(Group::Fault)
}
