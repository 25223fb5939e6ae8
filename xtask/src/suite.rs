//! `cargo xtask test`: everything that CI checks.
//!
//! Steps that use the processors well run one after another, those that wait run side by side. A step
//! that fails does not stop the others. The last line counts the steps.

mod browser;
mod checks;
mod clients;
mod contract;
mod deployed;
mod english;
mod lanes;
mod second;
mod step;

pub(crate) use step::Options;

use crate::{
    running,
    terminal::{self, seconds},
    workspace::Workspace,
};
use anyhow::Result;
use console::style;
use lanes::{Ended, Verdict};
use std::process::ExitCode;
use step::PARTS;

/// Runs the steps, prints the result of each, and counts.
///
/// # Errors
/// If the traces of an earlier run can't be found. A failed step is not an error, but sets the exit
/// code.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    running::survey(workspace)?;
    if let Some(parent) = options.beside {
        return lanes::run_beside(workspace, options, parent).await;
    }
    let mut ended: Vec<Ended> = Vec::new();
    for part in PARTS {
        ended.extend(lanes::run(workspace, options, part).await);
    }

    // Once more at the end: a log of all steps is long, and what reads it may keep only its end.
    for step in ended.iter().filter(|it| !it.why().is_empty()) {
        terminal::heading(&format!("Why it failed: {}", step.step.title()));
        println!("{}", step.why().join("\n"));
    }

    terminal::heading("Summary");
    let rows: Vec<Vec<String>> = ended
        .iter()
        .map(|it| {
            let verdict = match it.verdict(options) {
                Verdict::Passed => style("passed").green(),
                Verdict::Skipped => style("skipped").yellow(),
                Verdict::Failed => style("FAILED").red(),
            };
            vec![it.step.title().to_owned(), verdict.to_string(), seconds(it.took)]
        })
        .collect();
    terminal::table(&["step", "result", "time"], &rows);
    let count = |verdict| ended.iter().filter(|it| it.verdict(options) == verdict).count();
    let (failed, skipped) = (count(Verdict::Failed), count(Verdict::Skipped));
    println!("\n{} passed, {failed} failed", count(Verdict::Passed));
    if skipped > 0 {
        println!("{skipped} skipped, since this machine lacks what they need. See above");
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
