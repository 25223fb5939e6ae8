//! `grapnel admin`: what an operator does with AWS credentials.

pub(crate) mod dead_letters;

use crate::{failure::Failure, output::Output};

/// What an operator does.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Dead letters: list messages that could not be processed, and send them back
    #[command(subcommand, visible_alias = "dead-letter")]
    DeadLetters(dead_letters::Command),
}

/// Does it.
///
/// # Errors
/// When AWS refuses.
pub(crate) async fn run(command: Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::DeadLetters(command) => dead_letters::run(command, output).await,
    }
}
