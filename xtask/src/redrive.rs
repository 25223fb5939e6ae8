//! `cargo xtask redrive`: dead letters back to the functions that could not process them.
//!
//! A message that SQS made a dead letter may have killed its function each time. So it goes to the
//! function's isolation queue, where no other message is in its batch.
//!
//! A message is deleted only after its copy was taken, so whatever interrupts this leaves at worst a
//! copy, and copies die out by themselves. What a function put aside itself has the attribute
//! `reason`: it cannot be processed as it is, so it is shown and left unless asked for.

mod letters;
mod target;

use crate::{
    terminal::{self, Step},
    workspace::Workspace,
};
use anyhow::{Result, anyhow, bail};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use console::style;
use letters::{Outcome, Redrive};
use std::path::PathBuf;
use target::Target;

/// What to send back, and where.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Whose dead letters
    #[arg(long, value_enum, default_value_t = Which::All)]
    queue: Which,
    /// Also send back what a function put aside with a reason
    #[arg(long)]
    include_unprocessable: bool,
    /// A stack on the local AWS, described as in target/local/stack.json, the default
    #[arg(long, value_name = "FILE", conflicts_with = "stack_name")]
    stack: Option<PathBuf>,
    /// A stack on AWS, with the credentials and the region of the environment
    #[arg(long, value_name = "NAME")]
    stack_name: Option<String>,
    /// Its region, in place of the environment's
    #[arg(long, requires = "stack_name")]
    region: Option<String>,
}

/// Which dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    /// What ingest could not process
    Events,
    /// What delivery could not process
    Delivery,
    /// What EventBridge could not hand over
    Rule,
    /// All of them
    All,
}

/// A dead-letter queue and the queue that takes its messages back, as the template's outputs call
/// them. What EventBridge could not hand over was never processed, and goes where it was to go.
#[derive(Debug)]
struct Route {
    which: Which,
    name: &'static str,
    from: &'static str,
    to: &'static str,
}

const ROUTES: [Route; 3] = [
    Route {
        which: Which::Events,
        name: "events",
        from: "EventsDeadLetterQueueUrl",
        to: "EventsIsolationQueueUrl",
    },
    Route {
        which: Which::Delivery,
        name: "delivery",
        from: "DeliveryDeadLetterQueueUrl",
        to: "DeliveryIsolationQueueUrl",
    },
    // The body is what the rule would have put there.
    Route {
        which: Which::Rule,
        name: "rule",
        from: "RuleDeadLetterQueueUrl",
        to: "EventsQueueUrl",
    },
];

/// Sends dead letters back and prints what became of them.
///
/// # Errors
/// When the stack can't be found or reached, or a message was not taken; with the reason.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let target = match &options.stack_name {
        Some(name) => Target::on_aws(name, options.region.clone()).await?,
        None => {
            let file = options.stack.clone();
            Target::on_emulator(&file.unwrap_or_else(|| workspace.local("stack.json"))).await?
        }
    };
    let wanted =
        |route: &&Route| matches!(options.queue, Which::All) || options.queue == route.which;
    let mut outcomes: Vec<(&str, Outcome)> = Vec::new();
    for route in ROUTES.iter().filter(wanted) {
        let step = Step::begin(format!("Dead letters: {}", route.name));
        let redrive = Redrive {
            sqs: target.sqs(),
            from: target.output(route.from)?,
            to: target.output(route.to)?,
            include_unprocessable: options.include_unprocessable,
            step: &step,
        };
        let outcome = redrive.run().await;
        let failed = outcome.error.is_some();
        outcomes.push((route.name, outcome));
        if failed {
            // The step says so itself, and what failed once fails for the next queue too.
            break;
        }
        step.done("looked through");
    }
    summarise(outcomes, options.include_unprocessable)
}

fn summarise(outcomes: Vec<(&str, Outcome)>, included: bool) -> Result<()> {
    terminal::heading("Dead letters");
    let rows: Vec<Vec<String>> = outcomes
        .iter()
        .map(|(name, outcome)| {
            vec![(*name).to_owned(), outcome.sent.to_string(), outcome.left.to_string()]
        })
        .collect();
    terminal::table(&["queue", "sent back", "left"], &rows);
    if outcomes.iter().any(|(_, outcome)| outcome.left > 0) {
        if included {
            println!("\nWhat is left was sent back and put aside again: its reason still holds.");
        } else {
            println!(
                "\nWhat is left was put aside for its reason, and would be again. Once the reason \
                 is gone, send it back with {}",
                style("--include-unprocessable").bold()
            );
        }
    }
    for (name, outcome) in outcomes {
        if let Some(error) = outcome.error {
            bail!(error.context(format!("not all dead letters of {name} were sent back")));
        }
    }
    Ok(())
}

/// What AWS says, without the SDK's wrapping.
fn reason<E>(error: SdkError<E>) -> anyhow::Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => anyhow!("{code}: {message}"),
        _ => anyhow::Error::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_output_that_a_route_names_is_in_the_template() {
        let workspace = Workspace::find().expect("the repository");
        let template = std::fs::read_to_string(workspace.path("template.yaml")).expect("it");
        let outputs = template.split_once("\nOutputs:\n").expect("outputs").1;
        for route in ROUTES {
            for output in [route.from, route.to] {
                assert!(outputs.contains(&format!("  {output}:\n")), "{output}");
            }
        }
    }
}
