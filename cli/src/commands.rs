//! The commands, one file for each subject.

pub(crate) mod admin;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod deliveries;
pub(crate) mod doctor;
pub(crate) mod event_types;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod keys;
mod limit;
pub(crate) mod listen;
pub(crate) mod login;
pub(crate) mod portal;
pub(crate) mod replay;
pub(crate) mod stats;
pub(crate) mod verify;
pub(crate) mod webhooks;

use crate::{
    args::{Cli, Command},
    failure::Failure,
    global::Global,
    output::Output,
};
use clap::CommandFactory;
use std::process::ExitCode;

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done.
pub(crate) async fn run(cli: Cli, output: &mut Output) -> Result<ExitCode, Failure> {
    let list = list_of(&cli.command);
    let result = dispatch(cli.command, &cli.global, output).await;
    result.map_err(|failure| failure.with_list(list).with_settings(cli.global.used.get()))
}

/// The command that lists what this command looks for by its id.
fn list_of(command: &Command) -> &'static str {
    match command {
        Command::Events(_) => "grapnel events list",
        Command::EventTypes(_) => "grapnel event-types list",
        Command::Deliveries(_) => "grapnel deliveries list",
        Command::Replay(replay::Command::Start(_)) => "grapnel webhooks list",
        Command::Replay(_) => "grapnel replay list",
        Command::Keys(_) => "grapnel keys list USER",
        _ => "grapnel webhooks list",
    }
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
        Command::Admin(command) => admin::run(command, output).await?,
        Command::Listen(options) => listen::run(options, global, output).await?,
        Command::Doctor(options) => return doctor::run(options, global, output).await,
        Command::Verify(options) => return verify::run(options, global, output).await,
        Command::Stats(options) => stats::run(options, global, output).await?,
        Command::Health => health::run(global, output).await?,
        Command::Login(options) => login::run(options, global, output).await?,
        Command::Config(command) => config::run(&command, global, output)?,
        Command::Completions(options) => completions::run(&options, Cli::command(), output)?,
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
#[path = "commands/width_tests.rs"]
mod width_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use grapnel_client::Error;
    use rstest::rstest;

    #[rstest]
    #[case("events get evt_1", "grapnel events list")]
    #[case("event-types get a", "grapnel event-types list")]
    #[case("deliveries get wh_1 dlv_1", "grapnel deliveries list")]
    #[case("replay start wh_1", "grapnel webhooks list")]
    #[case("replay get rpl_1", "grapnel replay list")]
    #[case("keys revoke acme key_1", "grapnel keys list USER")]
    #[case("webhooks get wh_1", "grapnel webhooks list")]
    fn what_is_not_found_is_listed_by_a_command_of_its_kind(
        #[case] words: &str,
        #[case] expected: &str,
    ) {
        let words = std::iter::once("grapnel").chain(words.split(' '));
        let cli = Cli::try_parse_from(words).expect("a command");
        let problem = serde_json::json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
            "detail": "There is no such resource.",
        });
        let refused = Error::Refused(serde_json::from_value(problem).expect("a problem"));
        let shown = Failure::from(refused).with_list(list_of(&cli.command)).to_string();
        assert!(shown.contains(&format!("`{expected}` shows what there is")), "{shown}");
        assert_eq!(shown.matches(" list").count(), 1, "{shown}");
    }
}
