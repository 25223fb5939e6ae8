//! `cargo xtask instructions`: counts the instructions of a delivery with the program `grapnel-bench`.

use crate::{
    artifacts::{self, LOCAL_PROFILE},
    command,
    workspace::Workspace,
};
use anyhow::Result;

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Write bench/instructions.txt; otherwise it is compared
    #[arg(long)]
    write: bool,
}

/// Builds the functions as for tests, and compares a delivery's instructions with those on file, or writes
/// them again.
///
/// # Errors
/// If a program can't be built, or a count is more than a twentieth from the one on file.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let programs = artifacts::programs_for_host(workspace.root(), LOCAL_PROFILE).await?;
    let mut guard = command::cargo();
    // By the program's name: see the alias in .cargo/config.toml.
    guard.args([
        "run",
        "--quiet",
        "--profile",
        LOCAL_PROFILE,
        "--bin",
        "grapnel-bench",
        "--",
        "guard",
    ]);
    guard
        .arg("--programs")
        .arg(programs)
        .arg("--file")
        .arg(workspace.path("bench/instructions.txt"));
    if options.write {
        guard.arg("--write");
    }
    command::run_shown(guard.current_dir(workspace.root())).await
}
