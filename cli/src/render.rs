//! What people see. Texts from elsewhere (a receiver's answer, an event's type) go through
//! [`visible`]: a receiver must not be able to write to the terminal of a person who looks at its
//! answer.

mod cell;
pub(crate) mod delivery;
pub(crate) mod event;
pub(crate) mod explanation;
mod facts;
mod health;
pub(crate) mod replay;
pub(crate) mod stats;
mod table;
pub(crate) mod webhook;
mod wrap;

pub(crate) use cell::{Cell, visible};
pub(crate) use facts::Facts;
pub(crate) use table::{Column, Table};
pub(crate) use wrap::{folded, hanging, prose};

use crate::clock::Clock;

/// How somebody looks at what is printed.
#[derive(Debug, Clone)]
pub(crate) struct View {
    /// The present and the time zone.
    pub(crate) clock: Clock,
    /// The columns of a line; `None` where lines may have any length.
    pub(crate) width: Option<usize>,
}

#[cfg(test)]
impl View {
    /// On 24 November 2026 at 06:24 UTC, in that zone.
    pub(crate) fn for_tests(width: Option<usize>) -> Self {
        Self { clock: Clock::at("2026-11-24T06:24:00Z", "UTC"), width }
    }
}
