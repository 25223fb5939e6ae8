//! API keys and portal links, which the admin makes.

use crate::{Call, Client, List, call::path};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{fmt, ops::Not};

/// What a key is to be. What is left out has the API's default.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyOrder {
    /// Whom it acts for.
    pub user_id: String,
    /// What to call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it may do; everything that a user may if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// From when on it is none any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A key as it is listed: nothing by which it could be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    /// Whom it acts for.
    pub user_id: String,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The last day on which it was used, as `2026-11-24`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_on: Option<String>,
    /// Whether it is the session of a portal link.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub portal: bool,
}

/// A new key, or the session of a portal link.
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
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// From when on it is none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Whether it is the session of a portal link.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub portal: bool,
}

/// What a portal link is to be. What is left out has the API's default.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PortalLinkOrder {
    /// Whom its session acts for.
    pub user_id: String,
    /// What its session may do.
    pub scopes: Vec<String>,
    /// For how many minutes it may wait to be opened, 1–60.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_minutes: Option<u64>,
    /// For how many hours its session lasts, 1–12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_hours: Option<u64>,
}

/// A new portal link.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PortalLink {
    /// What opens it, once. It is shown this once.
    pub token: String,
    /// Whom its session acts for.
    pub user_id: String,
    /// What its session may do.
    pub scopes: Vec<String>,
    /// From then on it opens nothing.
    pub expires_at: Timestamp,
}

impl fmt::Debug for PortalLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalLink")
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
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
    /// Makes a key for a user. It takes the admin key.
    pub fn create_key(&self, order: &KeyOrder) -> Call<NewKey> {
        self.call_with(Method::POST, path(&["api", "keys"]), order)
    }

    /// A user's keys, newest first. It takes the admin key.
    pub fn keys(&self, user: &str) -> List<ApiKey> {
        List::new(self.for_user(user), path(&["api", "keys"]))
    }

    /// Ends a user's key, at once. It takes the admin key.
    pub fn revoke_key(&self, user: &str, id: &str) -> Call<()> {
        self.for_user(user).call(Method::DELETE, path(&["api", "keys", id]))
    }

    /// Makes a link that opens one session of a user. It takes the admin key.
    pub fn create_portal_link(&self, order: &PortalLinkOrder) -> Call<PortalLink> {
        self.call_with(Method::POST, path(&["api", "portal-links"]), order)
    }

    /// Opens a portal link. It takes no key.
    pub fn open_portal_link(&self, token: &str) -> Call<NewKey> {
        self.call_with(Method::POST, path(&["api", "portal-sessions"]), &json!({ "token": token }))
    }
}
