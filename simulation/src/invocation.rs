//! A function at work: what it was given and what it has seen, to judge what it does by.

use crate::{ledger::Key, vocabulary::Function};
use grapnel_domain::{
    ids::WebhookId,
    message::{Check, MakeAttempt, Outgoing, QueueMessage, Record},
    retry::RetryConfig,
    time::{Minute, Timestamp},
};

/// What a release takes a page of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Those who wait for a minute.
    Waiting(WebhookId, Minute),
    /// Those who are parked.
    Parked(WebhookId),
}

/// One run of a function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) function: Function,
    pub(crate) began: Timestamp,
    /// The batch, with each message as the delivery function reads it.
    pub(crate) messages: Vec<(Record, Option<QueueMessage>)>,
    /// Deliveries read: how many attempts they had, and at which step.
    pub(crate) reads: Vec<(Key, u32, u64)>,
    /// Circuits read or written: whether deliveries may pass.
    pub(crate) circuits: Vec<(WebhookId, bool)>,
    /// Rate limits read, and whether the circuit was closed then: is one to be kept to?
    pub(crate) limits: Vec<(WebhookId, bool)>,
    /// Retry configurations read.
    pub(crate) configs: Vec<(WebhookId, RetryConfig)>,
    /// Deliveries about which it sent a message.
    pub(crate) sent: Vec<Key>,
    /// Executions of shared waits that it saw run.
    pub(crate) waits_seen: Vec<(WebhookId, Minute)>,
    /// Executions that it saw watch a circuit.
    pub(crate) watches_seen: Vec<(WebhookId, Timestamp)>,
    /// Deliveries that it parked, or had wait for their slots, and until when.
    pub(crate) kept_back: Vec<(Key, Timestamp)>,
    /// Expiries that it found in rows.
    pub(crate) expiries_read: Vec<(Key, Timestamp)>,
    /// Slots that it found in rows.
    pub(crate) slots_read: Vec<(Key, Timestamp)>,
    /// Deliveries that it created, and pending ones that it found there.
    pub(crate) created: Vec<Key>,
    pub(crate) existed: Vec<Key>,
    /// Pages that are followed by another, which it has not sent a message for.
    pub(crate) pages: Vec<Page>,
    /// Whether it postponed an attempt because the name server was silent.
    pub(crate) postpones: bool,
    /// Things that went wrong in it.
    pub(crate) faults: u32,
    /// What a wrong handler has scheduled too early, and is not to schedule again.
    pub(crate) scheduled: Vec<(Key, u32)>,
    pub(crate) awaited: Vec<(WebhookId, Minute)>,
    /// What a wrong handler sends too late.
    pub(crate) held_back: Vec<Outgoing>,
}

impl Invocation {
    pub(crate) fn new(function: Function, began: Timestamp, records: &[Record]) -> Self {
        let read = |record: &Record| {
            let message = match function {
                Function::Delivery => QueueMessage::parse(&record.body).ok(),
                Function::Ingest | Function::Api => None,
            };
            (record.clone(), message)
        };
        Self {
            function,
            began,
            messages: records.iter().map(read).collect(),
            reads: Vec::new(),
            circuits: Vec::new(),
            limits: Vec::new(),
            configs: Vec::new(),
            sent: Vec::new(),
            waits_seen: Vec::new(),
            watches_seen: Vec::new(),
            kept_back: Vec::new(),
            expiries_read: Vec::new(),
            slots_read: Vec::new(),
            created: Vec::new(),
            existed: Vec::new(),
            pages: Vec::new(),
            postpones: false,
            faults: 0,
            scheduled: Vec::new(),
            awaited: Vec::new(),
            held_back: Vec::new(),
        }
    }

    /// The number of the attempt of this delivery that its batch asks for; `None` if it asks for
    /// several, or for none.
    pub(crate) fn attempt_asked_for(&self, key: Key) -> Option<u32> {
        let mut numbers = self.messages.iter().filter_map(|(_, message)| match message {
            Some(QueueMessage::MakeAttempt(attempt))
                if (attempt.target.webhook_id, attempt.target.delivery_id) == key =>
            {
                Some(attempt.attempt)
            }
            _ => None,
        });
        let first = numbers.next()?;
        numbers.all(|number| number == first).then_some(first)
    }

    /// The messages of its batch that ask for attempts of this delivery.
    pub(crate) fn attempts_of(&self, key: Key) -> impl Iterator<Item = &MakeAttempt> {
        self.messages.iter().filter_map(move |(_, message)| match message {
            Some(QueueMessage::MakeAttempt(attempt))
                if (attempt.target.webhook_id, attempt.target.delivery_id) == key =>
            {
                Some(attempt)
            }
            _ => None,
        })
    }

    /// The checks of this delivery in its batch.
    pub(crate) fn checks(&self, key: Key) -> impl Iterator<Item = &Check> {
        self.messages.iter().filter_map(move |(_, message)| match message {
            Some(QueueMessage::Check(check))
                if (check.target.webhook_id, check.target.delivery_id) == key =>
            {
                Some(check)
            }
            _ => None,
        })
    }

    /// The checks in its batch that look for the same attempt as this one.
    pub(crate) fn checks_of(&self, check: &Check) -> impl Iterator<Item = &Check> {
        let (key, number) = ((check.target.webhook_id, check.target.delivery_id), check.attempt);
        self.checks(key).filter(move |before| before.attempt == number)
    }

    /// Whether its batch releases deliveries of this webhook.
    pub(crate) fn releases(&self, webhook: WebhookId) -> bool {
        self.messages.iter().any(|(_, message)| match message {
            Some(QueueMessage::Release(release)) => release.webhook_id == webhook,
            Some(QueueMessage::ReleaseParked(release)) => release.webhook_id == webhook,
            _ => false,
        })
    }

    /// A message for the page after this one is sent.
    pub(crate) fn goes_on(&mut self, page: Page) {
        if let Some(place) = self.pages.iter().position(|left| *left == page) {
            self.pages.remove(place);
        }
    }

    /// Whether it sent no message for the page after this one, though nothing went wrong.
    pub(crate) fn leaves_out(&self, page: Page) -> bool {
        self.faults == 0 && self.pages.contains(&page)
    }

    /// Whether it never read this webhook's circuit as open.
    pub(crate) fn read_as_closed(&self, webhook: WebhookId) -> bool {
        self.circuits.iter().filter(|(of, _)| *of == webhook).all(|(_, closed)| *closed)
    }

    /// When this delivery was to expire, as it was read first.
    pub(crate) fn expiry_read(&self, key: Key) -> Option<Timestamp> {
        self.expiries_read.iter().find(|(of, _)| *of == key).map(|(_, expiry)| *expiry)
    }

    /// The most attempts that this delivery had when it was read; `None` if it was not.
    pub(crate) fn most_attempts_read(&self, key: Key) -> Option<u32> {
        let reads = self.reads.iter().filter(|(read, ..)| *read == key);
        reads.map(|(_, attempts, _)| *attempts).max()
    }

    /// Whether its batch asks for an attempt of this delivery outside the schedule.
    pub(crate) fn asks_by_hand(&self, key: Key) -> bool {
        self.messages.iter().any(|(_, message)| {
            matches!(message, Some(QueueMessage::MakeAttempt(attempt))
                if attempt.manual && (attempt.target.webhook_id, attempt.target.delivery_id) == key)
        })
    }

    /// Whether a person asks for an attempt of this delivery, and no replay does.
    pub(crate) fn asks_in_person(&self, key: Key) -> bool {
        self.messages.iter().any(|(_, message)| {
            matches!(message, Some(QueueMessage::MakeAttempt(attempt))
                if attempt.manual
                    && attempt.replay.is_none()
                    && (attempt.target.webhook_id, attempt.target.delivery_id) == key)
        })
    }

    /// Whether its batch brings this attempt's message with this very slot.
    pub(crate) fn has_slot(&self, asked: &MakeAttempt) -> bool {
        self.messages.iter().any(|(_, message)| {
            matches!(message, Some(QueueMessage::MakeAttempt(attempt))
                if attempt.slot == asked.slot
                    && attempt.target == asked.target
                    && attempt.attempt == asked.attempt)
        })
    }

    /// Whether requests to this webhook keep to a rate limit, by all that was read of it.
    pub(crate) fn keeps_to_limit(&self, webhook: WebhookId) -> bool {
        let mut limits = self.limits.iter().filter(|(of, _)| *of == webhook).peekable();
        limits.peek().is_some() && limits.all(|(_, limited)| *limited)
    }

    /// Whether it has reason to make a request to this webhook: it read the circuit as closed, or
    /// claimed a probe.
    pub(crate) fn may_pass(&self, webhook: WebhookId) -> bool {
        self.circuits.iter().any(|(of, passes)| *of == webhook && *passes)
    }

    /// The step at which it last read this delivery as one whose next attempt is `number`.
    pub(crate) fn read_of(&self, key: Key, number: Option<u32>) -> Option<u64> {
        let fits = |(read, attempts, _): &&(Key, u32, u64)| {
            *read == key && number.is_none_or(|number| number == attempts + 1)
        };
        self.reads.iter().rev().find(fits).map(|(.., step)| *step)
    }

    /// The shortest delay before attempt `number` that any configuration asks for which it read.
    pub(crate) fn delay_before(&self, webhook: WebhookId, number: u32) -> Option<u32> {
        let configs = self.configs.iter().filter(|(of, _)| *of == webhook);
        configs.map(|(_, config)| config.delay_before(number)).min()
    }
}
