//! `cargo xtask bench`: measures the functions' release programs, with the program `grapnel-bench`.

use crate::{
    artifacts::{self, RELEASE_PROFILE},
    command,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use grapnel_testing::document::with_generated_part;
use serde_json::Value;
use std::fs;

/// The arguments of `grapnel-bench`.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Options {
    /// Write the tables of the last run into docs/performance.md, and measure nothing
    #[arg(long)]
    write: bool,
    /// See `cargo xtask bench --help`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<String>,
}

/// The file with the figures, below the workspace's root.
const FIGURES: &str = "target/bench.json";

/// The document with the tables.
const DOCUMENT: &str = "docs/performance.md";

/// Builds the functions as they are shipped, and measures them. Prints the figures and does not
/// judge them.
///
/// # Errors
/// If a program can't be built, or a measurement fails; with `--write`, if there was no run.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.write {
        return write(workspace);
    }
    let mut measure = command::cargo();
    measure
        .args(["run", "--quiet", "--profile", RELEASE_PROFILE, "--package", "grapnel-bench", "--"])
        .current_dir(workspace.root());
    if options.arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        command::run_shown(measure.args(["run", "--help"])).await?;
        println!("\ncargo xtask bench --write writes the tables of the last run into {DOCUMENT}.");
        return Ok(());
    }
    let programs = artifacts::programs_for_host(workspace.root(), RELEASE_PROFILE).await?;
    measure.arg("run").arg("--programs").arg(programs);
    measure.arg("--output").arg(workspace.path(FIGURES));
    command::run_shown(measure.args(&options.arguments)).await
}

/// Writes the tables of the last run into the document.
fn write(workspace: &Workspace) -> Result<()> {
    let figures = fs::read(workspace.path(FIGURES))
        .with_context(|| format!("{FIGURES} is missing: run cargo xtask bench first"))?;
    let figures: Value = serde_json::from_slice(&figures).context(FIGURES)?;
    let path = workspace.path(DOCUMENT);
    let document = fs::read_to_string(&path).context(DOCUMENT)?;
    let written = with_tables(&document, &figures["tables"])?;
    fs::write(&path, written).context(DOCUMENT)?;
    println!("wrote the tables of {DOCUMENT}");
    Ok(())
}

/// The document with these tables. A table without content keeps what the document has.
fn with_tables(document: &str, tables: &Value) -> Result<String> {
    let tables = tables.as_object().with_context(|| format!("{FIGURES} has no tables"))?;
    let texts = tables.iter().filter_map(|(name, text)| Some((name, text.as_str()?)));
    texts.filter(|(_, text)| !text.is_empty()).try_fold(
        document.to_owned(),
        |document, (name, text)| {
            let written = with_generated_part(&document, name, text);
            written.with_context(|| format!("{DOCUMENT} has no part `{name}`"))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_tables_of_a_run_stand_in_their_parts() {
        let document = "<!-- generated: a -->\nold\n<!-- end of a -->\n<!-- generated: b -->\nold\n<!-- end of b -->\n";
        let written = with_tables(document, &json!({ "a": "new", "b": "" })).expect("written");
        assert!(written.contains("new") && written.contains("old"), "{written}");
        assert!(with_tables(document, &json!({ "c": "new" })).is_err());
        assert!(with_tables(document, &json!(null)).is_err());
    }
}
