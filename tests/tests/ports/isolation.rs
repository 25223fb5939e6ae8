//! Two queues for one test, and the port that moves messages between them.

use crate::{deployed, queues::OtherEnd};
use aws_sdk_sqs::{
    primitives::Blob,
    types::{Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName},
};
use grapnel_aws::IsolationQueue;
use grapnel_domain::{
    message::{Attribute, AttributeValue, Record},
    ports::{IsolateMessages, PortError},
};
use grapnel_port_suite::{PATIENCE, TwoQueues};
use std::collections::BTreeMap;
use tokio::time::Instant;

/// A queue, its isolation queue and the port between them.
pub(crate) struct Two {
    port: IsolationQueue,
    source: OtherEnd,
    isolation: OtherEnd,
}

pub(crate) async fn isolation() -> Two {
    let deployed = deployed().await;
    let source = OtherEnd::create(&deployed.config).await;
    let isolation = OtherEnd::create(&deployed.config).await;
    let port = IsolationQueue::new(&deployed.clients(), &source.url, &isolation.url);
    Two { port, source, isolation }
}

impl IsolateMessages for Two {
    async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        self.port.isolate(messages).await
    }
}

impl TwoQueues for Two {
    async fn send_to_source(&self, messages: &[Record]) {
        for message in messages {
            let mut send = self.source.client.send_message().queue_url(&self.source.url);
            for (name, attribute) in &message.attributes {
                send = send.message_attributes(name, of_sdk(attribute));
            }
            let send = send.set_message_group_id(message.group.clone());
            send.message_body(&message.body).send().await.expect("sent");
        }
    }

    async fn receive_from_source(&self, count: usize) -> Vec<Record> {
        receive(&self.source, count).await
    }

    async fn left_on_source(&self) -> usize {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asked = self.source.client.get_queue_attributes().queue_url(&self.source.url);
        let answer = asked.set_attribute_names(Some(names.to_vec())).send().await;
        let attributes = answer.expect("attributes").attributes.expect("some");
        names.iter().map(|name| attributes[name].parse::<usize>().expect("a number")).sum()
    }

    async fn receive_isolated(&self, count: usize) -> Vec<Record> {
        receive(&self.isolation, count).await
    }
}

async fn receive(end: &OtherEnd, count: usize) -> Vec<Record> {
    let deadline = Instant::now() + PATIENCE;
    let mut received = Vec::new();
    while received.len() < count && Instant::now() < deadline {
        let answer = end
            .client
            .receive_message()
            .queue_url(&end.url)
            .max_number_of_messages(10)
            .wait_time_seconds(1)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .expect("received");
        received.extend(answer.messages.unwrap_or_default().into_iter().map(record));
    }
    received
}

fn record(message: Message) -> Record {
    let system = message.attributes.unwrap_or_default();
    let receives = &system[&MessageSystemAttributeName::ApproximateReceiveCount];
    let attributes = message.message_attributes.unwrap_or_default();
    Record {
        message_id: message.message_id.expect("an id"),
        body: message.body.expect("a body"),
        receives: receives.parse().expect("a number"),
        group: system.get(&MessageSystemAttributeName::MessageGroupId).cloned(),
        sent_at: None,
        attributes: attributes.into_iter().map(of_message).collect::<BTreeMap<_, _>>(),
        receipt: message.receipt_handle.expect("a receipt"),
    }
}

fn of_message((name, value): (String, MessageAttributeValue)) -> (String, Attribute) {
    let data_type = value.data_type().to_owned();
    let value = match value.binary_value() {
        Some(bytes) => AttributeValue::Binary(bytes.as_ref().to_vec()),
        None => AttributeValue::Text(value.string_value().expect("a text").to_owned()),
    };
    (name, Attribute { data_type, value })
}

fn of_sdk(attribute: &Attribute) -> MessageAttributeValue {
    let value = MessageAttributeValue::builder().data_type(&attribute.data_type);
    let value = match &attribute.value {
        AttributeValue::Text(text) => value.string_value(text),
        AttributeValue::Binary(bytes) => value.binary_value(Blob::new(bytes.clone())),
    };
    value.build().expect("an attribute")
}
