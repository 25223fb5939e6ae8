//! `grapnel events`: what happened, and its data.

use super::confirm;
use crate::{args::Global, failure::Failure, output::Output};

/// What to do with events.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
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
    let Command::Erase { event, yes } = command;
    let client = global.client()?;
    confirm(&format!("Erase the data of {event}? It cannot be sent again after that."), yes)?;
    client.erase_payload(&event).await?;
    if !output.is_json() {
        output.line(format!("The data of {event} is erased."))?;
    }
    Ok(())
}
