//! Counts the instructions of a delivery in programs without optimisation, as tests run them, and compares them
//! with a file. So a change that makes a delivery work more is noticed without a release build.

use crate::{
    case::Case,
    instructions::{self, Instructions},
};
use anyhow::{Context, Result, bail};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// How far a count may be from the one on file. Hash maps are seeded at random: two counts of the same
/// programs differ by up to a hundredth.
const TOLERANCE: f64 = 0.05;

/// Deliveries of the shorter and of the longer run: one batch and three, each of them full.
const RUNS: [usize; 2] = [10, 30];

/// With one webhook an event, so that ingest's batches are full in so few deliveries, too.
const CASE: Case = Case::USUAL;

const HEADER: &str = "\
# Thousands of instructions for a delivery, in programs without optimisation. One webhook an event, batches of ten, 500 bytes
# of data. Written by: cargo xtask instructions --write
";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The folder with the functions' programs
    #[arg(long)]
    programs: PathBuf,
    /// The file with the counts
    #[arg(long)]
    file: PathBuf,
    /// Write the file again
    #[arg(long)]
    write: bool,
}

/// Thousands of instructions by what they are of.
type Counts = BTreeMap<String, f64>;

/// Counts, and compares with the file or writes it. Without valgrind nothing is counted, and a line says so.
///
/// # Errors
/// If a count is not as on file, or a function fails.
pub(crate) async fn run(options: &Options) -> Result<()> {
    if let Err(why) = instructions::available().await {
        if options.write {
            bail!(why);
        }
        println!("Nothing is compared: {why}.");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    println!("counting: {}", CASE.name());
    let Instructions { ingest, delivery } =
        instructions::count(CASE, RUNS, &options.programs, folder.path()).await?;
    let found = Counts::from([
        ("ingest".to_owned(), ingest / 1e3),
        ("delivery".to_owned(), delivery / 1e3),
    ]);
    if options.write {
        return Ok(fs::write(&options.file, described(&found))?);
    }
    let text = fs::read_to_string(&options.file)
        .with_context(|| format!("reading {}", options.file.display()))?;
    let differences = differences(&read(&text)?, &found);
    print!("{}", described(&found));
    if differences.is_empty() {
        return Ok(());
    }
    bail!(
        "a delivery takes another number of instructions:\n{}\nIf that is intended, write the file again, and say in \
         the commit why: cargo xtask instructions --write",
        differences.join("\n")
    )
}

fn described(counts: &Counts) -> String {
    let lines = counts.iter().map(|(of, thousands)| format!("{of} {thousands:.0}\n"));
    HEADER.to_owned() + &lines.collect::<String>()
}

fn read(text: &str) -> Result<Counts> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = |line: &str| {
        let (of, thousands) = line.rsplit_once(' ')?;
        Some((of.to_owned(), thousands.parse().ok()?))
    };
    lines.map(|line| read(line).with_context(|| format!("not a count: {line}"))).collect()
}

/// A line for each count that is not as expected.
fn differences(expected: &Counts, found: &Counts) -> Vec<String> {
    let mut lines = Vec::new();
    for (of, thousands) in found {
        match expected.get(of) {
            None => lines.push(format!("{of}: {thousands:.0}, and none on file")),
            Some(on_file) => {
                let change = thousands / on_file - 1.0;
                if change.abs() > TOLERANCE {
                    let percent = change * 100.0;
                    lines.push(format!(
                        "{of}: {thousands:.0}, on file {on_file:.0} ({percent:+.1} %)"
                    ));
                }
            }
        }
    }
    let gone = expected.keys().filter(|of| !found.contains_key(*of));
    lines.extend(gone.map(|of| format!("{of}: on file, and not counted")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(of: &[(&str, f64)]) -> Counts {
        of.iter().map(|(name, thousands)| ((*name).to_owned(), *thousands)).collect()
    }

    #[test]
    fn what_was_written_is_read_again() {
        let found = counts(&[("ingest 1", 21_000.0), ("delivery 10", 9_500.0)]);
        assert_eq!(read(&described(&found)).expect("readable"), found);
        assert!(read("ingest 1 many").is_err());
    }

    #[test]
    fn a_twentieth_more_or_less_is_as_on_file() {
        let file = counts(&[("ingest 1", 1_000.0), ("delivery 1", 2_000.0)]);
        assert!(
            differences(&file, &counts(&[("ingest 1", 1_049.0), ("delivery 1", 1_901.0)]))
                .is_empty()
        );
        assert_eq!(
            differences(&file, &counts(&[("ingest 1", 1_051.0), ("delivery 1", 1_890.0)])),
            ["delivery 1: 1890, on file 2000 (-5.5 %)", "ingest 1: 1051, on file 1000 (+5.1 %)"]
        );
    }

    #[test]
    fn a_count_that_is_missing_is_a_difference() {
        let (few, many) = (counts(&[("a", 1.0)]), counts(&[("a", 1.0), ("b", 1.0)]));
        assert_eq!(differences(&few, &many), ["b: 1, and none on file"]);
        assert_eq!(differences(&many, &few), ["b: on file, and not counted"]);
    }
}
