//! What is printed of dead letters: progress, a table, and how many were sent back.

use crate::{
    dead_letters::{
        letter::Letter,
        source::Source,
        walk::{Fate, Observer, Task},
    },
    failure::Failure,
    ids,
    output::{Output, more},
    render::{Cell, Column, Table, View},
    say::say,
};
use serde::Serialize;
use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

/// How often progress is printed where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Most messages that a redrive shows in its table; `list` shows all.
const MOST_LEFT_SHOWN: usize = 20;

/// Fewest columns of a reason where `about` is shown.
const LEAST_REASON: usize = 32;

/// A message and what was done with it, as `--json` prints it.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    letter: &'a Letter,
    /// Only of a redrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

/// How many messages of a queue were sent back, and how many stay.
#[derive(Debug, Clone, Copy)]
struct Tally {
    queue: Source,
    sent: usize,
    left: usize,
}

/// Prints messages as they come, and the rest at the end.
pub(super) struct Report<'a> {
    output: &'a mut Output,
    task: Task,
    /// Most messages that are listed.
    most: usize,
    /// How many messages there are, as far as SQS knows.
    expected: Option<u64>,
    table: Table,
    tallies: Vec<Tally>,
    /// What is said where there is no message.
    none: &'static str,
    terminal: console::Term,
    printed_at: Instant,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        output: &'a mut Output,
        task: Task,
        queues: &[Source],
        most: usize,
        expected: Option<u64>,
    ) -> Self {
        let none = |queue: &Source| Tally { queue: *queue, sent: 0, left: 0 };
        Self {
            output,
            task,
            most,
            expected,
            table: table(),
            tallies: queues.iter().map(none).collect(),
            none: "No dead letters.",
            terminal: console::Term::stderr(),
            printed_at: Instant::now(),
        }
    }

    /// Of messages that an option selects: that there are none does not say that there are no others.
    pub(super) fn of_selected(self) -> Self {
        Self { none: "No dead letter matches.", ..self }
    }

    /// Whether there is room for no further message.
    pub(super) fn is_full(&self) -> bool {
        self.tallies.iter().map(|it| it.sent + it.left).sum::<usize>() >= self.most
    }

    fn left(&self) -> usize {
        self.tallies.iter().map(|it| it.left).sum()
    }

    /// Prints what is known at the end.
    ///
    /// # Errors
    /// When nobody reads it.
    pub(super) fn end(self) -> Result<(), Failure> {
        self.clear()?;
        match self.task {
            Task::List => self.end_list(),
            Task::Redrive { with_reason } => self.end_redrive(with_reason),
        }
    }

    fn end_list(self) -> Result<(), Failure> {
        let all = self.is_full().then(|| of(self.expected));
        self.output.table(self.table, self.none)?;
        if let Some(all) = all {
            say(&more(self.most, &all));
        }
        Ok(())
    }

    fn end_redrive(self, with_reason: bool) -> Result<(), Failure> {
        if self.output.is_json() {
            return Ok(());
        }
        let left = self.left();
        if left > 0 {
            self.output.table(self.table, "")?;
            if left > MOST_LEFT_SHOWN {
                self.output.line(format!("and {} more", left - MOST_LEFT_SHOWN))?;
            }
            self.output.line("")?;
        }
        for Tally { queue, sent, left } in &self.tallies {
            self.output.line(format!("{:<10}{sent} sent back, {left} left", queue.name()))?;
        }
        match (left, with_reason) {
            (0, _) => {}
            (_, true) => say(
                "The messages that are left were sent back and put aside again: their reasons still apply.",
            ),
            (_, false) => say(
                "The messages that are left have a reason. Once it no longer applies, send them back with \
                 --with-reason.",
            ),
        }
        Ok(())
    }

    fn shows_progress(&self) -> bool {
        self.terminal.is_term() && !self.output.is_json()
    }

    fn clear(&self) -> Result<(), Failure> {
        if self.shows_progress() {
            self.terminal.clear_line()?;
        }
        Ok(())
    }
}

/// The number of all, if it is known.
fn of(expected: Option<u64>) -> String {
    expected.map_or_else(String::new, |count| format!(" of about {count}"))
}

impl Observer for Report<'_> {
    fn see(&mut self, letter: &Letter, fate: Fate) -> Result<ControlFlow<()>, Failure> {
        if let Some(tally) = self.tallies.iter_mut().find(|it| it.queue == letter.queue) {
            match fate {
                Fate::SentBack => tally.sent += 1,
                Fate::Left => tally.left += 1,
            }
        }
        let is_listed = self.task == Task::List;
        if self.output.is_json() {
            let outcome = (!is_listed).then_some(match fate {
                Fate::SentBack => "sentBack",
                Fate::Left => "left",
            });
            self.output.json(&Line { letter, outcome })?;
        } else if is_listed || (fate == Fate::Left && self.left() <= MOST_LEFT_SHOWN) {
            self.table.add(row(letter, self.output.view()));
        }
        let is_enough = is_listed && self.is_full();
        Ok(if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn progress(&mut self, queue: Source, received: usize) -> Result<(), Failure> {
        let sent: usize =
            self.tallies.iter().filter(|it| it.queue == queue).map(|it| it.sent).sum();
        let done = match self.task {
            Task::List => String::new(),
            Task::Redrive { .. } => format!(", {sent} sent back"),
        };
        let line = format!("{}: {received} read{done}{}", queue.name(), of(self.expected));
        if self.shows_progress() {
            self.terminal.clear_line()?;
            self.terminal.write_str(&line)?;
        } else if self.printed_at.elapsed() >= BETWEEN_LINES {
            self.printed_at = Instant::now();
            say(&line);
        }
        Ok(())
    }
}

pub(in crate::commands) fn table() -> Table {
    Table::new([
        Column::id("message"),
        Column::fixed("queue"),
        Column::fixed("age"),
        Column::cut("kind", 8),
        // Left out rather than cut: it holds whole ids.
        Column::spare("about"),
        // What must be read: it takes several lines, and `about` gives way to it.
        Column::wrapped("reason", LEAST_REASON),
    ])
}

pub(in crate::commands) fn row(letter: &Letter, view: &View) -> Vec<Cell> {
    let age = letter.sent_at.map_or_else(|| "-".to_owned(), |at| view.clock.age(at));
    vec![
        Cell::id(&letter.message_id),
        Cell::plain(letter.queue.name()),
        Cell::dim(age),
        Cell::plain(letter.subject.kind.as_deref().unwrap_or("-")),
        about(letter),
        Cell::plain(letter.reason.as_deref().unwrap_or("-")),
    ]
}

fn about(letter: &Letter) -> Cell {
    match letter.subject.id() {
        Some(id) if ids::can_be_shortened(id) => Cell::id(id),
        Some(id) => Cell::plain(id),
        None => Cell::plain("-"),
    }
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
