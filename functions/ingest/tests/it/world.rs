//! The ingest function over AWS in memory, and helpers of its tests.

use grapnel_domain::{
    event::Retention,
    message::{MakeAttempt, QueueMessage, Record},
};
use grapnel_ingest::{Ingest, Ports, Rules};
use grapnel_testing::{
    builders::USER,
    clock::ManualClock,
    memory::{Memory, Queued},
};
use std::time::Duration;

pub(crate) enum OverMemory {}

impl Ports for OverMemory {
    type Webhooks = Memory;
    type Events = Memory;
    type Deliveries = Memory;
    type DeliveryQueue = Memory;
    type DeadLetters = Memory;
    type Clock = ManualClock;
}

pub(crate) fn over(memory: &Memory) -> Ingest<OverMemory> {
    Ingest {
        subscriptions: memory.clone(),
        events: memory.clone(),
        deliveries: memory.clone(),
        queue: memory.clone(),
        dead_letters: memory.clone(),
        clock: memory.clock(),
        rules: Rules {
            retention: Retention { days: 30 },
            delivery_timeout: Duration::from_secs(60),
        },
    }
}

/// An event of the default user, in EventBridge's form.
pub(crate) fn event(id: &str, detail_type: &str) -> Record {
    event_with(id, detail_type, &format!(r#"{{"userId":"{USER}","id":"{id}","n":1.0}}"#))
}

/// [`event`] with another detail (JSON text).
pub(crate) fn event_with(id: &str, detail_type: &str, detail: &str) -> Record {
    let body = format!(
        r#"{{"version":"0","id":"eb-{id}","detail-type":"{detail_type}","source":"demo.platform","time":"2026-11-24T06:00:00Z","detail":{detail}}}"#
    );
    Record::new(format!("m-{id}"), body)
}

/// The queued attempts, in order, each with its message.
pub(crate) fn queued_attempts(memory: &Memory) -> Vec<(Queued, MakeAttempt)> {
    let attempt = |queued: Queued| match queued.message() {
        QueueMessage::MakeAttempt(attempt) => (queued, attempt),
        other => panic!("not an attempt: {other:?}"),
    };
    memory.delivery_queue().messages().into_iter().map(attempt).collect()
}
