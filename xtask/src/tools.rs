//! The tools that the project brings along, in `target/tools`: nothing is installed elsewhere.
//!
//! A tool is installed once for each version of its pins. The stamp that says so is written last,
//! so an installation that was cut off is done anew.

mod cargo;
mod node;
mod python;

use crate::{terminal::Step, workspace::Workspace};
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) use cargo::CargoTool;
pub(crate) use node::install as node;
pub(crate) use python::PythonTools;

/// What an installation writes when it is complete.
const STAMP: &str = "installed";

/// Whether the installation in `folder` is complete and of these pins.
fn is_installed(folder: &Path, pins: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == hash(pins))
}

/// Marks the installation in `folder` as complete.
fn mark_installed(folder: &Path, pins: &str) -> Result<()> {
    Ok(fs::write(folder.join(STAMP), hash(pins))?)
}

fn hash(pins: &str) -> String {
    hex::encode(Sha256::digest(pins))
}

/// Installs what a command needs, all shown as one step.
///
/// # Errors
/// When something can't be installed; the message says what to do.
pub(crate) async fn python(workspace: &Workspace, tools: PythonTools) -> Result<PathBuf> {
    let step = Step::begin(format!("Tools: {}", tools.title()));
    let (folder, news) = tools.install(workspace, &step).await?;
    step.done(news);
    Ok(folder)
}
