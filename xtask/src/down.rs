//! `cargo xtask down`: ends the programs that `up` left running.

use crate::{
    running::{self, Purpose},
    workspace::Workspace,
};
use anyhow::Result;
use std::fs;

/// Ends them, and prints which were ended.
///
/// # Errors
/// If the process list can't be read.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let ended =
        running::end_all(workspace, |purpose| matches!(purpose, Purpose::Up | Purpose::Detached))?;
    let _ = fs::remove_file(workspace.local("stack.json"));
    if ended.is_empty() {
        println!("Nothing was running.");
    }
    for record in ended {
        println!("Stopped the {} (process {}).", record.name, record.group);
    }
    Ok(())
}
