//! Runs seeds: `grapnel-simulation [--seeds N] [--from S]`. Or prints one of the document's tables,
//! or writes it there: crash points (`--crash-points`), the costs of a dead endpoint
//! (`--dead-endpoint [N]`), the isolation from another user's hanging endpoints (`--isolation`),
//! messages that kill their functions (`--poison`), requests that are repeated because of throttling
//! (`--throttling`), the ceiling of one webhook (`--ceiling`), and an outage of the largest receiver
//! (`--outage`).

use grapnel_simulation::{
    CeilingReport, Count, DeadEndpoint, Group, IsolationReport, OutageReport, Part, PoisonReport,
    ThrottlingReport, crash_points, simulate_all,
};
use std::{env, fs, process::ExitCode, time::Instant};

const USAGE: &str = "usage: grapnel-simulation [--seeds N] [--from S]
     | (--crash-points | --dead-endpoint | --isolation | --poison | --throttling | --ceiling
       | --outage) [--write FILE]
     | --dead-endpoint N";

enum Wanted {
    /// This many seeds, beginning with `from`.
    Seeds { seeds: u64, from: u64 },
    /// A table, and the document to write it into, if there is one.
    Table { table: Table, document: Option<String> },
    /// This many deliveries to a dead endpoint.
    DeadEndpoint { deliveries: u64 },
}

#[derive(Clone, Copy)]
enum Table {
    CrashPoints,
    DeadEndpoint,
    Isolation,
    Poison,
    Throttling,
    Ceiling,
    Outage,
}

fn main() -> ExitCode {
    match wanted(env::args().skip(1)) {
        Ok(Wanted::Seeds { seeds, from }) => run_seeds(seeds, from),
        Ok(Wanted::Table { table, document }) => run_table(table, document.as_deref()),
        Ok(Wanted::DeadEndpoint { deliveries }) => show(DeadEndpoint::of(&[deliveries]), None),
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

fn run_table(table: Table, document: Option<&str>) -> ExitCode {
    match table {
        Table::DeadEndpoint => show(DeadEndpoint::documented(), document),
        Table::Isolation => show(IsolationReport::documented(), document),
        Table::Poison => show(PoisonReport::documented(), document),
        Table::Throttling => show(ThrottlingReport::documented(), document),
        Table::Ceiling => show(CeilingReport::documented(), document),
        Table::Outage => show(OutageReport::documented(), document),
        Table::CrashPoints => {
            let report = crash_points(None);
            match report.failure.clone() {
                None => show(Ok(report), document),
                Some(failure) => {
                    print!("{report}");
                    show::<DeadEndpoint>(Err(failure), None)
                }
            }
        }
    }
}

fn show<P: Part>(found: Result<P, String>, document: Option<&str>) -> ExitCode {
    let part = match found {
        Ok(part) => part,
        Err(failure) => {
            eprintln!("\n{failure}");
            return ExitCode::FAILURE;
        }
    };
    print!("{part}");
    let Some(path) = document else { return ExitCode::SUCCESS };
    let written = fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| {
        let text = part.written_into(&text).ok_or("it has no place for the table")?;
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

fn wanted(given: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut given = given.peekable();
    let (mut seeds, mut from) = (10_000, 0);
    let (mut table, mut document) = (None, None);
    while let Some(name) = given.next() {
        let number = match name.as_str() {
            "--seeds" => &mut seeds,
            "--from" => &mut from,
            "--crash-points" => {
                table = Some(Table::CrashPoints);
                continue;
            }
            "--isolation" => {
                table = Some(Table::Isolation);
                continue;
            }
            "--poison" => {
                table = Some(Table::Poison);
                continue;
            }
            "--throttling" => {
                table = Some(Table::Throttling);
                continue;
            }
            "--ceiling" => {
                table = Some(Table::Ceiling);
                continue;
            }
            "--outage" => {
                table = Some(Table::Outage);
                continue;
            }
            "--dead-endpoint" => {
                if let Some(number) = given.peek().filter(|next| !next.starts_with("--")) {
                    let deliveries = number_in(number, &name)?;
                    return match (given.nth(1), table, document) {
                        (None, None, None) => Ok(Wanted::DeadEndpoint { deliveries }),
                        _ => Err("--dead-endpoint N stands alone".to_owned()),
                    };
                }
                table = Some(Table::DeadEndpoint);
                continue;
            }
            "--write" => {
                document = Some(given.next().ok_or("--write needs a file")?);
                continue;
            }
            _ => return Err(format!("unknown: {name}")),
        };
        let value = given.next().ok_or_else(|| format!("{name} needs a number"))?;
        *number = number_in(&value, &name)?;
    }
    match (table, document) {
        (Some(table), document) => Ok(Wanted::Table { table, document }),
        (None, None) => Ok(Wanted::Seeds { seeds, from }),
        (None, Some(_)) => Err("--write goes with a table".to_owned()),
    }
}

fn number_in(value: &str, name: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{name} needs a number, not {value}"))
}
