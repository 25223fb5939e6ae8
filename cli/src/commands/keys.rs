//! `grapnel keys`: for the admin.

use crate::{
    args::Global,
    failure::Failure,
    output::Output,
    render::{Cell, Facts},
    settings::{Caller, Settings},
};
use grapnel_client::NewKey;
use grapnel_domain::time::Timestamp;

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a key for a user and show it, this once
    Create {
        /// The user that it acts for
        user: String,
        /// What it may do, such as webhooks:read; may be given more than once. All, if left out
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
        scopes: Vec<String>,
    },
}

/// Does it, with the admin's key: GRAPNEL_ADMIN_KEY if that is set.
///
/// # Errors
/// When the API refuses.
pub(crate) async fn run(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let Command::Create { user, scopes } = command;
    // The key's user is the one named here, whoever else is set.
    let client = Settings { user: None, ..global.settings(Caller::Admin)? }.client()?;
    output.one(client.create_key(&user, &scopes), facts).await?;
    Ok(())
}

fn facts(key: &NewKey, _: Timestamp) -> String {
    Facts::default()
        .with("id", Cell::plain(&key.id))
        .with("key", Cell::plain(&key.key))
        .with("user", Cell::plain(&key.user_id))
        .with("scopes", Cell::plain(key.scopes.join(", ")))
        .text()
}
