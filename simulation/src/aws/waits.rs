//! The executions that wait for shared minutes and watch open circuit breakers.

use super::Aws;
use crate::{
    counts::Count,
    execution,
    mutation::{self, Mutation},
    plan::Part,
    sim::Sim,
    task::at_once,
    trace::short,
    watch,
};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    ports::{Clock, PortError, StartWaits, WaitState},
    time::{Minute, Timestamp},
};

impl StartWaits for Aws {
    async fn ensure_waiting(
        &self,
        user: &UserId,
        webhook: WebhookId,
        minute: Minute,
    ) -> Result<WaitState, PortError> {
        if mutation::started_early(&self.sim, webhook, minute)
            || mutation::never_starts(&self.sim, webhook, minute)
        {
            return Ok(WaitState::Running);
        }
        // Like the adapter: it remembers the executions that it started until their minute.
        if self.now() < minute.strikes_at() && self.running().contains(&(webhook, minute)) {
            self.wait_seen(webhook, minute);
            return Ok(WaitState::Running);
        }
        let user = user.clone();
        let effect = move |sim: &Sim| {
            let mut state = at_once(sim.memory().ensure_waiting(&user, webhook, minute))?;
            let first = sim.with(|state| state.executions.insert((webhook, minute)));
            let stopped = first && sim.goes_wrong(sim.plan().faults.stopped, Count::Stopped);
            if stopped {
                sim.memory().end_wait(webhook, minute);
                state = WaitState::Over;
            }
            sim.trace(|| format!("the wait of {} for {minute} is {state:?}", short(webhook)));
            if state == WaitState::Over {
                sim.count(Count::WaitsOver);
            }
            if first && !stopped {
                sim.count(Count::Waits);
                sim.spawn(execution::run(sim.clone(), user.clone(), webhook, minute));
            }
            Ok(state)
        };
        let state = self.write(Part::Waits, "start execution", effect).await?;
        if state == WaitState::Running {
            self.running().insert((webhook, minute));
            self.wait_seen(webhook, minute);
        }
        Ok(state)
    }

    async fn ensure_watched(
        &self,
        user: &UserId,
        webhook: WebhookId,
        due: Timestamp,
    ) -> Result<WaitState, PortError> {
        if self.sim().mutation() == Some(Mutation::ParksUnwatched) {
            return Ok(WaitState::Running);
        }
        // Like the adapter: it remembers the executions that it started until they are due.
        if self.now() < due && self.watched().contains(&(webhook, due)) {
            self.watch_seen(webhook, due);
            return Ok(WaitState::Running);
        }
        let user = user.clone();
        let effect = move |sim: &Sim| watch::ensure(sim, &user, webhook, due);
        let state = self.write(Part::Waits, "start watch", effect).await?;
        if state == WaitState::Running {
            self.watched().insert((webhook, due));
            self.watch_seen(webhook, due);
        }
        Ok(match self.sim().mutation() {
            Some(Mutation::TrustsWatchesThatEnded) => WaitState::Running,
            _ => state,
        })
    }
}

impl Aws {
    /// An execution waits for this minute.
    fn wait_seen(&self, webhook: WebhookId, minute: Minute) {
        self.sim.with(|state| {
            if let Some(invocation) = state.invocation() {
                invocation.waits_seen.push((webhook, minute));
            }
        });
    }

    /// An execution watches this circuit breaker.
    fn watch_seen(&self, webhook: WebhookId, due: Timestamp) {
        self.sim().with(|state| {
            if let Some(invocation) = state.invocation() {
                invocation.watches_seen.push((webhook, due));
            }
        });
    }
}
