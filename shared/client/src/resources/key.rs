//! API keys, which the admin makes.

use crate::{Call, Client, call::path};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

/// A new key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewKey {
    /// `key_…`, which names it.
    pub id: String,
    /// The key itself. It is shown this once.
    pub key: String,
    /// Whom it acts for.
    pub user_id: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewKey")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a key for a user; of every scope if `scopes` is empty. It takes the admin key.
    pub fn create_key(&self, user: &str, scopes: &[impl AsRef<str>]) -> Call<NewKey> {
        let mut body = json!({ "userId": user });
        if !scopes.is_empty() {
            body["scopes"] = scopes.iter().map(AsRef::as_ref).collect();
        }
        self.call_with(Method::POST, path(&["api", "keys"]), &body)
    }
}
