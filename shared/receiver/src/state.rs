//! What the server and its handle share.

use super::{
    request::ReceivedRequest,
    script::{Reply, Script},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{mpsc, watch};

/// Shared by the server and its handle.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Counts recorded requests; a new value wakes the waiting tasks.
    pub(super) arrivals: watch::Sender<usize>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) scripts: HashMap<String, Script>,
    /// The paths that are held; a message releases the requests that wait.
    pub(super) held: HashMap<String, watch::Sender<()>>,
    pub(super) received: Vec<ReceivedRequest>,
    pub(super) subscribers: Vec<mpsc::UnboundedSender<ReceivedRequest>>,
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No step under the lock leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self, path: &str) -> usize {
        let state = self.state();
        state.received.iter().filter(|one| one.path == path).count()
    }

    pub(super) fn counts(&self) -> Vec<(String, usize)> {
        let mut counts = std::collections::BTreeMap::<String, usize>::new();
        for one in &self.state().received {
            *counts.entry(one.path.clone()).or_default() += 1;
        }
        counts.into_iter().collect()
    }

    /// Records `request`. If its path is held, returns the channel that releases it.
    pub(super) fn record(&self, request: ReceivedRequest) -> Option<watch::Receiver<()>> {
        let released = {
            let mut state = self.state();
            let released = state.held.get(&request.path).map(watch::Sender::subscribe);
            state.subscribers.retain(|subscriber| subscriber.send(request.clone()).is_ok());
            state.received.push(request);
            released
        };
        self.arrivals.send_modify(|count| *count += 1);
        released
    }

    /// Takes the next reply of the script for this request.
    pub(super) fn reply_to(&self, request: &ReceivedRequest) -> Reply {
        let mut state = self.state();
        let script = state.scripts.get_mut(&request.path);
        script.map(|script| script.next(request)).unwrap_or_default()
    }
}
