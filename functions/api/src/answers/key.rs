use grapnel_domain::{
    key::{ApiKey, PortalLink},
    scope::Scope,
};
use grapnel_wire::{
    key::{CreatedKey, Key},
    portal,
};

fn names(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

/// A stored key.
pub(crate) fn key(stored: &ApiKey) -> Key {
    Key {
        id: stored.id.to_string(),
        user_id: stored.user_id.to_string(),
        name: stored.name.clone(),
        description: stored.description.clone(),
        scopes: names(&stored.scopes),
        created_at: stored.created_at,
        expires_at: stored.expires_at,
        portal: stored.is_of_portal(),
        console: stored.is_of_console(),
        last_used_on: stored.last_used_on.map(|day| day.to_string()),
    }
}

/// A stored key, with the key itself, which is not stored.
pub(crate) fn created_key(stored: &ApiKey, key: String) -> CreatedKey {
    CreatedKey {
        id: stored.id.to_string(),
        key,
        user_id: stored.user_id.to_string(),
        name: stored.name.clone(),
        description: stored.description.clone(),
        scopes: names(&stored.scopes),
        created_at: stored.created_at,
        expires_at: stored.expires_at,
        portal: stored.is_of_portal(),
    }
}

/// A stored link, with its token, which is not stored, and its address.
pub(crate) fn portal_link(stored: &PortalLink, token: String, url: String) -> portal::PortalLink {
    portal::PortalLink {
        token,
        url,
        user_id: stored.user_id.to_string(),
        scopes: names(&stored.scopes),
        expires_at: stored.expires_at,
    }
}
