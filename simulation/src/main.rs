//! Runs seeds: `grapnel-simulation [--seeds N] [--from S]`; or one path, cut at every call:
//! `grapnel-simulation --crash-points [--write FILE]`.

use grapnel_simulation::{Count, Group, crash_points, simulate_all};
use std::{env, fs, process::ExitCode, time::Instant};

const USAGE: &str =
    "usage: grapnel-simulation [--seeds N] [--from S] | --crash-points [--write FILE]";

/// What to run.
enum Wanted {
    /// So many seeds, from this one on.
    Seeds { seeds: u64, from: u64 },
    /// Every crash point; the table goes into this document, if one is named.
    CrashPoints { document: Option<String> },
}

fn main() -> ExitCode {
    match wanted(env::args().skip(1)) {
        Ok(Wanted::Seeds { seeds, from }) => run_seeds(seeds, from),
        Ok(Wanted::CrashPoints { document }) => run_crash_points(document.as_deref()),
        Err(wrong) => {
            eprintln!("{wrong}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run_seeds(seeds: u64, from: u64) -> ExitCode {
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

fn run_crash_points(document: Option<&str>) -> ExitCode {
    let report = crash_points(None);
    print!("{report}");
    if let Some(failure) = &report.failure {
        eprintln!("\n{failure}");
        return ExitCode::FAILURE;
    }
    let Some(path) = document else { return ExitCode::SUCCESS };
    let written = fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| {
        let text = report.written_into(&text).ok_or("it has no place for the table")?;
        fs::write(path, text).map_err(|error| error.to_string())
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wanted(mut given: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let (mut seeds, mut from) = (10_000, 0);
    let (mut crash_points, mut document) = (false, None);
    while let Some(name) = given.next() {
        let number = match name.as_str() {
            "--seeds" => &mut seeds,
            "--from" => &mut from,
            "--crash-points" => {
                crash_points = true;
                continue;
            }
            "--write" => {
                document = Some(given.next().ok_or("--write needs a file")?);
                continue;
            }
            _ => return Err(format!("unknown: {name}")),
        };
        let value = given.next().ok_or_else(|| format!("{name} needs a number"))?;
        *number = value.parse().map_err(|_| format!("{name} needs a number, not {value}"))?;
    }
    match (crash_points, &document) {
        (true, _) => Ok(Wanted::CrashPoints { document }),
        (false, None) => Ok(Wanted::Seeds { seeds, from }),
        (false, Some(_)) => Err("--write goes with --crash-points".to_owned()),
    }
}
