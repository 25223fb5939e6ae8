//! The steps of `cargo xtask test`, and which of them run side by side.

use super::{browser, checks, clients, contract, deployed, english, second};
use crate::{house, instructions, workspace::Workspace};
use anyhow::Result;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this step; may be given more than once
    #[arg(long, value_enum)]
    pub(super) only: Vec<Step>,
    /// Fail if this machine lacks what a step needs, such as a browser; otherwise the step is skipped
    #[arg(long)]
    pub(super) complete: bool,
    /// What the property tests make their inputs of: the same number gives the same inputs
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// The program that shows the results, if this one runs a step beside other steps of it
    #[arg(long, hide = true)]
    pub(super) beside: Option<u32>,
    /// What the black-box tests are called with, such as part of a test's name
    #[arg(last = true)]
    pub(super) arguments: Vec<String>,
}

/// A step.
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
    /// cargo shear: dependencies that nothing uses, and files of no module
    Unused,
    /// Download the tools of the steps below, while the compiler works
    Tools,
    /// Unit, property and in-memory tests
    Unit,
    /// The real handlers under simulated faults: 10,000 seeds, and mistakes that must be found
    Simulation,
    /// Instructions of a delivery, compared with those on file: cargo xtask instructions
    Instructions,
    /// Tests of the deployed system
    BlackBox,
    /// The port contract on a second emulator, moto
    SecondOpinion,
    /// Clients that three generators make of the API's description, used on the deployed API
    Clients,
    /// The deployed console in Chromium
    Browser,
    /// The deployed API against its description, by Schemathesis
    Contract,
}

/// The steps in the order of execution: quick steps that often fail come first. The lanes of a part run
/// side by side, the first of them with its output shown.
///
/// Beside the compiler runs what waits for downloads. Compilers and the simulation take both processors. The local
/// AWS answers too late when a step beside it is busy: the functions then say 503, or try a call again.
pub(super) const PARTS: [&[&[Step]]; 2] = [
    &[
        &[Step::Format, Step::English, Step::House, Step::Clippy],
        &[Step::Dependencies, Step::Unused, Step::Template, Step::Sam, Step::Tools],
    ],
    &[&[
        Step::Unit,
        Step::Simulation,
        Step::Instructions,
        Step::BlackBox,
        Step::SecondOpinion,
        Step::Clients,
        Step::Browser,
        Step::Contract,
    ]],
];

impl Step {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::English => "plain English",
            Self::House => "house",
            Self::Clippy => "clippy",
            Self::Template => "template (cfn-lint)",
            Self::Sam => "template (sam validate)",
            Self::Dependencies => "dependencies (deny)",
            Self::Unused => "dependencies (shear)",
            Self::Tools => "downloads",
            Self::Unit => "unit tests",
            Self::Simulation => "simulation",
            Self::Instructions => "instructions of a delivery",
            Self::BlackBox => "black-box tests",
            Self::SecondOpinion => "ports on a second emulator",
            Self::Clients => "generated clients",
            Self::Browser => "console in a browser",
            Self::Contract => "API against its description",
        }
    }

    pub(super) async fn run(self, workspace: &Workspace, options: &Options) -> Result<()> {
        match self {
            Self::Format => checks::format(workspace).await,
            Self::English => english::check(workspace),
            Self::House => house::check(workspace).await,
            Self::Clippy => checks::clippy(workspace).await,
            Self::Template => checks::template(workspace).await,
            Self::Sam => checks::sam(workspace).await,
            Self::Dependencies => checks::dependencies(workspace).await,
            Self::Unused => checks::unused(workspace).await,
            Self::Tools => checks::download(workspace).await,
            Self::Unit => checks::unit(workspace, options.seed).await,
            Self::Simulation => checks::simulation(workspace).await,
            Self::Instructions => {
                instructions::run(workspace, &instructions::Options::default()).await
            }
            Self::BlackBox => deployed::test(workspace, &options.arguments).await,
            Self::SecondOpinion => second::test(workspace).await,
            Self::Clients => clients::test(workspace).await,
            Self::Browser => browser::test(workspace).await,
            Self::Contract => contract::test(workspace).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn every_step_runs_once() {
        let mut planned: Vec<_> = PARTS.concat().concat().into_iter().map(Step::title).collect();
        let mut all: Vec<_> = Step::value_variants().iter().map(|step| step.title()).collect();
        planned.sort_unstable();
        all.sort_unstable();
        assert_eq!(planned, all);
    }
}
