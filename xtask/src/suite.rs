//! `cargo xtask test`: everything that CI checks, one step after another.
//!
//! A step that fails does not stop the others. The last line counts the steps.

mod checks;
mod clients;
mod contract;
mod deployed;
mod english;
mod second;

use crate::{
    command, house, running,
    terminal::{self, seconds},
    workspace::Workspace,
};
use anyhow::Result;
use console::style;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this step; may be given more than once
    #[arg(long, value_enum)]
    only: Vec<Step>,
    /// What the property tests make their inputs of: the same number gives the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the black-box tests are called with, such as part of a test's name
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// A step, in the order of execution: quick steps that often fail come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Step {
    /// cargo fmt --check
    Format,
    /// No phrase that CONTRIBUTING.md bans, in documents, the API's description and the help
    English,
    /// No circles of imports, no long files, and no more port traits than allowed: cargo xtask house
    House,
    /// cargo clippy on everything, warnings as errors
    Clippy,
    /// cfn-lint on the template
    Template,
    /// sam validate --lint on the template
    Sam,
    /// cargo deny: licences, forbidden crates, where crates come from
    Dependencies,
    /// cargo machete: dependencies that nothing uses
    Unused,
    /// Unit, property and in-memory tests
    Unit,
    /// The real handlers under simulated faults: 10,000 seeds, and mistakes that must be found
    Simulation,
    /// Tests of the deployed system
    BlackBox,
    /// The port contract on a second emulator, moto
    SecondOpinion,
    /// Clients that three generators make of the API's description, used on the deployed API
    Clients,
    /// The deployed API against its description, by Schemathesis
    Contract,
}

impl Step {
    const ALL: [Self; 14] = [
        Self::Format,
        Self::English,
        Self::House,
        Self::Clippy,
        Self::Template,
        Self::Sam,
        Self::Dependencies,
        Self::Unused,
        Self::Unit,
        Self::Simulation,
        Self::BlackBox,
        Self::SecondOpinion,
        Self::Clients,
        Self::Contract,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::English => "plain English",
            Self::House => "house",
            Self::Clippy => "clippy",
            Self::Template => "template (cfn-lint)",
            Self::Sam => "template (sam validate)",
            Self::Dependencies => "dependencies (deny)",
            Self::Unused => "dependencies (machete)",
            Self::Unit => "unit tests",
            Self::Simulation => "simulation",
            Self::BlackBox => "black-box tests",
            Self::SecondOpinion => "ports on a second emulator",
            Self::Clients => "generated clients",
            Self::Contract => "API against its description",
        }
    }

    async fn run(self, workspace: &Workspace, options: &Options) -> Result<()> {
        match self {
            Self::Format => checks::format(workspace).await,
            Self::English => english::check(workspace),
            Self::House => house::check(workspace).await,
            Self::Clippy => checks::clippy(workspace).await,
            Self::Template => checks::template(workspace).await,
            Self::Sam => checks::sam(workspace).await,
            Self::Dependencies => checks::dependencies(workspace).await,
            Self::Unused => checks::unused(workspace).await,
            Self::Unit => checks::unit(workspace, options.seed).await,
            Self::Simulation => checks::simulation(workspace).await,
            Self::BlackBox => deployed::test(workspace, &options.arguments).await,
            Self::SecondOpinion => second::test(workspace).await,
            Self::Clients => clients::test(workspace).await,
            Self::Contract => contract::test(workspace).await,
        }
    }
}

/// Runs the steps, prints the result of each, and counts.
///
/// # Errors
/// If the traces of an earlier run can't be found. A failed step is not an error, but sets the exit
/// code.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    running::survey(workspace)?;
    let wanted = |step: &Step| options.only.is_empty() || options.only.contains(step);
    let mut results: Vec<(Step, bool, Duration)> = Vec::new();
    let mut failures: Vec<(Step, Vec<String>)> = Vec::new();
    for step in Step::ALL.into_iter().filter(wanted) {
        terminal::heading(step.title());
        let began = Instant::now();
        let result = step.run(workspace, options).await;
        if let Err(error) = &result {
            println!("{} {error:#}", style("failed:").red().bold());
            if let Some(failed) = error.downcast_ref::<command::Failed>() {
                failures.push((step, failed.why.clone()));
            }
        }
        results.push((step, result.is_ok(), began.elapsed()));
    }

    // Once more at the end: a log of all steps is long, and what reads it may keep only its end.
    for (step, why) in failures.iter().filter(|(_, why)| !why.is_empty()) {
        terminal::heading(&format!("Why it failed: {}", step.title()));
        println!("{}", why.join("\n"));
    }

    terminal::heading("Summary");
    let rows: Vec<Vec<String>> = results
        .iter()
        .map(|(step, passed, took)| {
            let verdict = if *passed { style("passed").green() } else { style("FAILED").red() };
            vec![step.title().to_owned(), verdict.to_string(), seconds(*took)]
        })
        .collect();
    terminal::table(&["step", "result", "time"], &rows);
    let failed = results.iter().filter(|(_, passed, _)| !passed).count();
    println!("\n{} passed, {failed} failed", results.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
