//! `grapnel portal`: for the admin.

use crate::{
    failure::Failure,
    global::Global,
    moment::parse_span,
    output::Output,
    render::{Cell, Facts, View},
};
use grapnel_client::{NewPortalLink, PortalLink, Theme};
use std::time::Duration;

/// What to do with portal links.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Create a link that opens one session of a user, and show its address, once
    Link {
        /// User id
        user: String,
        /// Scope of the session, such as webhooks:read; repeatable
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', required = true)]
        scopes: Vec<String>,
        /// Time until the link expires: up to 1h; default: 10m
        #[arg(long, value_name = "SPAN", value_parser = parse_span)]
        valid: Option<Duration>,
        /// Lifetime of the session: up to 12h; default: 1h
        #[arg(long, value_name = "SPAN", value_parser = parse_span)]
        session: Option<Duration>,
        /// Page of the console that opens first, such as /console/webhooks
        #[arg(long, value_name = "PATH")]
        next: Option<String>,
        /// Colours: light, dark or auto
        #[arg(long, value_name = "WORD")]
        theme: Option<String>,
        /// Show the pages without the bar above them
        #[arg(long)]
        hide_navigation: bool,
    },
}

/// Does it, with the admin's key.
///
/// # Errors
/// When the API refuses.
pub(crate) async fn run(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let Command::Link { user, scopes, valid, session, next, theme, hide_navigation } = command;
    let client = global.admin()?;
    let order = NewPortalLink {
        user_id: Some(user),
        scopes,
        expires_in_minutes: valid.map(|span| whole(span, 60)),
        session_hours: session.map(|span| whole(span, 3600)),
        next,
        theme: theme.map(Theme::from),
        hide_navigation: hide_navigation.then_some(true),
    };
    output.one(client.create_portal_link(&order), facts).await?;
    Ok(())
}

/// A span in whole units of so many seconds, at least what was asked for.
fn whole(span: Duration, unit: u64) -> u64 {
    span.as_secs().div_ceil(unit)
}

fn facts(link: &PortalLink, view: &View) -> String {
    Facts::default()
        .with("url", Cell::plain(&link.url))
        .with("token", Cell::plain(&link.token))
        .with("user", Cell::plain(&link.user_id))
        .with("scopes", Cell::plain(link.scopes.join(", ")))
        .with("ends", Cell::plain(view.clock.full(link.expires_at)))
        .text()
}
