//! What one rendering may use up.
//!
//! Every expression that is evaluated and every statement costs a step. Beside it, whoever goes
//! through a list, reads a text or makes either pays for each item and each byte *before* doing so,
//! which bounds the work and the memory. In tests, [`work`] counts what is done where it is done, and
//! a property holds the one against the other.

use std::rc::Rc;

/// Units of a step.
const STEP: usize = 64;
/// Units of an item of a list. A byte is one unit.
pub(super) const ITEM: usize = 32;

/// What is left.
#[derive(Debug)]
pub(super) struct Meter {
    left: usize,
}

/// Why a rendering ends without a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: Rc<str>,
    /// The line of the template; of what is within another, the innermost.
    pub(super) line: Option<u16>,
}

impl Failure {
    pub(super) fn because(message: &str) -> Self {
        Self { message: message.into(), line: None }
    }

    pub(super) fn new(message: String) -> Self {
        Self { message: message.into(), line: None }
    }

    pub(super) fn at(self, line: u16) -> Self {
        Self { line: self.line.or(Some(line)), ..self }
    }
}

impl Meter {
    pub(super) fn new(steps: usize) -> Self {
        Self { left: steps.saturating_mul(STEP) }
    }

    /// Takes a step.
    pub(super) fn step(&mut self) -> Result<(), Failure> {
        work::done(1);
        self.charge(STEP)
    }

    /// Pays for bytes, or for items at [`ITEM`] each.
    pub(super) fn charge(&mut self, units: usize) -> Result<(), Failure> {
        match self.left.checked_sub(units) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Failure::because("it takes too many steps or too much memory"))
            }
        }
    }

    /// What is left, in units.
    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.left
    }
}

/// What was really done, counted in tests alone.
pub(super) mod work {
    #[cfg(test)]
    thread_local! {
        static DONE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// Notes that so many items or bytes were gone through or made.
    #[cfg(not(test))]
    pub(in crate::transform) fn done(_: usize) {}

    /// Notes that so many items or bytes were gone through or made.
    #[cfg(test)]
    pub(in crate::transform) fn done(count: usize) {
        DONE.set(DONE.get().saturating_add(count));
    }

    /// What was done since this was asked last.
    #[cfg(test)]
    pub(in crate::transform) fn take() -> usize {
        DONE.replace(0)
    }
}
