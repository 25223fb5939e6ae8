//! Replays: many deliveries sent again.

use crate::{Call, Client, List, call::path};
use grapnel_wire::replay::Replay;
use reqwest::Method;
use serde::Serialize;

impl Client {
    /// Asks for a replay of one webhook's deliveries: a [`ReplayOrder`](crate::ReplayOrder), or other JSON of one.
    pub fn replay_webhook(&self, webhook_id: &str, order: &impl Serialize) -> Call<Replay> {
        self.call_with(Method::POST, path(&["api", "webhooks", webhook_id, "replay"]), order)
    }

    /// The same for all webhooks of the user, but those that are disabled.
    pub fn replay_all(&self, order: &impl Serialize) -> Call<Replay> {
        self.call_with(Method::POST, path(&["api", "replays"]), order)
    }

    /// The user's replays, newest first.
    pub fn replays(&self) -> List<Replay> {
        List::new(self.clone(), path(&["api", "replays"]))
    }

    /// One replay, with its progress.
    pub fn replay(&self, id: &str) -> Call<Replay> {
        self.call(Method::GET, path(&["api", "replays", id]))
    }
}
