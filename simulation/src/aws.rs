//! AWS as a function sees it: every port, over AWS in memory, with the worst behaviour that the
//! documentation allows.
//!
//! A call has a delay before its effect and a delay before its response; the effect is
//! instantaneous. During the delays other tasks run, and the caller may be killed. The seed decides
//! what goes wrong with a call: see [`Fate`].

mod capacity;
mod deliveries;
mod event_types;
mod events;
mod fate;
mod find;
mod isolation;
mod keys;
mod limiters;
mod queues;
mod receivers;
mod tending;
mod tokens;
mod updates;
mod waits;
mod webhooks;

pub(crate) use fate::{ENTRY_FAILED, Fate, of_write as fate_of_write};
pub(crate) use isolation::Isolation;
pub(crate) use queues::{describe, pause_between_tries};
pub(crate) use webhooks::changed as webhook_changed;

use self::tokens::{RetryTokens, SDK_TRIES};
use crate::{
    counts::Count,
    plan::{Part, Target},
    sim::{Sim, State},
    task::millis,
};
use grapnel_domain::{
    ports::{Clock, PortError},
    time::{Minute, Timestamp},
};
use std::{
    collections::BTreeSet,
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How many milliseconds the adapter takes for a call that does not simply succeed.
#[derive(Clone)]
pub(crate) struct Patience {
    /// Until it gives up a throttled call.
    throttled: RangeInclusive<u64>,
    /// Until it gives up a call without a response.
    lost: RangeInclusive<u64>,
    /// Until a slow response arrives.
    slow: RangeInclusive<u64>,
    /// Until it repeats a call without a response.
    repeated: RangeInclusive<u64>,
}

impl Patience {
    /// The SDK tries three times within eight seconds.
    pub(crate) const SDK: Self =
        Self { throttled: 100..=1500, lost: 3000..=8000, slow: 500..=8000, repeated: 100..=3000 };

    /// One try within two seconds. It is repeated at once, only if the connection was dead.
    pub(crate) const ONE_TRY: Self =
        Self { throttled: 1..=20, lost: 2000..=2000, slow: 500..=1900, repeated: 1..=20 };
}

/// AWS, as one instance of a function reaches it.
#[derive(Clone)]
pub(crate) struct Aws {
    sim: Sim,
    /// How many milliseconds its clock is ahead of the true time, plus 500: clocks differ by a
    /// second.
    ahead: u64,
    /// The waits that this instance knows to be running, as the adapter remembers them.
    running: Arc<Mutex<BTreeSet<Minute>>>,
    /// The SDK's retries, which all clients of an instance share.
    retries: Arc<RetryTokens>,
}

impl Aws {
    /// For a new instance, which has its own clock.
    pub(crate) fn new(sim: &Sim) -> Self {
        let ahead = sim.draw(|random| random.within(0..=1000));
        Self { sim: sim.clone(), ahead, running: Arc::default(), retries: Arc::default() }
    }

    pub(crate) fn sim(&self) -> &Sim {
        &self.sim
    }

    pub(crate) fn retries(&self) -> &RetryTokens {
        &self.retries
    }

    fn running(&self) -> MutexGuard<'_, BTreeSet<Minute>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call that changes nothing.
    async fn read<T>(
        &self,
        part: Part,
        name: &'static str,
        effect: impl FnOnce(&Sim) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let patience = Patience::SDK;
        let fate = fate::of_read(&self.sim, part, name);
        self.there(name, fate, &patience).await?;
        let result = effect(&self.sim);
        self.back(name, fate, &patience).await?;
        result
    }

    /// A call that changes something. When it arrives, `effect` is run zero times, once, or twice.
    async fn write<T: Send>(
        &self,
        target: impl Into<Target>,
        name: &'static str,
        effect: impl Fn(&Sim) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let target = target.into();
        let fate = fate::of_write(&self.sim, target, name);
        self.find_capacity(target, name, SDK_TRIES).await?;
        self.carry_out(fate, &Patience::SDK, name, effect).await
    }

    async fn carry_out<T: Send>(
        &self,
        fate: Fate,
        patience: &Patience,
        name: &'static str,
        effect: impl Fn(&Sim) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        if fate == Fate::LateEffect {
            let sim = self.sim.clone();
            self.sim.spawn(async move {
                sim.pause(1..=16_000).await;
                sim.trace(|| format!("{name} takes effect late"));
                // Nobody waits for the response any more.
                drop(effect(&sim));
            });
            return Err(self.lost(name, patience).await);
        }
        self.there(name, fate, patience).await?;
        let mut result = effect(&self.sim);
        if fate == Fate::Repeated {
            self.sim.pause(patience.repeated.clone()).await;
            self.sim.trace(|| format!("{name} again, by the SDK"));
            result = effect(&self.sim);
        }
        self.back(name, fate, patience).await?;
        result
    }

    /// The delay before the effect, unless the call ends there.
    async fn there(
        &self,
        name: &'static str,
        fate: Fate,
        patience: &Patience,
    ) -> Result<(), PortError> {
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
                self.sim.pause(patience.slow.clone()).await;
                Ok(())
            }
            Fate::Throttled => {
                self.sim.trace(|| format!("{name}: throttled"));
                self.sim.pause(patience.throttled.clone()).await;
                Err(PortError::Throttled(name.into()))
            }
            Fate::RequestLost => Err(self.lost(name, patience).await),
        }
    }

    /// The delay before the response, unless the response is lost or its caller is dead.
    async fn back(
        &self,
        name: &'static str,
        fate: Fate,
        patience: &Patience,
    ) -> Result<(), PortError> {
        match fate {
            Fate::AnswerLost => Err(self.lost(name, patience).await),
            Fate::KilledAfter => self.sim.die().await,
            _ => {
                self.sim.pause(1..=10).await;
                Ok(())
            }
        }
    }

    /// Waits until the adapter gives up.
    async fn lost(&self, name: &'static str, patience: &Patience) -> PortError {
        self.sim.trace(|| format!("{name}: no answer"));
        self.sim.pause(patience.lost.clone()).await;
        PortError::Unavailable(name.into())
    }
}

impl Clock for Aws {
    fn now(&self) -> Timestamp {
        let ahead = self.sim.now().plus(millis(self.ahead));
        Timestamp::from_millis(ahead.as_millis() - 500)
    }

    async fn pause(&self, longest: Duration) {
        let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        self.sim.pause(0..=longest).await;
    }

    async fn wait(&self, time: Duration) {
        self.sim.sleep(time).await;
    }
}

impl State {
    /// Something goes wrong in a call of the current task.
    pub(crate) fn fault(&mut self, what: Count) {
        self.counts.add(what, 1);
        if let Some(invocation) = self.invocation() {
            invocation.faults += 1;
        }
    }
}
