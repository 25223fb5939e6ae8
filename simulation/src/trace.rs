//! A log of a run. Kept only if it will be read: most runs need none.

use crate::task::TaskId;
use grapnel_domain::time::Timestamp;
use std::collections::VecDeque;

/// The lines of a run.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    most: usize,
    lines: VecDeque<String>,
}

impl Trace {
    /// Keeps nothing.
    pub(crate) fn off() -> Self {
        Self::default()
    }

    /// Keeps the last `most` lines.
    pub(crate) fn last(most: usize) -> Self {
        Self { most, lines: VecDeque::new() }
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.most > 0
    }

    pub(crate) fn add(&mut self, now: Timestamp, task: Option<TaskId>, line: &str) {
        if self.lines.len() == self.most {
            self.lines.pop_front();
        }
        let time = now.to_string();
        // Day and time of day: a run lasts days, not months.
        let time = time.get(8..23).unwrap_or(&time).replace('T', " ");
        let task = task.map_or_else(|| "-".to_owned(), |task| format!("{task:?}"));
        self.lines.push_back(format!("{time} {task:>5} {line}"));
    }

    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines.into()
    }
}

/// The end of an id: enough to distinguish the ids of one run.
pub(crate) fn short(id: impl std::fmt::Display) -> String {
    let id = id.to_string();
    let (kind, rest) = id.split_once('_').unwrap_or(("", &id));
    let from = rest.len().saturating_sub(4);
    format!("{kind}-{}", rest.get(from..).unwrap_or(rest))
}
