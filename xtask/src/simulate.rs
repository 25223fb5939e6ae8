//! `cargo xtask simulate`: more seeds than the tests take, or one seed again.

use crate::{command, workspace::Workspace};
use anyhow::Result;
use tokio::process::Command;

/// Which seeds.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first
    #[arg(long, default_value_t = 0)]
    from: u64,
}

/// Runs the simulation with its output shown.
///
/// # Errors
/// When a seed breaks a promise, which the output then tells all about.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut simulation = Command::new("cargo");
    simulation
        .args(["run", "--quiet", "--package", "grapnel-simulation", "--"])
        .args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()])
        .current_dir(workspace.root());
    command::run_shown(&mut simulation).await
}
