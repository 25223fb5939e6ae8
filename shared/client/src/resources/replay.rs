//! Replays: many deliveries sent again.

use crate::{Call, Client, List, call::path, open::open_enum};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};

open_enum! {
    /// How far a replay is.
    ReplayProgress {
        /// Some of its pages are still to come.
        Running = "running",
        /// All are on record.
        Finished = "finished",
    }
}

/// A replay.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// `rpl_…`
    pub id: String,
    /// The webhook; absent if it is of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<String>,
    /// How far it is.
    pub status: ReplayProgress,
    /// What it chooses by.
    pub filter: ReplayFilter,
    /// Deliveries looked at.
    pub examined: u64,
    /// Deliveries sent again.
    pub replayed: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its last page was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// What a replay chooses by.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReplayFilter {
    /// How the delivery ended: `failed` or `success`.
    pub status: String,
    /// The event's type; any if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Events that arrived from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Events that arrived before then.
    pub until: Timestamp,
}

/// What is asked of a replay. What is left out has the API's default: all that failed until now.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReplayOrder {
    /// How the delivery ended: `failed` or `success`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The event's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Events that arrived from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Events that arrived before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Client {
    /// Asks for a replay of one webhook's deliveries: a [`ReplayOrder`], or other JSON of one.
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
