//! `grapnel events`: publishing, and the results.

mod file;
mod publish;

use super::limit::Limit;
use crate::{
    failure::Failure,
    global::Global,
    ids,
    input::confirm,
    moment::{Moment, resolve},
    output::Output,
    render,
};
use grapnel_client::{Client, EventFilter};
use publish::Publish;

/// What to do with events.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Publish one event with --type and --data, or the events of a file, one JSON object after
    /// another
    Publish(Publish),
    /// List events, newest first
    List {
        #[command(flatten)]
        limit: Limit,
        /// Filter by event type, or a group such as 'lead.*'
        #[arg(long, value_name = "TYPE")]
        r#type: Option<String>,
        /// Only events that arrived since this time: 03:00, today, '2026-11-29 03:00', or 2h for
        /// two hours ago
        #[arg(long, value_name = "TIME")]
        since: Option<Moment>,
        /// Only events that arrived before this time
        #[arg(long, value_name = "TIME")]
        until: Option<Moment>,
    },
    /// Show an event with its deliveries, by its id or by its source's id
    Get {
        /// Event id, whole
        #[arg(required_unless_present = "source_id", conflicts_with = "source_id")]
        id: Option<String>,
        /// Source of the event; `api` if it was published over HTTP without a source
        #[arg(long, requires = "source_id", default_value = "api")]
        source: String,
        /// Id that the source gave the event: the id it was published with, or EventBridge's own
        #[arg(long, value_name = "ID")]
        source_id: Option<String>,
    },
    /// Explain why a webhook got an event, or why not
    Explain {
        /// Event id, whole
        event: String,
        /// Webhook id
        #[arg(long, value_name = "ID")]
        webhook: String,
    },
    /// Erase an event's data permanently; all its deliveries must have ended
    Erase {
        /// Event id, whole
        event: String,
        /// Do not ask for confirmation
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
        Command::List { limit, r#type, since, until } => {
            let clock = output.clock();
            let (since, until) = (resolve(since, clock)?, resolve(until, clock)?);
            let none = match r#type.is_none() && since.is_none() && until.is_none() {
                true => "No events. Publish one: `grapnel events publish --type TYPE --data JSON`",
                false => "No event matches.",
            };
            let list = client.events_where(EventFilter { r#type, since, until });
            output
                .list(list, limit.most(), render::event::table, render::event::list_row, none)
                .await
        }
        Command::Get { id, source, source_id } => {
            let id = match (id, source_id) {
                (Some(id), _) => ids::event(&id)?.to_owned(),
                (None, Some(source_id)) => id_of(&client, &source, &source_id).await?,
                (None, None) => return Err(Failure::usage("an event or --source-id is needed")),
            };
            output.one(client.event(&id), render::event::facts).await.map(|_| ())
        }
        Command::Explain { event, webhook } => {
            ids::event(&event)?;
            let webhook = ids::webhook(&client, &webhook).await?;
            let call = client.explain_event(&event, &webhook);
            output.one(call, render::explanation::facts).await.map(|_| ())
        }
        Command::Erase { event, yes } => {
            ids::event(&event)?;
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

/// The id of the event that its source calls so.
async fn id_of(client: &Client, source: &str, source_id: &str) -> Result<String, Failure> {
    let found = client.event_of_source(source, source_id).await?.items;
    found.into_iter().next().map(|event| event.id).ok_or_else(|| {
        Failure::new(format!("no event of source {source} has the id {source_id}")).advise(
            "An event is stored a moment after it was published. `grapnel events list` shows those that are.",
        )
    })
}
