use grapnel_domain::{ids::UserId, ports::PortalLink, scope::Scope, time::Timestamp};
use serde::Serialize;

/// A new portal link, the one time that its token is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortalLinkView<'a> {
    token: &'a str,
    user_id: &'a UserId,
    scopes: &'a [Scope],
    expires_at: Timestamp,
}

impl<'a> PortalLinkView<'a> {
    /// The view of what is stored and of the token itself, which is not.
    pub(crate) fn new(link: &'a PortalLink, token: &'a str) -> Self {
        Self { token, user_id: &link.user_id, scopes: &link.scopes, expires_at: link.expires_at }
    }
}
