//! What is left when nothing happens any more.

use super::{Ledger, name};
use crate::{
    counts::{Count, Counts, Group},
    trace::short,
};
use grapnel_domain::delivery::DeliveryStatus;

/// Messages that one thing gone wrong may cause: a copy, the check that it sends, and so on. Twice
/// as many as the worst of 40,000 runs needed.
const MESSAGES_PER_FAULT: u64 = 4;

/// Checks that one parking may cause: its own, sent on where visibility is long, and the one that
/// stands in for an attempt's message.
const CHECKS_PER_PARKING: u64 = 2;

/// How often an attempt that a replay asks for may be sent on for one slot: the first free one is
/// ten hours ahead at most, and a queue delays by a quarter of an hour.
const HOPS_PER_REPLAY: u64 = 40;

/// How often a check may be sent on that stands in for an execution that somebody stopped: a day and a
/// tenth of jitter, a quarter of an hour at a time.
const HOPS_PER_STOPPED: u64 = 110;

/// Messages about one delivery that may be on the queue at once because of one thing gone wrong.
const COPIES_PER_FAULT: u64 = 2;

impl Ledger {
    /// Everything has ended as it should: dead letters were sent back, and nothing is on a queue.
    pub(crate) fn check_quiet(&mut self, counts: &Counts, smooth: bool) {
        let unsettled = self.rows.iter().find(|(_, row)| !row.status.is_settled());
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
        // Who has a slot is scheduled for it once, and who was released for it once more.
        let (sends, slots) = (counts.of(Count::SlotSends), counts.of(Count::Slots));
        let most = slots + MESSAGES_PER_FAULT * counts.of_group(Group::Fault);
        if sends > most {
            self.broken(format!(
                "{slots} slots were handed out, and {sends} messages sent for them"
            ));
        }
        if smooth {
            self.check_smooth(counts);
        }
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
        // A receiver may answer 410, and its other deliveries end.
        let needed = needed_messages(counts) + counts.of(Count::Ended);
        let sent = counts.of(Count::Messages);
        if sent != needed {
            self.broken(format!("nothing went wrong; {sent} messages for {needed} wake-ups"));
        }
    }

    /// How many messages about one delivery may be on the queue at once, beside those that are being
    /// worked on: the next one, and copies.
    pub(crate) fn most_copies(counts: &Counts) -> u64 {
        // Whoever parks, or has a delivery wait for its slot, sends a check.
        1 + counts.of(Count::Parked)
            + counts.of(Count::SlotWaits)
            + COPIES_PER_FAULT * counts.of_group(Group::Fault)
    }
}

/// One message for each attempt, postponement, parking and slot, one for each page of a release or
/// a replay.
fn needed_messages(counts: &Counts) -> u64 {
    counts.of(Count::Attempts)
        + counts.of(Count::Postponed)
        + counts.of(Count::Parked)
        + counts.of(Count::SlotSends)
        + counts.of(Count::SlotWaits)
        + counts.of(Count::Releases)
        + counts.of(Count::ReplayPages)
}

/// Checks that may be sent on for a day: one for each stopped execution, and a copy of it for each thing that went wrong
/// while there was one.
fn copies_of_long_checks(counts: &Counts) -> u64 {
    match counts.of(Count::WaitsOver) {
        0 => 0,
        stopped => stopped + counts.of_group(Group::Fault),
    }
}

/// Beyond what is needed: a message for each delivery that ends without an attempt, and copies.
fn most_messages(counts: &Counts) -> u64 {
    needed_messages(counts)
        + counts.of(Count::Deliveries)
        + CHECKS_PER_PARKING * (counts.of(Count::Parked) + counts.of(Count::SlotWaits))
        + HOPS_PER_REPLAY * counts.of(Count::Replayed)
        + HOPS_PER_STOPPED * copies_of_long_checks(counts)
        + MESSAGES_PER_FAULT * counts.of_group(Group::Fault)
}
