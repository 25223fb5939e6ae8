//! Event source mappings: how functions get their messages.
//!
//! The seeded runs receive irregularly, with as many functions at once as there are messages. Where
//! functions are scarce, this follows AWS's description ("Configuring scaling behavior for SQS
//! event source mappings" and "How Lambda processes records from stream and queue-based event
//! sources" in the Lambda developer guide). On demand: five concurrent batches at first; while
//! messages are left, up to 300 more per minute, one every 200 ms, up to `MaximumConcurrency`.
//! Provisioned: permanent pollers, each of which receives up to ten times per second and has up to
//! ten concurrent batches; a backlog is noticed within seconds, and then up to 1,000 more batches
//! per minute are added, a poller every 600 ms. In both modes, a batch has up to ten messages, in
//! the order of a fair queue. A batch occupies its place until its last message is finished.

use crate::{
    intake::{Mapping, PICKUP_MILLIS, Pool},
    sim::{Occasion, Sim},
    task::{TaskId, millis},
    vocabulary::Queue,
};
use grapnel_domain::time::Timestamp;
use grapnel_testing::memory::Received;
use std::collections::BTreeMap;

/// Messages of a batch, as in the template.
const BATCH: usize = 10;

/// Messages of a batch from an isolation queue, as in the template.
const ISOLATION_BATCH: usize = 1;

/// The state of the mappings.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    events: Source,
    events_isolation: Source,
    delivery: Source,
    delivery_isolation: Source,
    /// The running tasks, each with its queue and the index of its poller.
    at_work: BTreeMap<TaskId, (Queue, usize)>,
}

#[derive(Debug, Default)]
struct Source {
    pollers: Vec<Poller>,
    /// Since when messages are waiting.
    left_since: Option<Timestamp>,
    /// When the next poller may be added.
    grows_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Poller {
    busy: usize,
    /// When it may receive again.
    receives_at: Option<Timestamp>,
}

impl Sources {
    /// A batch for another function, and the index of the poller that received it; `None` if no
    /// function can be invoked now.
    pub(crate) fn take(
        &mut self,
        sim: &Sim,
        queue: Queue,
        mapping: Mapping,
    ) -> Option<(usize, Vec<Received>)> {
        let pool = mapping.pool(queue);
        let source = self.of(queue);
        let ends = sim.queue(queue);
        if !ends.has_due() {
            source.left_since = None;
            return None;
        }
        let place = source.free_poller(sim, queue, pool)?;
        let now = sim.now();
        source.pollers[place].receives_at = Some(now.plus(pool.mode.receives_every));
        let most = if queue.is_isolation() { ISOLATION_BATCH } else { BATCH };
        let batch = ends.receive_fairly(most);
        sim.poll_at(queue, now.plus(sim.plan().settings.visibility_timeout));
        (!batch.is_empty()).then_some((place, batch))
    }

    pub(crate) fn started(&mut self, queue: Queue, place: usize, task: TaskId) {
        self.at_work.insert(task, (queue, place));
        self.of(queue).pollers[place].busy += 1;
    }

    /// A function ended: its place is free.
    pub(crate) fn ended(&mut self, sim: &Sim, task: TaskId) {
        if let Some((queue, place)) = self.at_work.remove(&task) {
            self.of(queue).pollers[place].busy -= 1;
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
            Queue::EventsIsolation => &mut self.events_isolation,
            Queue::Delivery => &mut self.delivery,
            Queue::DeliveryIsolation => &mut self.delivery_isolation,
        }
    }
}

impl Source {
    /// The index of a poller with a free place. If there is none yet, the queue is polled again
    /// when there is one.
    fn free_poller(&mut self, sim: &Sim, queue: Queue, pool: Pool) -> Option<usize> {
        let now = sim.now();
        let look_at = |at| sim.with(|state| state.enter(at, Occasion::Poll(queue)));
        if self.pollers.is_empty() {
            self.pollers = vec![Poller::default(); pool.at_first];
        }
        let idle = self.pollers.iter().enumerate().filter(|(_, p)| p.busy < pool.mode.places);
        if let Some((place, poller)) = idle.min_by_key(|(_, poller)| poller.receives_at) {
            let at = poller.receives_at.unwrap_or(now);
            if now < at {
                look_at(at);
            }
            return (at <= now).then_some(place);
        }
        if self.pollers.len() >= pool.most {
            return None;
        }
        let first = self.left_since.is_none();
        let noticed = self.left_since.get_or_insert(now).plus(pool.mode.noticed_after);
        let next = now.plus(pool.mode.grows_every);
        let at = noticed.max(*self.grows_at.get_or_insert(next));
        if now < at {
            if first {
                look_at(at);
            }
            return None;
        }
        self.grows_at = Some(next);
        look_at(next);
        self.pollers.push(Poller::default());
        Some(self.pollers.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{
        DELIVERY_CONCURRENCY, INGEST_CONCURRENCY, ISOLATION_CONCURRENCY, MAXIMUM_POLLERS,
    };
    use grapnel_testing::memory::MAX_RECEIVES;

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
        assert_eq!(default_of("IsolationMaximumConcurrency"), Some(ISOLATION_CONCURRENCY));
        assert_eq!(default_of("DeliveryMinimumPollers"), Some(0));
        assert_eq!(default_of("DeliveryMaximumPollers"), Some(MAXIMUM_POLLERS));
        for batch in [BATCH, ISOLATION_BATCH] {
            assert_eq!(TEMPLATE.matches(&format!("BatchSize: {batch}\n")).count(), 2);
        }
    }

    /// A message that reaches the queue's retention is lost; a dead letter is not.
    #[test]
    fn a_message_is_a_dead_letter_before_its_queue_drops_it() {
        let receives = TEMPLATE.matches(&format!("maxReceiveCount: {MAX_RECEIVES}\n")).count();
        assert_eq!((receives, TEMPLATE.matches("maxReceiveCount: ").count()), (4, 4));
        let retention = number_after("DeliveryQueue:", "MessageRetentionPeriod: ");
        let longest = number_after("VisibilityTimeoutSeconds:", "MaxValue: ");
        assert!(
            longest
                .zip(retention)
                .is_some_and(|(longest, kept)| { longest * u64::from(MAX_RECEIVES) < kept })
        );
    }

    /// The number of `key` in the template's block that begins with `block`.
    fn number_after(block: &str, key: &str) -> Option<u64> {
        let (_, rest) = TEMPLATE.split_once(&format!("\n  {block}\n"))?;
        let (_, value) = rest.split_once(key)?;
        value.lines().next()?.parse().ok()
    }
}
