//! `grapnel admin dead-letters`: messages that could not be processed, and back to their queues.

pub(in crate::commands) mod report;

use crate::{
    dead_letters::{
        selection::{Selection, parse_id},
        source::Source,
        sqs::{self, StackQueues},
        walk::{Task, Walk},
    },
    failure::Failure,
    input::confirm,
    listen::Stop,
    moment::{Moment, resolve},
    output::Output,
    say::say,
};
use report::Report;
use std::cell::Cell;

/// What to do with dead letters.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List dead letters with their age, their reason and what they are about
    List {
        #[command(flatten)]
        stack: Stack,
        #[command(flatten)]
        which: Which,
        /// Maximum number of items
        #[arg(long, short = 'n', default_value_t = 100, value_name = "N")]
        limit: usize,
        /// All items
        #[arg(long, conflicts_with = "limit")]
        all: bool,
    },
    /// Send dead letters back to the queue that they came from
    ///
    /// A message is deleted only after its copy was accepted, so you can stop the command at any time
    /// and run it again. A message with a reason was put aside by its function, and would be again: it is
    /// left, unless you name it by its id or by its reason, or say --with-reason.
    Redrive {
        #[command(flatten)]
        stack: Stack,
        /// Only these messages: ids as `list` shows them, or the first 8 characters or more
        #[arg(value_name = "MESSAGE", value_parser = parse_id)]
        messages: Vec<String>,
        #[command(flatten)]
        which: Which,
        /// Also send back messages with a reason
        #[arg(long)]
        with_reason: bool,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

/// Whose dead letters.
#[derive(Debug, clap::Args)]
pub(crate) struct Stack {
    /// The stack's name in CloudFormation; takes AWS credentials, as the AWS CLI finds them
    #[arg(long, value_name = "NAME")]
    stack: String,
    /// The stack's region; default: that of the AWS profile or of AWS_REGION
    #[arg(long)]
    region: Option<String>,
}

/// Which dead letters.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Only this queue
    #[arg(long, value_enum)]
    queue: Option<Source>,
    /// Only messages whose reason contains this text
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only messages sent since this time: 03:00, today, '2026-11-29 03:00', or 2h for two hours ago
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only messages sent before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

impl Which {
    /// Whether every message is meant.
    fn is_any(&self) -> bool {
        let Self { queue, reason, since, until } = self;
        queue.is_none() && reason.is_none() && since.is_none() && until.is_none()
    }

    fn queues(&self) -> Vec<Source> {
        Source::ALL.into_iter().filter(|it| self.queue.is_none_or(|queue| queue == *it)).collect()
    }

    fn selection(self, messages: Vec<String>, output: &Output) -> Result<Selection, Failure> {
        Ok(Selection {
            messages,
            reason: self.reason,
            since: resolve(self.since, output.clock())?,
            until: resolve(self.until, output.clock())?,
        })
    }
}

/// Does it.
///
/// # Errors
/// When AWS refuses.
pub(crate) async fn run(command: Command, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::List { stack, which, limit, all } => {
            let selects = !which.is_any();
            let (sources, selection) = (which.queues(), which.selection(Vec::new(), output)?);
            let queues = sqs::open(&stack.stack, stack.region).await?;
            let expected = count(&queues, &sources).await;
            let most = if all { usize::MAX } else { limit };
            let report = Report::new(output, Task::List, &sources, most, expected);
            let mut report = if selects { report.of_selected() } else { report };
            walk(&queues, &sources, &selection, Task::List, &mut report).await?;
            report.end()
        }
        Command::Redrive { stack, messages, which, with_reason, yes } => {
            let (sources, selection) = (which.queues(), which.selection(messages, output)?);
            let queues = sqs::open(&stack.stack, stack.region).await?;
            let expected = count(&queues, &sources).await;
            confirm(&question(&stack.stack, &selection, expected), yes)?;
            let task = Task::Redrive { with_reason };
            let mut report = Report::new(output, task, &sources, usize::MAX, expected);
            let walked = walk(&queues, &sources, &selection, task, &mut report).await;
            // Whatever ended it, the report says what was sent back.
            report.end()?;
            walked
        }
    }
}

fn question(stack: &str, selection: &Selection, expected: Option<u64>) -> String {
    match (selection.messages.len(), expected) {
        (0, Some(count)) => format!("Send back the dead letters of stack {stack} (about {count})?"),
        (0, None) => format!("Send back the dead letters of stack {stack}?"),
        (1, _) => format!("Send back a dead letter of stack {stack}?"),
        (count, _) => format!("Send back {count} dead letters of stack {stack}?"),
    }
}

/// How many messages there are in all, as far as SQS knows.
async fn count(queues: &StackQueues, sources: &[Source]) -> Option<u64> {
    let mut sum = 0;
    for source in sources {
        sum += queues.count(*source).await?;
    }
    Some(sum)
}

/// Goes through the queues. Asked to stop, it ends with the messages that it has in hand.
async fn walk(
    queues: &StackQueues,
    sources: &[Source],
    selection: &Selection,
    task: Task,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let mut signals = Stop::listen()?;
    let stop = Cell::new(false);
    let stopped = || Failure::new("stopped before the end").advise("Run it again to go on.");
    let mut work = std::pin::pin!(async {
        for queue in sources.iter().copied() {
            Walk { queues, queue, selection, task, stop: &stop }.run(report).await?;
            if stop.get() {
                return Err(stopped());
            }
            if report.is_full() {
                break;
            }
        }
        Ok(())
    });
    tokio::select! {
        ended = &mut work => ended,
        () = signals.wanted() => {
            stop.set(true);
            say("Stopping after the messages in hand; once more ends it at once.");
            tokio::select! {
                ended = &mut work => ended,
                () = signals.wanted() => Err(stopped()),
            }
        }
    }
}
