//! Puts events on EventBridge as the platform does.

use crate::{aws::Aws, stack::Stack};
use anyhow::{Context, bail, ensure};
use aws_sdk_eventbridge::{Client, types::PutEventsRequestEntry};

/// Maximum number of entries in one call.
const ENTRIES_PER_CALL: usize = 10;

/// The bus of the stack's rule.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
    source: String,
}

/// An event to put.
#[derive(Debug, Clone)]
pub struct BusEvent {
    /// `detail-type`.
    pub event_type: String,
    /// `detail`, as text.
    pub detail: String,
}

impl Bus {
    #[must_use]
    pub fn of(stack: &Stack, aws: &Aws) -> Self {
        Self {
            client: Client::new(aws.config()),
            name: stack.event_bus_name.clone(),
            source: stack.event_source.clone(),
        }
    }

    /// The same bus with another source of events.
    #[must_use]
    pub fn with_source(&self, source: &str) -> Self {
        Self { source: source.to_owned(), ..self.clone() }
    }

    /// Puts events and returns their EventBridge ids.
    ///
    /// # Errors
    /// If the call or one of its entries fails.
    pub async fn put(&self, events: &[BusEvent]) -> anyhow::Result<Vec<String>> {
        let mut ids = Vec::with_capacity(events.len());
        for chunk in events.chunks(ENTRIES_PER_CALL) {
            let entries = chunk.iter().map(|event| self.entry(event)).collect();
            let answer = self.client.put_events().set_entries(Some(entries)).send().await?;
            ensure!(answer.entries().len() == chunk.len(), "one answer for each entry: {answer:?}");
            // A response with 200 may have failed entries inside.
            for entry in answer.entries() {
                if let Some(code) = entry.error_code() {
                    bail!("an event was not put: {code}: {:?}", entry.error_message());
                }
                ids.push(entry.event_id().context("an id of the event that was put")?.to_owned());
            }
        }
        Ok(ids)
    }

    fn entry(&self, event: &BusEvent) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(&self.source)
            .detail_type(&event.event_type)
            .detail(&event.detail)
            .build()
    }
}
