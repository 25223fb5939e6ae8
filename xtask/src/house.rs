//! `cargo xtask house`: measures the code, with the program `grapnel-house`.

use crate::{command, terminal::Step, workspace::Workspace};
use anyhow::Result;
use tokio::process::Command;

/// The arguments of `grapnel-house`.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// See `cargo xtask house --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<String>,
}

/// Prints the figures.
///
/// # Errors
/// If the code can't be measured.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    command::run_shown(program(workspace).args(&options.arguments)).await
}

/// Fails if a limit is exceeded.
pub(crate) async fn check(workspace: &Workspace) -> Result<()> {
    let step = Step::begin("House");
    command::run(program(workspace).arg("--check"), &step).await?;
    step.done("within its limits");
    Ok(())
}

fn program(workspace: &Workspace) -> Command {
    let mut cargo = command::cargo();
    // By the program's name: see the alias in .cargo/config.toml.
    cargo.args(["run", "--quiet", "--bin", "grapnel-house", "--"]);
    cargo.current_dir(workspace.root());
    cargo
}
