//! The project's tools, in `target/tools`. Nothing is installed elsewhere.
//!
//! A tool is installed once for each version of its pins. The file that marks the installation as
//! complete is written last, so an interrupted installation is repeated.

mod cargo;
mod node;
mod python;
mod stamp;

use crate::{terminal::Step, workspace::Workspace};
use anyhow::Result;
use std::path::PathBuf;

pub(crate) use cargo::CargoTool;
pub(crate) use node::install as node;
pub(crate) use python::PythonTools;

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
