//! `grapnel-bench`: measures the release programs of the functions. `cargo xtask bench` builds and
//! starts it.
//!
//! Each function runs as on Lambda: [`lambda`] is its Runtime API, the library's stand-in is AWS, and
//! [`receiver`] takes the requests. [`case`] is one measurement in a [`world`]; [`floor`] the least
//! that a delivery could take; [`peers`] are measured beside it. [`report`] prints the table and writes the file.

mod case;
mod floor;
mod instructions;
mod lambda;
mod machine;
mod peers;
mod process;
mod receiver;
mod report;
mod rest;
mod run;
mod traffic;
mod world;

use anyhow::Result;
use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
enum Command {
    /// Measure the release programs on this machine
    Run(run::Options),
    /// Send signed requests over one connection, and print what each took
    #[command(hide = true)]
    Floor(floor::Options),
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Floor(options) => floor::run(&options),
        Command::Run(options) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(run::run(&options))
        }
    }
}
