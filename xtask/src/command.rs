//! Running other programs: quietly under a step, or with their output shown.

use crate::{process::Group, terminal::Step};
use anyhow::{Result, bail};
use std::process::Stdio;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
};

/// Lines of output that are shown when a quiet program fails.
const LINES_OF_A_FAILURE: usize = 60;

/// Runs a program quietly: its last line of output is shown beside the step, and all of it only if
/// the program fails. Returns what it wrote to its standard output.
///
/// # Errors
/// When it can't be started or fails, with the end of its output.
pub(crate) async fn run(command: &mut Command, step: &Step) -> Result<String> {
    let mut group = Group::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (stdout, stderr) = (group.child().stdout.take(), group.child().stderr.take());
    let (stdout, stderr, status) = tokio::join!(
        read_lines(stdout, |line| {
            // Cargo's messages to programs are no reading matter.
            if !line.starts_with('{') {
                step.say(line.trim());
            }
        }),
        read_lines(stderr, |line| step.say(line.trim())),
        group.wait(),
    );
    let (stdout, stderr) = (stdout?, stderr?);
    let status = status?;
    if status.success() {
        return Ok(stdout.join("\n"));
    }
    // Some tools report on the one, some on the other.
    let report = stdout.into_iter().filter(|line| !line.starts_with('{')).chain(stderr);
    let report: Vec<String> = report.collect();
    let end = report.len().saturating_sub(LINES_OF_A_FAILURE);
    bail!("{}\n({})", report[end..].join("\n"), how_it_ended(command, status))
}

/// Runs a program with its output shown as it comes.
///
/// # Errors
/// When it can't be started or fails.
pub(crate) async fn run_shown(command: &mut Command) -> Result<()> {
    let mut group = Group::start(command)?;
    let status = group.wait().await?;
    if status.success() { Ok(()) } else { bail!(how_it_ended(command, status)) }
}

fn how_it_ended(command: &Command, status: std::process::ExitStatus) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    format!("`{}` ended with {status}", words.join(" "))
}

async fn read_lines(
    pipe: Option<impl AsyncRead + Unpin>,
    mut each: impl FnMut(&str),
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let Some(pipe) = pipe else { return Ok(all) };
    let mut lines = BufReader::new(pipe).lines();
    while let Some(line) = lines.next_line().await? {
        each(&line);
        all.push(line);
    }
    Ok(all)
}
