//! A batch of messages: the results for its events and for each message.

use crate::{
    audience::Pace,
    fan_out::{PreparationError, Prepared},
    ports::{Ingest, Ports, Subscriptions},
};
use futures::{FutureExt, future::join_all};
use grapnel_domain::{
    event::inbound::InboundEvent,
    fan_out::STEPS_OF_A_BATCH,
    message::Record,
    notice::ConflictNotice,
    ports::{Clock, DeadLetters, EnqueueAttempts, PortError},
    suspect::Refused,
};
use grapnel_telemetry::{Metrics, metrics::EVENTS_LEFT_FOR_LATER};
use std::panic::AssertUnwindSafe;

/// The result for one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Complete,
    PutAside,
    Again,
}

/// The results of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchReport {
    /// Ids of the messages that must be received again.
    pub failed: Vec<String>,
    /// The failed messages that a table refused for lack of capacity.
    pub refused: Vec<Refused>,
    /// Events with a complete fan-out.
    pub events: usize,
    /// Enqueued attempts.
    pub enqueued: usize,
    /// How many messages were sent to the dead-letter queue.
    pub dead_letters: usize,
    /// Filters that ran out of steps. This cannot happen to a filter that was checked when it was
    /// saved.
    pub unfinished_filters: usize,
    /// Events with the id of another event. They are not delivered.
    pub conflicts: Vec<ConflictNotice>,
}

impl BatchReport {
    /// The counts for CloudWatch.
    pub fn metrics(&self) -> Metrics {
        Metrics::of("ingest")
            .count("Events", self.events)
            .count("AttemptsEnqueued", self.enqueued)
            .count("EventsDeadLettered", self.dead_letters)
            .count("EventConflicts", self.conflicts.len())
            .count(EVENTS_LEFT_FOR_LATER, self.failed.len())
            .count("FiltersOutOfSteps", self.unfinished_filters)
    }
}

/// A batch in progress.
struct Batch<'a> {
    records: &'a [Record],
    /// The result for each record so far.
    fates: Vec<Fate>,
    enqueued: usize,
    filter_steps: usize,
    unfinished_filters: usize,
    /// Each with the index of its record.
    conflicts: Vec<(usize, ConflictNotice)>,
    refused: Vec<Refused>,
}

impl<'a> Batch<'a> {
    fn of(records: &'a [Record]) -> Self {
        let fates = vec![Fate::Again; records.len()];
        Self {
            records,
            fates,
            enqueued: 0,
            filter_steps: 0,
            unfinished_filters: 0,
            conflicts: Vec::new(),
            refused: Vec::new(),
        }
    }

    fn report(&self) -> BatchReport {
        let count = |fate| self.fates.iter().filter(|other| **other == fate).count();
        let each = self.records.iter().zip(&self.fates);
        let again = each.filter(|(_, fate)| **fate == Fate::Again);
        let failed = again.map(|(record, _)| record.message_id.clone()).collect();
        // An event that is received again finds its conflict again.
        let is_complete = |at: usize| self.fates[at] == Fate::Complete;
        let conflicts = self.conflicts.iter().filter(|(at, _)| is_complete(*at));
        BatchReport {
            events: count(Fate::Complete),
            dead_letters: count(Fate::PutAside),
            enqueued: self.enqueued,
            unfinished_filters: self.unfinished_filters,
            conflicts: conflicts.map(|(_, conflict)| conflict.clone()).collect(),
            failed,
            refused: self.refused.clone(),
        }
    }
}

impl<P: Ports> Ingest<P> {
    /// Fans out a batch. A bad record never affects the others: it is sent to the dead-letter queue
    /// or named in [`BatchReport::failed`].
    pub async fn handle(&self, records: &[Record]) -> BatchReport {
        let mut batch = Batch::of(records);
        let all = (0..records.len()).collect();
        for slow in self.fan_out(&mut batch, all, Pace::Quick).await {
            if batch.filter_steps < STEPS_OF_A_BATCH {
                self.fan_out(&mut batch, vec![slow], Pace::Thorough).await;
            } else {
                let id = &records[slow].message_id;
                tracing::warn!(message.id = %id, "the filters of other events took long; event comes again");
            }
        }
        batch.report()
    }

    /// Fans out some records of a batch. Returns those whose filters take longer than the pace
    /// allows.
    async fn fan_out(&self, batch: &mut Batch<'_>, places: Vec<usize>, pace: Pace) -> Vec<usize> {
        let records = batch.records;
        let subscriptions = Subscriptions::default();
        let begun =
            places.iter().map(|at| self.prepare_guarded(&records[*at], pace, &subscriptions));
        let mut slow = Vec::new();
        let mut owners = Vec::new();
        let mut messages = Vec::new();
        for (at, prepared) in places.iter().copied().zip(join_all(begun).await) {
            let Some(Prepared { outgoing, error, filters, conflict }) = prepared else {
                slow.push(at);
                continue;
            };
            batch.filter_steps += filters.steps;
            batch.unfinished_filters += filters.unfinished;
            batch.conflicts.extend(conflict.map(|conflict| (at, conflict)));
            batch.refused.extend(self.refused(&records[at], error.as_ref()));
            batch.fates[at] = self.fate(&records[at], error).await;
            // The recorded deliveries of an event are sent even if some of its webhooks failed.
            owners.extend(std::iter::repeat_n(at, outgoing.len()));
            messages.extend(outgoing);
        }
        if messages.is_empty() {
            return slow;
        }
        for (owner, result) in owners.into_iter().zip(self.queue.enqueue(messages).await) {
            match result {
                Ok(()) => batch.enqueued += 1,
                Err(error) => {
                    let id = &records[owner].message_id;
                    tracing::warn!(message.id = %id, %error, "attempt was not enqueued; its event comes again");
                    batch.fates[owner] = Fate::Again;
                }
            }
        }
        slow
    }

    /// A message that a table refused for lack of capacity.
    fn refused(&self, record: &Record, error: Option<&PreparationError>) -> Option<Refused> {
        let Some(PreparationError::Later(PortError::Throttled(_))) = error else { return None };
        let event = InboundEvent::parse(&record.body, self.clock.now()).ok()?;
        Some(Refused { message_id: record.message_id.clone(), user_id: event.user_id })
    }

    async fn fate(&self, record: &Record, error: Option<PreparationError>) -> Fate {
        match error {
            None => Fate::Complete,
            Some(PreparationError::Later(error)) => {
                tracing::warn!(message.id = %record.message_id, %error, "event comes again");
                Fate::Again
            }
            Some(PreparationError::Never(reason)) => self.put_aside(record, &reason).await,
        }
    }

    /// A panic is a bug, and must fail only its own message.
    async fn prepare_guarded<'a>(
        &'a self,
        record: &Record,
        pace: Pace,
        subscriptions: &Subscriptions<'a>,
    ) -> Option<Prepared> {
        let prepare = self.prepare(record, pace, subscriptions);
        let prepared = AssertUnwindSafe(prepare).catch_unwind().await;
        prepared.unwrap_or_else(|_| {
            let error = PortError::Unavailable("panicked".into());
            Some(Prepared::failed(PreparationError::Later(error)))
        })
    }

    async fn put_aside(&self, record: &Record, reason: &str) -> Fate {
        match self.dead_letters.dead_letter(&record.body, reason).await {
            Ok(()) => {
                tracing::error!(message.id = %record.message_id, reason, "event was put into the dead-letter queue");
                Fate::PutAside
            }
            Err(error) => {
                tracing::error!(message.id = %record.message_id, reason, %error, "event could not be put into the dead-letter queue and comes again");
                Fate::Again
            }
        }
    }
}
