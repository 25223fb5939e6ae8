//! Queues made for one test, with their other end.

use crate::deployed;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use grapnel_aws::{DeadLetterQueue, DeliveryQueue, EventsQueue, SystemClock};
use grapnel_domain::{
    event::inbound::{PublishedEvent, TestOrder},
    message::Outgoing,
    ports::{Clock, DeadLetters, EnqueueAttempts, EnqueueEvents, PortError},
    time::Timestamp,
};
use grapnel_port_suite::{Arrival, Arrivals, PATIENCE, PutAside, a_user};
use tokio::time::Instant;

/// The receiving end of a queue.
pub(crate) struct OtherEnd {
    pub(crate) client: aws_sdk_sqs::Client,
    pub(crate) url: String,
}

/// A port and the other end of its queue.
pub(crate) struct Both<P> {
    port: P,
    end: OtherEnd,
}

impl OtherEnd {
    pub(crate) async fn create(config: &aws_config::SdkConfig) -> Self {
        let client = aws_sdk_sqs::Client::new(config);
        let name = format!("contract-{}", a_user());
        let made = client.create_queue().queue_name(name).send().await.expect("a queue");
        Self { client, url: made.queue_url().expect("its URL").to_owned() }
    }

    /// Takes messages until there are this many, or patience has run out.
    async fn take(&self, count: usize) -> Vec<(Message, Timestamp)> {
        let deadline = Instant::now() + PATIENCE;
        let mut taken = Vec::new();
        while taken.len() < count && Instant::now() < deadline {
            let answer = self
                .client
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(10)
                .wait_time_seconds(1)
                .message_attribute_names("All")
                .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
                .send()
                .await
                .expect("received");
            let at = SystemClock.now();
            for message in answer.messages.unwrap_or_default() {
                let receipt = message.receipt_handle().expect("a receipt");
                let delete = self.client.delete_message().queue_url(&self.url);
                delete.receipt_handle(receipt).send().await.expect("deleted");
                taken.push((message, at));
            }
        }
        taken
    }
}

impl<P: Send + Sync> Arrivals for Both<P> {
    fn present(&self) -> Timestamp {
        SystemClock.now()
    }

    async fn arrivals(&self, count: usize) -> Vec<Arrival> {
        let arrival = |(message, at): (Message, Timestamp)| {
            let group = message
                .attributes()
                .and_then(|all| all.get(&MessageSystemAttributeName::MessageGroupId))
                .cloned();
            let body = message.body.unwrap_or_default();
            Arrival { body, group: group.unwrap_or_default(), at }
        };
        self.end.take(count).await.into_iter().map(arrival).collect()
    }
}

impl EnqueueAttempts for Both<DeliveryQueue> {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        self.port.enqueue(messages).await
    }
}

impl EnqueueEvents for Both<EventsQueue> {
    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        self.port.order_test(order).await
    }

    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        self.port.publish_events(events).await
    }
}

impl DeadLetters for Both<DeadLetterQueue> {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        self.port.dead_letter(body, reason).await
    }
}

impl PutAside for Both<DeadLetterQueue> {
    async fn put_aside(&self, count: usize) -> Vec<(String, String)> {
        let letter = |(message, _): (Message, Timestamp)| {
            let attribute = |name: &str| {
                let found = message.message_attributes().and_then(|all| all.get(name));
                found.and_then(|value| value.string_value()).unwrap_or_default().to_owned()
            };
            let sent = message.body().unwrap_or_default();
            let body = match attribute("encoding").as_str() {
                "" => sent.to_owned(),
                "json-string" => serde_json::from_str(sent).expect("a JSON string"),
                other => panic!("an unknown encoding: {other}"),
            };
            (body, attribute("reason"))
        };
        self.end.take(count).await.into_iter().map(letter).collect()
    }
}

pub(crate) async fn delivery_queue() -> Both<DeliveryQueue> {
    let deployed = deployed().await;
    let end = OtherEnd::create(&deployed.config).await;
    Both { port: DeliveryQueue::new(&deployed.clients(), &end.url), end }
}

pub(crate) async fn events_queue() -> Both<EventsQueue> {
    let deployed = deployed().await;
    let end = OtherEnd::create(&deployed.config).await;
    Both { port: EventsQueue::new(&deployed.clients(), &end.url), end }
}

pub(crate) async fn dead_letters() -> Both<DeadLetterQueue> {
    let deployed = deployed().await;
    let end = OtherEnd::create(&deployed.config).await;
    Both { port: DeadLetterQueue::new(&deployed.clients(), &end.url), end }
}
