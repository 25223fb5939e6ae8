//! The console of a deployed stack in Chromium.

use super::deployed;
use crate::{
    command,
    tools::{self, PythonTools, chromium},
    workspace::Workspace,
};
use anyhow::Result;
use std::{fs, path::PathBuf};
use tokio::process::Command;

/// What the tests run with.
pub(super) struct Tools {
    chromium: PathBuf,
    /// The program of Node.
    node: PathBuf,
    /// The folder with `node_modules`.
    packages: PathBuf,
}

/// Installs the browser and what drives it.
///
/// # Errors
/// [`tools::Missing`] if there is no browser.
pub(super) async fn tools(workspace: &Workspace) -> Result<Tools> {
    let chromium = chromium().await?;
    let python = tools::python(workspace, PythonTools::Clients).await?;
    let packages = tools::node(workspace, "browser", &python).await?;
    Ok(Tools { chromium, node: python.join("node"), packages })
}

/// Deploys a stack and runs the tests in `infra/browser`. Their pictures of each view are in `target/console`.
pub(super) async fn test(workspace: &Workspace) -> Result<()> {
    let tools = tools(workspace).await?;
    // Beside the packages: Node looks for them from a file's own folder upwards.
    let folder = tools.packages.join("tests");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for file in fs::read_dir(workspace.path("infra/browser"))? {
        let file = file?;
        fs::copy(file.path(), folder.join(file.file_name()))?;
    }
    deployed::on_a_stack(workspace, "browser", &[], async |stack| {
        let mut node = Command::new(&tools.node);
        // One file after another: a second browser would slow both down.
        node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
            .current_dir(&folder)
            .env("GRAPNEL_URL", &stack.api_url)
            .env("GRAPNEL_ADMIN_KEY", &stack.admin_key)
            .env("GRAPNEL_CHROMIUM", &tools.chromium)
            .env("GRAPNEL_SCREENSHOTS", workspace.path("target/console"));
        command::run_shown(&mut node).await
    })
    .await
}
