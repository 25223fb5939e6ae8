//! How functions get their messages, and how many at a time.

use crate::vocabulary::Queue;
use grapnel_domain::{
    ids::WebhookId,
    message::{Outgoing, QueueMessage},
};
use std::{ops::RangeInclusive, time::Duration};

/// How many milliseconds after it is due a message reaches a free function. AWS gives no number;
/// the queue is polled all the time.
pub(crate) const PICKUP_MILLIS: RangeInclusive<u64> = 5..=50;

/// How functions get their messages.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Intake {
    /// At random times, in random order, in batches of random size, without a limit.
    Erratic,
    /// As AWS describes.
    Mapped(Mapping),
}

/// The event source mappings of all queues.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mapping {
    pub(crate) events: Pool,
    pub(crate) delivery: Pool,
    pub(crate) grouping: Grouping,
}

/// `IngestMaximumConcurrency`, as in the template.
pub(crate) const INGEST_CONCURRENCY: usize = 50;

/// `DeliveryMaximumConcurrency`, as in the template.
pub(crate) const DELIVERY_CONCURRENCY: usize = 200;

/// `IsolationMaximumConcurrency`, as in the template.
pub(crate) const ISOLATION_CONCURRENCY: usize = 100;

/// Concurrent batches at first.
const AT_FIRST: usize = 5;

/// `DeliveryMaximumPollers`, as in the template.
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

/// The kind and the number of a queue's pollers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Pollers after a quiet time.
    pub(crate) at_first: usize,
    /// Maximum number of pollers.
    pub(crate) most: usize,
    pub(crate) mode: Mode,
}

/// The capacity and the growth of pollers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode {
    /// Concurrent batches of a poller.
    pub(crate) places: usize,
    /// The interval between two receives.
    pub(crate) receives_every: Duration,
    /// How long messages must wait until a backlog is noticed.
    pub(crate) noticed_after: Duration,
    /// The interval between two new pollers during a backlog.
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
        // "Within seconds", as AWS announced.
        noticed_after: Duration::from_secs(5),
        grows_every: Duration::from_millis(600),
    };
}

impl Pool {
    /// With this `MaximumConcurrency`, after a quiet time.
    #[must_use]
    pub const fn on_demand(most: usize) -> Self {
        Self { at_first: AT_FIRST, most, mode: Mode::ON_DEMAND }
    }

    /// With these `MinimumPollers` and `MaximumPollers`.
    #[must_use]
    pub const fn provisioned(least: usize, most: usize) -> Self {
        Self { at_first: least, most, mode: Mode::PROVISIONED }
    }

    /// With all pollers from the beginning.
    #[must_use]
    pub const fn full_grown(self) -> Self {
        Self { at_first: self.most, ..self }
    }

    /// With a backlog that is noticed at once.
    #[must_use]
    pub const fn noticed_at_once(self) -> Self {
        Self { mode: Mode { noticed_after: Duration::ZERO, ..self.mode }, ..self }
    }
}

/// The message groups on the delivery queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// As the functions send them.
    AsSent,
    /// Messages without a group.
    Nobody,
    /// Always one group per webhook.
    Webhooks,
    /// Always one group per user.
    Users,
}

impl Intake {
    /// The group of a message.
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
        QueueMessage::ReleaseParked(release) => Some(release.webhook_id),
        QueueMessage::Replay(_) => None,
    }
}
