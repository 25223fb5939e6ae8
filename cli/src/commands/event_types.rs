//! `grapnel event-types`: the catalogue.

use super::limit::ShortListLimit;
use crate::{
    failure::Failure,
    global::Global,
    input::{confirm, json, read_text},
    output::Output,
    render,
    settings::{Caller, Settings},
};
use grapnel_client::EventTypeDraft;
use std::path::{Path, PathBuf};

/// What to do with event types.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List event types, by name
    List {
        /// An event type, or a group such as 'lead.*'
        name: Option<String>,
        #[command(flatten)]
        limit: ShortListLimit,
    },
    /// Show an event type with its schema and sample
    Get {
        /// Name of the event type
        name: String,
    },
    /// Create or replace an event type; for the admin
    Put {
        /// Name of the event type
        name: String,
        /// What the event means
        #[arg(long)]
        description: Option<String>,
        /// Mark the event type as deprecated
        #[arg(long)]
        deprecated: bool,
        /// File with a JSON Schema of the data
        #[arg(long, value_name = "FILE")]
        schema: Option<PathBuf>,
        /// File with an example of the data
        #[arg(long, value_name = "FILE")]
        sample: Option<PathBuf>,
    },
    /// Delete an event type, or reset a built-in one; for the admin
    Delete {
        /// Name of the event type
        name: String,
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
    // The catalogue is nobody's, so no user is named.
    let admin = || Settings { user: None, ..global.settings(Caller::Admin)? }.client();
    match command {
        Command::List { name, limit } => {
            let list = global.client()?.event_types_named(name.as_deref());
            let (table, row) = (render::event::types, render::event::type_row);
            let none = if name.is_some() { "No event type matches." } else { "No event types." };
            output.list(list, limit.most(), table, row, none).await
        }
        Command::Get { name } => {
            let call = global.client()?.event_type(&name);
            output.one(call, render::event::type_facts).await.map(|_| ())
        }
        Command::Put { name, description, deprecated, schema, sample } => {
            let read = |file: Option<PathBuf>| {
                let read = |file: &Path| json(&file.display().to_string(), &read_text(file)?);
                file.as_deref().map(read).transpose()
            };
            let (schema, sample) = (read(schema)?, read(sample)?);
            let change =
                EventTypeDraft { description, deprecated: Some(deprecated), schema, sample };
            let call = admin()?.put_event_type(&name, &change);
            output.one(call, render::event::type_facts).await.map(|_| ())
        }
        Command::Delete { name, yes } => {
            confirm(&format!("Forget what was said of {name}?"), yes)?;
            admin()?.delete_event_type(&name).await?;
            if !output.is_json() {
                output.line(format!("{name} is forgotten."))?;
            }
            Ok(())
        }
    }
}
