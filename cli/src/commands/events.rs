//! `grapnel events`: publishing, and what became of it.

mod file;
mod publish;

use super::confirm;
use crate::{args::Global, failure::Failure, output::Output, render};
use publish::Publish;

/// What to do with events.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Publish events: one by --type and --data, or those of a file, one JSON object after another
    Publish(Publish),
    /// Show an event with its deliveries
    Get {
        /// The event
        id: String,
    },
    /// Erase an event's data for good; each of its deliveries must be settled
    Erase {
        /// The event
        event: String,
        /// Without asking
        #[arg(long, short)]
        yes: bool,
    },
}

/// Does it.
///
/// # Errors
/// When the API refuses.
pub(crate) async fn run(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let client = global.client()?;
    match command {
        Command::Publish(publish) => publish.run(&client, output).await,
        Command::Get { id } => {
            output.one(client.event(&id), render::event::facts).await.map(|_| ())
        }
        Command::Erase { event, yes } => {
            confirm(
                &format!("Erase the data of {event}? It cannot be sent again after that."),
                yes,
            )?;
            client.erase_payload(&event).await?;
            if output.is_json() {
                return Ok(());
            }
            output.line(format!("The data of {event} is erased."))
        }
    }
}
