//! Portal links and their sessions.

use super::{for_user, schemas, scope_names};
use crate::contract::shape::{is, list, matching, object, text, whole};
use grapnel_domain::scope::Scope;
use serde_json::json;

const TOKEN: &str = "gpl_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

schemas! {
    /// What a link is to open.
    NewPortalLink = for_user(object("What a portal link is to open."))
        .required("scopes", list(scope_names(&Scope::OF_USERS), 1..=5), "What the session may do.")
        .default("expiresInMinutes", whole(1..=60), &json!(10), "How long the link waits.")
        .default("sessionHours", whole(1..=12), &json!(1), "How long the session lasts.")
        .example(json!({ "userId": "demo", "scopes": ["webhooks:read"], "sessionHours": 2 }));
    /// A link.
    PortalLink = object("A portal link, the one time that its token is shown.")
        .required("token", matching("^gpl_[A-Za-z0-9_-]{43}$"), "What opens it, once.")
        .required("userId", is("UserId"), "Whose session it opens.")
        .required("scopes", list(is("Scope"), 1..=5), "What the session may do.")
        .required("expiresAt", is("Instant"), "Until when it can be opened.")
        .example(json!({
            "token": TOKEN,
            "userId": "demo",
            "scopes": ["webhooks:read"],
            "expiresAt": "2026-11-24T06:34:00.000Z",
        }));
    /// The link to open.
    PortalSession = object("The link to open.")
        .required("token", text(), "The link's token.")
        .example(json!({ "token": TOKEN }));
}
