//! A batch of messages. Each is processed independently.

use crate::{
    Deliver, Done, Ports, StepError, StepResult,
    health::Observations,
    limit::{self, Desk},
};
use futures::{FutureExt, future::join_all};
use grapnel_domain::{
    message::{MakeAttempt, QueueMessage, Record},
    ports::{DeadLetters, PortError},
    time::Timestamp,
};
use grapnel_telemetry::{Metrics, metrics::MESSAGES_LEFT_FOR_LATER};
use std::{ops::ControlFlow, panic::AssertUnwindSafe};

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

impl<P: Ports> Deliver<P> {
    /// Processes all messages concurrently, so that a slow receiver delays only its own message.
    /// Lambda stops this function at the `deadline`, and a request without a record would be sent
    /// again, so no request is begun too late for its record.
    pub async fn handle(&self, records: &[Record], deadline: Timestamp) -> BatchReport {
        let observations = Observations::default();
        let (desk, asked) = limit::open();
        let guarded = |body| self.guarded(body, desk.clone(), &observations, deadline);
        let work = join_all(records.iter().map(|record| guarded(&record.body)));
        drop(desk);
        let (results, ()) = futures::join!(work, self.hand_out(asked));
        self.update_health(observations).await;
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
    async fn guarded(
        &self,
        body: &str,
        desk: Desk,
        observations: &Observations,
        deadline: Timestamp,
    ) -> StepResult {
        let finish = self.finish(body, desk, observations, deadline);
        let finished = AssertUnwindSafe(finish).catch_unwind().await;
        finished.unwrap_or_else(|_| Err(PortError::Unavailable("panicked".into()).into()))
    }

    async fn finish(
        &self,
        body: &str,
        desk: Desk,
        observations: &Observations,
        deadline: Timestamp,
    ) -> StepResult {
        let message =
            QueueMessage::parse(body).map_err(|error| StepError::Never(error.to_string()))?;
        match message {
            QueueMessage::MakeAttempt(attempt) => {
                self.attempt(attempt, desk, observations, deadline).await
            }
            QueueMessage::Check(check) => desk.leave_for(self.check(check)).await,
            QueueMessage::ReleaseParked(release) => {
                desk.leave_for(self.release_parked_page(release)).await
            }
            QueueMessage::Replay(page) => desk.leave_for(self.replay_page(page)).await,
        }
    }

    async fn attempt(
        &self,
        attempt: MakeAttempt,
        desk: Desk,
        observations: &Observations,
        deadline: Timestamp,
    ) -> StepResult {
        let ready = match self.ready(attempt).await? {
            ControlFlow::Continue(ready) => ready,
            ControlFlow::Break(done) => return Ok(done),
        };
        match self.slot_to_wait_for(&ready, desk).await? {
            None => self.make(ready, observations, deadline).await,
            Some(slot) => self.wait_for_slot(ready, slot).await,
        }
    }
}
