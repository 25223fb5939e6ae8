//! `grapnel completions`.

use crate::{failure::Failure, output::Output};
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completion script of a command for it.
///
/// # Errors
/// When nobody reads it.
pub(crate) fn run(
    options: &Options,
    mut command: clap::Command,
    output: &mut Output,
) -> Result<(), Failure> {
    // Written here first: the generator ends the program where its reader stops.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "grapnel", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end())
}
