//! `cargo xtask openapi`: the API's description, generated from its routes and kept in the
//! repository.

use crate::{command, terminal::Step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use std::fs;

/// What to do with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Write functions/api/openapi.json; otherwise it is compared
    #[arg(long)]
    write: bool,
}

/// Generates the document and writes it, or compares it with the one in the repository.
///
/// # Errors
/// If the API does not compile, or if the document in the repository is out of date.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let step = Step::begin("Making the API's document");
    let mut cargo = command::cargo();
    cargo.current_dir(workspace.root());
    cargo.args(["run", "--quiet", "--package", "grapnel-api", "--example", "openapi"]);
    let made = command::run(&mut cargo, &step).await? + "\n";
    step.done("made");
    let path = workspace.path("functions/api/openapi.json");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    match (made == kept, options.write) {
        (true, _) => println!("{} is up to date", path.display()),
        (false, true) => {
            fs::write(&path, made).with_context(|| format!("cannot write {}", path.display()))?;
            println!("wrote {}", path.display());
        }
        (false, false) => bail!("{} is out of date: add --write", path.display()),
    }
    Ok(())
}
