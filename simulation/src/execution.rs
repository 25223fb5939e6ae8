//! An execution of the state machine for waits (`infra/wait.asl.json`). It waits, calls the tend
//! function, and tries the call again for ever. Everything else is the function's.

use crate::{
    aws::{Aws, Fate, fate_of_write, pause_between_tries},
    counts::Count,
    invocation::Invocation,
    mutation::Mutation,
    plan::Part,
    sim::{Occasion, Sim},
    task::{TaskId, at_once, millis},
    vocabulary::Function,
};
use grapnel_domain::{
    ports::{PortError, StartWaits, WaitState},
    tending::{Answer, SENT_AGAIN_AFTER, Visit},
    time::{Minute, Timestamp},
};
use grapnel_tend::Tend;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// After this many tries the pauses between them no longer grow: `MaxDelaySeconds`.
const LONGEST_PAUSE_AT: u32 = 9;

/// `MaxDelaySeconds`.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The pause of a wrong execution.
const SOON: Duration = Duration::from_secs(5);

/// Starts the execution of a minute, unless there was one before.
pub(crate) fn ensure(sim: &Sim, minute: Minute) -> Result<WaitState, PortError> {
    let mut state = at_once(sim.memory().ensure_waiting(minute))?;
    if sim.with(|state| state.executions.insert(minute)) {
        sim.count(Count::Waits);
        if sim.goes_wrong(sim.plan().faults.stopped, Count::Stopped) {
            stop(sim, minute);
            state = WaitState::Over;
        } else {
            sim.spawn(run(sim.clone(), minute));
        }
    }
    sim.trace(|| format!("the wait for {minute} is {state:?}"));
    if state == WaitState::Over {
        sim.count(Count::WaitsOver);
    }
    Ok(state)
}

async fn run(sim: Sim, minute: Minute) {
    let mut visit = Visit::first(minute);
    let stops_at = stops_at(&sim, minute);
    let mut late = Duration::ZERO;
    if sim.goes_wrong(sim.plan().faults.late_execution, Count::LateExecutions) {
        late = Duration::from_secs(sim.draw(|random| random.spread(1..=600)));
    }
    loop {
        let wakes = visit.until.plus(std::mem::take(&mut late));
        sim.sleep_until(stops_at.map_or(wakes, |stops| stops.min(wakes))).await;
        if stops_at.is_some_and(|stops| stops <= sim.now()) {
            return stop(&sim, minute);
        }
        let answer = call(&sim, visit).await;
        sim.trace(|| format!("the wait for {minute}: {answer:?}"));
        if answer.over || sim.mutation() == Some(Mutation::LooksOnce) {
            break;
        }
        visit.until = match sim.mutation() {
            Some(Mutation::SendsAgainSoon) if sim.now().until(answer.until) <= SENT_AGAIN_AFTER => {
                answer.until.min(sim.now().plus(SOON))
            }
            _ => answer.until,
        };
    }
    sim.trace(|| format!("the wait for {minute} ends"));
    sim.memory().end_wait(minute);
}

/// When somebody stops the execution, if somebody does: deliveries may rely on it by then.
fn stops_at(sim: &Sim, minute: Minute) -> Option<Timestamp> {
    let stops = sim.goes_wrong(sim.plan().faults.stopped, Count::Stopped);
    stops.then(|| {
        let seconds = sim.draw(|random| random.within(0..=900));
        minute.strikes_at().minus(Duration::from_secs(600)).plus(Duration::from_secs(seconds))
    })
}

/// Somebody stops an execution. The deployment has other users, so a later minute has an execution,
/// too, for whatever waits.
fn stop(sim: &Sim, minute: Minute) {
    sim.trace(|| format!("the wait for {minute} is stopped"));
    sim.memory().end_wait(minute);
    let later = sim.draw(|random| random.within(3..=30));
    let after = sim.now().max(minute.strikes_at()).plus(Duration::from_secs(60 * later));
    // It cannot fail: it is in memory.
    drop(ensure(sim, Minute::at_or_after(after)));
}

/// Calls the function until it answers.
async fn call(sim: &Sim, visit: Visit) -> Answer {
    let (mut not_begun, mut died) = (0, 0);
    loop {
        sim.pause(1..=500).await;
        let fate = fate_of_write(sim, Part::Functions, "call tend");
        if matches!(fate, Fate::Throttled | Fate::RequestLost | Fate::KilledBefore) {
            pause_between_tries(sim, not_begun).await;
            not_begun = (not_begun + 1).min(LONGEST_PAUSE_AT);
            continue;
        }
        let answer = match fate {
            // Two calls for one: they run at the same time.
            Fate::Repeated => {
                let second = Running::start(sim, visit);
                let first = Running::start(sim, visit).answer(sim).await;
                second.answer(sim).await.and(first)
            }
            _ => Running::start(sim, visit).answer(sim).await,
        };
        if let (Some(answer), Fate::Works | Fate::Slow | Fate::Repeated) = (answer, fate) {
            return answer;
        }
        match sim.mutation() {
            Some(Mutation::SendsAgainSoon) => sim.sleep(SOON).await,
            _ => sim.sleep((SENT_AGAIN_AFTER * 2_u32.pow(died)).min(LONGEST_PAUSE)).await,
        }
        died = (died + 1).min(2);
    }
}

/// A call of the function.
struct Running {
    task: TaskId,
    answer: Arc<Mutex<Option<Answer>>>,
}

impl Running {
    fn start(sim: &Sim, visit: Visit) -> Self {
        let aws = Aws::new(sim);
        let tend = Tend::<Aws> {
            deliveries: aws.clone(),
            queue: aws.clone(),
            dead_letters: aws.clone(),
            clock: aws,
        };
        let timeout = sim.now().plus(sim.plan().settings.time_budget.function_timeout);
        let answer: Arc<Mutex<Option<Answer>>> = Arc::default();
        let (given, of_task) = (Arc::clone(&answer), sim.clone());
        let invocation = Invocation::new(Function::Tend, sim.now(), &[]);
        let task = sim.invoke(invocation, async move {
            let report = tend.visit(visit, timeout).await;
            of_task.with(|state| state.check_visit(&report));
            *given.lock().unwrap_or_else(PoisonError::into_inner) = Some(report.answer);
        });
        sim.count(Count::Visits);
        sim.trace(|| format!("{task:?} tends {}", visit.minute));
        sim.with(|state| state.enter(timeout, Occasion::Timeout(task)));
        Self { task, answer }
    }

    /// The answer; `None` if the function died.
    async fn answer(self, sim: &Sim) -> Option<Answer> {
        let mut pause = 20;
        loop {
            sim.sleep(millis(pause)).await;
            let given = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
            if given.is_some() || !sim.with(|state| state.invocations.contains_key(&self.task)) {
                return given;
            }
            pause = (pause * 2).min(1000);
        }
    }
}
