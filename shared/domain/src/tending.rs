//! Tending shared waits: what is released, in which order, and when to look again.
//!
//! Deliveries that wait are rows in an index, by *spread* and minute. For each minute for which
//! anything waits, the deployment has one execution: it waits until the minute, then calls the tend
//! function with a [`Visit`], waits as long as the [`Answer`] says, and calls again, until a visit
//! is the last. Everything that is decided about a visit is here. The tend function carries it out.
//!
//! A visit releases the deliveries of its own minute. It also *adopts* the deliveries of minutes
//! that struck a while ago: their execution was stopped, has failed, or was never started.

use crate::{
    delay::QueueDelay,
    delivery::{AttemptNumber, DeliveryKey, Target},
    ids::{DeliveryId, UserId, WebhookId},
    limit::Slot,
    message::{MakeAttempt, Outgoing, QueueMessage},
    retry::next::queue_delay,
    time::{Minute, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    ops::AddAssign,
    time::Duration,
};

/// In how many parts the index is spread. A partition of DynamoDB takes 1,000 writes a second, and
/// an index that is throttled throttles its table: at 2,000 failures a second, each of which enters
/// and leaves the index, a part takes about 250.
pub const SPREADS: u8 = 16;

/// The last visit of an execution is this long after its minute. By then the index shows every row
/// that was recorded before the minute.
pub const SETTLES_AFTER: Duration = Duration::from_secs(180);

/// After this time, other minutes' visits adopt what still waits for a minute. Until then its own
/// execution is at work, and two that release the same rows would send messages twice.
pub const ADOPTED_AFTER: Duration = Duration::from_secs(300);

/// The shortest pause after a visit that could not release everything.
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);

/// The shortest pause after a visit whose messages may have been sent, although their deliveries are
/// still in the index. Sent again at once, they would make two requests for one attempt. By then the
/// first message's attempt is on record: its slot is at most a minute away, and a request takes up to
/// 30 s. The state machine waits as long after a visit that died.
pub const SENT_AGAIN_AFTER: Duration = Duration::from_secs(100);

/// The longest pause. An execution ends after 25,000 entries in its history; a visit takes nine, so
/// this pause keeps it going for weeks.
const LONGEST_PAUSE: Duration = Duration::from_secs(1800);

/// The part of the index that holds a delivery: it follows from the delivery's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Spread(u8);

impl Spread {
    /// The part of this delivery. The end of its id is derived from a hash.
    #[must_use]
    pub const fn of(id: DeliveryId) -> Self {
        Self(id.uuid().as_bytes()[15] % SPREADS)
    }

    /// Every part.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SPREADS).map(Self)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// A row of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRow {
    pub key: DeliveryKey,
    pub user_id: UserId,
    /// The minute for which it waits.
    pub minute: Minute,
}

/// Which minutes of the index are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minutes {
    Only(Minute),
    /// This one and all before it.
    UpTo(Minute),
}

impl Minutes {
    #[must_use]
    pub fn contains(self, minute: Minute) -> bool {
        match self {
            Self::Only(only) => minute == only,
            Self::UpTo(last) => minute <= last,
        }
    }
}

/// The last row of a page, by its keys as they are stored: it may be one that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub minute: String,
    pub webhook_id: String,
    pub id: String,
}

impl Place {
    /// Before every row.
    #[must_use]
    pub const fn first() -> Self {
        Self { minute: String::new(), webhook_id: String::new(), id: String::new() }
    }

    #[must_use]
    pub fn of(minute: Minute, key: DeliveryKey) -> Self {
        let DeliveryKey { webhook_id, id } = key;
        Self { minute: minute.to_string(), webhook_id: webhook_id.to_string(), id: id.to_string() }
    }
}

/// A row of the index that cannot be released, because it does not say what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The keys of its row, as they are stored.
    pub webhook_id: String,
    pub id: String,
    /// Why it cannot be released. Quotes no part of the row.
    pub reason: String,
}

impl Unreadable {
    /// Its dead letter: what leads to the row.
    #[must_use]
    pub fn dead_letter(&self) -> String {
        let Self { webhook_id, id, .. } = self;
        serde_json::json!({ "kind": "attempt", "webhookId": webhook_id, "deliveryId": id })
            .to_string()
    }
}

/// A page of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DuePage {
    pub rows: Vec<DueRow>,
    pub unreadable: Vec<Unreadable>,
    /// The next page begins after this. `None` on the last page.
    pub next: Option<Place>,
}

/// A delivery that waits, by a consistent read: what its message needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingDelivery {
    pub target: Target,
    /// The number of recorded attempts.
    pub attempts: u32,
    pub minute: Minute,
    /// Its rate limit slot, if it waits for one.
    pub slot: Option<Slot>,
}

impl WaitingDelivery {
    /// The message of its next attempt. If it waits for a slot, the message is delayed until then.
    #[must_use]
    pub fn message(&self, now: Timestamp) -> Outgoing {
        let next = MakeAttempt::scheduled(self.target.clone(), AttemptNumber::after(self.attempts));
        let message = QueueMessage::MakeAttempt(MakeAttempt { slot: self.slot, ..next });
        let delay = self.slot.map_or(QueueDelay::NONE, |slot| queue_delay(slot.at, now));
        Outgoing::new(message, delay)
    }
}

/// One call of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Visit {
    /// The execution's minute.
    pub minute: Minute,
    /// The time until which the execution waited before this call.
    pub until: Timestamp,
}

/// What an execution does after a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Whether it ends.
    pub over: bool,
    /// The time of the next visit, unless it ends.
    pub until: Timestamp,
}

/// The result of a visit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tended {
    /// Deliveries that were sent and left the index.
    pub released: usize,
    /// Rows that were put aside because they cannot be released.
    pub put_aside: usize,
    /// Deliveries that may still be in the index, those of adopted minutes included: a call failed.
    pub left: usize,
    /// The same, if the call that failed sent their messages or came after that.
    pub unsure: usize,
    /// Whether the time ran out before the index was read to its end.
    pub more: bool,
}

impl AddAssign for Tended {
    fn add_assign(&mut self, other: Self) {
        self.released += other.released;
        self.put_aside += other.put_aside;
        self.left += other.left;
        self.unsure += other.unsure;
        self.more |= other.more;
    }
}

impl Visit {
    /// The first visit for a minute: what an execution is started with.
    #[must_use]
    pub const fn first(minute: Minute) -> Self {
        Self { minute, until: minute.strikes_at() }
    }

    /// The present. The execution has waited, so it is not before the time for which it waited:
    /// clocks differ, and a test environment may shorten waits.
    #[must_use]
    pub fn time(&self, now: Timestamp) -> Timestamp {
        now.max(self.until).max(self.minute.strikes_at())
    }

    /// What this visit reads: its own minute first. The first visit reads nothing else, because its
    /// deliveries are due now.
    #[must_use]
    pub fn reads(&self, now: Timestamp) -> Vec<Minutes> {
        if self.until < self.settled() {
            return vec![Minutes::Only(self.minute)];
        }
        let adopted = Minute::at_or_before(self.time(now).minus(ADOPTED_AFTER));
        if self.minute <= adopted {
            return vec![Minutes::UpTo(adopted)];
        }
        vec![Minutes::Only(self.minute), Minutes::UpTo(adopted)]
    }

    fn settled(&self) -> Timestamp {
        self.minute.strikes_at().plus(SETTLES_AFTER)
    }

    /// When to come again. `now` is the time at which the visit ends.
    #[must_use]
    pub fn answer(&self, tended: Tended, now: Timestamp) -> Answer {
        let now = self.time(now);
        let age = self.minute.strikes_at().until(now);
        let again = |until| Answer { over: false, until };
        let pause = |shortest| again(now.plus((age / 4).clamp(shortest, LONGEST_PAUSE)));
        if tended.unsure > 0 {
            pause(SENT_AGAIN_AFTER)
        } else if tended.more {
            again(now)
        } else if tended.left > 0 {
            pause(SHORTEST_PAUSE)
        } else if self.until < self.settled() {
            again(self.settled().max(now))
        } else {
            Answer { over: true, until: now }
        }
    }
}

/// The rows in the order in which they are released: one of each user in turn, and for each user,
/// one of each webhook in turn. So a user with one row does not wait for a user with many. A webhook's
/// rows are taken from each part of the index in turn, because a part takes few writes a second.
#[must_use]
pub fn in_turn(rows: Vec<DueRow>) -> Vec<DueRow> {
    let mut users: BTreeMap<UserId, BTreeMap<_, VecDeque<DueRow>>> = BTreeMap::new();
    let count = rows.len();
    for row in parts_in_turn(rows) {
        let webhooks = users.entry(row.user_id.clone()).or_default();
        webhooks.entry(row.key.webhook_id).or_default().push_back(row);
    }
    let mut turns: VecDeque<VecDeque<VecDeque<DueRow>>> =
        users.into_values().map(|webhooks| webhooks.into_values().collect()).collect();
    let mut ordered = Vec::with_capacity(count);
    while let Some(mut user) = turns.pop_front() {
        let Some(mut webhook) = user.pop_front() else { continue };
        ordered.extend(webhook.pop_front());
        if !webhook.is_empty() {
            user.push_back(webhook);
        }
        if !user.is_empty() {
            turns.push_back(user);
        }
    }
    ordered
}

/// The rows of each webhook, one of each part of the index in turn.
fn parts_in_turn(rows: Vec<DueRow>) -> impl Iterator<Item = DueRow> {
    let mut counts: BTreeMap<(WebhookId, Spread), usize> = BTreeMap::new();
    let numbered = rows.into_iter().map(|row| {
        let part = (row.key.webhook_id, Spread::of(row.key.id));
        let count = counts.entry(part).or_default();
        *count += 1;
        (*count, row)
    });
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort_by_key(|(number, _)| *number);
    numbered.into_iter().map(|(_, row)| row)
}

#[cfg(test)]
#[path = "tending_tests.rs"]
mod tests;
