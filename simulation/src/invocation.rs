//! A running function: its input and what it has read. The ledger judges its actions by this.

use crate::{ledger::Key, vocabulary::Function};
use grapnel_domain::{
    delivery::{AttemptNumber, DeliveryKey, ParkedRow},
    ids::WebhookId,
    message::{Check, MakeAttempt, Outgoing, QueueMessage, Record},
    release::ReleaseParked,
    retry::RetryConfig,
    tending::{Minutes, Spread},
    time::{Minute, Timestamp},
};
use std::{collections::BTreeSet, time::Duration};

/// A release that began a page within this time before the function began is at work.
const AT_WORK: Duration = Duration::from_secs(30);

/// The subject of a release's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// Parked deliveries.
    Parked(WebhookId),
}

/// One run of a function.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) function: Function,
    pub(crate) began: Timestamp,
    /// The batch, with each message as the delivery function parses it.
    pub(crate) messages: Vec<(Record, Option<QueueMessage>)>,
    /// Deliveries that were read: their number of attempts, and the step.
    pub(crate) reads: Vec<(Key, u32, u64)>,
    /// Circuit breakers that were read or written: whether deliveries may pass.
    pub(crate) circuits: Vec<(WebhookId, bool)>,
    /// Rate limits that were read, and whether the circuit breaker was closed: does the limit
    /// apply?
    pub(crate) limits: Vec<(WebhookId, bool)>,
    /// Retry configurations that were read.
    pub(crate) configs: Vec<(WebhookId, RetryConfig)>,
    /// Deliveries about which it sent a message.
    pub(crate) sent: Vec<Key>,
    /// Executions of shared waits that it knows to be running.
    pub(crate) waits_seen: Vec<Minute>,
    /// Circuit breakers that it read as open before their wake-up, by a consistent read, and when they
    /// are due.
    pub(crate) open_seen: Vec<(WebhookId, Timestamp)>,
    /// When the latest release began, in each health that it read.
    pub(crate) releases_read: Vec<(WebhookId, Option<Timestamp>)>,
    /// Webhooks of releases whose beginning was not noted: another one had begun.
    pub(crate) releases_refused: Vec<WebhookId>,
    /// The delivery that the index showed as parked longest.
    pub(crate) first_parked: Vec<(WebhookId, ParkedRow)>,
    /// Probes that it claimed, by their new due times.
    pub(crate) probes: Vec<(WebhookId, Timestamp)>,
    /// Deliveries that it parked, or for which it scheduled a slot, and until when.
    pub(crate) kept_back: Vec<(Key, Timestamp)>,
    /// Expiries that it read from rows.
    pub(crate) expiries_read: Vec<(Key, Timestamp)>,
    /// Slots that it read from rows.
    pub(crate) slots_read: Vec<(Key, Timestamp)>,
    /// Deliveries that it created, and pending deliveries that existed already.
    pub(crate) created: Vec<Key>,
    pub(crate) existed: Vec<Key>,
    /// Pages with a next page for which it has sent no message yet.
    pub(crate) pages: Vec<Page>,
    /// Parts of the index of waits with a next page that it has not read yet.
    pub(crate) parts: Vec<(Spread, Minutes)>,
    /// What the index of waits showed it.
    pub(crate) shown: Vec<(DeliveryKey, Minute)>,
    /// Deliveries that waited when it read them.
    pub(crate) read_waiting: BTreeSet<Key>,
    /// Whether it postponed an attempt because the name server did not answer.
    pub(crate) postpones: bool,
    /// The number of faults in this run.
    pub(crate) faults: u32,
    /// Attempts that a wrong handler has scheduled too early, and does not schedule again.
    pub(crate) scheduled: Vec<(Key, AttemptNumber)>,
    pub(crate) awaited: Vec<Minute>,
    /// Messages that a wrong handler sends too late.
    pub(crate) held_back: Vec<Outgoing>,
}

impl Invocation {
    pub(crate) fn new(function: Function, began: Timestamp, records: &[Record]) -> Self {
        let read = |record: &Record| {
            let message = match function {
                Function::Delivery => QueueMessage::parse(&record.body).ok(),
                Function::Ingest | Function::Tend | Function::Api => None,
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
            open_seen: Vec::new(),
            releases_read: Vec::new(),
            releases_refused: Vec::new(),
            first_parked: Vec::new(),
            probes: Vec::new(),
            kept_back: Vec::new(),
            expiries_read: Vec::new(),
            slots_read: Vec::new(),
            created: Vec::new(),
            existed: Vec::new(),
            pages: Vec::new(),
            parts: Vec::new(),
            shown: Vec::new(),
            read_waiting: BTreeSet::new(),
            postpones: false,
            faults: 0,
            scheduled: Vec::new(),
            awaited: Vec::new(),
            held_back: Vec::new(),
        }
    }

    /// The number of the attempt of this delivery that its batch requests; `None` if it requests
    /// several or none.
    pub(crate) fn attempt_asked_for(&self, key: Key) -> Option<AttemptNumber> {
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

    /// The messages of its batch that request attempts of this delivery.
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

    /// The checks in its batch for the same attempt as this one.
    pub(crate) fn checks_of(&self, check: &Check) -> impl Iterator<Item = &Check> {
        let (key, number) = ((check.target.webhook_id, check.target.delivery_id), check.attempt);
        self.checks(key).filter(move |before| before.attempt == number)
    }

    /// Whether it parked a delivery of this webhook.
    pub(crate) fn parks(&self, webhook: WebhookId) -> bool {
        self.kept_back.iter().any(|((of, _), _)| *of == webhook)
    }

    /// Whether its batch has a wake-up for this due time of the webhook's circuit breaker.
    pub(crate) fn has_wake_up(&self, webhook: WebhookId, due: Timestamp) -> bool {
        let due_at = |release: &ReleaseParked| release.look.and_then(|look| look.due);
        self.releases_of(webhook).any(|release| due_at(release) == Some(due))
    }

    /// Its messages that release deliveries of this webhook.
    pub(crate) fn releases_of(&self, webhook: WebhookId) -> impl Iterator<Item = &ReleaseParked> {
        self.messages.iter().filter_map(move |(_, message)| match message {
            Some(QueueMessage::ReleaseParked(release)) if release.webhook_id == webhook => {
                Some(release)
            }
            _ => None,
        })
    }

    /// Whether this release may stop before its last page, because another one goes on: a later one
    /// began; or it has not begun, and the first parked delivery is another than at its last look or a page
    /// was begun within [`AT_WORK`].
    pub(crate) fn may_stop(&self, release: &ReleaseParked) -> bool {
        let webhook = release.webhook_id;
        let began = self.releases_read.iter().filter(|(of, _)| *of == webhook);
        let overtaken = |own| began.clone().any(|(_, began)| *began > Some(own));
        let changed = |(of, first): &(_, _)| {
            *of == webhook && release.look.is_some_and(|look| look.first != Some(*first))
        };
        let at_work = |(_, began): &(WebhookId, Option<Timestamp>)| {
            began.is_some_and(|began| began.until(self.began) < AT_WORK)
        };
        let meets_one = release.look.is_some() && began.clone().any(at_work);
        release.began.map_or_else(
            || release.cursor.is_some() || meets_one || self.first_parked.iter().any(changed),
            overtaken,
        )
    }

    /// Whether its batch releases deliveries of this webhook.
    pub(crate) fn releases(&self, webhook: WebhookId) -> bool {
        self.releases_of(webhook).next().is_some()
    }

    /// A message for the next page is sent.
    pub(crate) fn goes_on(&mut self, page: Page) {
        if let Some(place) = self.pages.iter().position(|left| *left == page) {
            self.pages.remove(place);
        }
    }

    /// Whether it sent no message for the next page, although it should and there was no fault.
    pub(crate) fn leaves_out(&self, page: Page) -> bool {
        let Page::Parked(webhook) = page;
        let left = self.pages.iter().filter(|left| **left == page).count();
        let may_stop = self.releases_of(webhook).filter(|release| self.may_stop(release)).count();
        let refused = self.releases_refused.iter().filter(|of| **of == webhook).count();
        self.faults == 0 && left > may_stop + refused
    }

    /// Whether it never read this webhook's circuit breaker as open.
    pub(crate) fn read_as_closed(&self, webhook: WebhookId) -> bool {
        self.circuits.iter().filter(|(of, _)| *of == webhook).all(|(_, closed)| *closed)
    }

    /// When this delivery expires, by the first read.
    pub(crate) fn expiry_read(&self, key: Key) -> Option<Timestamp> {
        self.expiries_read.iter().find(|(of, _)| *of == key).map(|(_, expiry)| *expiry)
    }

    /// The highest number of attempts of this delivery in any read; `None` if it was not read.
    pub(crate) fn most_attempts_read(&self, key: Key) -> Option<u32> {
        let reads = self.reads.iter().filter(|(read, ..)| *read == key);
        reads.map(|(_, attempts, _)| *attempts).max()
    }

    /// Whether its batch requests an attempt of this delivery outside the schedule.
    pub(crate) fn asks_by_hand(&self, key: Key) -> bool {
        self.messages.iter().any(|(_, message)| {
            matches!(message, Some(QueueMessage::MakeAttempt(attempt))
                if attempt.manual && (attempt.target.webhook_id, attempt.target.delivery_id) == key)
        })
    }

    /// Whether its batch has a manual retry of this delivery, and no replay.
    pub(crate) fn asks_in_person(&self, key: Key) -> bool {
        self.messages.iter().any(|(_, message)| {
            matches!(message, Some(QueueMessage::MakeAttempt(attempt))
                if attempt.manual
                    && attempt.replay.is_none()
                    && (attempt.target.webhook_id, attempt.target.delivery_id) == key)
        })
    }

    /// Whether its batch has this attempt's message with exactly this slot.
    pub(crate) fn has_slot(&self, asked: &MakeAttempt) -> bool {
        self.messages.iter().any(|(_, message)| {
            matches!(message, Some(QueueMessage::MakeAttempt(attempt))
                if attempt.slot == asked.slot
                    && attempt.target == asked.target
                    && attempt.attempt == asked.attempt)
        })
    }

    /// Whether the rate limit applies to requests to this webhook, by everything that was read.
    pub(crate) fn keeps_to_limit(&self, webhook: WebhookId) -> bool {
        let mut limits = self.limits.iter().filter(|(of, _)| *of == webhook).peekable();
        limits.peek().is_some() && limits.all(|(_, limited)| *limited)
    }

    /// Whether it may make a request to this webhook: it read the circuit breaker as closed, or
    /// claimed a probe.
    pub(crate) fn may_pass(&self, webhook: WebhookId) -> bool {
        self.circuits.iter().any(|(of, passes)| *of == webhook && *passes)
    }

    /// The step at which it last read this delivery with `number` as its next attempt.
    pub(crate) fn read_of(&self, key: Key, number: Option<AttemptNumber>) -> Option<u64> {
        let fits = |(read, attempts, _): &&(Key, u32, u64)| {
            *read == key && number.is_none_or(|number| number.attempts_before() == *attempts)
        };
        self.reads.iter().rev().find(fits).map(|(.., step)| *step)
    }

    /// The shortest delay before the attempt at this place of the schedule, in any configuration
    /// that it read.
    pub(crate) fn delay_before(&self, webhook: WebhookId, place: u32) -> Option<u32> {
        let configs = self.configs.iter().filter(|(of, _)| *of == webhook);
        configs.map(|(_, config)| config.delay_before(place)).min()
    }
}
