//! `grapnel keys`: for the admin.

use super::limit::ShortListLimit;
use crate::{
    failure::Failure,
    global::Global,
    ids,
    input::confirm,
    moment::parse_span,
    output::Output,
    render::{Cell, Column, Facts, Table, View},
};
use grapnel_client::{Client, CreatedKey, Key, NewKey};
use grapnel_domain::time::Timestamp;
use std::time::Duration;

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Create a key for a user and show it, once
    Create(Create),
    /// List a user's keys, newest first
    List {
        /// User id
        user: String,
        #[command(flatten)]
        limit: ShortListLimit,
    },
    /// Revoke a key at once
    Revoke {
        /// User id
        user: String,
        /// Key id: key_…
        id: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// End all sessions of a user at once: of portal links, and of the console. Keys stay
    EndSessions {
        /// User id
        user: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
}

/// A new key.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// User that the key acts for
    user: String,
    /// Scope, such as webhooks:read; repeatable. Default: all scopes of a user
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    scopes: Vec<String>,
    /// Name
    #[arg(long)]
    name: Option<String>,
    /// Description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Lifetime of the key; default: no expiry
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    expires_in: Option<Duration>,
}

impl Create {
    fn order(self, now: Timestamp) -> NewKey {
        NewKey {
            user_id: Some(self.user),
            name: self.name,
            description: self.description,
            scopes: Some(self.scopes).filter(|scopes| !scopes.is_empty()),
            expires_in_days: None,
            expires_at: self.expires_in.map(|span| now.plus(span)),
        }
    }
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
    let client = global.admin()?;
    match command {
        Command::Create(create) => {
            let order = create.order(output.clock().now());
            output.one(client.create_key(&order), facts).await?;
        }
        Command::List { user, limit } => {
            let list = client.keys(&user);
            output.list(list, limit.most(), table, row, "This user has no keys.").await?;
        }
        Command::Revoke { user, id, yes } => {
            let id = ids::key(&client, &user, &id).await?;
            confirm(&format!("Revoke {id}? A program that uses it is refused from then on."), yes)?;
            client.revoke_key(&user, &id).await?;
            if !output.is_json() {
                output.line(format!("{id} is revoked."))?;
            }
        }
        Command::EndSessions { user, yes } => {
            confirm(&format!("End all sessions of {user}? Each has to sign in again."), yes)?;
            let ended = end_sessions(&client, &user).await?;
            match output.is_json() {
                true => output.json(&serde_json::json!({ "ended": ended }))?,
                false => output.line(format!("Ended sessions: {ended}."))?,
            }
        }
    }
    Ok(())
}

/// Page by page. If this stops in between, a repeat ends the rest.
async fn end_sessions(client: &Client, user: &str) -> Result<usize, Failure> {
    let (mut ended, mut cursor) = (0, None);
    loop {
        let page = client.end_sessions(user, cursor.as_deref()).await?;
        ended += page.ended;
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(ended);
        }
    }
}

fn facts(key: &CreatedKey, view: &View) -> String {
    let end = key.expires_at.map(|end| Cell::plain(view.clock.full(end)));
    Facts::default()
        .with("id", Cell::plain(&key.id))
        .with("key", Cell::plain(&key.key))
        .with("user", Cell::plain(&key.user_id))
        .with_some("name", key.name.as_ref().map(Cell::plain))
        .with("scopes", Cell::plain(key.scopes.join(", ")))
        .with_some("ends", end)
        .text()
}

pub(crate) fn table(view: &View) -> Table {
    Table::new([
        Column::id("id"),
        Column::cut("name", 12),
        Column::cut("scopes", 14),
        Column::fixed(format!("made {}", view.clock.zone_name())),
        Column::optional("last used"),
        Column::fixed("ends"),
    ])
}

pub(crate) fn row(key: &Key, view: &View) -> Vec<Cell> {
    let name = match (&key.name, key.console, key.portal) {
        (Some(name), ..) => name.as_str(),
        (None, true, _) => "(console session)",
        (None, false, true) => "(portal session)",
        (None, false, false) => "-",
    };
    vec![
        Cell::id(&key.id),
        Cell::plain(name),
        Cell::plain(key.scopes.join(", ")),
        Cell::dim(view.clock.short(key.created_at)),
        Cell::dim(key.last_used_on.as_deref().unwrap_or("never")),
        Cell::dim(
            key.expires_at.map_or_else(|| "never".to_owned(), |end| view.clock.relative(end)),
        ),
    ]
}
