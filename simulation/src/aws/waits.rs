//! The executions that wait for shared minutes and watch open circuit breakers.

use super::Aws;
use crate::{
    execution,
    mutation::{self, Mutation},
    plan::Part,
    sim::Sim,
    watch,
};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    ports::{Clock, PortError, StartWaits, WaitState},
    time::{Minute, Timestamp},
};

impl StartWaits for Aws {
    async fn ensure_waiting(&self, minute: Minute) -> Result<WaitState, PortError> {
        if mutation::started_early(&self.sim, minute) || mutation::never_starts(&self.sim, minute) {
            return Ok(WaitState::Running);
        }
        // Like the adapter: it remembers the executions that it started until their minute.
        if self.now() < minute.strikes_at() && self.running().contains(&minute) {
            self.wait_seen(minute);
            return Ok(WaitState::Running);
        }
        let effect = move |sim: &Sim| execution::ensure(sim, minute);
        let state = self.write(Part::Waits, "start execution", effect).await?;
        if state == WaitState::Running {
            self.running().insert(minute);
            self.wait_seen(minute);
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
    fn wait_seen(&self, minute: Minute) {
        self.sim.with(|state| {
            if let Some(invocation) = state.invocation() {
                invocation.waits_seen.push(minute);
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
