//! The port contract, kept by the ports in memory.

use grapnel_domain::{
    event::inbound::{PublishedEvent, TestOrder},
    message::{Outgoing, Record},
    ports::{
        Clock, DeadLetters, EnqueueAttempts, EnqueueEvents, IsolateMessages, PortError, StartWaits,
        WaitState,
    },
    time::{Minute, Timestamp},
};
use grapnel_port_suite::{Arrival, Arrivals, EndWaits, PutAside, TwoQueues};
use grapnel_testing::memory::{Memory, MemoryQueue, Received};

/// A queue's both ends. Waiting is moving the clock.
struct Ends {
    memory: Memory,
    queue: MemoryQueue,
}

impl Arrivals for Ends {
    fn present(&self) -> Timestamp {
        self.memory.clock().now()
    }

    async fn arrivals(&self, count: usize) -> Vec<Arrival> {
        let mut arrived = Vec::new();
        while arrived.len() < count
            && let Some(due) = self.queue.next_due()
        {
            if due > self.present() {
                self.memory.clock().set(due);
            }
            let at = self.present();
            let taken = self.queue.take_due().into_iter();
            arrived.extend(taken.map(|each| Arrival { body: each.body, group: each.group, at }));
        }
        arrived
    }
}

impl EnqueueAttempts for Ends {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        self.memory.enqueue(messages).await
    }
}

impl EnqueueEvents for Ends {
    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        self.memory.publish_events(events).await
    }

    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        self.memory.order_test(order).await
    }
}

/// The dead letters, each looked at once.
struct Aside(Memory);

impl DeadLetters for Aside {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        self.0.dead_letter(body, reason).await
    }
}

impl PutAside for Aside {
    async fn put_aside(&self, count: usize) -> Vec<(String, String)> {
        let letters = self.0.dead_letters();
        let newest = letters.into_iter().rev().take(count).rev();
        newest.map(|letter| (letter.body, letter.reason)).collect()
    }
}

/// The delivery queue and its isolation queue.
struct Two(Memory);

impl IsolateMessages for Two {
    async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
        self.0.delivery_isolation().isolate(messages).await
    }
}

impl TwoQueues for Two {
    async fn send_to_source(&self, messages: &[Record]) {
        for message in messages {
            self.0.delivery_queue().forward(message);
        }
    }

    async fn receive_from_source(&self, count: usize) -> Vec<Record> {
        self.0.delivery_queue().receive(count).iter().map(Received::record).collect()
    }

    async fn left_on_source(&self) -> usize {
        self.0.delivery_queue().messages().len()
    }

    async fn receive_isolated(&self, count: usize) -> Vec<Record> {
        self.0.delivery_isolation_queue().receive(count).iter().map(Received::record).collect()
    }
}

struct Waits(Memory);

impl StartWaits for Waits {
    async fn ensure_waiting(&self, minute: Minute) -> Result<WaitState, PortError> {
        self.0.ensure_waiting(minute).await
    }
}

impl EndWaits for Waits {
    async fn end_wait(&self, minute: Minute) {
        self.0.end_wait(minute);
    }

    fn another_instance(&self) -> Self {
        Self(self.0.clone())
    }
}

async fn tables() -> Memory {
    Memory::new()
}

async fn delivery_queue() -> Ends {
    let memory = Memory::new();
    Ends { queue: memory.delivery_queue(), memory }
}

async fn events_queue() -> Ends {
    let memory = Memory::new();
    Ends { queue: memory.events_queue(), memory }
}

async fn dead_letters() -> Aside {
    Aside(Memory::new())
}

async fn isolation() -> Two {
    Two(Memory::new())
}

async fn waits() -> Waits {
    Waits(Memory::new())
}

mod contract {
    grapnel_port_suite::contract_of_all_ports! {
        webhooks: crate::tables(),
        event_types: crate::tables(),
        events: crate::tables(),
        keys: crate::tables(),
        deliveries: crate::tables(),
        delivery_queue: crate::delivery_queue(),
        events_queue: crate::events_queue(),
        dead_letters: crate::dead_letters(),
        isolation: crate::isolation(),
        waits: crate::waits(),
    }
}
