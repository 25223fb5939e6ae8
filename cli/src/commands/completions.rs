//! `grapnel completions`.

use crate::{args::Cli, failure::Failure, output::Output};
use clap::CommandFactory;
use clap_complete::Shell;

/// For which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints its completion script.
///
/// # Errors
/// When nobody reads it.
pub(crate) fn run(options: &Options, output: &mut Output) -> Result<(), Failure> {
    // Written here first: the generator ends the program where its reader stops.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Cli::command(), "grapnel", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end())
}
