//! Moves messages to the isolation queue of a function.

use super::{chunks::Entry, send_all};
use crate::{clients::Clients, error::from_sdk};
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use grapnel_domain::{
    delay::QueueDelay,
    message::Record,
    ports::{IsolateMessages, MOST_MESSAGES, PortError},
};

/// A function's isolation queue, and the queue that its messages come from.
#[derive(Debug, Clone)]
pub struct IsolationQueue {
    client: aws_sdk_sqs::Client,
    url: String,
    source_url: String,
}

impl IsolationQueue {
    /// `url` is the isolation queue's, `source_url` that of the queue with the messages.
    #[must_use]
    pub fn new(clients: &Clients, source_url: impl Into<String>, url: impl Into<String>) -> Self {
        let (url, source_url) = (url.into(), source_url.into());
        Self { client: clients.sqs.clone(), url, source_url }
    }
}

impl IsolateMessages for IsolationQueue {
    /// Lambda removes finished messages only after the function's response. Before that, another
    /// message of the batch may kill the function, and each such death would leave a copy of the
    /// moved messages. So the originals are removed at once.
    async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        let entry = |message: &Record| Entry {
            body: message.body.clone(),
            group: message.group.clone(),
            delay: QueueDelay::NONE,
            attributes: message.attributes.clone(),
        };
        let entries = messages.iter().map(entry).collect();
        let answers = send_all(&self.client, &self.url, entries).await;
        let sent = messages.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        let sent: Vec<&Record> = sent.map(|(message, _)| message).collect();
        for chunk in sent.chunks(MOST_MESSAGES) {
            if let Err(error) = self.remove(chunk).await {
                tracing::warn!(%error, "messages were moved; Lambda is to remove the originals");
            }
        }
        answers
    }
}

impl IsolationQueue {
    /// Removes messages from their source queue. If only this fails, Lambda removes the message, or
    /// it is received again as a copy.
    async fn remove(&self, messages: &[&Record]) -> Result<(), PortError> {
        const OPERATION: &str = "DeleteMessageBatch";
        let entry = |(position, message): (usize, &&Record)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(position.to_string())
                .receipt_handle(&message.receipt)
                .build()
                .map_err(|_| PortError::Unusable(format!("{OPERATION}: an entry is incomplete")))
        };
        let entries = messages.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        self.client
            .delete_message_batch()
            .queue_url(&self.source_url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| from_sdk(OPERATION, &error))?;
        Ok(())
    }
}
