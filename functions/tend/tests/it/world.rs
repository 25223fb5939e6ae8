//! The tend function in a small world: AWS in memory and virtual time.

use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    message::QueueMessage,
    ports::Clock,
    tending::Visit,
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use grapnel_tend::{Ports, Report, Tend};
use grapnel_testing::{
    builders::{a_delivery, an_event},
    clock::{ManualClock, NEVER, START},
    memory::Memory,
};
use std::time::Duration;

pub(crate) enum OverMemory {}

impl Ports for OverMemory {
    type Deliveries = Memory;
    type DeliveryQueue = Memory;
    type DeadLetters = Memory;
    type Clock = ManualClock;
}

pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) clock: ManualClock,
    pub(crate) tend: Tend<OverMemory>,
}

/// The minute that most tests wait for.
pub(crate) fn minute() -> Minute {
    Minute::at_or_after(START.plus(Duration::from_secs(3600)))
}

/// The last visit of an execution.
pub(crate) fn last(minute: Minute) -> Visit {
    let until = minute.strikes_at().plus(grapnel_domain::tending::SETTLES_AFTER);
    Visit { minute, until }
}

impl World {
    pub(crate) fn new() -> Self {
        let memory = Memory::new();
        let clock = memory.clock();
        let tend = Tend {
            deliveries: memory.clone(),
            queue: memory.clone(),
            dead_letters: memory.clone(),
            clock: clock.clone(),
        };
        Self { memory, clock, tend }
    }

    /// A delivery with one attempt that waits for this minute.
    pub(crate) fn waiting(&self, webhook: &Webhook, minute: Minute) -> Delivery {
        let event = an_event().for_user(webhook.user_id.as_str()).build();
        let delivery = a_delivery().of(&event).to(webhook).waiting_for(minute);
        let delivery = delivery.expires_at(NEVER).build();
        self.memory.put_delivery(delivery.clone());
        delivery
    }

    /// Makes a visit at its time.
    pub(crate) async fn visit(&self, visit: Visit) -> Report {
        self.clock.set(visit.until.max(self.clock.now()));
        self.tend.visit(visit, self.deadline()).await
    }

    pub(crate) fn deadline(&self) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(70))
    }

    pub(crate) fn now(&self, key: DeliveryKey) -> Delivery {
        self.memory.delivery_now(key).expect("the delivery is there")
    }

    /// The deliveries about which messages are queued, in the order of the queue, each with the
    /// number of the attempt.
    pub(crate) fn queued(&self) -> Vec<(DeliveryKey, u32)> {
        let messages = self.memory.delivery_queue().messages();
        let attempts = messages.iter().map(|queued| match queued.message() {
            QueueMessage::MakeAttempt(attempt) => (attempt.target.key(), attempt.attempt.get()),
            other => panic!("{other:?}"),
        });
        attempts.collect()
    }
}
