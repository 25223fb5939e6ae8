//! The state at the end of a run.

use super::{Ledger, name};
use crate::{
    counts::{Count, Counts, Group},
    trace::short,
};
use grapnel_domain::delivery::DeliveryStatus;

/// Messages that one fault may cause: a copy, the copy's check, and so on. Twice as many as the
/// worst of 40,000 runs needed.
const MESSAGES_PER_FAULT: u64 = 4;

/// Checks that one parking may cause: its own, sent again if the visibility timeout is long, and
/// one that replaces an attempt's message.
const CHECKS_PER_PARKING: u64 = 2;

/// How often an attempt of a replay may be sent again for one slot: the first free slot is at most
/// ten hours ahead, and a queue delays by a quarter of an hour.
const HOPS_PER_REPLAY: u64 = 40;

/// How often a check that replaces a stopped execution may be sent again: a day and a tenth of
/// jitter, in steps of a quarter of an hour.
const HOPS_PER_STOPPED: u64 = 110;

/// Messages about one delivery that may be on the queue at the same time because of one fault.
const COPIES_PER_FAULT: u64 = 2;

impl Ledger {
    /// Everything ended as expected: dead letters were redriven, and the queues are empty.
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
        // An attempt with a slot is scheduled for it once, and once more after a shared wait.
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

    /// A successful delivery without a recorded success.
    fn unfounded_success(&self) -> Option<String> {
        let taken = |status: Option<u16>| status.is_some_and(|code| (200..300).contains(&code));
        let unfounded = self.rows.iter().find(|(_, row)| {
            row.status == DeliveryStatus::Success
                && !row.attempts.iter().any(|attempt| taken(attempt.status_code))
        });
        unfounded.map(|(key, _)| format!("{}: a success that nobody answered", name(*key)))
    }

    /// Without a fault, nothing is sent twice, and nothing has to be repaired.
    fn check_smooth(&mut self, counts: &Counts) {
        if self.repeated() > 0 {
            self.broken("nothing went wrong, and a request was sent twice");
        }
        for group in [Group::Fault, Group::Repair] {
            if counts.of_group(group) > 0 {
                self.broken(format!("nothing went wrong, and still: \n{counts}"));
            }
        }
        // A receiver may answer 410, which ends its other deliveries.
        let needed = needed_messages(counts) + counts.of(Count::Ended);
        let sent = counts.of(Count::Messages);
        if sent != needed {
            self.broken(format!("nothing went wrong; {sent} messages for {needed} wake-ups"));
        }
    }

    /// How many messages about one delivery may be on the queue at the same time, in addition to
    /// those that are being processed: the next one, and copies.
    pub(crate) fn most_copies(counts: &Counts) -> u64 {
        // A function that parks a delivery, or schedules it for a slot, sends a check.
        1 + counts.of(Count::Parked)
            + counts.of(Count::SlotWaits)
            + COPIES_PER_FAULT * counts.of_group(Group::Fault)
    }
}

/// One message for each attempt, postponement, parking and slot, and one for each page of a release
/// or a replay.
fn needed_messages(counts: &Counts) -> u64 {
    counts.of(Count::Attempts)
        + counts.of(Count::Postponed)
        + counts.of(Count::Parked)
        + counts.of(Count::SlotSends)
        + counts.of(Count::SlotWaits)
        + counts.of(Count::Releases)
        + counts.of(Count::ReplayPages)
}

/// Checks that may be sent again for a day: one for each stopped execution, and a copy of it for
/// each fault meanwhile.
fn copies_of_long_checks(counts: &Counts) -> u64 {
    match counts.of(Count::WaitsOver) {
        0 => 0,
        stopped => stopped + counts.of_group(Group::Fault),
    }
}

/// In addition to the needed messages: one for each delivery that ends without an attempt, and
/// copies.
fn most_messages(counts: &Counts) -> u64 {
    needed_messages(counts)
        + counts.of(Count::Deliveries)
        + CHECKS_PER_PARKING * (counts.of(Count::Parked) + counts.of(Count::SlotWaits))
        + HOPS_PER_REPLAY * counts.of(Count::Replayed)
        + HOPS_PER_STOPPED * copies_of_long_checks(counts)
        + MESSAGES_PER_FAULT * counts.of_group(Group::Fault)
}
