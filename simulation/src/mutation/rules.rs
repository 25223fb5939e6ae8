//! Mistakes against single rules: in what a function reads, writes and sends. Most of them lose
//! nothing without another fault.

use super::{Mutation, circuits};
use crate::{
    ledger,
    sim::{Sim, State},
    vocabulary::Function,
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{AttemptRecord, Delivery, DeliveryKey, ParkedRow, Reopening},
    ids::WebhookId,
    message::{Check, MakeAttempt, Outgoing, QueueMessage},
    retry::next::queue_delay,
    time::Timestamp,
};
use std::time::Duration;

/// The message that a wrong function sends in place of this one; `None` if it sends none.
pub(crate) fn on_queue(sim: &Sim, outgoing: Outgoing) -> Option<Outgoing> {
    let is_left_out = match sim.mutation() {
        Some(Mutation::TrustsWaitsThatStruck) => schedules_beside_a_wait(sim, &outgoing),
        Some(Mutation::TrustsWakeUpsThatAreDue) => checks_beside_a_wake_up(sim, &outgoing),
        Some(
            Mutation::ParksWithoutWakeUp
            | Mutation::ProbesWithoutWakeUp
            | Mutation::DropsEarlyWakeUps
            | Mutation::LooksForParkedOnce,
        ) => circuits::is_left_out(sim, &outgoing),
        Some(Mutation::ParksUnchecked) => is_check(&outgoing, true),
        Some(Mutation::LosesManualRetries) => is_manual_retry(sim, &outgoing),
        _ => return Some(changed(sim, outgoing)),
    };
    (!is_left_out).then_some(outgoing)
}

fn changed(sim: &Sim, outgoing: Outgoing) -> Outgoing {
    let now = sim.now();
    match (sim.mutation(), outgoing.message) {
        (Some(Mutation::ResolverNeverCounts), QueueMessage::MakeAttempt(attempt)) => {
            let since = attempt.resolver_silent_since.map(|_| now);
            let attempt = MakeAttempt { resolver_silent_since: since, ..attempt };
            Outgoing { message: QueueMessage::MakeAttempt(attempt), ..outgoing }
        }
        (Some(Mutation::RepeatsPendingAtOnce), message @ QueueMessage::MakeAttempt(_))
            if by(sim, Function::Ingest) =>
        {
            Outgoing { message, delay: QueueDelay::NONE, ..outgoing }
        }
        (Some(Mutation::ChecksTooEarly), QueueMessage::Check(check))
            if !check.after_parking && !check.after_slots =>
        {
            let settings = sim.plan().settings;
            let hidden = settings.visibility_timeout.max(settings.time_budget.function_timeout);
            let not_before = before(check.not_before, hidden * 2);
            let delay = queue_delay(not_before, now);
            let message = QueueMessage::Check(Check { not_before, ..check });
            Outgoing { message, delay, ..outgoing }
        }
        (_, message) => Outgoing { message, ..outgoing },
    }
}

fn before(time: Timestamp, duration: Duration) -> Timestamp {
    let millis = i64::try_from(duration.as_millis()).unwrap_or_default();
    Timestamp::from_millis(time.as_millis() - millis)
}

pub(super) fn by(sim: &Sim, function: Function) -> bool {
    sim.with(|state| state.invocation().is_some_and(|it| it.function == function))
}

/// Whether this is the message of a delivery that was recorded after the minute of its wait.
fn schedules_beside_a_wait(sim: &Sim, outgoing: &Outgoing) -> bool {
    let QueueMessage::MakeAttempt(attempt) = &outgoing.message else { return false };
    let key = ledger::key(attempt.target.key());
    let row = sim.memory().delivery_now(attempt.target.key());
    let struck = row.and_then(|row| row.waits_for).is_some_and(|it| it.strikes_at() <= sim.now());
    let scheduled = |state: &mut State| {
        let asked = state.invocation().and_then(|invocation| invocation.attempt_asked_for(key));
        asked.is_some_and(|number| number.next() == attempt.attempt)
    };
    struck && sim.with(scheduled)
}

/// Whether this check accompanies the wake-up of a circuit breaker that is due.
fn checks_beside_a_wake_up(sim: &Sim, outgoing: &Outgoing) -> bool {
    let QueueMessage::Check(check) = &outgoing.message else { return false };
    let row = sim.memory().delivery_now(check.target.key());
    let parked = row.and_then(|row| row.parked_until);
    !check.after_parking && parked.is_some_and(|due| due <= sim.now())
}

fn is_check(outgoing: &Outgoing, after_parking: bool) -> bool {
    matches!(&outgoing.message, QueueMessage::Check(check) if check.after_parking == after_parking)
}

fn is_manual_retry(sim: &Sim, outgoing: &Outgoing) -> bool {
    by(sim, Function::Api)
        && matches!(&outgoing.message, QueueMessage::MakeAttempt(attempt) if attempt.manual)
}

/// Changes a delivery that a wrong function reads.
pub(crate) fn on_reading(sim: &Sim, delivery: &mut Delivery) {
    match sim.mutation() {
        Some(Mutation::RetriesTests) => delivery.test = false,
        Some(Mutation::ForgetsSlotsInRows) if by_message_without_slot(sim, delivery.key()) => {
            delivery.slot = None;
        }
        Some(Mutation::ParksWhatExpires) => {
            delivery.expires_at = delivery.expires_at.plus(Duration::from_secs(10 * 86_400));
        }
        _ => {}
    }
}

fn by_message_without_slot(sim: &Sim, key: DeliveryKey) -> bool {
    let key = ledger::key(key);
    sim.with(|state| {
        let invocation = state.invocation();
        invocation.is_some_and(|it| it.attempts_of(key).any(|asked| asked.slot.is_none()))
    })
}

/// The record of a wrong function.
pub(crate) fn recorded(sim: &Sim, record: &AttemptRecord) -> AttemptRecord {
    let record = record.clone();
    let Some(row) = sim.memory().delivery_now(record.key) else { return record };
    let expires_at = match sim.mutation() {
        Some(Mutation::LeavesExpiry) => row.expires_at,
        Some(Mutation::BringsExpiryNearer) => {
            let due = record.next_attempt_at.unwrap_or(sim.now());
            sim.plan().settings.retention.delivery_expiry(due, row.id.event_stored_at())
        }
        _ => return record,
    };
    AttemptRecord { expires_at, ..record }
}

/// How a wrong function reopens a delivery.
pub(crate) fn reopened(sim: &Sim, reopening: Reopening) -> Reopening {
    let row = sim.memory().delivery_now(reopening.key);
    match (sim.mutation(), row) {
        (Some(Mutation::LeavesExpiryOfReopened), Some(row)) => {
            Reopening { expires_at: row.expires_at, ..reopening }
        }
        _ => reopening,
    }
}

/// Where a wrong release of parked deliveries continues after a page with these rows.
pub(crate) fn after_parked(
    sim: &Sim,
    webhook: WebhookId,
    rows: &[ParkedRow],
    next: Option<ParkedRow>,
) -> Option<ParkedRow> {
    let keys = rows.iter().map(|row| DeliveryKey { webhook_id: webhook, id: row.id });
    let parked = |row: &Delivery| row.parked_until.is_some();
    next.filter(|_| !loses_page(sim, keys, parked))
}

pub(super) fn loses_page(
    sim: &Sim,
    keys: impl Iterator<Item = DeliveryKey>,
    is_kept: impl Fn(&Delivery) -> bool,
) -> bool {
    let mut rows = keys.filter_map(|key| sim.memory().delivery_now(key));
    sim.mutation() == Some(Mutation::LosesPages) && !rows.any(|row| is_kept(&row))
}
