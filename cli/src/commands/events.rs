//! `grapnel events`: publishing, and what became of it.

use super::{confirm, json, json_or_file, read_text};
use crate::{
    args::Global,
    failure::Failure,
    output::Output,
    render::{self, View},
};
use grapnel_client::{Client, NewEvent, Published};
use serde_json::value::RawValue;
use std::path::PathBuf;

/// Events of one request: the most that the API takes.
const AT_ONCE: usize = 100;

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

#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// A file of events, each {"type", "data", "id"?, "source"?, "time"?}; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "data", conflicts_with = "data")]
    file: Option<PathBuf>,
    /// The event's type; a FILE holds its data then
    #[arg(long, value_name = "TYPE")]
    r#type: Option<String>,
    /// The event's data: JSON, or @FILE
    #[arg(long, value_name = "JSON", requires = "type")]
    data: Option<String>,
    /// What its source calls the event: the same once more is the same event
    #[arg(long, requires = "type")]
    id: Option<String>,
    /// Who publishes it
    #[arg(long, requires = "type")]
    source: Option<String>,
    /// Makes it harmless to do this again, for a day
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
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

impl Publish {
    async fn run(&self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        let events = self.events()?;
        let requests = events.len().div_ceil(AT_ONCE);
        for (number, chunk) in events.chunks(AT_ONCE).enumerate() {
            // Each request is one of its own, and is called so.
            let key = self.idempotency_key.as_ref().map(|key| match requests {
                1 => key.clone(),
                _ => format!("{key}-{number}"),
            });
            let call = client.publish_events(chunk, key.as_deref());
            output.one(call, |it: &Published, _: &View| render::event::published(it)).await?;
        }
        Ok(())
    }

    fn events(&self) -> Result<Vec<Box<RawValue>>, Failure> {
        let Some(r#type) = &self.r#type else {
            let file = self.file.as_deref().unwrap_or(std::path::Path::new("-"));
            return events_of(&read_text(file)?);
        };
        let data = match (&self.data, &self.file) {
            (Some(data), _) => json_or_file("--data", data)?,
            (None, Some(file)) => json(&file.display().to_string(), &read_text(file)?)?,
            (None, None) => return Err(Failure::usage("--data or a file is needed")),
        };
        let event = NewEvent {
            id: self.id.clone(),
            source: self.source.clone(),
            ..NewEvent::new(r#type, data)
        };
        let event = serde_json::value::to_raw_value(&event);
        Ok(vec![event.map_err(|error| Failure::new(error.to_string()))?])
    }
}

/// Events one after the other, or in lists. The API checks them.
fn events_of(text: &str) -> Result<Vec<Box<RawValue>>, Failure> {
    let mut events = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>() {
        let no_json = |error: serde_json::Error| {
            Failure::usage(format!("event {} is not JSON: {error}", events.len() + 1))
        };
        let value = value.map_err(no_json)?;
        if value.get().starts_with('[') {
            let list: Vec<Box<RawValue>> = serde_json::from_str(value.get()).map_err(no_json)?;
            events.extend(list);
        } else {
            events.push(value);
        }
    }
    if events.is_empty() {
        return Err(Failure::usage("there is no event to publish"));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_lines_lists_or_both_and_kept_as_they_are() {
        let text = "{\"n\": 1.0}\n\n[{\"n\":2},  {\"n\":3}]{\"n\":4}\n";
        let events = events_of(text).expect("events");
        let texts: Vec<&str> = events.iter().map(|event| event.get()).collect();
        assert_eq!(texts, ["{\"n\": 1.0}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}"]);
        for text in ["", " \n", "[]", "{", "{} x"] {
            assert!(events_of(text).is_err(), "{text:?}");
        }
    }
}
