//! A run, from its seed to its result.

use crate::{
    counts::{Count, Counts},
    explanations,
    lambda::Functions,
    mutation::Mutation,
    sim::{Occasion, Sim},
    task::{Task, TaskId},
    trace::Trace,
    users,
    vocabulary::Queue,
};
use grapnel_domain::time::Timestamp;
use std::collections::BTreeMap;

const DAY_SECONDS: i64 = 86_400;

/// The result of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub seed: u64,
    /// What happened in the run.
    pub counts: Counts,
    /// The broken promise, if there was one.
    pub broken: Option<String>,
    /// The kept lines of the trace.
    pub trace: Vec<String>,
}

struct World {
    sim: Sim,
    tasks: BTreeMap<TaskId, Task>,
    functions: Functions,
    steps: u64,
    day: i64,
    /// What is also checked after each [`STEPS_BETWEEN_LOOKS`] steps.
    look: fn(&Sim),
}

/// So few that most runs are looked at while something is under way.
const STEPS_BETWEEN_LOOKS: u64 = 150;

pub(crate) fn run(seed: u64, mutation: Option<Mutation>, trace: Trace) -> Run {
    let sim = Sim::new(seed, mutation, trace);
    run_with(sim, seed, users::begin, explanations::check, explanations::check)
}

/// Runs what `begin` starts. When nothing is left to do and the general checks are done, `check`
/// examines the results.
pub(crate) fn run_in(
    sim: Sim,
    seed: u64,
    begin: impl FnOnce(&Sim),
    check: impl FnOnce(&Sim),
) -> Run {
    run_with(sim, seed, begin, |_| (), check)
}

fn run_with(
    sim: Sim,
    seed: u64,
    begin: impl FnOnce(&Sim),
    look: fn(&Sim),
    check: impl FnOnce(&Sim),
) -> Run {
    let day = sim.now().as_secs() / DAY_SECONDS;
    let tasks = BTreeMap::new();
    let mut world = World { sim, tasks, functions: Functions::default(), steps: 0, day, look };
    world.sim.trace(|| format!("{:?}, {:?}", world.sim.plan().settings, world.sim.plan().faults));
    begin(&world.sim);
    world.take_in();
    if world.sim.plan().until.is_some() {
        if world.until_quiet() {
            check(&world.sim);
        }
        return world.end(seed);
    }
    if world.until_quiet() && world.redrive() {
        let smooth = world.sim.plan().smooth;
        let events = world.sim.memory().events();
        let (replays, lag) = (world.sim.memory().replays(), world.sim.plan().faults.longest_lag);
        let now = world.sim.now();
        world.sim.with(|state| {
            state.ledger.check_quiet(&state.counts, smooth);
            state.ledger.check_erasures(&events);
            state.ledger.check_asked_for(&events, &state.history, now);
            state.ledger.check_replays((&replays, &events), &state.history, lag, now);
        });
        check(&world.sim);
    }
    world.end(seed)
}

impl World {
    /// Runs until nothing is left to do; `false` if a promise was broken.
    fn until_quiet(&mut self) -> bool {
        loop {
            if self.sim.with(|state| state.ledger.first_broken().is_some()) {
                return false;
            }
            self.steps += 1;
            let most = self.sim.plan().most_steps;
            if self.steps > most {
                let what = format!("it never became quiet in {most} steps");
                self.sim.with(|state| state.ledger.broken(what));
                return false;
            }
            let Some((at, occasion)) = self.sim.with(|state| state.agenda.next()) else {
                return true;
            };
            if self.sim.plan().until.is_some_and(|until| until < at) {
                return true;
            }
            self.pass_time(at);
            match occasion {
                Occasion::Wake(task, timer) => {
                    if self.is_killed(task) {
                        self.drop_task(task, false);
                    } else if self.stalls(task) {
                        let later = at.plus(self.sim.stall());
                        self.sim.with(|state| state.enter(later, Occasion::Wake(task, timer)));
                    } else if self.tasks.contains_key(&task) {
                        timer.ring();
                        self.poll(task);
                    }
                }
                Occasion::Poll(queue) => self.functions.poll(&self.sim, queue),
                Occasion::Timeout(task) => {
                    if self.tasks.contains_key(&task) {
                        self.sim.count(Count::TimedOut);
                        self.sim.trace(|| format!("{task:?} runs into its timeout"));
                        self.drop_task(task, false);
                    }
                }
            }
            self.take_in();
            if self.steps.is_multiple_of(STEPS_BETWEEN_LOOKS) {
                (self.look)(&self.sim);
            }
        }
    }

    /// Redrives dead letters at the end, as an operator does when everything works again. Messages
    /// that a function sent there stay, because they cannot be processed.
    fn redrive(&mut self) -> bool {
        self.sim.with(|state| state.budget = 0);
        let sent_back = self.pass_time(self.sim.plan().all_well_from()) + self.send_back();
        if sent_back == 0 {
            return true;
        }
        let quiet = self.until_quiet();
        let left = Queue::ALL.map(|queue| self.sim.queue(queue).exhausted());
        if quiet && left.iter().any(|letters| !letters.is_empty()) {
            let what = "dead letters that were sent back died again, though nothing went wrong";
            self.sim.with(|state| state.ledger.broken(what));
        }
        quiet
    }

    /// Redrives messages that were received too often. Returns their number.
    fn send_back(&self) -> usize {
        let mut exhausted = 0;
        for queue in Queue::ALL {
            let letters = self.sim.queue(queue).take_exhausted();
            let to = queue.isolation();
            for letter in &letters {
                self.sim.queue(to).forward(&letter.record());
                self.sim.poll_at(to, self.sim.now());
            }
            exhausted += letters.len();
            self.sim.with(|state| state.measured.dead_letters.extend(letters));
        }
        if exhausted > 0 {
            self.sim.trace(|| format!("{exhausted} dead letters are sent back"));
        }
        self.sim.with(|state| state.counts.add(Count::Exhausted, exhausted as u64));
        exhausted
    }

    /// Each day expired rows are removed, and an operator redrives dead letters if everything
    /// works. Returns the number of redriven messages.
    fn pass_time(&mut self, to: Timestamp) -> usize {
        self.sim.advance_to(to);
        let day = to.as_secs() / DAY_SECONDS;
        if day != self.day {
            self.day = day;
            let gone = self.sim.memory().drop_expired();
            let now = self.sim.now();
            self.sim.with(|state| state.ledger.expired(now, &gone));
            if self.sim.plan().all_well_from() <= now {
                return self.send_back();
            }
        }
        0
    }

    fn is_killed(&self, task: TaskId) -> bool {
        let killed = self.is_function(task)
            && self.sim.goes_wrong(self.sim.plan().faults.killed, Count::Killed);
        if killed {
            self.sim.trace(|| format!("{task:?} is killed"));
        }
        killed
    }

    fn stalls(&self, task: TaskId) -> bool {
        let stalls = self.is_function(task)
            && self.sim.goes_wrong(self.sim.plan().faults.stalled, Count::Stalled);
        if stalls {
            self.sim.with(|state| {
                if let Some(invocation) = state.invocations.get_mut(&task) {
                    invocation.faults += 1;
                }
            });
        }
        stalls
    }

    fn is_function(&self, task: TaskId) -> bool {
        self.sim.with(|state| state.invocations.contains_key(&task))
    }

    fn poll(&mut self, id: TaskId) {
        let Some(task) = self.tasks.get_mut(&id) else { return };
        self.sim.with(|state| state.current = Some(id));
        let ended = task.run();
        let budget = self.sim.plan().settings.time_budget;
        let (abandoned, killed) = self.sim.with(|state| {
            let killed = state.killed.remove(&id);
            if ended
                && !killed
                && let Some(invocation) = state.invocations.get(&id)
            {
                let deadline = invocation.began.plus(budget.function_timeout);
                state.ledger.finished(id, &budget, deadline);
            }
            state.current = None;
            (state.abandoned.remove(&id), killed)
        });
        if ended || abandoned || killed {
            self.drop_task(id, !killed);
        }
    }

    /// A task has ended, or dies.
    fn drop_task(&mut self, id: TaskId, alive: bool) {
        self.tasks.remove(&id);
        self.functions.ended(&self.sim, id, alive);
        self.sim.with(|state| {
            state.invocations.remove(&id);
            state.ledger.died(id);
        });
    }

    /// Takes over the tasks that were started meanwhile.
    fn take_in(&mut self) {
        loop {
            let spawned = self.sim.with(|state| std::mem::take(&mut state.spawned));
            if spawned.is_empty() {
                return;
            }
            for (id, work) in spawned {
                self.tasks.insert(id, Task::new(work));
                self.poll(id);
            }
        }
    }

    /// Breaks the reference cycle: the run's tasks hold the run.
    fn end(self, seed: u64) -> Run {
        let Self { sim, tasks, functions, .. } = self;
        drop((tasks, functions));
        let spawned = sim.with(|state| std::mem::take(&mut state.spawned));
        drop(spawned);
        sim.with(|state| Run {
            seed,
            counts: state.counts.clone(),
            broken: state.ledger.first_broken().map(str::to_owned),
            trace: std::mem::take(&mut state.trace).into_lines(),
        })
    }
}
