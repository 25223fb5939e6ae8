//! `grapnel config`: what is set, and where it comes from.

use crate::{
    failure::Failure,
    global::Global,
    output::Output,
    settings::{self, Caller, file, masked},
};
use serde_json::json;

/// What to do with the settings.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the settings in use and where they come from; the key is masked
    Show,
    /// Print the path of the file that `grapnel login` writes
    Path,
    /// Delete what `grapnel login` saved
    Forget,
}

/// Does it.
///
/// # Errors
/// When the file cannot be read or removed.
pub(crate) fn run(command: &Command, global: &Global, output: &mut Output) -> Result<(), Failure> {
    match command {
        Command::Show => show(global, output),
        Command::Path => output.line(file::path().display()),
        Command::Forget => {
            let path = settings::shown(&file::path());
            let was_there = file::remove()?;
            let what = if was_there { "is gone" } else { "was not there" };
            output.line(format!("{path} {what}"))
        }
    }
}

fn show(global: &Global, output: &mut Output) -> Result<(), Failure> {
    let settings = settings::find(&global.flags, None, Caller::Anyone)?;
    if !output.is_json() {
        return output.line(settings.to_string().trim_end());
    }
    let value = |setting: &Option<settings::Setting>| setting.as_ref().map(|it| it.value.clone());
    output.json(&json!({
        "url": value(&settings.url),
        "key": value(&settings.key).map(|key| masked(&key)),
        "user": value(&settings.user),
    }))
}
