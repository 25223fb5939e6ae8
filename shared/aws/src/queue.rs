//! The delivery queue and the events queue, as their senders see them.

mod chunks;

use crate::{
    clients::Clients,
    error::{from_code, from_sdk},
};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use chunks::Chunk;
use futures::{StreamExt, stream};
use grapnel_domain::{
    event::inbound::TestOrder,
    ports::{EnqueueAttempts, OrderTests, Outgoing, PortError},
};

/// Batches of one call that are under way at once.
const CONCURRENT_BATCHES: usize = 4;

/// The delivery queue.
#[derive(Debug, Clone)]
pub struct DeliveryQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl DeliveryQueue {
    /// The queue at this URL.
    #[must_use]
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self { client: clients.sqs.clone(), url: url.into() }
    }

    async fn send(self, chunk: Chunk) -> Vec<Result<(), PortError>> {
        let count = chunk.len();
        match self.send_batch(chunk).await {
            Ok(each) => each,
            Err(error) => vec![Err(error); count],
        }
    }

    async fn send_batch(&self, chunk: Chunk) -> Result<Vec<Result<(), PortError>>, PortError> {
        const OPERATION: &str = "SendMessageBatch";
        let unusable = || PortError::Unusable(format!("{OPERATION}: an entry is incomplete"));
        let count = chunk.len();
        let mut entries = Vec::with_capacity(count);
        for (position, message) in chunk.into_iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(position.to_string())
                .message_body(message.body)
                .message_group_id(message.group)
                .delay_seconds(i32::from(message.delay.seconds()));
            entries.push(entry.build().map_err(|_| unusable())?);
        }
        let answer = self
            .client
            .send_message_batch()
            .queue_url(&self.url)
            .set_entries(Some(entries))
            .send()
            .await
            .map_err(|error| from_sdk(OPERATION, &error))?;
        // Sent is what the answer says was sent: 200 with failures inside is the normal way to fail.
        let silent = PortError::Unavailable(format!("{OPERATION}: no answer for a message"));
        let mut results = vec![Err(silent); count];
        let mut put = |id: &str, result| {
            if let Some(slot) = id.parse().ok().and_then(|at: usize| results.get_mut(at)) {
                *slot = result;
            }
        };
        for sent in answer.successful() {
            put(sent.id(), Ok(()));
        }
        for failed in answer.failed() {
            put(failed.id(), Err(from_code(OPERATION, failed.code())));
        }
        Ok(results)
    }
}

impl EnqueueAttempts for DeliveryQueue {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        // Owned by each future: a borrow in here would make the whole future less than `Send`.
        let sends: Vec<_> =
            chunks::split(messages).into_iter().map(|chunk| self.clone().send(chunk)).collect();
        let answers: Vec<Vec<_>> = stream::iter(sends).buffered(CONCURRENT_BATCHES).collect().await;
        answers.into_iter().flatten().collect()
    }
}

/// The events queue.
#[derive(Debug, Clone)]
pub struct EventsQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl EventsQueue {
    /// The queue at this URL.
    #[must_use]
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self { client: clients.sqs.clone(), url: url.into() }
    }
}

impl OrderTests for EventsQueue {
    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        let body = order
            .to_json()
            .map_err(|rejection| PortError::Unusable(format!("a test order: {rejection}")))?;
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .send()
            .await
            .map_err(|error| from_sdk("SendMessage to events", &error))?;
        Ok(())
    }
}
