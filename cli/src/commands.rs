//! The commands, one file for each subject.

pub(crate) mod admin;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod deliveries;
pub(crate) mod doctor;
pub(crate) mod event_types;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod listen;
pub(crate) mod login;
pub(crate) mod portal;
pub(crate) mod replay;
pub(crate) mod verify;
pub(crate) mod webhooks;

use crate::{
    args::{Cli, Command},
    failure::Failure,
    global::Global,
    output::Output,
};
use clap::CommandFactory;
use std::process::ExitCode;

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) async fn run(cli: Cli, output: &mut Output) -> Result<ExitCode, Failure> {
    let result = dispatch(cli.command, &cli.global, output).await;
    result.map_err(|failure| failure.with_settings(cli.global.used.get()))
}

async fn dispatch(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Webhooks(command) => return webhooks::run(*command, global, output).await,
        Command::Deliveries(command) => return deliveries::run(command, global, output).await,
        Command::Events(command) => events::run(command, global, output).await?,
        Command::EventTypes(command) => event_types::run(command, global, output).await?,
        Command::Replay(command) => replay::run(command, global, output).await?,
        Command::Keys(command) => keys::run(command, global, output).await?,
        Command::Portal(command) => portal::run(command, global, output).await?,
        Command::Admin(command) => admin::run(command, output).await?,
        Command::Listen(options) => listen::run(options, global, output).await?,
        Command::Doctor(options) => return doctor::run(options, global, output).await,
        Command::Verify(options) => return verify::run(options, global, output).await,
        Command::Health => health::run(global, output).await?,
        Command::Login(options) => login::run(options, global, output).await?,
        Command::Config(command) => config::run(&command, global, output)?,
        Command::Completions(options) => completions::run(&options, Cli::command(), output)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
#[path = "commands/width_tests.rs"]
mod width_tests;
