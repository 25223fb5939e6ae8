//! The budget of one rendering.
//!
//! Each evaluated expression and each statement costs a step. In addition, an operation that walks
//! through a list, reads a text or makes either pays for each item and each byte *before* it
//! starts, which limits the work and the memory. In tests, [`work`] counts the work where it is
//! done, and a property test compares it with what was charged.

use std::rc::Rc;

/// Maximum size of a rendered body, in bytes.
pub const MAX_OUTPUT_BYTES: usize = 256 * 1024;

/// The units of a step.
const STEP: usize = 64;
/// The units of an item of a list. A byte is one unit.
pub(super) const ITEM: usize = 32;

/// The rest of the budget.
#[derive(Debug)]
pub(super) struct Meter {
    left: usize,
}

/// Why a rendering ended without a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: Rc<str>,
    /// The line of the template; in nested statements, the innermost.
    pub(super) line: Option<u16>,
}

impl Failure {
    pub(super) fn because(message: &str) -> Self {
        Self { message: message.into(), line: None }
    }

    pub(super) fn new(message: String) -> Self {
        Self { message: message.into(), line: None }
    }

    pub(super) fn too_long() -> Self {
        Self::new(format!("what it makes is over {MAX_OUTPUT_BYTES} bytes"))
    }

    pub(super) fn at(self, line: u16) -> Self {
        Self { line: self.line.or(Some(line)), ..self }
    }
}

impl Meter {
    pub(super) fn new(steps: usize) -> Self {
        Self { left: steps.saturating_mul(STEP) }
    }

    /// Charges one step.
    pub(super) fn step(&mut self) -> Result<(), Failure> {
        work::done(1);
        self.charge(STEP)
    }

    /// Charges bytes, or items at [`ITEM`] each.
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

    /// The rest of the budget, in units.
    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.left
    }
}

/// Appends text that is charged, up to the maximum size of a body.
pub(super) fn append(text: &mut String, more: &str, meter: &mut Meter) -> Result<(), Failure> {
    if text.len() + more.len() > MAX_OUTPUT_BYTES {
        return Err(Failure::too_long());
    }
    meter.charge(more.len())?;
    work::done(more.len());
    text.push_str(more);
    Ok(())
}

/// The work that was done, in the units of the [`Meter`]: a byte is one, an item [`ITEM`]. Counted
/// only in tests.
pub(super) mod work {
    #[cfg(test)]
    thread_local! {
        static DONE: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    /// Notes items or bytes that were read or made, in units.
    #[cfg(not(test))]
    pub(in crate::transform) fn done(_: usize) {}

    /// Notes items or bytes that were read or made, in units.
    #[cfg(test)]
    pub(in crate::transform) fn done(units: usize) {
        DONE.set(DONE.get().saturating_add(units));
    }

    /// The work since the last call.
    #[cfg(test)]
    pub(in crate::transform) fn take() -> usize {
        DONE.replace(0)
    }
}
