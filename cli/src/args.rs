//! The command line: every command, with its options.

use crate::{
    commands::{
        admin, completions, config, deliveries, doctor, event_types, events, keys, listen, login,
        portal, replay, stats, verify, webhooks,
    },
    global::Global,
};
use clap::{Parser, Subcommand};

/// Manage webhooks, look into deliveries, send them again, and try a receiver on this machine.
///
/// The address of the API, the key and the user each come from the first of these places that has
/// them: the options --api, --key and --user; the variables GRAPNEL_URL, GRAPNEL_KEY and
/// GRAPNEL_USER; the file that `grapnel login` writes; in a checkout, the local Grapnel that
/// `cargo xtask up` runs there. With -v, a command prints the settings that it uses and where they
/// come from.
///
/// Exit codes: 0 success; 1 failure; 2 wrong command line, or a setting is missing; 3 the command
/// ran, and its result is negative: a request was not verified, a test delivery failed, data did
/// not pass a filter, or `doctor` found a fault.
#[derive(Debug, Parser)]
#[command(name = "grapnel", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Webhooks: create, change, list and test
    #[command(subcommand, visible_alias = "webhook")]
    Webhooks(Box<webhooks::Command>),
    /// Events: publish, list, show, and erase their data
    #[command(subcommand, visible_alias = "event")]
    Events(events::Command),
    /// Event types: the catalogue of what can be published
    #[command(subcommand, visible_alias = "event-type")]
    EventTypes(event_types::Command),
    /// Deliveries: list, show, retry and cancel
    #[command(subcommand, visible_alias = "delivery")]
    Deliveries(deliveries::Command),
    Stats(stats::Options),
    /// Replay: send many deliveries again
    #[command(subcommand)]
    Replay(replay::Command),
    /// API keys, for the admin
    #[command(subcommand)]
    Keys(keys::Command),
    /// Portal links: give a user a session, for the admin
    #[command(subcommand)]
    Portal(portal::Command),
    /// Dead letters, for an operator with AWS credentials
    #[command(subcommand)]
    Admin(admin::Command),
    // A comment here would take the place of the whole text of the options.
    Listen(listen::Options),
    Verify(verify::Options),
    /// Check that the API runs
    Health,
    Doctor(doctor::Options),
    Login(login::Options),
    /// Show or delete the saved settings
    #[command(subcommand)]
    Config(config::Command),
    /// Print a completion script for a shell
    Completions(completions::Options),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell_words::words;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    #[test]
    fn what_can_be_typed_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} says nothing", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn every_usage_fits_80_columns() {
        fn check(command: &mut clap::Command) {
            let usage = command.render_usage().to_string();
            assert!(usage.lines().all(|line| line.len() <= 80), "{usage}");
            command.get_subcommands_mut().for_each(check);
        }
        let mut command = Cli::command();
        command.build();
        check(&mut command);
    }

    #[test]
    fn the_help_of_a_command_is_its_whole_text() {
        let long = |name: &str| {
            let command = Cli::command();
            let command = command.find_subcommand(name).expect(name);
            command.get_long_about().map(ToString::to_string).unwrap_or_default()
        };
        for (name, part) in [
            ("listen", "one on AWS needs a tunnel"),
            ("verify", "Exit code 0"),
            ("doctor", "– not checked"),
            ("login", "read from standard input"),
        ] {
            let text = long(name).replace('\n', " ");
            assert!(text.contains(part), "{name}: {text}");
        }
    }

    /// The lines of a document's shell fences that call this program.
    fn shown(document: &str) -> Vec<String> {
        let fences = document.split("```sh\n").skip(1).filter_map(|it| it.split("```").next());
        let code = fences.collect::<String>().replace("\\\n", "");
        code.lines().filter(|line| line.starts_with("grapnel ")).map(str::to_owned).collect()
    }

    #[test]
    fn what_the_documents_show_can_be_typed() {
        let documents = [
            include_str!("../../README.md"),
            include_str!("../../docs/cli.md"),
            include_str!("../../docs/receive.md"),
            include_str!("../../docs/privacy.md"),
            include_str!("../../docs/events.md"),
            include_str!("../../docs/operate.md"),
            include_str!("../../docs/portal.md"),
        ];
        let lines: Vec<String> = documents.iter().flat_map(|document| shown(document)).collect();
        assert!(lines.len() > 20, "{lines:?}");
        for line in lines {
            let words = words(&line);
            assert!(words.len() > 1, "{line}");
            if let Err(error) = Cli::try_parse_from(&words) {
                panic!("{line}\n{error}");
            }
        }
    }

    /// Operations of the API without a command, and why.
    const WITHOUT_A_COMMAND: [(&str, &str); 6] = [
        ("replaceWebhook", "`webhooks update` changes only what it names"),
        ("openPortalSession", "the portal of the platform does this for its users"),
        ("createEcho", "`doctor` does this"),
        ("getEcho", "`doctor` does this"),
        ("deleteEcho", "`doctor` does this"),
        ("receiveEcho", "the deployment sends to it"),
    ];

    /// The samples for this program in the API's description, which `/docs` shows: each operation
    /// with samples has one, unless there is no command.
    #[test]
    fn what_the_reference_shows_can_be_typed() {
        let document = include_str!("../../functions/api/openapi.json");
        let document: serde_json::Value = serde_json::from_str(document).expect("JSON");
        let paths = document["paths"].as_object().expect("paths").values();
        let operations = paths.flat_map(|path| path.as_object().expect("operations").values());
        let mut without = BTreeSet::new();
        for operation in operations {
            let Some(samples) = operation["x-codeSamples"].as_array() else { continue };
            let Some(sample) = samples.iter().find(|sample| sample["label"] == "CLI") else {
                without.insert(operation["operationId"].as_str().expect("a name"));
                continue;
            };
            let sample = sample["source"].as_str().expect("text");
            if let Err(error) = Cli::try_parse_from(words(sample)) {
                panic!("{sample}\n{error}");
            }
        }
        assert_eq!(without, WITHOUT_A_COMMAND.map(|(operation, _)| operation).into());
    }
}
