//! Portal links and their sessions.

use crate::time::Timestamp;
#[cfg(feature = "read")]
use crate::{limits::*, scope::Scope};
use std::fmt;

open_enum! {
    /// The colours of the console's pages.
    Theme {
        /// Dark text on light ground.
        Light = "light",
        /// Light text on dark ground.
        Dark = "dark",
        /// As the reader's system has it.
        Auto = "auto",
    }
}

request! {
    #[derive(Debug, Default)]
    NewPortalLink: "A portal link to create." {
        for_user;
        required scopes: Vec<String> = set(word(Scope::NAMES).described_by(Scope::NAMES_OF_USERS), 1..=Scope::NAMES_OF_USERS.len()), "Scopes of the session.";
        optional expires_in_minutes: u64 = default(whole(LINK_MINUTES), LINK_MINUTES_DEFAULT), "Minutes until the link expires.";
        optional session_hours: u64 = default(whole(SESSION_HOURS), SESSION_HOURS_DEFAULT), "Hours that the session lasts, at most.";
        optional next: String = console_page(), "Page of the console that opens first, such as `/console/webhooks`. Default: the deliveries, or the webhooks if the session may not see deliveries.";
        optional theme: Theme = word(Theme::WORDS), "Colours of the pages. Default: as the deployment is configured.";
        optional hide_navigation: bool = flag(), "Whether the pages are shown without the bar above them, for a page that embeds them and has its own.";
    }
    example serde_json::json!({ "userId": "demo", "scopes": ["webhooks:read"], "sessionHours": 2, "next": "/console/webhooks" });
}

answer! {
    PortalLink: "A portal link. Its token is shown only once." {
        required token: String = matching("^gpl_[A-Za-z0-9_-]{43}$"), "Token that opens the link, once.";
        defaulted url: String = text(), "Address that opens the console with the token. The token is in the fragment, which a browser sends to no server.";
        required user_id: String = is("UserId"), "The user of the session.";
        required scopes: Vec<String> = list(is("Scope"), 1..=Scope::NAMES_OF_USERS.len()), "Scopes of the session.";
        required expires_at: Timestamp = is("Instant"), "When the link expires.";
    }
    example serde_json::json!({
        "token": "gpl_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
        "url": "https://hooks.example.com/console/portal#token=gpl_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
        "userId": "demo",
        "scopes": ["webhooks:read"],
        "expiresAt": "2026-11-24T06:34:00.000Z",
    });
}

impl fmt::Debug for PortalLink {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalLink")
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

request! {
    PortalSession: "A portal link to open." {
        required token: String = portal_token(), "The token of the link.";
    }
    example serde_json::json!({ "token": "gpl_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY" });
}

answer! {
    #[derive(Debug)]
    EndedSessions: "Sessions that were ended." {
        required ended: usize = whole(0..=100), "Sessions that this request ended.";
        optional next_cursor: String = text(), "Where to go on. Absent if every session of the user is ended; repeat the request with it until then.";
    }
    example serde_json::json!({ "ended": 3 });
}
