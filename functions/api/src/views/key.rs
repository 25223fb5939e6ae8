use grapnel_domain::{
    ids::{KeyId, UserId},
    ports::ApiKey,
    scope::Scope,
    time::Timestamp,
};
use serde::Serialize;

/// A new key, the one time that it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewKeyView<'a> {
    id: KeyId,
    key: &'a str,
    user_id: &'a UserId,
    scopes: &'a [Scope],
    created_at: Timestamp,
}

impl<'a> NewKeyView<'a> {
    /// The view of what is stored and of the key itself, which is not.
    pub(crate) fn new(stored: &'a ApiKey, key: &'a str) -> Self {
        Self {
            id: stored.id,
            key,
            user_id: &stored.user_id,
            scopes: &stored.scopes,
            created_at: stored.created_at,
        }
    }
}
