//! AWS as a function sees it: every port, over AWS in memory, behaving as badly as the documentation
//! allows.
//!
//! A call waits for its way there, has its effect in one instant, and waits for its way back; while
//! it waits, everybody else goes on, and whoever called may be killed. What goes wrong with it is
//! drawn from the seed: see [`Fate`].

mod erasures;
mod event_types;
mod fate;
mod health;
mod isolation;
mod keys;
mod limiters;
mod queues;
mod receivers;
mod replays;
mod rows;
mod waits;
mod webhooks;

pub(crate) use fate::{Fate, of_read as fate_of_read, of_write as fate_of_write};
pub(crate) use health::page as parked_page;
pub(crate) use isolation::Isolation;
pub(crate) use queues::{ENTRY_FAILED, describe, pause_between_tries, put};
pub(crate) use waits::page;
pub(crate) use webhooks::changed as webhook_changed;

use crate::{
    counts::Count,
    plan::Part,
    sim::{Sim, State},
    task::millis,
};
use grapnel_domain::{
    ids::WebhookId,
    ports::{Clock, PortError},
    time::{Minute, Timestamp},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// AWS, from one instance of a function.
#[derive(Clone)]
pub(crate) struct Aws {
    sim: Sim,
    /// Milliseconds that its clock is ahead of the true time, plus 500: clocks differ by a second.
    ahead: u64,
    /// The waits that it saw running, as the adapter remembers them.
    running: Arc<Mutex<BTreeSet<(WebhookId, Minute)>>>,
    /// The circuits that it saw watched, likewise.
    watched: Arc<Mutex<BTreeSet<(WebhookId, Timestamp)>>>,
}

impl Aws {
    /// For a new instance, with a clock of its own.
    pub(crate) fn new(sim: &Sim) -> Self {
        let ahead = sim.draw(|random| random.within(0..=1000));
        Self { sim: sim.clone(), ahead, running: Arc::default(), watched: Arc::default() }
    }

    pub(crate) fn sim(&self) -> &Sim {
        &self.sim
    }

    fn running(&self) -> MutexGuard<'_, BTreeSet<(WebhookId, Minute)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watched(&self) -> MutexGuard<'_, BTreeSet<(WebhookId, Timestamp)>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call that changes nothing.
    async fn read<T>(
        &self,
        part: Part,
        name: &'static str,
        effect: impl FnOnce(&Sim) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let fate = fate::of_read(&self.sim, part, name);
        self.there(name, fate).await?;
        let result = effect(&self.sim);
        self.back(name, fate).await?;
        result
    }

    /// A call that changes something. `effect` is carried out when it arrives: not at all, once, or
    /// twice.
    async fn write<T: Send>(
        &self,
        part: Part,
        name: &'static str,
        effect: impl Fn(&Sim) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let fate = fate::of_write(&self.sim, part, name);
        if fate == Fate::LateEffect {
            let sim = self.sim.clone();
            self.sim.spawn(async move {
                sim.pause(1..=16_000).await;
                sim.trace(|| format!("{name} takes effect late"));
                // Nobody waits for the answer any more.
                drop(effect(&sim));
            });
            return Err(self.lost(name).await);
        }
        self.there(name, fate).await?;
        let mut result = effect(&self.sim);
        if fate == Fate::Repeated {
            self.sim.pause(100..=3000).await;
            self.sim.trace(|| format!("{name} again, by the SDK"));
            result = effect(&self.sim);
        }
        self.back(name, fate).await?;
        result
    }

    /// The way there, unless the call ends on it.
    async fn there(&self, name: &'static str, fate: Fate) -> Result<(), PortError> {
        match fate {
            Fate::KilledBefore => self.sim.die().await,
            Fate::Works
            | Fate::AnswerLost
            | Fate::Repeated
            | Fate::LateEffect
            | Fate::KilledAfter => {
                self.sim.pause(1..=10).await;
                Ok(())
            }
            Fate::Slow => {
                self.sim.pause(500..=8000).await;
                Ok(())
            }
            Fate::Throttled => {
                self.sim.trace(|| format!("{name}: throttled"));
                self.sim.pause(100..=1500).await;
                Err(PortError::Throttled(name.into()))
            }
            Fate::RequestLost => Err(self.lost(name).await),
        }
    }

    /// The way back, unless the answer is lost on it or nobody is left to take it.
    async fn back(&self, name: &'static str, fate: Fate) -> Result<(), PortError> {
        match fate {
            Fate::AnswerLost => Err(self.lost(name).await),
            Fate::KilledAfter => self.sim.die().await,
            _ => {
                self.sim.pause(1..=10).await;
                Ok(())
            }
        }
    }

    /// Waits until the adapter gives up.
    async fn lost(&self, name: &'static str) -> PortError {
        self.sim.trace(|| format!("{name}: no answer"));
        self.sim.pause(3000..=8000).await;
        PortError::Unavailable(name.into())
    }
}

impl Clock for Aws {
    fn now(&self) -> Timestamp {
        let ahead = self.sim.now().plus(millis(self.ahead));
        Timestamp::from_millis(ahead.as_millis() - 500)
    }
}

impl State {
    /// Something goes wrong in a call of whoever is being polled.
    fn fault(&mut self, what: Count) {
        self.counts.add(what, 1);
        if let Some(invocation) = self.invocation() {
            invocation.faults += 1;
        }
    }
}
