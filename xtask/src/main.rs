//! `cargo xtask …`: runs Grapnel on this machine, checks it, packages it for AWS.
//!
//! - [`up`] and [`down`]: the system on the local AWS ([`emulator`]), with a [`demo`] and a
//!   [`receiver`] to see it work. [`stack`] deploys `template.yaml` there.
//! - [`suite`]: everything that CI checks; [`stacks`]: what its black-box tests run on.
//! - [`openapi`]: the API's description, made from its routes.
//! - [`house`]: the code measured; [`bench`] and [`instructions`]: the functions; [`cost`]: the bill of a month.
//! - [`package`]: the zips and the template for AWS; [`artifacts`] and [`template`] make both.
//! - [`tools`] installs what these need into `target/tools`; [`command`] and [`process`] run
//!   programs so that none is left behind, [`running`] remembers those that are to stay.

mod artifacts;
mod bench;
mod bucket;
mod command;
mod cost;
mod demo;
mod down;
mod emulator;
mod env;
mod house;
mod http_client;
mod instructions;
mod openapi;
mod package;
mod process;
mod receiver;
mod running;
mod signed;
mod simulate;
mod stack;
mod stacks;
mod suite;
mod template;
mod terminal;
mod test_programs;
mod tools;
mod up;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;
use workspace::Workspace;

/// Runs Grapnel on this machine, checks it, packages it for AWS.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring the whole system up on a local AWS and deliver the sample events
    Up(up::Options),
    /// Stop what `up` runs, in another terminal or with --detach in the background
    Down,
    /// Print what a shell needs to call the API: eval "$(cargo xtask env)"
    Env(env::Options),
    /// Check everything that CI checks
    Test(suite::Options),
    /// Keep the stacks of the black-box tests up between runs
    #[command(subcommand)]
    Stacks(stacks::Action),
    /// Measure the release programs on this machine: processor time, calls and units of AWS, memory
    Bench(bench::Options),
    /// Count the instructions of a delivery and compare them with those on file, or write them again
    Instructions(instructions::Options),
    /// Compute a month's whole bill, and what other services would charge
    Cost(cost::Options),
    /// Compare the API's OpenAPI document with its routes, or write it again
    Openapi(openapi::Options),
    /// Build for AWS: the functions' zips, and a template that refers to them
    Package(package::Options),
    /// Run the delivery engine through simulated faults, a seed a run
    Simulate(simulate::Options),
    /// Measure the code: lines, port traits, circles of imports, long files
    House(house::Options),
    /// Receive the demo's deliveries
    #[command(hide = true)]
    Receiver(receiver::Options),
}

/// What a shell expects of a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

enum Outcome {
    Done(ExitCode),
    Interrupted(&'static str),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            tokio::select! {
                biased;
                // Dropping the work ends every program that it started.
                result = process::interrupted() => result.map(Outcome::Interrupted),
                result = run(cli.command) => result.map(Outcome::Done),
            }
        })
    });
    match result {
        Ok(Outcome::Done(code)) => code,
        Ok(Outcome::Interrupted(how)) => {
            println!("\nStopped by {how}.\nEverything that this command started has ended.");
            ExitCode::from(INTERRUPTED)
        }
        Err(error) => {
            eprintln!("\n{} {error:#}", console::style("error:").red().bold());
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match command {
        Command::Up(options) => up::run(&workspace, &options).await?,
        Command::Env(options) => env::run(&workspace, &options)?,
        Command::Down => down::run(&workspace)?,
        Command::Test(options) => return suite::run(&workspace, &options).await,
        Command::Stacks(action) => stacks::run(&workspace, action).await?,
        Command::Bench(options) => bench::run(&workspace, &options).await?,
        Command::Instructions(options) => instructions::run(&workspace, &options).await?,
        Command::Cost(options) => cost::run(&workspace, &options)?,
        Command::Openapi(options) => openapi::run(&workspace, &options).await?,
        Command::Package(options) => package::run(&workspace, &options).await?,
        Command::Simulate(options) => simulate::run(&workspace, &options).await?,
        Command::House(options) => house::run(&workspace, &options).await?,
        Command::Receiver(options) => receiver::run(options).await?,
    }
    Ok(ExitCode::SUCCESS)
}
