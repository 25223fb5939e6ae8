//! API keys and portal links, which the admin makes.

use crate::{Call, Client, List, call::path};
use grapnel_wire::{
    key::{CreatedKey, Key, NewKey},
    portal::{EndedSessions, NewPortalLink, PortalLink, PortalSession},
};
use reqwest::Method;

impl Client {
    /// Makes a key for a user. It takes the admin key.
    pub fn create_key(&self, new: &NewKey) -> Call<CreatedKey> {
        self.call_with(Method::POST, path(&["api", "keys"]), new)
    }

    /// A user's keys, newest first. It takes the admin key.
    pub fn keys(&self, user: &str) -> List<Key> {
        List::new(self.for_user(user), path(&["api", "keys"]))
    }

    /// Ends a user's key, at once. It takes the admin key.
    pub fn revoke_key(&self, user: &str, id: &str) -> Call<()> {
        self.for_user(user).call(Method::DELETE, path(&["api", "keys", id]))
    }

    /// Ends a user's sessions, from this cursor on. While the answer has a `next_cursor`, there may be more. It takes the admin
    /// key.
    pub fn end_sessions(&self, user: &str, cursor: Option<&str>) -> Call<EndedSessions> {
        let path = path(&["api", "sessions"]);
        let call = self.for_user(user).call(Method::DELETE, path);
        call.query("limit", Some(100)).query("cursor", cursor)
    }

    /// Makes a link that opens one session of a user. It takes the admin key.
    pub fn create_portal_link(&self, new: &NewPortalLink) -> Call<PortalLink> {
        self.call_with(Method::POST, path(&["api", "portal-links"]), new)
    }

    /// Opens a portal link. It takes no key.
    pub fn open_portal_link(&self, token: &str) -> Call<CreatedKey> {
        let session = PortalSession { token: token.to_owned() };
        self.call_with(Method::POST, path(&["api", "portal-sessions"]), &session)
    }
}
