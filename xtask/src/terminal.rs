//! Shows progress and results.
//!
//! On a terminal a step is a line with a spinner and the latest message. Elsewhere (a CI log, a
//! pipe) its result is printed, without colour or cursor movement; and during the step, the latest
//! message every few seconds, so that a long build does not look stuck.

use console::{Style, measure_text_width, style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    cell::Cell,
    fmt::Display,
    time::{Duration, Instant},
};

/// Columns of a step's label.
const LABEL_WIDTH: usize = 24;

/// Columns of its result.
const DETAIL_WIDTH: usize = 36;

/// How often the latest message is printed without a terminal.
const PAUSE: Duration = Duration::from_secs(10);

/// A step that takes a while.
pub(crate) struct Step {
    bar: ProgressBar,
    label: String,
    started: Instant,
    finished: bool,
    /// When a line was last printed without a terminal; `None` on a terminal.
    printed: Option<Cell<Instant>>,
}

impl Step {
    pub(crate) fn begin(label: impl Into<String>) -> Self {
        let label = label.into();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
        bar.set_style(
            ProgressStyle::with_template("{spinner:.cyan} {prefix} {wide_msg:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.set_prefix(pad(&label, LABEL_WIDTH));
        bar.enable_steady_tick(Duration::from_millis(100));
        let started = Instant::now();
        let printed = (!console::Term::stdout().is_term()).then(|| Cell::new(started));
        Self { bar, label, started, finished: false, printed }
    }

    /// Shows that it has begun, what it does and how long that may take.
    pub(crate) fn begin_long(label: impl Into<String>, what: &str) -> Self {
        let step = Self::begin(label);
        step.bar.set_message(what.to_owned());
        if step.printed.is_some() {
            step.print(what);
        }
        step
    }

    /// Shows the latest message.
    pub(crate) fn say(&self, what: impl Into<String>) {
        let what = what.into();
        if let Some(printed) = self.printed.as_ref().filter(|it| it.get().elapsed() >= PAUSE) {
            printed.set(Instant::now());
            self.print(&what);
        }
        self.bar.set_message(what);
    }

    fn print(&self, what: &str) {
        println!("  {} {what}", pad(&self.label, LABEL_WIDTH));
    }

    /// Prints a line above the step.
    pub(crate) fn print_above(&self, line: &str) {
        self.bar.suspend(|| println!("{line}"));
    }

    /// Ends successfully. A step that is dropped before has failed; its caller prints the reason.
    pub(crate) fn done(mut self, detail: impl Display) {
        self.finished = true;
        self.end(&style("✓").green().to_string(), &detail.to_string());
    }

    fn end(&self, mark: &str, detail: &str) {
        self.bar.finish_and_clear();
        let took = style(seconds(self.started.elapsed())).dim();
        println!("{mark} {} {} {took}", pad(&self.label, LABEL_WIDTH), pad(detail, DETAIL_WIDTH));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if !self.finished {
            self.end(&style("✗").red().bold().to_string(), "not done");
        }
    }
}

/// A time as it is shown: `0.4 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Text padded with blanks to `width` columns, regardless of bytes and colour codes.
pub(crate) fn pad(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(measure_text_width(text));
    format!("{text}{}", " ".repeat(blanks))
}

pub(crate) fn heading(text: &str) {
    println!("\n{}", style(text).bold());
}

/// Prints rows in columns, each as wide as its widest cell.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let widest = cells.map(|cell| measure_text_width(cell)).max().unwrap_or(0);
        widest.max(header.get(column).map_or(0, |title| measure_text_width(title)))
    };
    let line = |cells: Vec<&str>, paint: &Style| {
        let padded = cells.iter().enumerate().map(|(column, cell)| pad(cell, width(column)));
        let text = padded.collect::<Vec<_>>().join("   ");
        println!("  {}", paint.apply_to(text.trim_end()));
    };
    line(header.to_vec(), &Style::new().dim());
    for row in rows {
        line(row.iter().map(String::as_str).collect(), &Style::new());
    }
}
