//! How functions come by their messages, and how many at a time.

use crate::vocabulary::Queue;
use grapnel_domain::{
    ids::WebhookId,
    message::{Outgoing, QueueMessage},
};
use std::{ops::RangeInclusive, time::Duration};

/// How many milliseconds after it is due a message is with a function, if one is free. AWS does not
/// say; the queue is polled all the time.
pub(crate) const PICKUP_MILLIS: RangeInclusive<u64> = 5..=50;

/// How functions come by their messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Intake {
    /// At some time, in some order, in batches of some size, without a limit.
    Erratic,
    /// As AWS describes it.
    Mapped(Mapping),
}

/// The event source mappings of all queues.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mapping {
    pub(crate) events: Pool,
    pub(crate) delivery: Pool,
    pub(crate) grouping: Grouping,
}

/// `IngestMaximumConcurrency`, as the template sets it.
pub(crate) const INGEST_CONCURRENCY: usize = 10;

/// `DeliveryMaximumConcurrency`, likewise.
pub(crate) const DELIVERY_CONCURRENCY: usize = 200;

/// `IsolationMaximumConcurrency`, likewise.
pub(crate) const ISOLATION_CONCURRENCY: usize = 100;

/// Batches at a time at first.
const AT_FIRST: usize = 5;

/// `DeliveryMaximumPollers`, as the template sets it.
pub(crate) const MAXIMUM_POLLERS: usize = 100;

impl Mapping {
    pub(crate) const fn of_template(grouping: Grouping) -> Self {
        Self {
            events: Pool::on_demand(INGEST_CONCURRENCY),
            delivery: Pool::on_demand(DELIVERY_CONCURRENCY),
            grouping,
        }
    }

    pub(crate) const fn pool(self, queue: Queue) -> Pool {
        match queue {
            Queue::Events => self.events,
            Queue::Delivery => self.delivery,
            Queue::EventsIsolation | Queue::DeliveryIsolation => {
                Pool::on_demand(ISOLATION_CONCURRENCY)
            }
        }
    }
}

/// Who polls a queue, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Pollers after a quiet time,
    pub(crate) at_first: usize,
    /// and at most.
    pub(crate) most: usize,
    pub(crate) mode: Mode,
}

/// What a poller can do, and how others come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode {
    /// Batches that a poller has delivered at a time.
    pub(crate) places: usize,
    /// From one time that it receives to the next.
    pub(crate) receives_every: Duration,
    /// How long messages have to be left until that is noticed,
    pub(crate) noticed_after: Duration,
    /// and how soon one poller more follows another then.
    pub(crate) grows_every: Duration,
}

impl Mode {
    const ON_DEMAND: Self = Self {
        places: 1,
        receives_every: Duration::ZERO,
        noticed_after: Duration::ZERO,
        grows_every: Duration::from_millis(200),
    };

    const PROVISIONED: Self = Self {
        places: 10,
        receives_every: Duration::from_millis(100),
        // "Within seconds", as AWS announced it.
        noticed_after: Duration::from_secs(5),
        grows_every: Duration::from_millis(600),
    };
}

impl Pool {
    /// With so much `MaximumConcurrency`, after a quiet time.
    #[must_use]
    pub const fn on_demand(most: usize) -> Self {
        Self { at_first: AT_FIRST, most, mode: Mode::ON_DEMAND }
    }

    /// With so many `MinimumPollers` and `MaximumPollers`.
    #[must_use]
    pub const fn provisioned(least: usize, most: usize) -> Self {
        Self { at_first: least, most, mode: Mode::PROVISIONED }
    }

    /// The same, but all of them are there already.
    #[must_use]
    pub const fn full_grown(self) -> Self {
        Self { at_first: self.most, ..self }
    }

    /// The same, if a backlog is noticed at once.
    #[must_use]
    pub const fn noticed_at_once(self) -> Self {
        Self { mode: Mode { noticed_after: Duration::ZERO, ..self.mode }, ..self }
    }
}

/// Who takes turns on the delivery queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// As the functions send it.
    AsSent,
    /// Nobody: messages without a group.
    Nobody,
    /// Webhooks, always.
    Webhooks,
    /// Users, always.
    Users,
}

impl Intake {
    /// The group that a message is sent in.
    pub(crate) fn group_of(self, outgoing: &Outgoing) -> String {
        let grouping = match self {
            Self::Erratic => Grouping::AsSent,
            Self::Mapped(mapping) => mapping.grouping,
        };
        match grouping {
            Grouping::AsSent => outgoing.group.clone(),
            Grouping::Nobody => String::new(),
            Grouping::Webhooks => {
                webhook_of(&outgoing.message).map(|id| id.to_string()).unwrap_or_default()
            }
            Grouping::Users => match &outgoing.message {
                QueueMessage::MakeAttempt(attempt) => attempt.target.user_id.to_string(),
                QueueMessage::Check(check) => check.target.user_id.to_string(),
                QueueMessage::Release(release) => release.user_id.to_string(),
                QueueMessage::ReleaseParked(release) => release.user_id.to_string(),
                QueueMessage::Replay(page) => page.user_id.to_string(),
            },
        }
    }
}

fn webhook_of(message: &QueueMessage) -> Option<WebhookId> {
    match message {
        QueueMessage::MakeAttempt(attempt) => Some(attempt.target.webhook_id),
        QueueMessage::Check(check) => Some(check.target.webhook_id),
        QueueMessage::Release(release) => Some(release.webhook_id),
        QueueMessage::ReleaseParked(release) => Some(release.webhook_id),
        QueueMessage::Replay(_) => None,
    }
}
