//! `grapnel`: Grapnel's API from a terminal and from scripts.
//!
//! - [`args`] is the command line, [`global`] the options that all commands have; [`settings`] finds out
//!   where the API is and who calls.
//! - [`commands`] has one file per subject. Each makes calls of `grapnel-client` and hands what came
//!   back to [`output`], which prints the API's own JSON for scripts or what [`render`] makes of it
//!   for people. [`say`] prints what is no answer.
//! - [`ids`] finds what the beginning of an id stands for; [`clock`] and [`moment`] are times as people
//!   read and type them.
//! - [`listen`] is a receiver on this machine; [`verdict`] says whether a request is signed as it should be.
//! - [`doctor`] checks a whole deployment, [`dead_letters`] goes through its dead-letter queues; both ask
//!   [`aws`].
//! - [`failure`] is how a command ends badly: a sentence, what to do about it, and an exit code.

mod args;
mod aws;
mod clock;
mod commands;
mod dead_letters;
mod doctor;
mod examples;
mod failure;
mod global;
mod ids;
mod input;
mod listen;
mod moment;
mod output;
mod render;
mod say;
mod settings;
#[cfg(test)]
mod shell_words;
mod text;
mod verdict;

use args::Cli;
use clap::{CommandFactory, FromArgMatches};
use clock::Clock;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

fn main() -> ExitCode {
    let matches = examples::add_to(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    global::apply_colour(cli.global.color);
    let mut output = Output::standard(cli.global.json, Clock::system(cli.global.utc));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli, &mut output)),
        Err(error) => Err(Failure::new(format!("cannot start: {error}"))),
    };
    match result {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
