//! Event source mappings: how functions come by their messages.
//!
//! The seeded runs receive erratically, with as many functions at once as there are messages. Where
//! functions are scarce, it goes as AWS describes it ("Configuring scaling behavior for SQS event
//! source mappings"): five batches at a time at first; while messages are left, up to 300 more a
//! minute, one every 200 ms, up to `MaximumConcurrency`; up to ten messages a batch, as a fair queue
//! hands them out. A batch keeps its place until the last of its messages is finished.

use crate::{
    lambda::Queue,
    sim::{Occasion, Sim},
    task::{TaskId, millis},
};
use grapnel_domain::{ids::WebhookId, message::QueueMessage, ports::Outgoing, time::Timestamp};
use grapnel_testing::memory::Received;
use std::{collections::BTreeMap, ops::RangeInclusive, time::Duration};

/// Messages of a batch, as the template sets it.
const BATCH: usize = 10;

/// Between two more batches at a time.
const GROWS_EVERY: Duration = Duration::from_millis(200);

/// How many milliseconds after it is due a message is with a function, if one is free. AWS does not
/// say; the queue is polled all the time.
pub(crate) const PICKUP_MILLIS: RangeInclusive<u64> = 5..=50;

/// How functions come by their messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Intake {
    /// At some time, in some order, in batches of some size, without a limit.
    Erratic,
    /// As AWS describes it.
    Mapped(Mapping),
}

/// The event source mappings of both queues.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mapping {
    pub(crate) events: Pool,
    pub(crate) delivery: Pool,
    pub(crate) grouping: Grouping,
}

/// `IngestMaximumConcurrency`, as the template sets it.
const INGEST_CONCURRENCY: usize = 10;

/// `DeliveryMaximumConcurrency`, likewise.
pub(crate) const DELIVERY_CONCURRENCY: usize = 200;

/// Batches at a time at first.
const AT_FIRST: usize = 5;

impl Mapping {
    pub(crate) const fn of_template(grouping: Grouping) -> Self {
        Self {
            events: Pool { at_first: AT_FIRST, most: INGEST_CONCURRENCY },
            delivery: Pool { at_first: AT_FIRST, most: DELIVERY_CONCURRENCY },
            grouping,
        }
    }
}

/// How many batches are worked on at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pool {
    pub(crate) at_first: usize,
    /// `MaximumConcurrency`.
    pub(crate) most: usize,
}

/// Who takes turns on the delivery queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// As the functions send it.
    AsSent,
    /// Nobody: messages without a group.
    Nobody,
    /// Webhooks, always.
    Webhooks,
    /// Users, always.
    Users,
}

impl Intake {
    /// The group that a message is sent in.
    pub(crate) fn group_of(self, outgoing: &Outgoing) -> String {
        let grouping = match self {
            Self::Erratic => Grouping::AsSent,
            Self::Mapped(mapping) => mapping.grouping,
        };
        match grouping {
            Grouping::AsSent => outgoing.group.clone(),
            Grouping::Nobody => String::new(),
            Grouping::Webhooks => {
                webhook_of(&outgoing.message).map(|id| id.to_string()).unwrap_or_default()
            }
            Grouping::Users => match &outgoing.message {
                QueueMessage::Attempt(attempt) => attempt.target.user_id.to_string(),
                QueueMessage::Check(check) => check.target.user_id.to_string(),
                QueueMessage::Release(release) => release.user_id.to_string(),
                QueueMessage::ReleaseParked(release) => release.user_id.to_string(),
                QueueMessage::Replay(page) => page.user_id.to_string(),
            },
        }
    }
}

fn webhook_of(message: &QueueMessage) -> Option<WebhookId> {
    match message {
        QueueMessage::Attempt(attempt) => Some(attempt.target.webhook_id),
        QueueMessage::Check(check) => Some(check.target.webhook_id),
        QueueMessage::Release(release) => Some(release.webhook_id),
        QueueMessage::ReleaseParked(release) => Some(release.webhook_id),
        QueueMessage::Replay(_) => None,
    }
}

/// The mappings at work.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    events: Source,
    delivery: Source,
    at_work: BTreeMap<TaskId, Queue>,
}

#[derive(Debug, Default)]
struct Source {
    /// How many more than at first.
    grown: usize,
    /// When it may grow again.
    grows_at: Option<Timestamp>,
    busy: usize,
}

impl Sources {
    /// A batch for another function; `None` if there is none to be had now.
    pub(crate) fn take(
        &mut self,
        sim: &Sim,
        queue: Queue,
        mapping: Mapping,
    ) -> Option<Vec<Received>> {
        let ends = queue.of(sim);
        if !ends.has_due() {
            return None;
        }
        let (source, pool) = match queue {
            Queue::Events => (&mut self.events, mapping.events),
            Queue::Delivery => (&mut self.delivery, mapping.delivery),
        };
        let now = sim.now();
        if source.busy == pool.at_first + source.grown {
            if source.busy >= pool.most {
                return None;
            }
            match source.grows_at {
                Some(at) if now < at => return None,
                // Messages have been left since: it grows by one.
                Some(_) => source.grown += 1,
                None => {}
            }
            let at = now.plus(GROWS_EVERY);
            let first = source.grows_at.replace(at).is_none();
            sim.with(|state| state.enter(at, Occasion::Poll(queue)));
            if first {
                return None;
            }
        }
        let batch = ends.receive_fairly(BATCH);
        sim.poll_at(queue, now.plus(sim.plan().settings.visibility_timeout));
        (!batch.is_empty()).then_some(batch)
    }

    pub(crate) fn started(&mut self, queue: Queue, task: TaskId) {
        self.at_work.insert(task, queue);
        self.of(queue).busy += 1;
    }

    /// A function came to its end: somebody else may have its place.
    pub(crate) fn ended(&mut self, sim: &Sim, task: TaskId) {
        if let Some(queue) = self.at_work.remove(&task) {
            self.of(queue).busy -= 1;
            let now = sim.now();
            sim.with(|state| {
                let pause = state.random.within(PICKUP_MILLIS);
                state.enter(now.plus(millis(pause)), Occasion::Poll(queue));
            });
        }
    }

    fn of(&mut self, queue: Queue) -> &mut Source {
        match queue {
            Queue::Events => &mut self.events,
            Queue::Delivery => &mut self.delivery,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../template.yaml");

    /// The default of a parameter.
    fn default_of(parameter: &str) -> Option<usize> {
        let (_, parameters) = TEMPLATE.split_once("\nParameters:\n")?;
        let (_, rest) = parameters.split_once(&format!("\n  {parameter}:\n"))?;
        let (_, value) = rest.split_once("    Default: ")?;
        value.lines().next()?.parse().ok()
    }

    #[test]
    fn functions_are_as_scarce_as_the_template_makes_them() {
        assert_eq!(default_of("IngestMaximumConcurrency"), Some(INGEST_CONCURRENCY));
        assert_eq!(default_of("DeliveryMaximumConcurrency"), Some(DELIVERY_CONCURRENCY));
        assert_eq!(TEMPLATE.matches(&format!("BatchSize: {BATCH}\n")).count(), 2);
    }
}
