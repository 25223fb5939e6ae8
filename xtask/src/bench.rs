//! `cargo xtask bench`: measures the functions' release programs, with the program `grapnel-bench`.

use crate::{
    artifacts::{self, RELEASE_PROFILE},
    command,
    workspace::Workspace,
};
use anyhow::Result;

/// The arguments of `grapnel-bench`.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// See `cargo xtask bench --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<String>,
}

/// The file with the figures, below the workspace's root.
const FIGURES: &str = "target/bench.json";

/// Builds the functions as they are shipped, and measures them. Prints the figures and does not
/// judge them.
///
/// # Errors
/// If a program can't be built, or a measurement fails.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut measure = command::cargo();
    measure
        .args(["run", "--quiet", "--profile", RELEASE_PROFILE, "--package", "grapnel-bench", "--"])
        .current_dir(workspace.root());
    if options.arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        return command::run_shown(measure.args(["run", "--help"])).await;
    }
    let programs = artifacts::programs_for_host(workspace.root(), RELEASE_PROFILE).await?;
    measure.arg("run").arg("--programs").arg(programs);
    measure.arg("--output").arg(workspace.path(FIGURES));
    command::run_shown(measure.args(&options.arguments)).await
}
