//! The browser of the console's tests: the machine's, or Debian's package.

use super::Missing;
use crate::{command, terminal::Step};
use anyhow::{Context, Result};
use std::{
    env,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// Names a browser that is not on the path.
const VARIABLE: &str = "GRAPNEL_CHROMIUM";

/// What Chromium and its relatives are called on Linux and macOS.
const PROGRAMS: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The browser's program. Installs it if this program may install packages.
///
/// # Errors
/// [`Missing`] if no browser is installed and this program can't install one.
pub(crate) async fn chromium() -> Result<PathBuf> {
    let step = Step::begin("Tools: Chromium");
    if let Some(program) = find() {
        step.done(program.display());
        return Ok(program);
    }
    if !rustix::process::geteuid().is_root() || on_path("apt-get").is_none() {
        return Err(Missing(format!(
            "Chromium or Chrome is not installed. Install one (on Debian: apt-get install chromium), or name its \
             program in {VARIABLE}"
        ))
        .into());
    }
    step.say("installing Debian's package");
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", "chromium"]]
    {
        let mut apt = Command::new("apt-get");
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command::run(&mut apt, &step).await.context("installing Chromium")?;
    }
    let program = find().context("Debian's package of Chromium has no program of that name")?;
    step.done("installed now");
    Ok(program)
}

fn find() -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    named.or_else(|| PROGRAMS.into_iter().find_map(on_path))
}

/// The program of this name; a path is not searched for.
fn on_path(name: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut programs = env::split_paths(&folders).map(|folder| folder.join(Path::new(name)));
    programs.find(|program| program.is_file())
}
