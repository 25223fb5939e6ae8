//! One AWS in memory, behind every port.
//!
//! [`Memory`] is cheap to clone; clones are the same AWS. It means what the real one means:
//! conditional writes, sparse indexes, a queue with delays and visibility, executions
//! by name. Tests look inside ([`Memory::deliveries`], [`Memory::delivery_queue`],
//! [`Memory::dead_letters`], [`Memory::waits`], [`Memory::calls`]), make the next call fail
//! ([`Memory::fail_next`]), have something happen around calls ([`Memory::before`],
//! [`Memory::after`]), and let eventually consistent reads fall behind
//! ([`Memory::stop_replication`]).
//!
//! Every operation yields once before it takes effect, so that a test which runs two handlers side
//! by side, or drops one, does so between operations.

mod calls;
mod claims;
mod deliveries;
mod echoes;
mod event_types;
mod events;
mod faults;
mod health;
mod hooks;
mod issuer;
mod keys;
mod limiters;
mod messages;
mod portal;
mod queue;
mod replays;
mod rows;
mod state;
mod tending;
mod updates;
mod waits;
mod webhooks;

pub use faults::{Effect, Operation};
pub use messages::MemoryIsolation;
pub use queue::{MAX_RECEIVES, MOST_IN_FLIGHT, MemoryQueue, Queued, Received};
pub use state::{DeadLetter, StartedWait};

use crate::clock::ManualClock;
use grapnel_domain::{
    catalogue::OwnType,
    delivery::{Delivery, DeliveryKey},
    echo::Echo,
    event::Event,
    ids::{EventId, UserId},
    key::{ApiKey, KeyHash},
    replay::Replay,
    time::Timestamp,
    webhook::Webhook,
};
use hooks::Hooks;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// AWS in memory. See the [module](self).
#[derive(Debug, Clone)]
pub struct Memory {
    clock: ManualClock,
    delivery_queue: MemoryQueue,
    events_queue: MemoryQueue,
    delivery_isolation_queue: MemoryQueue,
    events_isolation_queue: MemoryQueue,
    hooks: Hooks<Self>,
    state: Arc<Mutex<State>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// An empty AWS with a clock of its own.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(ManualClock::new())
    }

    /// An empty AWS on this clock.
    #[must_use]
    pub fn with_clock(clock: ManualClock) -> Self {
        Self {
            delivery_queue: MemoryQueue::new(clock.clone(), "message"),
            events_queue: MemoryQueue::new(clock.clone(), "event"),
            delivery_isolation_queue: MemoryQueue::new(clock.clone(), "isolated-message"),
            events_isolation_queue: MemoryQueue::new(clock.clone(), "isolated-event"),
            clock,
            hooks: Hooks::default(),
            state: Arc::default(),
        }
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> ManualClock {
        self.clock.clone()
    }

    /// The delivery queue.
    #[must_use]
    pub fn delivery_queue(&self) -> MemoryQueue {
        self.delivery_queue.clone()
    }

    /// The events queue.
    #[must_use]
    pub fn events_queue(&self) -> MemoryQueue {
        self.events_queue.clone()
    }

    /// The queue for messages of the delivery queue that come again.
    #[must_use]
    pub fn delivery_isolation_queue(&self) -> MemoryQueue {
        self.delivery_isolation_queue.clone()
    }

    /// The queue for messages of the events queue that come again.
    #[must_use]
    pub fn events_isolation_queue(&self) -> MemoryQueue {
        self.events_isolation_queue.clone()
    }

    /// From now on, eventually consistent reads and the indexes show what is there now.
    pub fn stop_replication(&self) {
        let mut state = self.state();
        state.replica = Some(state.tables.clone());
    }

    /// Every read sees everything again.
    pub fn resume_replication(&self) {
        self.state().replica = None;
    }

    /// Makes pages of the indexes of parked deliveries and of shared waits this long.
    pub fn set_waiting_page(&self, rows: usize) {
        self.state().waiting_page = rows;
    }

    /// From now on, a read of several deliveries leaves this one out.
    pub fn leave_out(&self, delivery: DeliveryKey) {
        self.state().left_out.insert(delivery);
    }

    /// From now on, this delivery's row cannot be read.
    pub fn damage(&self, delivery: DeliveryKey) {
        self.state().damaged.insert(delivery);
    }

    /// Makes pages of settled deliveries this long.
    pub fn set_settled_page(&self, rows: usize) {
        self.state().settled_page = rows;
    }

    /// Puts a webhook there, over whatever is there.
    pub fn put_webhook(&self, webhook: Webhook) {
        let key = (webhook.user_id.clone(), webhook.id);
        let mut state = self.state();
        if webhook.health.version > 0 {
            state.tables.health.insert(key.clone(), webhook.health);
        }
        if let Some(next) = webhook.next_slot {
            state.tables.limiters.insert(key.clone(), next);
        }
        state.tables.webhooks.insert(key, webhook);
    }

    /// Puts an event type there, over whatever is there.
    pub fn put_event_type(&self, own: OwnType) {
        self.state().tables.event_types.insert(own.name.clone(), own);
    }

    /// The deployment's own event types, by name.
    #[must_use]
    pub fn own_event_types(&self) -> Vec<OwnType> {
        self.state().tables.event_types.values().cloned().collect()
    }

    /// Puts an event there, over whatever is there.
    pub fn put_event(&self, event: Event) {
        self.state().tables.events.insert((event.user_id.clone(), event.id), event);
    }

    /// Puts a delivery there, over whatever is there.
    pub fn put_delivery(&self, delivery: Delivery) {
        self.state().tables.deliveries.insert(delivery);
    }

    /// Puts a replay there, over whatever is there.
    pub fn put_replay(&self, replay: Replay) {
        self.state().tables.replays.insert((replay.user_id.clone(), replay.id), replay);
    }

    /// Every key that is stored, by the hash of it.
    #[must_use]
    pub fn keys(&self) -> Vec<ApiKey> {
        self.state().tables.keys.values().cloned().collect()
    }

    /// Puts a key there, over whatever is there.
    pub fn put_key(&self, hash: &KeyHash, key: ApiKey) {
        self.state().tables.keys.insert(hash.as_str().to_owned(), key);
    }

    /// Puts an echo there, over whatever is there.
    pub fn put_echo(&self, echo: Echo) {
        self.state().tables.echoes.insert(echo.id, echo);
    }

    /// Drops what time-to-live would have dropped by now. Answers which deliveries those were.
    pub fn drop_expired(&self) -> Vec<DeliveryKey> {
        let now = grapnel_domain::ports::Clock::now(&self.clock);
        let mut state = self.state();
        state.tables.events.retain(|_, event| now < event.expires_at);
        state.tables.replays.retain(|_, replay| now < replay.expires_at);
        state.tables.claims.retain(|_, claim| claim.is_live(now));
        state.tables.keys.retain(|_, key| key.is_valid(now));
        state.tables.links.retain(|_, link| now < link.expires_at);
        state.tables.echoes.retain(|_, echo| echo.is_live(now));
        state.tables.deliveries.drop_expired(now)
    }

    /// Every webhook, by owner and age.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Webhook> {
        let state = self.state();
        state.tables.webhooks.keys().filter_map(|key| state.tables.webhook(key)).collect()
    }

    /// The event as it is now, without counting as a call.
    #[must_use]
    pub fn event_now(&self, user: &UserId, id: EventId) -> Option<Event> {
        self.state().tables.events.get(&(user.clone(), id)).cloned()
    }

    /// Every event.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.state().tables.events.values().cloned().collect()
    }

    /// Every replay, by owner and age.
    #[must_use]
    pub fn replays(&self) -> Vec<Replay> {
        self.state().tables.replays.values().cloned().collect()
    }

    /// Every delivery, by webhook and age.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state().tables.deliveries.all().cloned().collect()
    }

    /// The delivery as it is now, without counting as a call.
    #[must_use]
    pub fn delivery_now(&self, key: DeliveryKey) -> Option<Delivery> {
        self.state().tables.deliveries.get((key.webhook_id, key.id)).cloned()
    }

    /// Everything that was put aside, oldest first.
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.state().dead_letters.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A time as time-to-live keeps it: whole seconds.
fn whole_second(time: Timestamp) -> Timestamp {
    time.whole_second()
}

#[cfg(test)]
#[path = "memory/tests.rs"]
mod tests;
