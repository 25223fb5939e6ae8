//! One file per subject of a command.

pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod deliveries;
pub(crate) mod doctor;
pub(crate) mod event_types;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod keys;
pub(crate) mod listen;
pub(crate) mod login;
pub(crate) mod portal;
pub(crate) mod replay;
pub(crate) mod verify;
pub(crate) mod webhooks;

use crate::{
    args::{Cli, Command, Global},
    failure::Failure,
    output::Output,
    settings::{self, Caller, Settings},
    text,
};
use grapnel_client::Client;
use serde_json::value::RawValue;
use std::{
    io::{Read, Write},
    path::Path,
    process::ExitCode,
};

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) async fn run(cli: Cli, output: &mut Output) -> Result<ExitCode, Failure> {
    let result = dispatch(cli.command, &cli.global, output).await;
    result.map_err(|failure| failure.with_settings(cli.global.used.get()))
}

async fn dispatch(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Webhooks(command) => return webhooks::run(*command, global, output).await,
        Command::Deliveries(command) => return deliveries::run(command, global, output).await,
        Command::Events(command) => events::run(command, global, output).await?,
        Command::EventTypes(command) => event_types::run(command, global, output).await?,
        Command::Replay(command) => replay::run(command, global, output).await?,
        Command::Keys(command) => keys::run(command, global, output).await?,
        Command::Portal(command) => portal::run(command, global, output).await?,
        Command::Listen(options) => listen::run(options, global, output).await?,
        Command::Doctor(options) => return doctor::run(options, global, output).await,
        Command::Verify(options) => return verify::run(options, global, output).await,
        Command::Health => health::run(global, output).await?,
        Command::Login(options) => login::run(options, global, output).await?,
        Command::Config(command) => config::run(&command, global, output)?,
        Command::Completions(options) => completions::run(&options, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Global {
    /// The settings, shown if that was asked for.
    ///
    /// # Errors
    /// When the file with them cannot be read.
    pub(crate) fn settings(&self, caller: Caller) -> Result<Settings, Failure> {
        self.settings_at(None, caller)
    }

    /// The same for the API at this address, unless a flag names another one.
    ///
    /// # Errors
    /// When the file with them cannot be read.
    pub(crate) fn settings_at(
        &self,
        url: Option<String>,
        caller: Caller,
    ) -> Result<Settings, Failure> {
        let flags = settings::Flags { api: self.flags.api.clone().or(url), ..self.flags.clone() };
        let settings = settings::find(&flags, caller)?;
        if self.verbose {
            eprint!("{settings}");
        }
        Ok(self.used.get_or_init(|| settings).clone())
    }

    /// A client with the admin's key, GRAPNEL_ADMIN_KEY if that is set, for the users that are named
    /// with it, whoever else is set.
    ///
    /// # Errors
    /// When a setting is missing.
    pub(crate) fn admin(&self) -> Result<Client, Failure> {
        Settings { user: None, ..self.settings(Caller::Admin)? }.client()
    }

    /// A client with any key.
    ///
    /// # Errors
    /// When a setting is missing.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        self.settings(Caller::Anyone)?.client()
    }
}

/// Says something to a person who may be gone, with their terminal: `eprintln!` would panic.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What is in a file, or on standard input if it is called `-`.
///
/// # Errors
/// When it cannot be read, or is no text.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let (name, read) = if file == Path::new("-") {
        ("standard input".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ()))
    } else {
        (file.display().to_string(), std::fs::read(file).map(|read| bytes = read))
    };
    read.map_err(|error| Failure::new(format!("{name}: {error}")))?;
    text::decode(bytes).map_err(|wrong| Failure::new(format!("{name} {wrong}")))
}

/// JSON as it was written.
///
/// # Errors
/// When it is none; `what` says what it was to be.
pub(crate) fn json(what: &str, text: &str) -> Result<Box<RawValue>, Failure> {
    serde_json::from_str(text)
        .map_err(|error| Failure::usage(format!("{what} is not JSON: {error}")))
}

/// JSON that is given as it is, or as `@FILE`.
///
/// # Errors
/// When there is no such file, or no JSON.
pub(crate) fn json_or_file(what: &str, given: &str) -> Result<Box<RawValue>, Failure> {
    match given.strip_prefix('@') {
        Some(file) => json(file, &read_text(Path::new(file))?),
        None => json(what, given),
    }
}

/// Asks a person for a line, which is shown only if it is no secret; reads standard input where
/// nobody can be asked.
///
/// # Errors
/// When there is nothing.
pub(crate) fn ask(question: &str, is_secret: bool) -> Result<String, Failure> {
    use std::io::{BufRead, IsTerminal, Write, stdin};
    let line = if stdin().is_terminal() {
        let mut terminal = console::Term::stderr();
        write!(terminal, "{question}: ")?;
        if is_secret { terminal.read_secure_line()? } else { terminal.read_line()? }
    } else {
        let mut line = String::new();
        stdin().lock().read_line(&mut line)?;
        line
    };
    match line.trim() {
        "" => Err(Failure::usage(format!("{question}: nothing was given"))),
        line => Ok(line.to_owned()),
    }
}

/// Asks a person whether to go on; nobody can say yes where nobody can be asked.
///
/// # Errors
/// When they do not want to.
pub(crate) fn confirm(question: &str, said_before: bool) -> Result<(), Failure> {
    use std::io::{IsTerminal, stdin};
    if said_before {
        return Ok(());
    }
    if !stdin().is_terminal() {
        return Err(Failure::usage(format!("{question} Say --yes.")));
    }
    let answer = ask(&format!("{question} [y/N]"), false).unwrap_or_default();
    match answer.to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new("nothing was done")),
    }
}
