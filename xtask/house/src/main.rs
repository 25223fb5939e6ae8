//! `cargo xtask house`: measures the code of the workspace, and checks that it does not get worse.
//!
//! - [`checkout`] finds the crates and their files, in the working tree or in a commit.
//! - [`lines`] counts the lines of one file; [`modules`] and [`imports`] find out which file of a crate
//!   uses which, and [`circles`] which of them use each other.
//! - [`figures`] adds up, [`table`] prints, [`limits`] checks.

mod checkout;
mod circles;
mod figures;
mod imports;
mod limits;
mod lines;
mod modules;
mod table;

use anyhow::{Context, Result};
use checkout::Commit;
use clap::Parser;
use figures::Figures;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Measure the code: lines, port traits, circles of imports, long files
#[derive(Debug, Parser)]
#[command(name = "cargo xtask house", bin_name = "cargo xtask house")]
struct Options {
    /// Measure this commit in place of the working tree
    #[arg(long, value_name = "COMMIT")]
    at: Option<String>,
    /// Measure this earlier commit too, and print the difference
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// Print nothing but what exceeds a limit, and fail if anything does
    #[arg(long, conflicts_with_all = ["at", "since"])]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    let root = root()?;
    let measure = |commit: Option<&str>| match commit {
        Some(commit) => Figures::of(Commit::unpack(&root, commit)?.path()),
        None => Figures::of(&root),
    };
    let after = measure(options.at.as_deref())?;
    if options.check {
        return limits::check(&after);
    }
    let text = match options.since.as_deref() {
        Some(since) => {
            let before = measure(Some(since))?;
            let at = options.at.as_deref().unwrap_or("the working tree");
            format!(
                "At {since}\n\n{}\nAt {at}\n\n{}\nDifference\n\n{}",
                table::of(&before),
                table::of(&after),
                table::difference(&before, &after)
            )
        }
        None => table::of(&after),
    };
    // A pipe that closes early, as `head` does, is an error and no panic.
    std::io::stdout().write_all(text.as_bytes()).context("printing")
}

/// The repository's folder.
fn root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().nth(2).context("this program was not built in a workspace")?;
    root.canonicalize().with_context(|| format!("{} does not exist any more", root.display()))
}
