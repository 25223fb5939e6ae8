//! The executions that wait for shared minutes.

use super::Aws;
use crate::{execution, mutation, plan::Part, sim::Sim};
use grapnel_domain::{
    ports::{Clock, PortError, StartWaits, WaitState},
    time::Minute,
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
}
