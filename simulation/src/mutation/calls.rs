//! Mistakes in the order of a handler's calls, and in how it uses their results.

use super::{Mutation, circuits, rules};
use crate::{aws::Aws, ledger, sim::Sim, task::TaskId, vocabulary::Function};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{AttemptRecord, Delivery, DeliveryStatus},
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::{Clock, PortError, Recorded, StartWaits, TendDeliveries, UpdateDeliveries, WaitState},
    retry::next::queue_delay,
    time::Minute,
};

/// Acts before these messages are sent, and returns the message to send in place of each. `None`:
/// it is not sent, and its sender is answered as if it had been sent.
pub(crate) async fn before_enqueue(aws: &Aws, messages: Vec<Outgoing>) -> Vec<Option<Outgoing>> {
    let sim = aws.sim();
    for message in &messages {
        match sim.mutation() {
            Some(Mutation::UnparksBeforeEnqueuing) => unpark(aws, message).await,
            Some(Mutation::TakesOutBeforeEnqueuing) => take_out(aws, message).await,
            Some(Mutation::NotesBeforeWakeUp) => circuits::before_message(aws, message).await,
            _ => {}
        }
    }
    messages.into_iter().map(|message| in_place_of(sim, message)).collect()
}

fn in_place_of(sim: &Sim, outgoing: Outgoing) -> Option<Outgoing> {
    let is_left_out = match sim.mutation() {
        Some(Mutation::StaleSendsAttempts) => return Some(attempt_for_check(outgoing)),
        Some(Mutation::HurriesRetries) => return Some(hurried(outgoing)),
        Some(Mutation::StaleIsMerelyAcknowledged) => {
            matches!(outgoing.message, QueueMessage::Check(_))
        }
        Some(Mutation::ForgetsSlots) => {
            matches!(&outgoing.message, QueueMessage::MakeAttempt(attempt) if attempt.slot.is_some())
        }
        Some(Mutation::SchedulesBeforeRecording) => was_scheduled(sim, &outgoing),
        _ => return rules::on_queue(sim, outgoing),
    };
    (!is_left_out).then_some(outgoing)
}

fn attempt_for_check(outgoing: Outgoing) -> Outgoing {
    match outgoing.message {
        QueueMessage::Check(check) => {
            let attempt = MakeAttempt::scheduled(check.target, check.attempt);
            Outgoing::new(QueueMessage::MakeAttempt(attempt), QueueDelay::NONE)
        }
        _ => outgoing,
    }
}

fn hurried(outgoing: Outgoing) -> Outgoing {
    let seconds = u64::from(outgoing.delay.seconds());
    Outgoing { delay: QueueDelay::at_most(seconds - seconds / 5), ..outgoing }
}

fn was_scheduled(sim: &Sim, outgoing: &Outgoing) -> bool {
    let QueueMessage::MakeAttempt(attempt) = &outgoing.message else { return false };
    let step = (ledger::key(attempt.target.key()), attempt.attempt);
    sim.with(|state| state.invocation().is_some_and(|i| i.scheduled.contains(&step)))
}

async fn take_out(aws: &Aws, outgoing: &Outgoing) {
    let QueueMessage::MakeAttempt(attempt) = &outgoing.message else { return };
    let key = attempt.target.key();
    if let Some(Delivery { waits_for: Some(minute), .. }) = aws.sim().memory().delivery_now(key) {
        // The result is ignored.
        drop(aws.stop_waiting(key, minute, attempt.attempt.attempts_before()).await);
    }
}

async fn unpark(aws: &Aws, outgoing: &Outgoing) {
    let QueueMessage::MakeAttempt(attempt) = &outgoing.message else { return };
    let key = attempt.target.key();
    if let Some(Delivery { parked_until: Some(due), .. }) = aws.sim().memory().delivery_now(key) {
        // The result is ignored.
        drop(aws.unpark(key, due, attempt.attempt.attempts_before()).await);
    }
}

/// Whether these messages of a page are held back until the page is recorded.
pub(crate) fn holds_back(sim: &Sim, messages: &[Outgoing]) -> bool {
    let replayed = |m: &Outgoing| matches!(&m.message, QueueMessage::MakeAttempt(attempt) if attempt.replay.is_some());
    if sim.mutation() != Some(Mutation::RecordsPageBeforeSending) || !messages.iter().any(replayed)
    {
        return false;
    }
    sim.with(|state| match state.invocation() {
        Some(invocation) => {
            invocation.held_back.extend_from_slice(messages);
            true
        }
        None => false,
    })
}

pub(crate) fn held_back(sim: &Sim) -> Vec<Outgoing> {
    let taken = |state: &mut crate::sim::State| {
        state.invocation().map(|invocation| std::mem::take(&mut invocation.held_back))
    };
    sim.with(taken).unwrap_or_default()
}

/// The results that the handler gets for its messages.
pub(crate) fn after_enqueue(
    sim: &Sim,
    answers: Vec<Result<(), PortError>>,
) -> Vec<Result<(), PortError>> {
    match sim.mutation() {
        Some(Mutation::TrustsOneEntry)
            if rules::by(sim, Function::Delivery) && answers.contains(&Ok(())) =>
        {
            vec![Ok(()); answers.len()]
        }
        // A batch that failed as a whole is an error for every handler.
        Some(Mutation::TrustsBatches)
            if answers.len() > 1 || answers.first() == Some(&failed()) =>
        {
            vec![Ok(()); answers.len()]
        }
        _ => answers,
    }
}

fn failed() -> Result<(), PortError> {
    Err(PortError::Unavailable(crate::aws::ENTRY_FAILED.into()))
}

/// Acts after a record, and returns the result that the handler gets.
pub(crate) fn after_record(
    sim: &Sim,
    task: TaskId,
    record: &AttemptRecord,
    recorded: Recorded,
) -> Recorded {
    match (sim.mutation(), recorded) {
        (Some(Mutation::RefusedIsMerelyAcknowledged), Recorded::Refused(_)) => {
            Recorded::Refused(None)
        }
        (Some(Mutation::RecordsWithoutCondition), Recorded::Refused(Some(mut found))) => {
            found.attempts.push(record.attempt.clone());
            sim.memory().put_delivery((*found).clone());
            sim.with(|state| state.ledger.written(*found));
            Recorded::Yes
        }
        (Some(Mutation::AcknowledgesBeforeScheduling), Recorded::Yes) => {
            acknowledge(sim, task, record);
            Recorded::Yes
        }
        (_, recorded) => recorded,
    }
}

/// Acknowledges the messages that requested this attempt.
fn acknowledge(sim: &Sim, task: TaskId, record: &AttemptRecord) {
    let asked = sim.with(|state| {
        let messages = state.invocations.get(&task).map(|invocation| &invocation.messages);
        let asks = |message: &QueueMessage| {
            matches!(message, QueueMessage::MakeAttempt(attempt) if attempt.target.key() == record.key)
        };
        let ids = messages.into_iter().flatten().filter(|(_, m)| m.as_ref().is_some_and(asks));
        ids.map(|(record, _)| record.message_id.clone()).collect::<Vec<_>>()
    });
    for id in asked {
        sim.memory().delivery_queue().acknowledge(&id);
    }
}

impl Aws {
    /// Schedules the step after a record that is not made yet.
    pub(crate) async fn schedule_early(&self, record: &AttemptRecord) {
        let (Some(DeliveryStatus::Retrying), Some(due)) = (record.status, record.next_attempt_at)
        else {
            return;
        };
        let Some(delivery) = self.sim().memory().delivery_now(record.key) else { return };
        let number = record.attempt.attempt_number.next();
        if let Some(minute) = record.waits_for {
            if self.ensure_waiting(minute).await == Ok(WaitState::Running) {
                self.sim().with(|state| {
                    if let Some(invocation) = state.invocation() {
                        invocation.awaited.push(minute);
                    }
                });
            }
            return;
        }
        let attempt = MakeAttempt::scheduled(delivery.target(), number);
        let delay = queue_delay(due, self.now());
        let message = Outgoing::new(QueueMessage::MakeAttempt(attempt), delay);
        if self.send_batch(vec![message]).await == [Ok(())] {
            self.sim().with(|state| {
                if let Some(invocation) = state.invocation() {
                    invocation.scheduled.push((ledger::key(record.key), number));
                }
            });
        }
    }
}

/// Whether a wrong handler has already started this wait.
pub(crate) fn started_early(sim: &Sim, minute: Minute) -> bool {
    sim.mutation() == Some(Mutation::SchedulesBeforeRecording)
        && sim.with(|state| state.invocation().is_some_and(|i| i.awaited.contains(&minute)))
}

/// Whether a wrong handler starts no execution for this wait, because deliveries wait in it for
/// slots.
pub(crate) fn never_starts(sim: &Sim, minute: Minute) -> bool {
    let waits = |delivery: &Delivery| delivery.waits_for == Some(minute) && delivery.slot.is_some();
    sim.mutation() == Some(Mutation::AwaitsSlotsUnreleased)
        && sim.memory().deliveries().iter().any(waits)
}
