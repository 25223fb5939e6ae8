use grapnel_domain::{
    ids::{KeyId, UserId},
    ports::ApiKey,
    scope::Scope,
    time::{Day, Timestamp},
};
use serde::Serialize;

/// A key as it is listed: nothing by which it could be used.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeyView<'a> {
    id: KeyId,
    #[serde(flatten)]
    about: About<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_on: Option<Day>,
}

/// A new key, the one time that it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewKeyView<'a> {
    id: KeyId,
    key: &'a str,
    #[serde(flatten)]
    about: About<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About<'a> {
    user_id: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    scopes: &'a [Scope],
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    portal: bool,
}

impl<'a> KeyView<'a> {
    /// The view of what is stored.
    pub(crate) fn new(stored: &'a ApiKey) -> Self {
        Self { id: stored.id, about: About::new(stored), last_used_on: stored.last_used_on }
    }
}

impl<'a> NewKeyView<'a> {
    /// The view of what is stored and of the key itself, which is not.
    pub(crate) fn new(stored: &'a ApiKey, key: &'a str) -> Self {
        Self { id: stored.id, key, about: About::new(stored) }
    }
}

impl<'a> About<'a> {
    fn new(stored: &'a ApiKey) -> Self {
        Self {
            user_id: &stored.user_id,
            name: stored.name.as_deref(),
            description: stored.description.as_deref(),
            scopes: &stored.scopes,
            created_at: stored.created_at,
            expires_at: stored.expires_at,
            portal: stored.portal,
        }
    }
}
