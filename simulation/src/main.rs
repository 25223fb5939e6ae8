//! Runs seeds: `grapnel-simulation [--seeds N] [--from S]`.

use grapnel_simulation::{Count, Group, simulate_all};
use std::{env, process::ExitCode, time::Instant};

const USAGE: &str = "usage: grapnel-simulation [--seeds N] [--from S]";

fn main() -> ExitCode {
    let (seeds, from) = match arguments(env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(wrong) => {
            eprintln!("{wrong}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    let verdict = simulate_all(from..from.saturating_add(seeds), None);
    let took = began.elapsed().as_secs_f64();

    print!("{}", verdict.counts);
    let of = |count| verdict.counts.of(count);
    let (runs, faults) = (verdict.runs, verdict.counts.of_group(Group::Fault));
    #[expect(clippy::cast_precision_loss, reason = "runs are counted in thousands")]
    let rate = runs as f64 / took;
    println!(
        "\n{runs} seeds in {took:.1} s ({rate:.0}/s): {faults} faults, {} requests, {} attempts",
        of(Count::Requests),
        of(Count::Attempts),
    );
    match verdict.failure {
        None => ExitCode::SUCCESS,
        Some(run) => {
            eprintln!("\n{}", run.explanation());
            ExitCode::FAILURE
        }
    }
}

/// How many seeds, and the first.
fn arguments(mut given: impl Iterator<Item = String>) -> Result<(u64, u64), String> {
    let (mut seeds, mut from) = (10_000, 0);
    while let Some(name) = given.next() {
        let target = match name.as_str() {
            "--seeds" => &mut seeds,
            "--from" => &mut from,
            _ => return Err(format!("unknown: {name}")),
        };
        let value = given.next().ok_or_else(|| format!("{name} needs a number"))?;
        *target = value.parse().map_err(|_| format!("{name} needs a number, not {value}"))?;
    }
    Ok((seeds, from))
}
