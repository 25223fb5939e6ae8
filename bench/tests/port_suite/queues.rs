//! The ports of queues, with the queues' other ends.

use crate::aws::{clients, standin};
use grapnel_aws::{DeadLetterQueue, DeliveryQueue, EventsQueue, IsolationQueue, SystemClock};
use grapnel_bench::{
    standin::{Message, StandIn},
    template::queue_url,
};
use grapnel_domain::{
    event::inbound::{PublishedEvent, TestOrder},
    message::{Attribute, AttributeValue, Outgoing, Record},
    ports::{Clock, DeadLetters, EnqueueAttempts, EnqueueEvents, IsolateMessages, PortError},
    time::Timestamp,
};
use grapnel_port_suite::{Arrival, Arrivals, PATIENCE, PutAside, TwoQueues};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at a queue.
const PAUSE: Duration = Duration::from_millis(10);

const EVENTS: &str = "EventsQueue";
const ISOLATION: &str = "EventsIsolationQueue";

/// A port, the stand-in behind it, and the name of the queue.
pub(crate) struct Queue<P> {
    port: P,
    aws: &'static StandIn,
    name: &'static str,
}

/// Receives until there are this many messages, or patience has run out; each with its time.
async fn arrived(aws: &StandIn, queue: &str, count: usize) -> Vec<(Message, Timestamp)> {
    let deadline = Instant::now() + PATIENCE;
    let mut received = Vec::new();
    while received.len() < count && Instant::now() < deadline {
        let messages = aws.receive(queue, 10).into_iter();
        received.extend(messages.map(|message| (message, SystemClock.now())));
        sleep(PAUSE).await;
    }
    received
}

async fn receive(aws: &StandIn, queue: &str, count: usize) -> Vec<Message> {
    let arrived = arrived(aws, queue, count).await;
    arrived.into_iter().map(|(message, _)| message).collect()
}

fn text(message: &Message, name: &str) -> String {
    let value = &message.attributes[name]["StringValue"];
    value.as_str().unwrap_or_default().to_owned()
}

impl<P: Send + Sync> Arrivals for Queue<P> {
    fn present(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn arrivals(&self, count: usize) -> Vec<Arrival> {
        let arrival = |(message, at): (Message, Timestamp)| {
            self.aws.remove(self.name, std::slice::from_ref(&message));
            Arrival { body: message.body, group: message.group.unwrap_or_default(), at }
        };
        arrived(self.aws, self.name, count).await.into_iter().map(arrival).collect()
    }
}

impl EnqueueAttempts for Queue<DeliveryQueue> {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        self.port.enqueue(messages).await
    }
}

impl EnqueueEvents for Queue<EventsQueue> {
    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        self.port.order_test(order).await
    }

    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        self.port.publish_events(events).await
    }
}

impl DeadLetters for Queue<DeadLetterQueue> {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        self.port.dead_letter(body, reason).await
    }
}

impl PutAside for Queue<DeadLetterQueue> {
    async fn put_aside(&self, count: usize) -> Vec<(String, String)> {
        let messages = receive(self.aws, self.name, count).await;
        let letter = |message: Message| {
            let body = match text(&message, "encoding").as_str() {
                "json-string" => serde_json::from_str(&message.body).expect("a JSON string"),
                _ => message.body.clone(),
            };
            (body, text(&message, "reason"))
        };
        messages.into_iter().map(letter).collect()
    }
}

impl IsolateMessages for Queue<IsolationQueue> {
    async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        self.port.isolate(messages).await
    }
}

fn record(message: Message) -> Record {
    let attributes = message.attributes.as_object().into_iter().flatten();
    let attribute = |(name, of): (&String, &serde_json::Value)| {
        let data_type = of["DataType"].as_str().expect("a type").to_owned();
        let value = match (of["StringValue"].as_str(), of["BinaryValue"].as_str()) {
            (Some(text), _) => AttributeValue::Text(text.to_owned()),
            (None, binary) => AttributeValue::Binary(decoded(binary.expect("a value"))),
        };
        (name.clone(), Attribute { data_type, value })
    };
    Record {
        attributes: attributes.map(attribute).collect(),
        message_id: message.id,
        body: message.body,
        receives: message.receives,
        group: message.group,
        sent_at: None,
        receipt: message.receipt,
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.decode(base64).expect("base64")
}

impl TwoQueues for Queue<IsolationQueue> {
    /// By the port itself, which only needs two addresses: the other way round, it sends to the
    /// source queue, and removes nothing.
    async fn send_to_source(&self, messages: &[Record]) {
        let url = |queue| queue_url(&self.aws.url(), queue);
        let back = IsolationQueue::new(&clients(self.aws).await, url(ISOLATION), url(EVENTS));
        for answer in back.isolate(messages).await {
            answer.expect("sent");
        }
    }

    async fn receive_from_source(&self, count: usize) -> Vec<Record> {
        receive(self.aws, EVENTS, count).await.into_iter().map(record).collect()
    }

    async fn left_on_source(&self) -> usize {
        self.aws.queued(EVENTS)
    }

    async fn receive_isolated(&self, count: usize) -> Vec<Record> {
        receive(self.aws, ISOLATION, count).await.into_iter().map(record).collect()
    }
}

pub(crate) async fn delivery_queue() -> Queue<DeliveryQueue> {
    let (aws, name) = (standin(), "DeliveryQueue");
    let port = DeliveryQueue::new(&clients(aws).await, queue_url(&aws.url(), name));
    Queue { port, aws, name }
}

pub(crate) async fn events_queue() -> Queue<EventsQueue> {
    let (aws, name) = (standin(), EVENTS);
    let port = EventsQueue::new(&clients(aws).await, queue_url(&aws.url(), name));
    Queue { port, aws, name }
}

pub(crate) async fn dead_letters() -> Queue<DeadLetterQueue> {
    let (aws, name) = (standin(), "EventsDeadLetterQueue");
    let port = DeadLetterQueue::new(&clients(aws).await, queue_url(&aws.url(), name));
    Queue { port, aws, name }
}

pub(crate) async fn isolation() -> Queue<IsolationQueue> {
    let aws = standin();
    let url = |queue| queue_url(&aws.url(), queue);
    let port = IsolationQueue::new(&clients(aws).await, url(EVENTS), url(ISOLATION));
    Queue { port, aws, name: EVENTS }
}
