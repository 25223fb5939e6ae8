//! A batch of messages. Each is processed independently.

use crate::{
    Deliver, Done, Ports, StepError, StepResult,
    common::Common,
    limit::{self, Desk},
    outbox,
};
use futures::{FutureExt, future::join_all};
use grapnel_domain::{
    delivery::Target,
    message::{MakeAttempt, QueueMessage, Record},
    ports::{DeadLetters, PortError},
    time::Timestamp,
};
use grapnel_telemetry::{Metrics, metrics::MESSAGES_LEFT_FOR_LATER};
use std::{
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The results of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Ids of the messages that must be received again.
    pub failed: Vec<String>,
    /// How the other messages were finished.
    pub done: Vec<Done>,
    /// How many messages were sent to the dead-letter queue.
    pub dead_letters: usize,
}

impl BatchReport {
    pub fn metrics(&self) -> Metrics {
        let count = |wanted: fn(&Done) -> bool| self.done.iter().filter(|d| wanted(d)).count();
        let released = self.done.iter().map(|done| match done {
            Done::Released(count) => *count,
            _ => 0,
        });
        let replayed = self.done.iter().map(|done| match done {
            Done::Replayed(count) => *count,
            _ => 0,
        });
        Metrics::of("delivery")
            .count("Delivered", count(|done| matches!(done, Done::Delivered)))
            .count(
                "AttemptsFailed",
                count(|d| matches!(d, Done::Rescheduled | Done::FailedForGood)),
            )
            .count("DeliveriesFailed", count(|d| matches!(d, Done::FailedForGood | Done::Ended(_))))
            .count("AttemptsPostponed", count(|done| matches!(done, Done::Postponed)))
            .count("AttemptsRateLimited", count(|done| matches!(done, Done::RateLimited)))
            .count("DeliveriesParked", count(|done| matches!(done, Done::Parked)))
            .count("StaleMessages", count(|done| matches!(done, Done::Stale)))
            .count("WakeUpsHealed", count(|done| matches!(done, Done::Healed)))
            .count("DeliveriesReleased", released.sum())
            .count("DeliveriesReplayed", replayed.sum())
            .count("MessagesDeadLettered", self.dead_letters)
            .count(MESSAGES_LEFT_FOR_LATER, self.failed.len())
    }
}

/// The message of a record. A panic is a bug, and must fail only its own message.
fn parse(record: &Record) -> Result<QueueMessage, StepError> {
    let panicked = |_| PortError::Unavailable("panicked".into());
    let parsed = catch_unwind(|| QueueMessage::parse(&record.body)).map_err(panicked)?;
    parsed.map_err(|error| StepError::Never(error.to_string()))
}

fn target_of_attempt(message: &Result<QueueMessage, StepError>) -> Option<&Target> {
    match message {
        Ok(QueueMessage::MakeAttempt(attempt)) => Some(&attempt.target),
        _ => None,
    }
}

impl<P: Ports> Deliver<P> {
    /// Processes all messages concurrently, so that a slow receiver delays only its own message.
    /// Lambda stops this function at the `deadline`, and a request without a record would be sent
    /// again, so no request is begun too late for its record.
    pub async fn handle(&self, records: &[Record], deadline: Timestamp) -> BatchReport {
        let messages: Vec<_> = records.iter().map(parse).collect();
        let targets: Vec<&Target> = messages.iter().filter_map(target_of_attempt).collect();
        let (outbox, steps) = outbox::open();
        let common = Common::new(deadline, outbox, &targets);
        let (desk, asked) = limit::open();
        let guarded = |(place, message)| self.guarded(message, desk.at(place), &common);
        let work = join_all(messages.into_iter().enumerate().map(guarded));
        drop(desk);
        let (results, (), ()) = futures::join!(
            work,
            self.hand_out(asked),
            outbox::send_gathered(&self.queue, &self.clock, records.len(), steps)
        );
        self.update_health(common.observations).await;
        let mut report = BatchReport::default();
        for (record, result) in records.iter().zip(results) {
            let id = &record.message_id;
            match result {
                Ok(done) => report.done.push(done),
                Err(StepError::Later(error)) => {
                    tracing::warn!(message.id = %id, %error, "message comes again");
                    report.failed.push(id.clone());
                }
                Err(StepError::Never(reason)) => {
                    match self.dead_letters.dead_letter(&record.body, &reason).await {
                        Ok(()) => {
                            tracing::error!(message.id = %id, reason, "message was put into the dead-letter queue");
                            report.dead_letters += 1;
                        }
                        Err(error) => {
                            tracing::error!(message.id = %id, reason, %error, "message could not be put into the dead-letter queue and comes again");
                            report.failed.push(id.clone());
                        }
                    }
                }
            }
        }
        report
    }

    /// A panic is a bug, and must fail only its own message.
    async fn guarded<'a>(
        &'a self,
        message: Result<QueueMessage, StepError>,
        desk: Desk,
        common: &Common<'a>,
    ) -> StepResult {
        let _at_work = common.outbox.enter();
        let finish = self.finish(message?, desk, common);
        let finished = AssertUnwindSafe(finish).catch_unwind().await;
        finished.unwrap_or_else(|_| Err(PortError::Unavailable("panicked".into()).into()))
    }

    async fn finish<'a>(
        &'a self,
        message: QueueMessage,
        desk: Desk,
        common: &Common<'a>,
    ) -> StepResult {
        match message {
            QueueMessage::MakeAttempt(attempt) => self.attempt(attempt, desk, common).await,
            QueueMessage::Check(check) => desk.leave_for(self.check(check, &common.outbox)).await,
            QueueMessage::ReleaseParked(release) => {
                desk.leave_for(self.release_parked_page(release, common.deadline)).await
            }
            QueueMessage::Replay(page) => desk.leave_for(self.replay_page(page)).await,
        }
    }

    async fn attempt<'a>(
        &'a self,
        attempt: MakeAttempt,
        desk: Desk,
        common: &Common<'a>,
    ) -> StepResult {
        let ready = match self.ready(attempt, common).await? {
            ControlFlow::Continue(ready) => ready,
            ControlFlow::Break(done) => return Ok(done),
        };
        match self.slot_to_wait_for(&ready, desk).await? {
            None => self.make(ready, common).await,
            Some(slot) => self.wait_for_slot(ready, slot, &common.outbox).await,
        }
    }
}
