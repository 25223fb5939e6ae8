//! Echoes: receivers inside the API, by which the admin checks a deployment.

use crate::{Call, Client, call::path};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an echo is to be.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewEcho {
    /// What the requests to it are signed with: `whsec_…`.
    pub secret: String,
    /// How many of the first signed requests it answers 503, 0–5.
    pub fail_first: usize,
}

impl fmt::Debug for NewEcho {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEcho").field("fail_first", &self.fail_first).finish_non_exhaustive()
    }
}

/// An echo.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Echo {
    /// `echo_…`
    pub id: String,
    /// Where it receives, below the API's address; see [`Client::echo_url`].
    pub path: String,
    /// From when on it answers nothing.
    pub expires_at: Timestamp,
    /// How many more requests it answers.
    pub requests_left: u64,
    /// The signed requests that it answered, oldest first.
    pub requests: Vec<EchoedRequest>,
}

/// A signed request that an echo answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EchoedRequest {
    /// Its `webhook-id`.
    pub message_id: String,
    /// When it came.
    pub at: Timestamp,
    /// The status of the answer: 503 for the first ones of an echo that fails them, else 200.
    pub answered: u16,
    /// The version of the Grapnel that sent it; `None` if its `User-Agent` is not exactly a Grapnel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_version: Option<String>,
}

impl Client {
    /// Makes an echo. It takes the admin key.
    pub fn create_echo(&self, new: &NewEcho) -> Call<Echo> {
        self.call_with(Method::POST, path(&["api", "echoes"]), new)
    }

    /// An echo and what it answered. It takes the admin key.
    pub fn echo(&self, id: &str) -> Call<Echo> {
        self.call(Method::GET, path(&["api", "echoes", id]))
    }

    /// Deletes an echo, at once. It takes the admin key.
    pub fn delete_echo(&self, id: &str) -> Call<()> {
        self.call(Method::DELETE, path(&["api", "echoes", id]))
    }

    /// The URL at which an echo receives: what a webhook is given.
    #[must_use]
    pub fn echo_url(&self, echo: &Echo) -> String {
        format!("{}{}", self.url(), echo.path)
    }
}
