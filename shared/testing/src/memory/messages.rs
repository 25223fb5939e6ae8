use super::{DeadLetter, Effect, Memory, MemoryQueue, Operation, hooks::Side};
use grapnel_domain::{
    event::inbound::{PublishedEvent, TestOrder},
    message::{Outgoing, Record},
    ports::{DeadLetters, EnqueueAttempts, EnqueueEvents, IsolateMessages, PortError},
};
use std::time::Duration;

fn put(queue: &MemoryQueue, outgoing: &Outgoing) {
    let delay = Duration::from_secs(u64::from(outgoing.delay.seconds()));
    queue.send(outgoing.message.to_json(), outgoing.group.clone(), delay);
}

impl EnqueueAttempts for Memory {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        tokio::task::yield_now().await;
        self.meet(Side::Before, Operation::Enqueue).await;
        let sent = self.send_all(&messages);
        self.meet(Side::After, Operation::Enqueue).await;
        sent
    }
}

impl Memory {
    fn send_all(&self, messages: &[Outgoing]) -> Vec<Result<(), PortError>> {
        let queue = self.delivery_queue();
        let mut state = self.state();
        state.faults.count(Operation::Enqueue);
        let mut send = |outgoing: &Outgoing| match state.faults.take(Operation::Enqueue) {
            None => {
                put(&queue, outgoing);
                Ok(())
            }
            Some((error, Effect::Before)) => Err(error),
            Some((error, Effect::After)) => {
                put(&queue, outgoing);
                Err(error)
            }
        };
        messages.iter().map(&mut send).collect()
    }
}

impl DeadLetters for Memory {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        self.run(Operation::DeadLetter, |state| {
            let (body, reason) = (body.to_owned(), reason.to_owned());
            state.dead_letters.push(DeadLetter { body, reason });
            Ok(())
        })
        .await
    }
}

/// The way from a queue to its isolation queue.
#[derive(Debug, Clone)]
pub struct MemoryIsolation {
    from: MemoryQueue,
    to: MemoryQueue,
}

impl Memory {
    /// The way from the delivery queue to its isolation queue.
    #[must_use]
    pub fn delivery_isolation(&self) -> MemoryIsolation {
        MemoryIsolation { from: self.delivery_queue(), to: self.delivery_isolation_queue() }
    }
}

impl IsolateMessages for MemoryIsolation {
    async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        tokio::task::yield_now().await;
        for message in messages {
            self.to.forward(message);
            self.from.acknowledge(&message.receipt);
        }
        vec![Ok(()); messages.len()]
    }
}

impl EnqueueEvents for Memory {
    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        self.run(Operation::OrderTest, |_| {
            let body = order
                .to_json()
                .map_err(|rejection| PortError::Unusable(format!("a test order: {rejection}")))?;
            self.events_queue.send(body, order.user_id.as_str(), Duration::ZERO);
            Ok(())
        })
        .await
    }

    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        tokio::task::yield_now().await;
        self.meet(Side::Before, Operation::PublishEvent).await;
        let sent = self.publish_all(&events);
        self.meet(Side::After, Operation::PublishEvent).await;
        sent
    }
}

impl Memory {
    fn publish_all(&self, events: &[PublishedEvent]) -> Vec<Result<(), PortError>> {
        let mut state = self.state();
        let mut send = |event: &PublishedEvent| {
            state.faults.count(Operation::PublishEvent);
            let fault = state.faults.take(Operation::PublishEvent);
            if !matches!(fault, Some((_, Effect::Before))) {
                let body = event.to_json().map_err(|rejection| {
                    PortError::Unusable(format!("a published event: {rejection}"))
                })?;
                self.events_queue.send(body, event.user_id.as_str(), Duration::ZERO);
            }
            fault.map_or(Ok(()), |(error, _)| Err(error))
        };
        events.iter().map(&mut send).collect()
    }
}
