//! The outcome of a call, and of an entry of a batch.

use crate::{
    counts::Count,
    plan::{Part, Target},
    sim::{Sim, State},
    vocabulary::Fault,
};
use grapnel_domain::ports::PortError;

/// The outcome of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It succeeds.
    Works,
    /// It succeeds after some seconds.
    Slow,
    /// It is throttled.
    Throttled,
    /// It times out and has no effect.
    RequestLost,
    /// It has its effect and times out.
    AnswerLost,
    /// It times out and has its effect later, after its caller has continued.
    LateEffect,
    /// The SDK gets no response and repeats it: it has its effect twice.
    Repeated,
    /// Its caller dies before it is sent.
    KilledBefore,
    /// It has its effect, and its caller dies before the response.
    KilledAfter,
}

impl Fate {
    const fn count(self) -> Option<Count> {
        match self {
            // Deaths are counted where a task dies.
            Self::Works | Self::KilledBefore | Self::KilledAfter => None,
            Self::Slow => Some(Count::Slow),
            Self::Throttled => Some(Count::Throttled),
            Self::RequestLost => Some(Count::RequestsLost),
            Self::AnswerLost => Some(Count::AnswersLost),
            Self::LateEffect => Some(Count::LateEffects),
            Self::Repeated => Some(Count::Repeated),
        }
    }
}

impl From<Fault> for Fate {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::ErrorBefore => Self::RequestLost,
            Fault::ErrorAfter => Self::AnswerLost,
            Fault::KilledBefore => Self::KilledBefore,
            Fault::KilledAfter => Self::KilledAfter,
        }
    }
}

/// The error of an entry that failed alone.
pub(crate) const ENTRY_FAILED: &str = "an entry of the batch failed";

/// The result for one entry of a batch.
pub(super) enum Entry {
    Sent,
    Failed,
    FailedAfterAll,
}

impl Entry {
    /// The result that the sender gets.
    pub(super) fn answer(self) -> Result<(), PortError> {
        match self {
            Self::Sent => Ok(()),
            Self::Failed | Self::FailedAfterAll => Err(PortError::Unavailable(ENTRY_FAILED.into())),
        }
    }
}

/// The fate of a call that changes nothing.
pub(crate) fn of_read(sim: &Sim, part: Part, name: &'static str) -> Fate {
    if let Some(fate) = of_cut(sim, name) {
        return fate;
    }
    let rates = &sim.plan().faults;
    draw(
        sim,
        part,
        &[
            (rates.throttled, Fate::Throttled),
            (rates.request_lost, Fate::RequestLost),
            (rates.slow, Fate::Slow),
        ],
    )
}

/// The fate of a call that changes something.
pub(crate) fn of_write(sim: &Sim, target: impl Into<Target>, name: &'static str) -> Fate {
    if let Some(fate) = of_cut(sim, name) {
        return fate;
    }
    let target = target.into();
    if in_wave(sim, target) {
        sim.with(|state| state.fault(Count::WaveThrottles));
        return Fate::Throttled;
    }
    draw_write(sim, target.part())
}

/// The fate of a record that failed before and is retried. If a wave throttles it, it was counted
/// before.
pub(crate) fn of_record_again(sim: &Sim, target: Target, name: &'static str) -> Fate {
    sim.count(Count::RecordRetries);
    match of_cut(sim, name) {
        Some(fate) => fate,
        None if in_wave(sim, target) => Fate::Throttled,
        None => draw_write(sim, target.part()),
    }
}

fn in_wave(sim: &Sim, target: Target) -> bool {
    sim.plan().faults.wave(target, sim.now())
}

fn draw_write(sim: &Sim, part: Part) -> Fate {
    let rates = &sim.plan().faults;
    draw(
        sim,
        part,
        &[
            (rates.throttled, Fate::Throttled),
            (rates.request_lost, Fate::RequestLost),
            (rates.answer_lost, Fate::AnswerLost),
            (rates.late_effect, Fate::LateEffect),
            (rates.repeated, Fate::Repeated),
            (rates.slow, Fate::Slow),
        ],
    )
}

/// The fate of a request to a receiver, apart from the receiver's own behaviour. It does not count
/// as a fault of AWS.
pub(crate) fn of_request(sim: &Sim) -> Fate {
    sim.cut("send request").map_or(Fate::Works, Fate::from)
}

/// The result for an entry of a batch that arrives.
pub(super) fn of_entry(sim: &Sim) -> Entry {
    let partial = sim.plan().faults.partial;
    if !sim.goes_wrong(partial, Count::PartialFailures) {
        return Entry::Sent;
    }
    sim.with(|state| {
        if let Some(invocation) = state.invocation() {
            invocation.faults += 1;
        }
        if state.random.chance(500) { Entry::Failed } else { Entry::FailedAfterAll }
    })
}

/// The fate that was chosen for this call, if there is one.
fn of_cut(sim: &Sim, name: &'static str) -> Option<Fate> {
    let fate = Fate::from(sim.cut(name)?);
    Some(sim.with(|state| {
        // An execution does not die; instead, its call gets no response.
        let fate = match fate {
            Fate::KilledBefore if state.invocation().is_none() => Fate::RequestLost,
            Fate::KilledAfter if state.invocation().is_none() => Fate::AnswerLost,
            fate => fate,
        };
        if let Some(count) = fate.count() {
            state.fault(count);
        }
        fate
    }))
}

fn draw(sim: &Sim, part: Part, chances: &[(u32, Fate)]) -> Fate {
    if sim.outage(part) {
        return sim.with(|state| {
            state.fault(Count::Outages);
            *state.random.pick(&[Fate::Throttled, Fate::RequestLost])
        });
    }
    sim.with(|state| drawn(state, chances))
}

fn drawn(state: &mut State, chances: &[(u32, Fate)]) -> Fate {
    for (permille, fate) in chances {
        if state.budget > 0 && state.random.chance(*permille) {
            state.budget -= 1;
            if let Some(count) = fate.count() {
                state.fault(count);
            }
            return *fate;
        }
    }
    Fate::Works
}
