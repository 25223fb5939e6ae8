//! `grapnel login`: keeps an address and a key, once they have been tried.

use crate::{
    failure::Failure,
    global::Global,
    input::ask,
    output::Output,
    settings::{self, Setting, Settings, file},
};
use grapnel_client::Error;

/// Save an address and a key for later commands.
///
/// The address comes from --api or GRAPNEL_URL, or is asked for. The key is asked for, or read from
/// standard input: `grapnel login --api https://… < key.txt`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Save without checking that they work
    #[arg(long)]
    offline: bool,
}

/// Asks, tries, saves.
///
/// # Errors
/// When the API does not know the key, or the file cannot be written.
pub(crate) async fn run(
    options: Options,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let flags = &global.flags;
    let given = |flag: &Option<String>, variable| {
        flag.clone().or_else(|| std::env::var(variable).ok().filter(|value| !value.is_empty()))
    };
    let url = match given(&flags.api, "GRAPNEL_URL") {
        Some(url) => url,
        None => ask("Address of the API (https://…)", false)?,
    };
    let key = match &flags.key {
        Some(key) => key.clone(),
        None => ask("API key", true)?,
    };
    let user = given(&flags.user, "GRAPNEL_USER");

    let setting = |value: &str| Setting { value: value.to_owned(), from: "login".to_owned() };
    let settings = Settings {
        url: Some(setting(&url)),
        key: Some(setting(&key)),
        user: user.as_deref().map(setting),
        allow_http: flags.allow_http,
        unused: None,
    };
    let client = settings.client()?;
    if options.offline {
        output.line("Neither the address nor the key was tried (--offline).")?;
    } else {
        match client.webhooks().page(1, None).await.map(|_| ()) {
            // The key is known, all the same: it has too little scope for a list, or is the admin's
            // and nobody was named to act for.
            Err(Error::Refused(problem)) if problem.status == 403 => Ok(()),
            Err(Error::Refused(problem)) if problem.code == "user_required" => Ok(()),
            other => other,
        }?;
        output.prose(&format!("Tried: {url} answers and accepts the key."))?;
    }
    let path = file::write(&file::Kept { url: Some(url), key: Some(key), user })?;
    output.line(format!("Saved in {}.", settings::shown(&path)))
}
