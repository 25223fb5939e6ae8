//! Runs other programs: quietly under a step, or with their output shown.

use crate::{process::Group, terminal::Step};
use anyhow::{Result, bail};
use std::{cell::RefCell, io::IsTerminal, pin::pin, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
    time::timeout,
};

/// How many lines of output are shown when a quiet program fails.
const LINES_OF_A_FAILURE: usize = 60;

/// How many lines of the report of each failed test are shown again, and of how many tests.
const LINES_OF_A_TEST: usize = 12;
const MOST_TESTS: usize = 10;

/// How long the output of a program that has ended is waited for.
const PIPES: Duration = Duration::from_secs(2);

/// What `cargo run` tells this program of its package, as far as the build script of ring watches it.
const OF_CARGO_RUN: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Cargo, without the variables that `cargo run` sets for this program. Build scripts watch some of them, so cargo would
/// compile what they belong to again.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    for name in OF_CARGO_RUN {
        cargo.env_remove(name);
    }
    cargo
}

/// Runs a program quietly: its last line of output is shown next to the step, and all of its output
/// only if it fails. Returns its standard output.
///
/// # Errors
/// If it can't be started or fails, with the end of its output.
pub(crate) async fn run(command: &mut Command, step: &Step) -> Result<String> {
    command
        // Cargo otherwise shows its progress only on terminals.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut group = Group::start(command)?;
    let say = |line: &str| {
        if let Some(progress) = progress(line) {
            step.say(progress);
        }
    };
    let (stdout, stderr) = (group.child().stdout.take(), group.child().stderr.take());
    let (stdout, stderr, status) =
        tokio::join!(read_lines(stdout, say), read_lines(stderr, say), group.wait(),);
    let (stdout, stderr) = (stdout?, stderr?);
    let status = status?;
    if status.success() {
        return Ok(stdout.join("\n"));
    }
    // Some tools report on standard output, some on standard error.
    let report = stdout.into_iter().filter(|line| !line.starts_with('{')).chain(stderr);
    let report: Vec<String> = report.collect();
    let end = report.len().saturating_sub(LINES_OF_A_FAILURE);
    bail!("{}\n({})", report[end..].join("\n"), how_it_ended(command, status))
}

/// How a program failed whose output was shown already.
#[derive(Debug, thiserror::Error)]
#[error("{how}")]
pub(crate) struct Failed {
    how: String,
    /// What it said of the tests that failed, or else the last lines of its output; none if a
    /// terminal showed them.
    pub(crate) why: Vec<String>,
}

impl Failed {
    /// What `name` failed with.
    pub(crate) fn of(name: &str, error: anyhow::Error) -> Self {
        let how = format!("{name}: {error:#}");
        let why = error.downcast::<Self>().map(|failed| failed.why).unwrap_or_default();
        Self { how, why }
    }

    /// One failure of several.
    ///
    /// # Errors
    /// If there is one.
    pub(crate) fn all(failures: Vec<Self>) -> Result<()> {
        if failures.is_empty() {
            return Ok(());
        }
        let (hows, whys): (Vec<_>, Vec<_>) =
            failures.into_iter().map(|failed| (failed.how, failed.why)).unzip();
        Err(Self { how: hows.join("\n"), why: whys.concat() }.into())
    }
}

/// Runs a program with its output shown.
///
/// # Errors
/// If it can't be started, or [`Failed`].
pub(crate) async fn run_shown(command: &mut Command) -> Result<()> {
    // On a terminal a program shows its progress, which it does not on a pipe.
    show(command, !std::io::stdout().is_terminal()).await
}

/// Starts this program once more and keeps its output for later. Returns the lines in the order in which
/// they came, and how it ended.
pub(crate) async fn run_again(command: &mut Command) -> (Vec<String>, Result<()>) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let lines = RefCell::new(Vec::new());
    let keep = |line: &str| lines.borrow_mut().push(line.to_owned());
    let result = match Group::start_again(command) {
        Ok(group) => follow(command, group, keep, keep).await,
        Err(error) => Err(error),
    };
    (lines.into_inner(), result)
}

async fn show(command: &mut Command, piped: bool) -> Result<()> {
    if piped {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let group = Group::start(command)?;
    follow(command, group, |line| println!("{line}"), |line| eprintln!("{line}")).await
}

/// Passes on the lines of a program that was started, until it ends.
async fn follow(
    command: &Command,
    mut group: Group,
    of_output: impl FnMut(&str),
    of_errors: impl FnMut(&str),
) -> Result<()> {
    let (stdout, stderr) = (group.child().stdout.take(), group.child().stderr.take());
    let mut output = pin!(async {
        tokio::try_join!(read_lines(stderr, of_errors), read_lines(stdout, of_output))
    });
    let (status, output) = tokio::select! {
        output = &mut output => (group.wait().await?, Some(output)),
        // A process that left the group may keep the pipes open.
        status = group.wait() => (status?, timeout(PIPES, output).await.ok()),
    };
    if status.success() {
        return Ok(());
    }
    let (stderr, stdout) = output.transpose()?.unwrap_or_default();
    Err(Failed { how: how_it_ended(command, status), why: why(stderr, stdout) }.into())
}

/// What programs of tests said of the tests that failed: hours of other tests may follow it. Without
/// such a report, the end of the output.
fn why(stderr: Vec<String>, stdout: Vec<String>) -> Vec<String> {
    let is_report = |line: &String| line.starts_with("---- ") && line.ends_with(" ----");
    let reports: Vec<String> = stdout
        .iter()
        .enumerate()
        .filter(|(_, line)| is_report(line))
        .take(MOST_TESTS)
        .flat_map(|(at, head)| {
            let rest = stdout[at + 1..].iter().take_while(|line| !is_report(line));
            let rest = rest.take_while(|line| *line != "failures:");
            std::iter::once(head).chain(rest.take(LINES_OF_A_TEST))
        })
        .cloned()
        .collect();
    if !reports.is_empty() {
        return reports;
    }
    let lines: Vec<String> = stderr.into_iter().chain(stdout).collect();
    lines[lines.len().saturating_sub(LINES_OF_A_FAILURE)..].to_vec()
}

fn how_it_ended(command: &Command, status: std::process::ExitStatus) -> String {
    let command = command.as_std();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    format!("`{}` ended with {status}", words.join(" "))
}

/// Reads a program's output and passes on each line. Returns all lines except those that the
/// program overwrote, as progress bars do.
async fn read_lines(
    pipe: Option<impl AsyncRead + Unpin>,
    mut each: impl FnMut(&str),
) -> Result<Vec<String>> {
    let mut all = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(all) };
    let mut pending = Vec::new();
    loop {
        let is_last = pipe.read_buf(&mut pending).await? == 0;
        while let Some((line, end)) = first_line(&pending, is_last) {
            let text = String::from_utf8_lossy(line).into_owned();
            let taken = line.len() + end.length();
            pending.drain(..taken);
            if !text.trim().is_empty() {
                each(&text);
                if end != End::Return {
                    all.push(text);
                }
            }
        }
        if is_last {
            return Ok(all);
        }
    }
}

/// The end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// `\n`
    Feed,
    /// `\r\n`
    ReturnAndFeed,
    /// `\r` alone: the next line is written over this one.
    Return,
    /// The end of the output.
    Output,
}

impl End {
    const fn length(self) -> usize {
        match self {
            Self::Output => 0,
            Self::Feed | Self::Return => 1,
            Self::ReturnAndFeed => 2,
        }
    }
}

/// The first complete line.
fn first_line(bytes: &[u8], is_last: bool) -> Option<(&[u8], End)> {
    let Some(at) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return (is_last && !bytes.is_empty()).then_some((bytes, End::Output));
    };
    let end = match (bytes[at], bytes.get(at + 1)) {
        (b'\n', _) => End::Feed,
        (_, Some(b'\n')) => End::ReturnAndFeed,
        (_, None) if !is_last => return None,
        _ => End::Return,
    };
    Some((&bytes[..at], end))
}

/// The progress in a line of output; `None` if there is none.
///
/// Cargo names each crate twice: in a separate line, and in a progress bar, which also has the
/// numbers. The bar is enough, without its picture.
fn progress(line: &str) -> Option<&str> {
    let line = line.trim();
    match line.split_once(' ') {
        // Messages for programs.
        _ if line.starts_with('{') => None,
        Some(("Compiling" | "Checking" | "Fresh", _)) => None,
        Some(("Building", bar)) => bar.split_once("] ").map(|(_, rest)| rest.trim_start()),
        _ => Some(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_kept_and_what_is_written_over_is_only_shown() {
        let output = "first\r\n 1/3: a\r 2/3: b\r   \rsecond é\n\nthird";
        let mut shown = Vec::new();
        let kept = read_lines(Some(output.as_bytes()), |line| shown.push(line.to_owned())).await;
        assert_eq!(kept.expect("read"), ["first", "second é", "third"]);
        assert_eq!(shown, ["first", " 1/3: a", " 2/3: b", "second é", "third"]);
    }

    #[tokio::test]
    async fn a_program_that_fails_leaves_the_end_of_its_output() {
        let script = "seq 1 100; echo last >&2; exit 3";
        let error = show(Command::new("sh").args(["-c", script]), true).await.expect_err("fails");
        let failed = error.downcast::<Failed>().expect("how");
        assert!(failed.how.contains("exit status: 3"), "{}", failed.how);
        assert_eq!(failed.why.len(), LINES_OF_A_FAILURE);
        assert_eq!(failed.why.last().map(String::as_str), Some("100"));
        let all = Failed::all(vec![Failed::of("it", failed.into())]).expect_err("fails");
        let all = all.downcast::<Failed>().expect("how");
        assert!(all.how.starts_with("it: "), "{}", all.how);
        assert_eq!(all.why.len(), LINES_OF_A_FAILURE);
    }

    #[tokio::test]
    async fn a_program_that_runs_beside_others_leaves_its_lines_in_order() {
        let script =
            "for i in 1 2 3; do echo $i; sleep 0.1; echo no $i >&2; sleep 0.1; done; exit 3";
        let (lines, result) = run_again(Command::new("sh").args(["-c", script])).await;
        assert_eq!(lines, ["1", "no 1", "2", "no 2", "3", "no 3"]);
        let failed = result.expect_err("fails").downcast::<Failed>().expect("how");
        assert_eq!(failed.why.len(), lines.len());
    }

    #[test]
    fn the_reports_of_failed_tests_are_why_a_program_failed() {
        let said = "test a ... FAILED\n\nfailures:\n\n---- a stdout ----\nleft: 1\nright: 2\n\
                    ---- b stdout ----\nno\nfailures:\n    a\n    b\ntest result: FAILED\n";
        let many = (0..100).map(|number| format!("test other_{number} ... ok"));
        let stdout = said.lines().map(str::to_owned).chain(many).collect();
        let expected = ["---- a stdout ----", "left: 1", "right: 2", "---- b stdout ----", "no"];
        assert_eq!(why(vec!["error: test failed".to_owned()], stdout), expected);
        let long = std::iter::once("---- a stdout ----".to_owned())
            .chain((0..100).map(|number| number.to_string()));
        assert_eq!(why(Vec::new(), long.collect()).len(), 1 + LINES_OF_A_TEST);
    }

    #[tokio::test]
    async fn a_process_that_keeps_the_pipes_open_is_not_waited_for_for_ever() {
        let script = "setsid sleep 60 & sleep 0.3";
        let ended = show(Command::new("sh").args(["-c", script]), true).await;
        assert!(ended.is_ok(), "{ended:?}");
    }

    #[test]
    fn a_line_break_that_is_not_there_yet_is_waited_for() {
        assert_eq!(first_line(b"a\r", false), None);
        assert_eq!(first_line(b"a\r", true), Some((&b"a"[..], End::Return)));
        assert_eq!(first_line(b"a", false), None);
    }

    #[test]
    fn cargos_bar_says_how_far_it_is() {
        let bar = "    Building [=====>        ] 123/250: tokio, serde(build)      ";
        assert_eq!(progress(bar), Some("123/250: tokio, serde(build)"));
        assert_eq!(progress("   Compiling tokio v1.48.0"), None);
        assert_eq!(progress(r#"{"reason":"build-finished"}"#), None);
        assert_eq!(progress("  Downloaded tokio v1.48.0"), Some("Downloaded tokio v1.48.0"));
        assert_eq!(progress("no blank"), Some("no blank"));
    }
}
