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
    print: Print,
}

/// Prints a line.
type Print = Box<dyn Fn(&str)>;

impl Step {
    pub(crate) fn begin(label: impl Into<String>) -> Self {
        let is_terminal = console::Term::stdout().is_term();
        Self::on(is_terminal, label.into(), Box::new(|line| println!("{line}")))
    }

    fn on(is_terminal: bool, label: String, print: Print) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
        bar.set_style(
            ProgressStyle::with_template("{spinner:.cyan} {prefix} {wide_msg:.dim}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.set_prefix(pad(&label, LABEL_WIDTH));
        bar.enable_steady_tick(Duration::from_millis(100));
        let started = Instant::now();
        let printed = (!is_terminal).then(|| Cell::new(started));
        Self { bar, label, started, finished: false, printed, print }
    }

    /// Shows that it has begun, what it does and how long that may take.
    pub(crate) fn begin_long(label: impl Into<String>, what: &str) -> Self {
        let step = Self::begin(label);
        step.say_at_once(what);
        step
    }

    fn say_at_once(&self, what: &str) {
        self.bar.set_message(what.to_owned());
        if self.printed.is_some() {
            self.print(what);
        }
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
        (self.print)(&format!("  {} {what}", pad(&self.label, LABEL_WIDTH)));
    }

    /// Prints a line above the step.
    pub(crate) fn print_above(&self, line: &str) {
        self.bar.suspend(|| (self.print)(line));
    }

    /// Ends successfully. A step that is dropped before has failed; its caller prints the reason.
    pub(crate) fn done(mut self, detail: impl Display) {
        self.finished = true;
        self.end(&style("✓").green().to_string(), &detail.to_string());
    }

    fn end(&self, mark: &str, detail: &str) {
        self.bar.finish_and_clear();
        let took = style(seconds(self.started.elapsed())).dim();
        let (label, detail) = (pad(&self.label, LABEL_WIDTH), pad(detail, DETAIL_WIDTH));
        (self.print)(&format!("{mark} {label} {detail} {took}"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{cell::RefCell, rc::Rc};

    /// A step, and the lines that it prints, without colours and repeated blanks.
    fn step(is_terminal: bool) -> (Step, Rc<RefCell<Vec<String>>>) {
        let lines = Rc::new(RefCell::new(Vec::new()));
        let print = {
            let lines = Rc::clone(&lines);
            move |line: &str| {
                let line = console::strip_ansi_codes(line);
                let words: Vec<&str> = line.split_whitespace().collect();
                lines.borrow_mut().push(words.join(" "));
            }
        };
        (Step::on(is_terminal, "Functions".into(), Box::new(print)), lines)
    }

    /// As if the last line had been printed so long ago.
    fn after_a_pause(step: &Step) {
        let printed = step.printed.as_ref().expect("no terminal");
        printed.set(Instant::now().checked_sub(PAUSE).expect("a machine that runs for a while"));
    }

    #[test]
    fn without_a_terminal_a_step_says_what_it_does_and_how_far_it_is() {
        let (step, lines) = step(false);
        step.say_at_once("compiling 3");
        assert_eq!(*lines.borrow(), ["Functions compiling 3"]);
        step.say("1/300");
        assert_eq!(lines.borrow().len(), 1, "not each of the many");
        after_a_pause(&step);
        step.say("200/300");
        step.say("201/300");
        assert_eq!(lines.borrow()[1..], ["Functions 200/300"]);
        step.done("built");
        let last = lines.borrow().last().cloned().expect("a line");
        assert!(last.starts_with("✓ Functions built 0."), "{last}");
        assert_eq!(lines.borrow().len(), 3);
    }

    #[test]
    fn without_a_terminal_a_step_that_fails_says_so() {
        let (step, lines) = step(false);
        drop(step);
        assert!(lines.borrow()[0].starts_with("✗ Functions not done"), "{lines:?}");
    }

    #[test]
    fn on_a_terminal_the_line_of_the_step_changes_instead() {
        let (step, lines) = step(true);
        step.say_at_once("compiling 3");
        step.say("1/300");
        assert!(lines.borrow().is_empty(), "{lines:?}");
        step.done("built");
        assert_eq!(lines.borrow().len(), 1);
    }
}
