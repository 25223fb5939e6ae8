//! What functions write down in a stored health beside its version.

use super::{Circuit, Health};
use crate::time::Timestamp;

/// What a function writes down in a stored health beside its version. It only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// [`Health::wakes_at`].
    WakeUp(Timestamp),
    /// [`Health::release_began`].
    Release(Timestamp),
}

impl Health {
    /// This health with a note, unless it has that or a later one.
    #[must_use]
    pub fn noted(mut self, note: Note) -> Self {
        match note {
            Note::WakeUp(due) => self.wakes_at = self.wakes_at.max(Some(due)),
            Note::Release(began) => self.release_began = self.release_began.max(Some(began)),
        }
        self
    }

    /// This health with the notes of another one.
    #[must_use]
    pub const fn with_notes_of(self, other: &Self) -> Self {
        Self { wakes_at: other.wakes_at, release_began: other.release_began, ..self }
    }

    /// The due time for which a wake-up must still be made sure of.
    #[must_use]
    pub fn needs_wake_up(&self) -> Option<Timestamp> {
        match self.circuit {
            Circuit::Open { due } if self.wakes_at < Some(due) => Some(due),
            Circuit::Open { .. } | Circuit::Closed | Circuit::Disabled { .. } => None,
        }
    }
}
