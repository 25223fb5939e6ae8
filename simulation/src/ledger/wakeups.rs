//! Before a message is acknowledged, the next step is scheduled, and nothing is sent too early. A
//! mistake here loses a delivery only together with another fault, which is rare; so each function
//! is compared with the rules themselves.

use super::{Key, Ledger, name};
use crate::{
    history::History,
    invocation::{Invocation, Page},
    plan::Settings,
    vocabulary::Function,
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::Delivery,
    message::{Check, MakeAttempt, QueueMessage},
    release::ReleaseParked,
    time::Timestamp,
};
use std::time::Duration;

/// The maximum difference between the clocks of two machines.
const SKEW: Duration = Duration::from_secs(1);

/// After this time, a name server without an answer counts as a failed attempt.
const SILENCE: Duration = Duration::from_secs(3600);

/// The state when a message reaches the delivery queue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    pub(crate) now: Timestamp,
    pub(crate) settings: &'a Settings,
    /// The first free slot of the webhook, if it has a rate limit.
    pub(crate) free_slot: Option<Timestamp>,
}

impl Ledger {
    /// A function acknowledges the message with this id.
    pub(crate) fn acknowledged(
        &mut self,
        invocation: &Invocation,
        id: &str,
        history: &History,
        now: Timestamp,
    ) {
        let mut messages = invocation.messages.iter();
        let message = messages.find(|(record, _)| record.message_id == id);
        let Some((_, Some(message))) = message else { return };
        let fault = match message {
            QueueMessage::MakeAttempt(attempt) => {
                let key = super::key(attempt.target.key());
                let row = self.open_row(key, invocation, history);
                row.and_then(|row| self.fault_of_attempt(invocation, attempt, row, history))
                    .map(|fault| format!("{}: {fault}", name(key)))
                    .or_else(|| self.fault_of_wake_up(invocation, attempt, self.rows.get(&key)))
            }
            QueueMessage::Check(check) => {
                let key = super::key(check.target.key());
                let row = self.open_row(key, invocation, history);
                row.and_then(|row| self.fault_of_check(invocation, check, row, history))
                    .map(|fault| format!("{}: {fault}", name(key)))
            }
            QueueMessage::ReleaseParked(release) => {
                let webhook = release.webhook_id;
                let stopped = invocation.read_as_closed(webhook)
                    && invocation.leaves_out(Page::Parked(webhook));
                stopped.then(|| "a release of who is parked stopped before its last page".into())
            }
            QueueMessage::Replay(_) => None,
        };
        if let Some(fault) = fault {
            self.broken(format!("{fault} (by {now})"));
        }
    }

    /// The delivery, if it was unsettled while the function ran.
    fn open_row(&self, key: Key, invocation: &Invocation, history: &History) -> Option<&Delivery> {
        let row = self.rows.get(&key).filter(|row| !row.status.is_settled())?;
        let since = history.open_since(key)?;
        (since <= invocation.began).then_some(row)
    }

    /// A function's message reaches the delivery queue.
    pub(crate) fn sent(
        &mut self,
        invocation: &mut Invocation,
        message: &QueueMessage,
        delay: QueueDelay,
        at: Moment<'_>,
    ) {
        match message {
            QueueMessage::MakeAttempt(attempt) => {
                let key = super::key(attempt.target.key());
                let fault = fault_of_repeat(invocation, key, delay, at.settings)
                    .or_else(|| fault_of_silence(invocation, attempt, at))
                    .or_else(|| fault_of_slot(invocation, attempt, at.now))
                    .or_else(|| self.fault_of_healing(invocation, attempt, at))
                    .or_else(|| fault_of_release(invocation, key))
                    .or_else(|| fault_of_overtaken(invocation, key));
                if let Some(fault) = fault {
                    self.broken(format!("{}: attempt {} {fault}", name(key), attempt.attempt));
                }
                invocation.postpones |= attempt.resolver_silent_since.is_some();
                invocation.sent.push(key);
            }
            QueueMessage::Check(check) => {
                let key = super::key(check.target.key());
                if let Some(least) = self.earliest_look(invocation, check, at.settings)
                    && check.not_before.plus(SKEW) < least
                {
                    let (number, at) = (check.attempt, check.not_before);
                    let what = format!("a check looks for attempt {number} at {at}, not {least}");
                    self.broken(format!("{}: {what}", name(key)));
                }
                invocation.sent.push(key);
            }
            QueueMessage::ReleaseParked(release) => {
                if release.cursor.is_some() {
                    invocation.goes_on(Page::Parked(release.webhook_id));
                }
            }
            QueueMessage::Replay(_) => {}
        }
    }

    /// The earliest allowed time of a check; `None` if the check is only sent again.
    fn earliest_look(
        &self,
        invocation: &Invocation,
        check: &Check,
        settings: &Settings,
    ) -> Option<Timestamp> {
        if invocation.checks_of(check).any(|before| before.not_before == check.not_before) {
            return None;
        }
        let hidden = settings.visibility_timeout.max(settings.time_budget.function_timeout);
        if check.after_parking {
            return Some(invocation.began.plus(hidden));
        }
        let row = self.rows.get(&super::key(check.target.key()));
        let row = row.filter(|row| row.next_attempt_number() == check.attempt);
        let due = row.and_then(|row| row.next_attempt_at).filter(|_| !check.after_slots);
        Some(due.map_or(invocation.began, |due| due.max(invocation.began)).plus(hidden * 2))
    }

    fn fault_of_attempt(
        &self,
        invocation: &Invocation,
        attempt: &MakeAttempt,
        row: &Delivery,
        history: &History,
    ) -> Option<String> {
        let key = super::key(row.key());
        // Another replay or the schedule may have reopened it: then this replay has nothing to do.
        let owes = match attempt.replay.filter(|_| !attempt.manual) {
            Some(by) => row
                .reopened
                .is_some_and(|it| it.by == by && it.attempts == attempt.attempt.attempts_before()),
            None => true,
        };
        let (number, sent) = (attempt.attempt, invocation.sent.contains(&key));
        if owes && !sent && !self.relies_on_execution(invocation, key, history) {
            return Some(format!(
                "attempt {number} was acknowledged, and nobody sees to what comes next"
            ));
        }
        let keeps = invocation.kept_back.iter().any(|(of, until)| {
            *of == key
                && (row.parked_until == Some(*until) || row.slot.is_some_and(|s| s.at == *until))
        });
        (keeps && !sent).then(|| {
            format!("attempt {number} is kept back, and nobody checks what others made of it")
        })
    }

    fn fault_of_check(
        &self,
        invocation: &Invocation,
        check: &Check,
        row: &Delivery,
        history: &History,
    ) -> Option<String> {
        let key = super::key(row.key());
        let on_record = check.attempt.is_among(invocation.most_attempts_read(key)?);
        // After parking, the check replaces the message of a recorded attempt; otherwise that of a
        // missing attempt.
        let owes = on_record == check.after_parking;
        let seen_to =
            invocation.sent.contains(&key) || self.relies_on_execution(invocation, key, history);
        (owes && !seen_to).then(|| format!("the check of attempt {} saw to nothing", check.attempt))
    }

    /// Whether the function knows of a running execution that will release the delivery, or of an open
    /// circuit breaker that wakes. Both look after their time, so they see rows that were written before.
    fn relies_on_execution(&self, invocation: &Invocation, key: Key, history: &History) -> bool {
        let waits = |minute: &_| history.waited_before(key, *minute);
        let wakes = |(webhook, due): &(_, _)| {
            *webhook == key.0 && self.has_wake_up(key.0, *due) && history.parked_before(key, *due)
        };
        invocation.waits_seen.iter().any(waits) || invocation.open_seen.iter().any(wakes)
    }

    /// A check sent the message of an attempt too early, or of an attempt that waits for its slot.
    fn fault_of_healing(
        &self,
        invocation: &Invocation,
        attempt: &MakeAttempt,
        at: Moment<'_>,
    ) -> Option<String> {
        let key = super::key(attempt.target.key());
        let by_others = invocation.attempts_of(key).next().is_some() || invocation.releases(key.0);
        let healed = |check: &&Check| check.attempt == attempt.attempt && !check.after_parking;
        let mut checks = invocation.checks(key).filter(healed).peekable();
        if by_others || checks.peek().is_none() {
            return None;
        }
        let checks: Vec<&Check> = checks.collect();
        if checks.iter().all(|check| at.now.plus(SKEW) < check.not_before) {
            return Some("was taken for lost before it was time to look".into());
        }
        let waits = at.free_slot.is_some_and(|free| at.now.plus(SKEW) < free)
            && self.limits.has_slot_after((key, attempt.attempt), at.now.plus(SKEW));
        (waits && checks.iter().all(|check| !check.after_slots))
            .then(|| "was taken for lost while it waits for its slot".into())
    }
}

/// An attempt that may already be running was sent again without enough delay.
fn fault_of_repeat(
    invocation: &Invocation,
    key: Key,
    delay: QueueDelay,
    settings: &Settings,
) -> Option<String> {
    let repeated = invocation.function == Function::Ingest && invocation.existed.contains(&key);
    let ends = u64::from(delay.seconds()) > settings.time_budget.function_timeout.as_secs();
    (repeated && !ends).then(|| format!("was sent again after {} s", delay.seconds()))
}

/// A delivery was released that did not wait: the index lags, and its attempt may be under way.
fn fault_of_release(invocation: &Invocation, key: Key) -> Option<String> {
    let released = invocation.function == Function::Tend && !invocation.read_waiting.contains(&key);
    released.then(|| "was released and does not wait".into())
}

/// A delivery was sent by a release after a later one began: both may send it.
fn fault_of_overtaken(invocation: &Invocation, key: Key) -> Option<String> {
    let by_others = invocation.attempts_of(key).next().is_some()
        || invocation.checks(key).next().is_some()
        || !invocation.releases(key.0)
        || !invocation.read_as_closed(key.0);
    let overtaken =
        |release: &ReleaseParked| release.began.is_some() && invocation.may_stop(release);
    (!by_others && invocation.releases_of(key.0).all(overtaken))
        .then(|| "was sent by a release after a later one began".into())
}

/// The time since a name server stopped answering was forgotten, or is too long to ignore.
fn fault_of_silence(
    invocation: &Invocation,
    attempt: &MakeAttempt,
    at: Moment<'_>,
) -> Option<String> {
    let since = attempt.resolver_silent_since?;
    let key = super::key(attempt.target.key());
    let asked = invocation.attempts_of(key).filter(|asked| asked.attempt == attempt.attempt);
    let mut before = asked.map(|asked| asked.resolver_silent_since).peekable();
    let forgotten = before.peek().is_some()
        && before.all(|before| before.is_some_and(|before| before != since));
    if forgotten {
        return Some("forgets since when the name server has been silent".into());
    }
    let longest = SILENCE + at.settings.time_budget.function_timeout + SKEW * 10;
    // What waits for its slot was not tried: it may have been a dead letter for hours.
    let waits_for_slot = attempt.slot.is_some_and(|slot| slot.at > at.now);
    (!waits_for_slot && since.until(at.now) > longest)
        .then(|| format!("has been postponed since {since} and counts for nothing"))
}

/// A delivery that waits for its slot in a shared wait got another slot.
fn fault_of_slot(invocation: &Invocation, attempt: &MakeAttempt, now: Timestamp) -> Option<String> {
    let (slot, key) = (attempt.slot?, super::key(attempt.target.key()));
    fault_of_another_slot(invocation, key, slot.at, now)
}

/// Like [`fault_of_slot`], for a slot in the row.
pub(crate) fn fault_of_another_slot(
    invocation: &Invocation,
    key: Key,
    slot: Timestamp,
    now: Timestamp,
) -> Option<String> {
    // A message with its own slot uses that slot.
    if invocation.attempts_of(key).any(|asked| asked.slot.is_some()) {
        return None;
    }
    let ahead = now.plus(SKEW * 2);
    let mut had = invocation.slots_read.iter().filter(|(of, at)| *of == key && *at > ahead);
    let had = had.find(|(_, at)| *at != slot)?.1;
    Some(format!("had its slot at {had} and was given {slot}"))
}
