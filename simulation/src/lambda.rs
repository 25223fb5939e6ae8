//! The functions, and the event sources that invoke them.

use crate::{
    aws::{Aws, Isolation, describe},
    counts::Count,
    intake::Intake,
    invocation::Invocation,
    mutation::{self, Mutation},
    plan::Part,
    sim::{Occasion, Sim, State},
    source::Sources,
    task::{TaskId, millis},
    vocabulary::{Fault, Function, Queue},
};
use grapnel_delivery::{Deliver, Done};
use grapnel_domain::{
    message::Record,
    suspect::{self, Isolated},
};
use grapnel_ingest::Ingest;
use grapnel_testing::memory::Received;
use std::sync::Arc;

impl grapnel_delivery::Ports for Aws {
    type Webhooks = Self;
    type Events = Self;
    type Deliveries = Self;
    type DeliveryQueue = Self;
    type DeadLetters = Self;
    type Waits = Self;
    type Sender = Self;
    type Notices = Self;
    type Clock = Self;
}

impl grapnel_ingest::Ports for Aws {
    type Webhooks = Self;
    type Events = Self;
    type Deliveries = Self;
    type DeliveryQueue = Self;
    type DeadLetters = Self;
    type Clock = Self;
}

/// An instance of a function: warm, and with at most one batch at a time.
enum Instance {
    Ingest(Arc<Ingest<Aws>>),
    Delivery(Arc<Deliver<Aws>>),
}

/// The instances, and the running invocations.
#[derive(Default)]
pub(crate) struct Functions {
    instances: Vec<(Instance, Option<TaskId>)>,
    sources: Sources,
}

impl Functions {
    /// Receives messages that are due, and invokes functions.
    pub(crate) fn poll(&mut self, sim: &Sim, queue: Queue) {
        let refused = |batch: &[Received]| {
            let refused = sim.outage(Part::Functions);
            if refused {
                sim.count(Count::InvocationsRefused);
                sim.trace(|| format!("no function takes {} messages", batch.len()));
            }
            refused
        };
        match sim.plan().settings.intake {
            Intake::Erratic => {
                let received = receive(sim, queue);
                if !received.is_empty() && !refused(&received) {
                    self.start(sim, queue, &received);
                }
            }
            Intake::Mapped(mapping) => {
                while let Some((place, batch)) = self.sources.take(sim, queue, mapping) {
                    if refused(&batch) {
                        continue;
                    }
                    let task = self.start(sim, queue, &batch);
                    self.sources.started(queue, place, task);
                }
            }
        }
    }

    fn start(&mut self, sim: &Sim, queue: Queue, received: &[Received]) -> TaskId {
        let records: Vec<Record> = received.iter().map(Received::record).collect();
        let place = self.idle(sim, queue);
        let task = match &self.instances[place].0 {
            Instance::Ingest(ingest) => ingest_batch(sim, queue, Arc::clone(ingest), records),
            Instance::Delivery(deliver) => deliver_batch(sim, queue, Arc::clone(deliver), records),
        };
        self.instances[place].1 = Some(task);
        sim.count(Count::Invocations);
        let timeout = sim.now().plus(sim.plan().settings.time_budget.function_timeout);
        sim.with(|state| state.enter(timeout, Occasion::Timeout(task)));
        task
    }

    /// The index of an idle instance; a new one if there is none.
    fn idle(&mut self, sim: &Sim, queue: Queue) -> usize {
        let fits = |instance: &Instance| match instance {
            Instance::Ingest(_) => queue.feeds_ingest(),
            Instance::Delivery(_) => !queue.feeds_ingest(),
        };
        let idle =
            |(instance, at_work): &(Instance, Option<TaskId>)| at_work.is_none() && fits(instance);
        if let Some(place) = self.instances.iter().position(idle) {
            return place;
        }
        let instance = if queue.feeds_ingest() {
            Instance::Ingest(Arc::new(ingest(sim)))
        } else {
            Instance::Delivery(Arc::new(deliver(sim)))
        };
        self.instances.push((instance, None));
        self.instances.len() - 1
    }

    /// A function ended. If it died, its instance is gone too.
    pub(crate) fn ended(&mut self, sim: &Sim, task: TaskId, alive: bool) {
        self.sources.ended(sim, task);
        if alive {
            for (_, at_work) in &mut self.instances {
                at_work.take_if(|at| *at == task);
            }
        } else {
            self.instances.retain(|(_, at_work)| *at_work != Some(task));
        }
    }
}

fn ingest(sim: &Sim) -> Ingest<Aws> {
    let aws = Aws::new(sim);
    Ingest {
        subscriptions: aws.clone(),
        events: aws.clone(),
        deliveries: aws.clone(),
        queue: aws.clone(),
        dead_letters: aws.clone(),
        clock: aws,
        rules: grapnel_ingest::Rules {
            retention: sim.plan().settings.retention,
            delivery_timeout: sim.plan().settings.time_budget.function_timeout,
        },
    }
}

fn deliver(sim: &Sim) -> Deliver<Aws> {
    let aws = Aws::new(sim);
    let settings = sim.plan().settings;
    Deliver {
        webhooks: aws.clone(),
        events: aws.clone(),
        deliveries: aws.clone(),
        queue: aws.clone(),
        dead_letters: aws.clone(),
        waits: aws.clone(),
        sender: aws.clone(),
        notices: aws.clone(),
        clock: aws,
        rules: grapnel_delivery::Rules {
            retention: settings.retention,
            longest_queue_delay: settings.longest_queue_delay,
            // Lambda refuses a queue whose visibility timeout is shorter than the function's
            // timeout, so handlers may rely on it. The simulated queue is sometimes worse, so that
            // runs overlap.
            visibility_timeout: settings
                .visibility_timeout
                .max(settings.time_budget.function_timeout),
            time_budget: mutation::time_budget(sim),
            circuit: settings.circuit,
        },
    }
}

/// Receives up to ten messages (one from an isolation queue), not always the oldest. Some are also
/// delivered to another function.
fn receive(sim: &Sim, queue: Queue) -> Vec<Received> {
    let faults = &sim.plan().faults;
    let most = if queue.is_isolation() { 1 } else { sim.draw(|random| random.within(1..=10)) };
    let most = usize::try_from(most).unwrap_or(10);
    let mut passed_over = false;
    let chosen = |_: &_| {
        let passed = sim.goes_wrong(faults.reordered, Count::Reordered);
        passed_over |= passed;
        !passed
    };
    let ends = sim.queue(queue);
    let received = ends.receive_where(most, chosen);
    let now = sim.now();
    if passed_over || received.len() == most {
        sim.poll_at(queue, now.plus(millis(100)));
    }
    for message in &received {
        let at_work = sim.with(|state| {
            state
                .invocations
                .values()
                .any(|i| i.messages.iter().any(|(r, _)| r.message_id == message.id))
        });
        if at_work && message.receptions > 1 {
            sim.count(Count::Overlaps);
        }
        if sim.goes_wrong(faults.duplicated, Count::Duplicated) {
            ends.give_back(&message.id);
            sim.poll_at(queue, now);
        } else {
            sim.poll_at(queue, now.plus(sim.plan().settings.visibility_timeout));
        }
    }
    received
}

fn ingest_batch(sim: &Sim, queue: Queue, ingest: Arc<Ingest<Aws>>, records: Vec<Record>) -> TaskId {
    let invocation = Invocation::new(Function::Ingest, sim.now(), &records);
    let ids: Vec<String> = records.iter().map(|record| record.message_id.clone()).collect();
    let sim_of_task = sim.clone();
    let task = sim.invoke(invocation, async move {
        let sim = sim_of_task;
        let records = mutation::for_ingest(&sim, records);
        let isolation = Isolation::new(ingest.queue.clone(), queue);
        let batch = suspect::isolate(records, &isolation).await;
        let report = ingest.handle(&batch.to_begin).await;
        let refused = suspect::move_refused(&batch.to_begin, &report.refused, &isolation).await;
        let mut answer = Answer::new(batch, report.failed);
        answer.failed.retain(|id| !refused.moved.contains(id));
        answer.moved.extend(refused.moved);
        finish(&sim, queue, &ids, &answer);
    });
    sim.trace(|| format!("{task:?} ingests {}", ids_of(sim, task)));
    task
}

fn deliver_batch(
    sim: &Sim,
    queue: Queue,
    deliver: Arc<Deliver<Aws>>,
    records: Vec<Record>,
) -> TaskId {
    let invocation = Invocation::new(Function::Delivery, sim.now(), &records);
    let ids: Vec<String> = records.iter().map(|record| record.message_id.clone()).collect();
    let deadline = sim.now().plus(sim.plan().settings.time_budget.function_timeout);
    let deadline = mutation::deadline(sim, deadline);
    let sim_of_task = sim.clone();
    let task = sim.invoke(invocation, async move {
        let sim = sim_of_task;
        let records = mutation::for_delivery(&sim, records);
        let isolation = Isolation::new(deliver.queue.clone(), queue);
        let batch = suspect::isolate(records, &isolation).await;
        let report = deliver.handle(&batch.to_begin, deadline).await;
        sim.trace(|| format!("done: {:?}", report.done));
        report.done.iter().filter_map(count_of).for_each(|count| sim.count(count));
        finish(&sim, queue, &ids, &Answer::new(batch, report.failed));
    });
    sim.trace(|| format!("{task:?} delivers {}", ids_of(sim, task)));
    task
}

fn ids_of(sim: &Sim, task: TaskId) -> String {
    let described = |(record, message): &(Record, Option<_>)| {
        let what = message.as_ref().map_or_else(|| "event".to_owned(), describe);
        format!("[{} {what}]", record.message_id)
    };
    let messages = sim.with(|state| {
        let messages = state.invocations.get(&task).map(|i| i.messages.iter().map(described));
        messages.into_iter().flatten().collect::<Vec<_>>()
    });
    messages.join(" ")
}

const fn count_of(done: &Done) -> Option<Count> {
    match done {
        Done::Stale => Some(Count::Stale),
        Done::Healed => Some(Count::Healed),
        Done::Ended(_) => Some(Count::Ended),
        _ => None,
    }
}

/// A function's response, and the messages that it moved.
struct Answer {
    failed: Vec<String>,
    moved: Vec<String>,
}

impl Answer {
    fn new(batch: Isolated, mut failed: Vec<String>) -> Self {
        failed.extend(batch.stayed.into_iter().map(|(id, _)| id));
        Self { failed, moved: batch.moved }
    }
}

/// Lambda removes finished messages. Messages that the function names as failed stay hidden until
/// the visibility timeout ends.
fn finish(sim: &Sim, queue: Queue, ids: &[String], Answer { failed, moved }: &Answer) {
    let faults = &sim.plan().faults;
    let trusts = sim.mutation() == Some(Mutation::AcknowledgesFailures);
    check_failures(sim, failed);
    for id in ids.iter().filter(|id| trusts || !failed.contains(id)) {
        if queue.feeds_ingest() && !moved.contains(id) {
            let now = sim.now();
            sim.with(|state| {
                let body = state.current.and_then(|task| state.invocations.get(&task)).and_then(
                    |invocation| {
                        let mut messages = invocation.messages.iter();
                        messages.find(|(r, _)| r.message_id == *id).map(|(r, _)| r.body.clone())
                    },
                );
                if let Some(body) = body {
                    state.ledger.fanned_out(&body, now, &state.history);
                }
            });
        }
        if !queue.feeds_ingest() && !moved.contains(id) {
            let now = sim.now();
            sim.with(|state| {
                let State { ledger, invocations, history, current, .. } = state;
                if let Some(invocation) = current.and_then(|task| invocations.get(&task)) {
                    ledger.acknowledged(invocation, id, history, now);
                }
            });
        }
        let cut = sim.cut("acknowledge");
        if cut == Some(Fault::KilledBefore) {
            return sim.kill_current();
        }
        if cut == Some(Fault::ErrorBefore) {
            sim.count(Count::AcknowledgementsLost);
        } else if !sim.goes_wrong(faults.acknowledgement_lost, Count::AcknowledgementsLost) {
            sim.queue(queue).acknowledge(id);
        }
        if cut == Some(Fault::KilledAfter) {
            return sim.kill_current();
        }
    }
    sim.trace(|| format!("ends; come again: {failed:?}"));
}

/// A message fails only because of a fault, so a panic is detected here.
fn check_failures(sim: &Sim, failed: &[String]) {
    sim.with(|state| {
        let faults = state.invocation().map_or(0, |invocation| invocation.faults);
        if faults == 0 && !failed.is_empty() {
            state.ledger.broken(format!("nothing went wrong, and {failed:?} come again"));
        }
    });
}
