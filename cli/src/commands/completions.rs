//! `grapnel completions`.

use crate::args::Cli;
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
pub(crate) fn run(options: &Options) {
    clap_complete::generate(options.shell, &mut Cli::command(), "grapnel", &mut std::io::stdout());
}
