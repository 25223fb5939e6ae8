//! The project's tools, in `target/tools`. Nothing is installed elsewhere.
//!
//! A tool is installed once for each version of its pins. The file that marks the installation as
//! complete is written last, so an interrupted installation is repeated.

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

/// The file that marks a complete installation.
const STAMP: &str = "installed";

/// Whether the installation in `folder` is complete and has these pins.
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

/// Installs what a command needs, shown as one step.
///
/// # Errors
/// If something can't be installed; the message says what to do.
pub(crate) async fn python(workspace: &Workspace, tools: PythonTools) -> Result<PathBuf> {
    let step = Step::begin(format!("Tools: {}", tools.title()));
    let (folder, news) = tools.install(workspace, &step).await?;
    step.done(news);
    Ok(folder)
}
