//! `grapnel-bench`: measures the release programs of the functions. `cargo xtask bench` builds and
//! starts it.
//!
//! Each function runs as on Lambda: [`lambda`] is its Runtime API, the library's stand-in is AWS, and
//! [`receiver`] takes the requests. [`case`] is one measurement in a [`world`]; [`floor`] the least
//! that a delivery could take; [`heaviest`] what a batch of the largest events takes,
//! [`growth`] what more history or more webhooks add; [`peers`] are measured beside it. [`report`] prints the table and writes the file.
//! [`guard`] compares instructions with a file, for `cargo xtask instructions`.

mod case;
mod floor;
mod growth;
mod guard;
mod heaviest;
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
    /// Compare the instructions of a delivery with those on file
    #[command(hide = true)]
    Guard(guard::Options),
    /// Send signed requests over one connection, and print what each took
    #[command(hide = true)]
    Floor(floor::Options),
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Floor(options) => floor::run(&options),
        Command::Guard(options) => runtime()?.block_on(guard::run(&options)),
        Command::Run(options) => runtime()?.block_on(run::run(&options)),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
