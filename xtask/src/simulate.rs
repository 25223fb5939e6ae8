//! `cargo xtask simulate`: more seeds than the tests take, one seed again, or one path cut at every
//! call.

use crate::{command, workspace::Workspace};
use anyhow::Result;
use tokio::process::Command;

/// The document that says what was tried.
const DOCUMENT: &str = "docs/reliability.md";

/// What to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// In place of seeds, one event's path with every fault in every call; prints the table
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    crash_points: bool,
    /// Write the table into docs/reliability.md as well, and that of the deployed functions
    #[arg(long, requires = "crash_points")]
    write: bool,
}

/// Runs the simulation with its output shown.
///
/// # Errors
/// When a run breaks a promise, which the output then tells all about.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut simulation = Command::new("cargo");
    simulation
        .args(["run", "--quiet", "--package", "grapnel-simulation", "--"])
        .current_dir(workspace.root());
    if options.crash_points {
        simulation.arg("--crash-points");
    } else {
        simulation.args(["--seeds", &options.seeds.to_string()]);
        simulation.args(["--from", &options.from.to_string()]);
    }
    if options.write {
        simulation.arg("--write").arg(workspace.path(DOCUMENT));
    }
    command::run_shown(&mut simulation).await?;
    if options.write {
        let mut deployed = Command::new("cargo");
        deployed
            .args(["run", "--quiet", "--package", "grapnel-tests", "--example", "crash_points"])
            .arg("--")
            .arg(workspace.path(DOCUMENT))
            .current_dir(workspace.root());
        command::run_shown(&mut deployed).await?;
    }
    Ok(())
}
