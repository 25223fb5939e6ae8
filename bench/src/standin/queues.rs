//! SQS, as far as the functions use it: they send, and remove what they moved to another queue.
//! Lambda receives and deletes for them; here [`Queues::receive`] does.

use super::{
    refusal::{Answer, Refusal},
    request::Request,
};
use crate::{
    counts::{Count, Counts},
    template,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// Limits of a call, from "Amazon SQS quotas".
const MOST_ENTRIES: usize = 10;
const MOST_BYTES: usize = 1024 * 1024;
const MOST_DELAY_SECONDS: usize = 900;

/// Each started 64 KiB of a call is charged as one request.
const CHARGED_BYTES: usize = 64 * 1024;

/// A message on a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: String,
    pub receipt: String,
    pub body: String,
    pub group: Option<String>,
    /// In the form of a request: `{"name": {"DataType": …, "StringValue": …}}`.
    pub attributes: Value,
    /// When it can be received, in milliseconds since 1970.
    pub visible_at: i64,
    pub receives: u32,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Message>,
    /// Received, and not removed yet.
    hidden: BTreeMap<String, Message>,
}

#[derive(Debug)]
pub(super) struct Queues {
    queues: BTreeMap<String, Queue>,
    sent: u64,
}

impl Queues {
    pub(super) fn new() -> Self {
        let queues = template::queues().into_iter().map(|name| (name, Queue::default())).collect();
        Self { queues, sent: 0 }
    }

    pub(super) fn carry_out(
        &mut self,
        operation: &str,
        body: &Value,
        now: i64,
        counts: &mut Counts,
    ) -> Answer {
        match operation {
            "SendMessage" => self.send_message(body, now, counts),
            "SendMessageBatch" => self.send_batch(body, now, counts),
            "DeleteMessageBatch" => self.delete_batch(body, counts),
            other => Err(Refusal::unknown(format!("the operation {other} of SQS"))),
        }
    }

    /// Receives up to `most` messages, the oldest first. They stay hidden until they are removed.
    pub(super) fn receive(&mut self, queue: &str, most: usize, now: i64) -> Vec<Message> {
        let Some(queue) = self.queues.get_mut(queue) else { return Vec::new() };
        let mut received = Vec::new();
        let mut later = VecDeque::new();
        while let Some(mut message) = queue.waiting.pop_front() {
            if received.len() == most {
                later.push_back(message);
                break;
            }
            if message.visible_at > now {
                later.push_back(message);
                continue;
            }
            message.receives += 1;
            received.push(message.clone());
            queue.hidden.insert(message.receipt.clone(), message);
        }
        later.append(&mut queue.waiting);
        queue.waiting = later;
        received
    }

    /// Removes received messages for good.
    pub(super) fn remove<'a>(&mut self, queue: &str, receipts: impl Iterator<Item = &'a str>) {
        if let Some(queue) = self.queues.get_mut(queue) {
            receipts.for_each(|receipt| {
                queue.hidden.remove(receipt);
            });
        }
    }

    /// The number of messages, including hidden ones.
    pub(super) fn count(&self, queue: &str) -> usize {
        self.queues.get(queue).map_or(0, |queue| queue.waiting.len() + queue.hidden.len())
    }

    /// When the next message can be received.
    pub(super) fn next_at(&self, queue: &str) -> Option<i64> {
        self.queues.get(queue)?.waiting.iter().map(|message| message.visible_at).min()
    }

    /// Puts a message on a queue, as another service does.
    pub(super) fn put(&mut self, queue: &str, body: String, group: Option<String>, now: i64) {
        let message = self.message(body, group, json!({}), now);
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.waiting.push_back(message);
        }
    }

    fn message(
        &mut self,
        body: String,
        group: Option<String>,
        attributes: Value,
        visible_at: i64,
    ) -> Message {
        self.sent += 1;
        let id = format!("{:08x}-0000-4000-8000-{:012x}", self.sent >> 32, self.sent);
        let receipt = format!("receipt-{id}");
        Message { id, receipt, body, group, attributes, visible_at, receives: 0 }
    }

    fn queue(&mut self, request: Request<'_>) -> Result<String, Refusal> {
        let url = request.text("QueueUrl")?;
        let name = url.rsplit('/').next().unwrap_or_default();
        if self.queues.contains_key(name) {
            return Ok(name.to_owned());
        }
        Err(Refusal::new("QueueDoesNotExist", format!("there is no queue {name}")))
    }

    fn send_message(&mut self, body: &Value, now: i64, counts: &mut Counts) -> Answer {
        let known =
            ["QueueUrl", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageGroupId"];
        let request = Request::new(body, &known)?;
        let queue = self.queue(request)?;
        let (message, bytes) = self.read(request, now)?;
        if bytes > MOST_BYTES {
            return Err(too_long());
        }
        let id = message.id.clone();
        self.push(&queue, message);
        counts.add(&format!("SendMessage {queue}"), sent(1, bytes));
        Ok(json!({ "MessageId": id, "MD5OfMessageBody": "" }))
    }

    fn send_batch(&mut self, body: &Value, now: i64, counts: &mut Counts) -> Answer {
        let request = Request::new(body, &["QueueUrl", "Entries"])?;
        let queue = self.queue(request)?;
        let entries = entries(request)?;
        let (mut messages, mut all) = (Vec::new(), 0);
        for entry in entries {
            let known =
                ["Id", "MessageBody", "DelaySeconds", "MessageAttributes", "MessageGroupId"];
            let entry = Request::new(entry, &known)?;
            let (message, bytes) = self.read(entry, now)?;
            all += bytes;
            messages.push((entry.text("Id")?.to_owned(), message));
        }
        if all > MOST_BYTES {
            return Err(too_long());
        }
        counts.add(&format!("SendMessageBatch {queue}"), sent(messages.len(), all));
        let successful = messages.into_iter().map(|(id, message)| {
            let entry = json!({ "Id": id, "MessageId": message.id, "MD5OfMessageBody": "" });
            self.push(&queue, message);
            entry
        });
        let successful: Vec<Value> = successful.collect();
        Ok(json!({ "Successful": successful, "Failed": [] }))
    }

    fn delete_batch(&mut self, body: &Value, counts: &mut Counts) -> Answer {
        let request = Request::new(body, &["QueueUrl", "Entries"])?;
        let queue = self.queue(request)?;
        let mut successful = Vec::new();
        for entry in entries(request)? {
            let entry = Request::new(entry, &["Id", "ReceiptHandle"])?;
            self.remove(&queue, std::iter::once(entry.text("ReceiptHandle")?));
            successful.push(json!({ "Id": entry.text("Id")? }));
        }
        counts.add(&format!("DeleteMessageBatch {queue}"), sent(successful.len(), 0));
        Ok(json!({ "Successful": successful, "Failed": [] }))
    }

    fn push(&mut self, queue: &str, message: Message) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.waiting.push_back(message);
        }
    }

    /// The message of an entry, and its size as SQS counts it.
    fn read(&mut self, entry: Request<'_>, now: i64) -> Result<(Message, usize), Refusal> {
        let body = entry.text("MessageBody")?;
        if body.is_empty() || !body.chars().all(is_allowed) {
            return Err(Refusal::new("InvalidMessageContents", "a character that SQS refuses"));
        }
        let delay = entry.number("DelaySeconds")?.unwrap_or(0);
        if delay > MOST_DELAY_SECONDS {
            let message = format!("{delay} for DelaySeconds is over {MOST_DELAY_SECONDS}");
            return Err(Refusal::new("InvalidParameterValue", message));
        }
        let mut bytes = body.len();
        for (name, attribute) in entry.object("MessageAttributes")?.into_iter().flatten() {
            let attribute = Request::new(attribute, &["DataType", "StringValue", "BinaryValue"])?;
            let value = attribute.optional_text("StringValue")?;
            let value = value.or(attribute.optional_text("BinaryValue")?).unwrap_or_default();
            if value.is_empty() {
                return Err(Refusal::new("InvalidParameterValue", "an attribute has no value"));
            }
            bytes += name.len() + attribute.text("DataType")?.len() + value.len();
        }
        let attributes = entry.get("MessageAttributes").cloned().unwrap_or_else(|| json!({}));
        let visible_at = now + i64::try_from(delay).unwrap_or_default() * 1000;
        let group = entry.optional_text("MessageGroupId")?.map(str::to_owned);
        Ok((self.message(body.to_owned(), group, attributes, visible_at), bytes))
    }
}

/// The entries of a batch: one to ten, with different ids.
fn entries<'a>(request: Request<'a>) -> Result<&'a [Value], Refusal> {
    let entries = request.list("Entries")?;
    if entries.is_empty() {
        return Err(Refusal::new("EmptyBatchRequest", "there are no entries"));
    }
    if entries.len() > MOST_ENTRIES {
        return Err(Refusal::new("TooManyEntriesInBatchRequest", "a batch has ten entries"));
    }
    let ids: HashSet<Option<&str>> = entries.iter().map(|entry| entry["Id"].as_str()).collect();
    if ids.len() < entries.len() {
        return Err(Refusal::new("BatchEntryIdsNotDistinct", "two entries have the same id"));
    }
    Ok(entries)
}

fn sent(messages: usize, bytes: usize) -> Count {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let queue_requests = number(bytes.div_ceil(CHARGED_BYTES).max(1));
    Count { calls: 1, queue_requests, messages: number(messages), ..Count::default() }
}

fn too_long() -> Refusal {
    Refusal::new("BatchRequestTooLong", "a call may have 1 MiB")
}

/// The characters of XML 1.0.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
