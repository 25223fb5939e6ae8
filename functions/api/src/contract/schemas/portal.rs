//! Portal links and their sessions.

use super::{for_user, schemas, scope_names};
use crate::contract::shape::{is, list, matching, object, text, whole};
use grapnel_domain::scope::Scope;
use serde_json::json;

const TOKEN: &str = "gpl_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

schemas! {
    /// What a link is to open.
    NewPortalLink = for_user(object("A portal link to create."))
        .required("scopes", list(scope_names(&Scope::OF_USERS), 1..=5), "Scopes of the session.")
        .default("expiresInMinutes", whole(1..=60), &json!(10), "Minutes until the link expires.")
        .default("sessionHours", whole(1..=12), &json!(1), "Hours that the session lasts.")
        .example(json!({ "userId": "demo", "scopes": ["webhooks:read"], "sessionHours": 2 }));
    /// A link.
    PortalLink = object("A portal link. Its token is shown only once.")
        .required("token", matching("^gpl_[A-Za-z0-9_-]{43}$"), "Token that opens the link, once.")
        .required("userId", is("UserId"), "The user of the session.")
        .required("scopes", list(is("Scope"), 1..=5), "Scopes of the session.")
        .required("expiresAt", is("Instant"), "When the link expires.")
        .example(json!({
            "token": TOKEN,
            "userId": "demo",
            "scopes": ["webhooks:read"],
            "expiresAt": "2026-11-24T06:34:00.000Z",
        }));
    /// The link to open.
    PortalSession = object("A portal link to open.")
        .required("token", text(), "The token of the link.")
        .example(json!({ "token": TOKEN }));
}
