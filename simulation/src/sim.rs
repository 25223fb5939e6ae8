//! The shared state of a run: virtual time, the seed's random numbers, AWS in memory, and the
//! history.

use crate::{
    counts::{Count, Counts},
    history::History,
    intake::{Intake, PICKUP_MILLIS},
    invocation::Invocation,
    ledger::Ledger,
    measured::Measured,
    mutation::{Kept, Mutation},
    partition::Partitions,
    plan::{Part, Plan},
    random::Random,
    task::{TaskId, Timer, Work, millis},
    trace::Trace,
    vocabulary::{Call, Calls, Fault, Queue},
};
use grapnel_domain::{
    ids::DeliveryId,
    ports::Clock,
    time::{Minute, Timestamp},
};
use grapnel_testing::{
    clock::ManualClock,
    memory::{Memory, MemoryQueue},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

/// A run in progress. Clones are the same run.
#[derive(Clone)]
pub(crate) struct Sim(Arc<Inner>);

struct Inner {
    memory: Memory,
    clock: ManualClock,
    plan: Plan,
    mutation: Option<Mutation>,
    state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) random: Random,
    pub(crate) agenda: Agenda,
    pub(crate) counts: Counts,
    pub(crate) ledger: Ledger,
    pub(crate) history: History,
    pub(crate) trace: Trace,
    /// The task that is being polled.
    pub(crate) current: Option<TaskId>,
    /// Functions that are running.
    pub(crate) invocations: BTreeMap<TaskId, Invocation>,
    /// Tasks that were started and not polled yet.
    pub(crate) spawned: Vec<(TaskId, Work)>,
    /// Tasks whose result nobody needs any more.
    pub(crate) abandoned: BTreeSet<TaskId>,
    /// Tasks that die at their current call.
    pub(crate) killed: BTreeSet<TaskId>,
    /// The calls of this run, if they are counted.
    pub(crate) calls: Option<Calls>,
    /// Messages about each delivery, by their message ids.
    pub(crate) queued: BTreeMap<DeliveryId, Vec<String>>,
    /// The latencies of first requests, if they are measured.
    pub(crate) measured: Measured,
    pub(crate) executions: BTreeSet<Minute>,
    pub(crate) kept: Kept,
    /// The capacity of the deliveries table's partitions, if it is limited.
    pub(crate) partitions: Partitions,
    /// How many faults may still happen.
    pub(crate) budget: u32,
    /// Counts steps, so that "before" is defined within a millisecond.
    pub(crate) step: u64,
    tasks: u32,
}

impl Sim {
    pub(crate) fn new(seed: u64, mutation: Option<Mutation>, trace: Trace) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::draw(&mut random);
        Self::of(plan, random, mutation, trace)
    }

    pub(crate) fn of(plan: Plan, random: Random, mutation: Option<Mutation>, trace: Trace) -> Self {
        let memory = Memory::new();
        memory.set_waiting_page(plan.settings.waiting_page);
        memory.set_settled_page(plan.settings.settled_page);
        for queue in Queue::ALL.map(|queue| queue.in_memory(&memory)) {
            queue.set_visibility_timeout(plan.settings.visibility_timeout);
            queue.set_max_receives(plan.settings.max_receives);
        }
        let state = State {
            random,
            agenda: Agenda::default(),
            counts: Counts::default(),
            ledger: Ledger::default(),
            history: History::default(),
            trace,
            current: None,
            invocations: BTreeMap::new(),
            spawned: Vec::new(),
            abandoned: BTreeSet::new(),
            killed: BTreeSet::new(),
            calls: None,
            queued: BTreeMap::new(),
            measured: Measured::default(),
            executions: BTreeSet::new(),
            kept: Kept::default(),
            partitions: Partitions::new(plan.faults.writes_per_partition),
            budget: plan.faults.budget,
            step: 0,
            tasks: 0,
        };
        let clock = memory.clock();
        Self(Arc::new(Inner { memory, clock, plan, mutation, state: Mutex::new(state) }))
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub(crate) fn queue(&self, queue: Queue) -> MemoryQueue {
        queue.in_memory(self.memory())
    }

    pub(crate) fn plan(&self) -> &Plan {
        &self.0.plan
    }

    pub(crate) fn mutation(&self) -> Option<Mutation> {
        self.0.mutation
    }

    /// The true time. No function knows it exactly.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Advances the time, never back.
    pub(crate) fn advance_to(&self, time: Timestamp) {
        self.0.clock.set(time.max(self.now()));
    }

    /// Reads or changes the state. `look` must not call this again.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sleep(&self, duration: Duration) -> Sleep {
        self.sleep_until(self.now().plus(duration))
    }

    /// Waits until a time; does not wait if it has passed.
    pub(crate) fn sleep_until(&self, time: Timestamp) -> Sleep {
        Sleep::until(self.clone(), time.max(self.now()))
    }

    /// Waits for a random number of milliseconds.
    pub(crate) fn pause(&self, range: std::ops::RangeInclusive<u64>) -> Sleep {
        let length = self.draw(|random| random.within(range));
        self.sleep(millis(length))
    }

    /// Wakes the current task at `until`.
    pub(crate) fn set_timer(&self, until: Timestamp) -> Arc<Timer> {
        let timer = Arc::new(Timer::default());
        self.with(|state| {
            if let Some(task) = state.current {
                state.enter(until, Occasion::Wake(task, Arc::clone(&timer)));
            }
        });
        timer
    }

    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> TaskId {
        self.with(|state| {
            state.tasks += 1;
            let id = TaskId(state.tasks);
            state.spawned.push((id, Box::pin(work)));
            id
        })
    }

    /// Starts the task of a function, which can be killed.
    pub(crate) fn invoke(
        &self,
        invocation: Invocation,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> TaskId {
        let id = self.spawn(work);
        self.with(|state| state.invocations.insert(id, invocation));
        id
    }

    /// Polls a queue once messages of this time can be received.
    pub(crate) fn poll_at(&self, queue: Queue, time: Timestamp) {
        self.with(|state| {
            let late = match self.plan().settings.intake {
                Intake::Erratic => state.random.spread(1..=2000),
                Intake::Mapped(_) => state.random.within(PICKUP_MILLIS),
            };
            state.enter(time.plus(millis(late)), Occasion::Poll(queue));
        });
    }

    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        self.with(|state| draw(&mut state.random))
    }

    /// Whether a fault with this frequency happens now; if so, it is counted.
    pub(crate) fn goes_wrong(&self, permille: u32, what: Count) -> bool {
        self.with(|state| state.goes_wrong(permille, what))
    }

    /// Counts a call of the current task. Returns the fault that was chosen for this call.
    pub(crate) fn cut(&self, name: &'static str) -> Option<Fault> {
        self.with(|state| {
            let by = state.invocation().map_or("wait", |invocation| invocation.function.name());
            state.calls.as_mut()?.next(Call { by, name })
        })
    }

    /// The current task dies at once.
    pub(crate) fn kill_current(&self) {
        self.count(Count::Killed);
        self.trace(|| "is killed".into());
        self.with(|state| state.killed.extend(state.current));
    }

    /// The current task dies in the middle of a call.
    pub(crate) async fn die(&self) -> ! {
        self.kill_current();
        std::future::pending().await
    }

    pub(crate) fn count(&self, what: Count) {
        self.with(|state| state.counts.add(what, 1));
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        if !self.with(|state| state.trace.is_on()) {
            return;
        }
        let (now, line) = (self.now(), line());
        self.with(|state| {
            let task = state.current;
            state.trace.add(now, task, &line);
        });
    }

    /// For how long a function is paused.
    pub(crate) fn stall(&self) -> Duration {
        let longest = self.plan().settings.time_budget.function_timeout.as_secs() * 1000;
        self.draw(|random| match random.chance(500) {
            true => millis(random.spread(1000..=longest)),
            false => millis(random.within(1000..=longest)),
        })
    }

    /// Whether a part of AWS does not respond now.
    pub(crate) fn outage(&self, part: Part) -> bool {
        self.plan().faults.outage(part, self.now())
    }
}

impl State {
    pub(crate) fn enter(&mut self, at: Timestamp, occasion: Occasion) {
        let tie = self.random.next();
        self.agenda.enter(at, tie, occasion);
    }

    pub(crate) fn goes_wrong(&mut self, permille: u32, what: Count) -> bool {
        if self.budget == 0 || !self.random.chance(permille) {
            return false;
        }
        self.budget -= 1;
        self.counts.add(what, 1);
        true
    }

    /// The invocation of the current task.
    pub(crate) fn invocation(&mut self) -> Option<&mut Invocation> {
        self.invocations.get_mut(&self.current?)
    }

    pub(crate) fn next_step(&mut self) -> u64 {
        self.step += 1;
        self.step
    }

    /// Ids of the messages that functions are processing.
    pub(crate) fn at_work(&self) -> BTreeSet<String> {
        let messages = self.invocations.values().flat_map(|invocation| &invocation.messages);
        messages.map(|(record, _)| record.message_id.clone()).collect()
    }
}

/// A scheduled step.
#[derive(Debug)]
pub(crate) enum Occasion {
    /// The end of a task's wait.
    Wake(TaskId, Arc<Timer>),
    /// Messages may be due.
    Poll(Queue),
    /// A function reached its timeout.
    Timeout(TaskId),
}

/// The scheduled steps in the order of time. A random number decides the order within a
/// millisecond, so that no order is assumed that AWS does not promise.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    occasions: BTreeMap<(Timestamp, u64, u64), Occasion>,
    entered: u64,
}

impl Agenda {
    pub(crate) fn enter(&mut self, at: Timestamp, tie: u64, occasion: Occasion) {
        self.entered += 1;
        self.occasions.insert((at, tie, self.entered), occasion);
    }

    pub(crate) fn next(&mut self) -> Option<(Timestamp, Occasion)> {
        self.occasions.pop_first().map(|((at, ..), occasion)| (at, occasion))
    }
}

/// Waits until a time. This is the only thing that tasks await in the simulation, so it is the only
/// place at which another task runs or a function can be killed.
pub(crate) struct Sleep {
    sim: Sim,
    until: Timestamp,
    timer: Option<Arc<Timer>>,
}

impl Sleep {
    pub(crate) fn until(sim: Sim, until: Timestamp) -> Self {
        Self { sim, until, timer: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let until = self.until;
        let sim = self.sim.clone();
        let timer = self.timer.get_or_insert_with(|| sim.set_timer(until));
        timer.poll(context)
    }
}
