//! Packages for Node, pinned by a lock file with hashes.

use super::stamp::ToolFolder;
use crate::{command, terminal::Step, workspace::Workspace};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// Installs the packages of `infra/<name>/package.json` unless they exist. `programs` is the folder
/// with Node and npm. Returns the folder with `node_modules`.
///
/// # Errors
/// If a package can't be downloaded, or differs from the lock file.
pub(crate) async fn install(workspace: &Workspace, name: &str, programs: &Path) -> Result<PathBuf> {
    let step = Step::begin(format!("Tools: Node packages of {name}"));
    let folder = workspace.tools(&format!("{name}-node"));
    let pins = fs::read_to_string(workspace.path(&format!("infra/{name}/package-lock.json")))?;
    let tool = ToolFolder::take(&folder).await?;
    if tool.is_installed(&pins) {
        step.done("installed");
        return Ok(folder);
    }
    tool.clear()?;
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(workspace.path(&format!("infra/{name}/{file}")), folder.join(file))?;
    }
    let mut npm = Command::new(programs.join("npm"));
    // No package may run a script while it is installed.
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    command::run(&mut npm, &step).await.context("installing Node packages")?;
    tool.mark_installed(&pins)?;
    step.done("installed now");
    Ok(folder)
}
