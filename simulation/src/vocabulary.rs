//! Types that all parts of the simulation share.

use grapnel_testing::memory::{Memory, MemoryQueue};
use std::fmt;

/// A queue that invokes a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queue {
    Events,
    EventsIsolation,
    Delivery,
    DeliveryIsolation,
}

impl Queue {
    pub(crate) const ALL: [Self; 4] =
        [Self::Events, Self::EventsIsolation, Self::Delivery, Self::DeliveryIsolation];

    pub(crate) fn in_memory(self, memory: &Memory) -> MemoryQueue {
        match self {
            Self::Events => memory.events_queue(),
            Self::EventsIsolation => memory.events_isolation_queue(),
            Self::Delivery => memory.delivery_queue(),
            Self::DeliveryIsolation => memory.delivery_isolation_queue(),
        }
    }

    /// The isolation queue of this queue.
    pub(crate) const fn isolation(self) -> Self {
        match self {
            Self::Events | Self::EventsIsolation => Self::EventsIsolation,
            Self::Delivery | Self::DeliveryIsolation => Self::DeliveryIsolation,
        }
    }

    pub(crate) const fn is_isolation(self) -> bool {
        matches!(self, Self::EventsIsolation | Self::DeliveryIsolation)
    }

    pub(crate) const fn feeds_ingest(self) -> bool {
        matches!(self, Self::Events | Self::EventsIsolation)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Ingest,
    Delivery,
    Tend,
    Api,
}

impl Function {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Delivery => "delivery",
            Self::Tend => "tend",
            Self::Api => "api",
        }
    }
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect.
    ErrorBefore,
    /// It has its effect, and its caller gets an error.
    ErrorAfter,
    /// Its caller is killed before it is made.
    KilledBefore,
    /// It has its effect, and its caller is killed before the response.
    KilledAfter,
}

impl Fault {
    /// All faults, in the order of the table.
    pub const ALL: [Self; 4] =
        [Self::ErrorBefore, Self::ErrorAfter, Self::KilledBefore, Self::KilledAfter];

    /// The name in the table.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::ErrorBefore => "error before the effect",
            Self::ErrorAfter => "error after the effect",
            Self::KilledBefore => "killed before",
            Self::KilledAfter => "killed after",
        }
    }

    pub(crate) const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
    }
}

/// A call and its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    /// A function, or the execution of a shared wait.
    pub(crate) by: &'static str,
    pub(crate) name: &'static str,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} · {}", self.by, self.name)
    }
}

/// A fault in the call with this number, counted from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) place: usize,
    pub(crate) fault: Fault,
}

/// The calls of a run, in order.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) made: Vec<Call>,
    pub(crate) cut: Option<Cut>,
}

impl Calls {
    /// Counts a call. Returns the fault that happens to it.
    pub(crate) fn next(&mut self, call: Call) -> Option<Fault> {
        self.made.push(call);
        let place = self.made.len() - 1;
        self.cut.filter(|cut| cut.place == place).map(|cut| cut.fault)
    }
}
