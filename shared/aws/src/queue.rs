//! The delivery queue and the events queue, for their senders.

mod attributes;
mod chunks;
mod isolation;

pub use isolation::IsolationQueue;

use crate::{
    clients::Clients,
    error::{from_code, from_sdk},
};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use chunks::{Chunk, Entry};
use futures::{StreamExt, stream};
use grapnel_domain::{
    delay::QueueDelay,
    event::inbound::{PublishedEvent, TestOrder},
    message::Outgoing,
    ports::{EnqueueAttempts, EnqueueEvents, PortError},
};
use std::collections::BTreeMap;

/// Maximum number of concurrent batches of one call.
const CONCURRENT_BATCHES: usize = 4;

/// Sends messages in batches, and returns the results in the order of the messages.
async fn send_all(
    client: &aws_sdk_sqs::Client,
    url: &str,
    entries: Vec<Entry>,
) -> Vec<Result<(), PortError>> {
    // Each future owns its batch: a borrow would make the whole future not `Send`.
    let sends: Vec<_> = chunks::split(entries)
        .into_iter()
        .map(|chunk| send(client.clone(), url.to_owned(), chunk))
        .collect();
    let answers: Vec<Vec<_>> = stream::iter(sends).buffered(CONCURRENT_BATCHES).collect().await;
    answers.into_iter().flatten().collect()
}

async fn send(
    client: aws_sdk_sqs::Client,
    url: String,
    chunk: Chunk,
) -> Vec<Result<(), PortError>> {
    let count = chunk.len();
    match send_batch(&client, &url, chunk).await {
        Ok(each) => each,
        Err(error) => vec![Err(error); count],
    }
}

async fn send_batch(
    client: &aws_sdk_sqs::Client,
    url: &str,
    chunk: Chunk,
) -> Result<Vec<Result<(), PortError>>, PortError> {
    const OPERATION: &str = "SendMessageBatch";
    let unusable = || PortError::Unusable(format!("{OPERATION}: an entry is incomplete"));
    let count = chunk.len();
    let mut entries = Vec::with_capacity(count);
    for (position, message) in chunk.into_iter().enumerate() {
        let entry = SendMessageBatchRequestEntry::builder()
            .id(position.to_string())
            .message_body(message.body)
            .set_message_group_id(message.group)
            .set_message_attributes(attributes::of_sdk(message.attributes)?)
            .delay_seconds(i32::from(message.delay.seconds()));
        entries.push(entry.build().map_err(|_| unusable())?);
    }
    let answer = client
        .send_message_batch()
        .queue_url(url)
        .set_entries(Some(entries))
        .send()
        .await
        .map_err(|error| from_sdk(OPERATION, &error))?;
    // Only what the response names was sent: 200 with failures inside is the usual form of a
    // failure.
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

#[derive(Debug, Clone)]
pub struct DeliveryQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl DeliveryQueue {
    #[must_use]
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self { client: clients.sqs.clone(), url: url.into() }
    }
}

impl EnqueueAttempts for DeliveryQueue {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        let entry = |message: Outgoing| Entry {
            body: message.message.to_json(),
            group: Some(message.group),
            delay: message.delay,
            attributes: BTreeMap::new(),
        };
        let entries = messages.into_iter().map(entry).collect();
        send_all(&self.client, &self.url, entries).await
    }
}

/// The events queue. The API's messages are in the group of their user, so that one user's burst
/// does not delay other users' events. Messages of an EventBridge rule have no group.
#[derive(Debug, Clone)]
pub struct EventsQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl EventsQueue {
    #[must_use]
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self { client: clients.sqs.clone(), url: url.into() }
    }
}

impl EnqueueEvents for EventsQueue {
    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        let body = order
            .to_json()
            .map_err(|rejection| PortError::Unusable(format!("a test order: {rejection}")))?;
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(order.user_id.to_string())
            .send()
            .await
            .map_err(|error| from_sdk("SendMessage to events", &error))?;
        Ok(())
    }

    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        let bodies: Vec<_> = events.iter().map(PublishedEvent::to_json).collect();
        let entry = |(event, body): (&PublishedEvent, &Result<String, _>)| {
            let body = body.as_ref().ok()?.clone();
            let group = Some(event.user_id.to_string());
            Some(Entry { body, group, delay: QueueDelay::NONE, attributes: BTreeMap::new() })
        };
        let entries = events.iter().zip(&bodies).filter_map(entry).collect();
        let mut sent = send_all(&self.client, &self.url, entries).await.into_iter();
        let unanswered = || Err(PortError::Unavailable("an event has no answer".into()));
        let answer = |body: Result<String, _>| match body {
            Ok(_) => sent.next().unwrap_or_else(unanswered),
            Err(rejection) => Err(PortError::Unusable(format!("a published event: {rejection}"))),
        };
        bodies.into_iter().map(answer).collect()
    }
}
