//! Sends notices to the platform's event bus.

use crate::{
    clients::Clients,
    error::{from_code, from_sdk},
};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use grapnel_domain::{
    notice::{Notice, SOURCE},
    ports::{PortError, SendNotices},
};
use serde::Serialize;

/// Maximum number of entries in one call.
const MOST_ENTRIES: usize = 10;

const OPERATION: &str = "PutEvents";

/// The bus for notices.
#[derive(Debug, Clone)]
pub struct NoticeBus {
    client: aws_sdk_eventbridge::Client,
    bus: String,
    stack: String,
}

/// The detail of a notice's event.
#[derive(Serialize)]
struct Detail<'a> {
    /// The deployment that sends the notice: several may share a bus.
    stack: &'a str,
    #[serde(flatten)]
    notice: &'a Notice,
}

impl NoticeBus {
    #[must_use]
    pub fn new(clients: &Clients, bus: impl Into<String>, stack: impl Into<String>) -> Self {
        Self { client: clients.eventbridge(), bus: bus.into(), stack: stack.into() }
    }

    fn entry(&self, notice: &Notice) -> Result<PutEventsRequestEntry, PortError> {
        let detail = serde_json::to_string(&Detail { stack: &self.stack, notice })
            .map_err(|_| PortError::Unusable("a notice cannot be written".into()))?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(notice.kind())
            .detail(detail)
            .build())
    }
}

impl SendNotices for NoticeBus {
    async fn notify(&self, notices: &[Notice]) -> Result<(), PortError> {
        for some in notices.chunks(MOST_ENTRIES) {
            let entries = some.iter().map(|notice| self.entry(notice)).collect::<Result<_, _>>()?;
            let answer = self
                .client
                .put_events()
                .set_entries(Some(entries))
                .send()
                .await
                .map_err(|error| from_sdk(OPERATION, &error))?;
            // The response may be 200 with failures inside, as with queues.
            let mut codes = answer.entries().iter().filter_map(|entry| entry.error_code());
            if let Some(code) = codes.next() {
                return Err(from_code(OPERATION, code));
            }
        }
        Ok(())
    }
}
