//! Steps side by side. Each step beside the first lane runs in a separate program, so that its output stays together:
//! it is shown when the first lane has ended.

use super::step::{Options, Step};
use crate::{command, process, terminal, tools::Missing, workspace::Workspace};
use anyhow::{Context, Result};
use clap::ValueEnum;
use console::style;
use futures::future::join_all;
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::process::Command;

/// A step that has ended.
pub(super) struct Ended {
    pub(super) step: Step,
    pub(super) took: Duration,
    pub(super) result: Result<()>,
    /// What is to be shown of it: nothing, if it was shown already.
    lines: Vec<String>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    /// The machine lacks what the step needs.
    Skipped,
    Failed,
}

impl Ended {
    pub(super) fn verdict(&self, options: &Options) -> Verdict {
        match self.failure() {
            None => Verdict::Passed,
            Some(error) if !options.complete && error.is::<Missing>() => Verdict::Skipped,
            Some(_) => Verdict::Failed,
        }
    }

    /// What it failed with.
    fn failure(&self) -> Option<&anyhow::Error> {
        self.result.as_ref().err()
    }

    fn show(&self) {
        if let Some(error) = self.failure() {
            let how = if error.is::<Missing>() { "cannot run:" } else { "failed:" };
            println!("{} {error:#}", style(how).red().bold());
        }
    }

    /// The reports of what failed in it.
    pub(super) fn why(&self) -> &[String] {
        let failed = self.failure().and_then(|error| error.downcast_ref::<command::Failed>());
        failed.map_or(&[], |failed| &failed.why)
    }
}

/// Runs the wanted steps of a part, its lanes side by side, and shows them. Returns how they ended, in the order of the lanes.
pub(super) async fn run(workspace: &Workspace, options: &Options, part: &[&[Step]]) -> Vec<Ended> {
    let wanted = |step: &Step| options.only.is_empty() || options.only.contains(step);
    let mut lanes: Vec<Vec<Step>> =
        part.iter().map(|lane| lane.iter().copied().filter(wanted).collect()).collect();
    lanes.retain(|lane: &Vec<Step>| !lane.is_empty());
    let mut lanes = lanes.into_iter();
    let Some(first) = lanes.next() else { return Vec::new() };
    let others: Vec<_> = lanes.map(|lane| others(options, lane)).collect();
    let (mut ended, others) = tokio::join!(shown(workspace, options, first), join_all(others));
    for step in others.into_iter().flatten() {
        terminal::heading(step.step.title());
        println!("{}", step.lines.join("\n"));
        step.show();
        ended.push(step);
    }
    ended
}

/// Runs the one step of a program that another one started, until that one ends.
pub(super) async fn run_beside(
    workspace: &Workspace,
    options: &Options,
    parent: u32,
) -> Result<ExitCode> {
    let [step] = options.only[..] else { anyhow::bail!("a program beside others runs one step") };
    tokio::select! {
        result = step.run(workspace, options) => result.map(|()| ExitCode::SUCCESS),
        () = process::end_with_parent(parent) => Ok(ExitCode::FAILURE),
    }
}

/// Runs steps one after another in this program.
async fn shown(workspace: &Workspace, options: &Options, lane: Vec<Step>) -> Vec<Ended> {
    let mut ended = Vec::new();
    for step in lane {
        terminal::heading(step.title());
        let began = Instant::now();
        let result = step.run(workspace, options).await;
        let step = Ended { step, took: began.elapsed(), result, lines: Vec::new() };
        step.show();
        ended.push(step);
    }
    ended
}

/// Runs steps one after another, each in a separate program.
async fn others(options: &Options, lane: Vec<Step>) -> Vec<Ended> {
    let mut ended = Vec::new();
    for step in lane {
        let began = Instant::now();
        let (lines, result) = match program(options, step) {
            Ok(mut program) => command::run_again(&mut program).await,
            Err(error) => (Vec::new(), Err(error)),
        };
        ended.push(Ended { step, took: began.elapsed(), result, lines });
    }
    ended
}

/// This program, for one step.
fn program(options: &Options, step: Step) -> Result<Command> {
    let name = step.to_possible_value().context("a step without a name")?;
    let mut program = Command::new(std::env::current_exe().context("finding this program")?);
    program
        .args(["test", "--only", name.get_name()])
        .args(["--seed", &options.seed.to_string()])
        .args(["--beside", &std::process::id().to_string()]);
    Ok(program)
}
