//! The project's tools, in `target/tools`. Nothing is installed elsewhere.
//!
//! A tool is installed once for each version of its pins. The file that marks the installation as
//! complete is written last, so an interrupted installation is repeated.

mod chromium;
mod node;
mod python;
mod stamp;

use crate::{terminal::Step, workspace::Workspace};
use anyhow::Result;
use std::path::PathBuf;

pub(crate) use chromium::chromium;
pub(crate) use node::install as node;
pub(crate) use python::PythonTools;

/// Something that a machine must have and this one has not.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Missing(String);

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
