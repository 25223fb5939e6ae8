//! Examples at the end of each command's help. The tests type every one of them.

use clap::Command;

/// Commands, and what to show at the end of their help.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "webhooks list",
        &["grapnel webhooks list", "grapnel webhooks list --status failing --event lead.created"],
    ),
    ("webhooks get", &["grapnel webhooks get wh_019aa3f2"]),
    (
        "webhooks create",
        &[
            "grapnel webhooks create https://crm.example.com/hook --events 'lead.*,task.failed'",
            "grapnel webhooks create https://crm.example.com/hook --max-attempts 4 --delays 30s,5m,1h",
        ],
    ),
    (
        "webhooks update",
        &[
            "grapnel webhooks update wh_019aa3f2 --events 'lead.*' --rate-limit 10",
            "grapnel webhooks update wh_019aa3f2 --without rate-limit,headers",
        ],
    ),
    ("webhooks delete", &["grapnel webhooks delete wh_019aa3f2"]),
    ("webhooks enable", &["grapnel webhooks enable wh_019aa3f2"]),
    ("webhooks disable", &["grapnel webhooks disable wh_019aa3f2"]),
    ("webhooks secret", &["grapnel webhooks secret wh_019aa3f2"]),
    ("webhooks rotate-secret", &["grapnel webhooks rotate-secret wh_019aa3f2 --grace 2d"]),
    (
        "webhooks test-filter",
        &[
            r#"grapnel webhooks test-filter wh_019aa3f2 --data '{"amount": 250}' --filter '{"amount": [{"numeric": [">", 100]}]}'"#,
        ],
    ),
    (
        "webhooks preview",
        &[
            "grapnel webhooks preview wh_019aa3f2 --template '{\"text\": {{ data.message|tojson }}}' --event lead.created",
        ],
    ),
    (
        "webhooks test",
        &[
            "grapnel webhooks test wh_019aa3f2",
            "grapnel webhooks test wh_019aa3f2 --event lead.created --data @lead.json",
        ],
    ),
    (
        "events publish",
        &[
            r#"grapnel events publish --type lead.created --data '{"email": "hello@example.com"}'"#,
            "grapnel events publish events.ndjson --idempotency-key import-7",
        ],
    ),
    (
        "events list",
        &["grapnel events list --since 2h", "grapnel events list --type 'lead.*' --since today"],
    ),
    (
        "events get",
        &[
            "grapnel events get evt_9b1f0c52-7a41-8c1e-9d2f-3f2a9b1c4d5e",
            "grapnel events get --source demo.platform --source-id task-17",
        ],
    ),
    (
        "events explain",
        &["grapnel events explain evt_9b1f0c52-7a41-8c1e-9d2f-3f2a9b1c4d5e --webhook wh_019aa3f2"],
    ),
    ("events erase", &["grapnel events erase evt_9b1f0c52-7a41-8c1e-9d2f-3f2a9b1c4d5e"]),
    ("event-types list", &["grapnel event-types list", "grapnel event-types list 'lead.*'"]),
    ("event-types get", &["grapnel event-types get lead.created"]),
    (
        "event-types put",
        &[
            "grapnel event-types put order.paid --description 'An order was paid' --schema order.schema.json",
        ],
    ),
    ("event-types delete", &["grapnel event-types delete order.paid"]),
    (
        "deliveries list",
        &[
            "grapnel deliveries list --status failed --since 03:00",
            "grapnel deliveries list wh_019aa3f2",
            "grapnel deliveries list wh_019aa3f2 --waiting-for circuit",
            "grapnel deliveries list wh_019aa3f2 --status failed --since 03:00 --until 04:00",
            "grapnel deliveries list wh_019aa3f2 --code 5xx --since '2026-11-29 03:00' --utc",
        ],
    ),
    ("deliveries get", &["grapnel deliveries get wh_019aa3f2 dlv_019aa3f5"]),
    ("deliveries explain", &["grapnel deliveries explain wh_019aa3f2 dlv_019aa3f5"]),
    ("deliveries erase", &["grapnel deliveries erase wh_019aa3f2 dlv_019aa3f5"]),
    ("deliveries retry", &["grapnel deliveries retry wh_019aa3f2 dlv_019aa3f5 --wait"]),
    ("deliveries cancel", &["grapnel deliveries cancel wh_019aa3f2 dlv_019aa3f5"]),
    (
        "stats",
        &[
            "grapnel stats",
            "grapnel stats wh_019aa3f2 --last 30d",
            "grapnel stats --since yesterday --until today --by hour --event 'lead.*'",
        ],
    ),
    (
        "replay start",
        &[
            "grapnel replay start wh_019aa3f2 --since 2h --watch",
            "grapnel replay start --all-webhooks --event lead.created --since today",
        ],
    ),
    ("replay list", &["grapnel replay list"]),
    ("replay get", &["grapnel replay get rpl_019aa3f7"]),
    ("replay watch", &["grapnel replay watch rpl_019aa3f7"]),
    (
        "keys create",
        &[
            "grapnel keys create acme --scope webhooks:read,deliveries:read --name CI --expires-in 90d",
        ],
    ),
    ("keys list", &["grapnel keys list acme"]),
    ("keys revoke", &["grapnel keys revoke acme key_019aa3f2"]),
    ("keys end-sessions", &["grapnel keys end-sessions acme"]),
    (
        "portal link",
        &[
            "grapnel portal link acme --scope webhooks:read,deliveries:read --session 8h",
            "grapnel portal link acme --scope webhooks:read --next /console/webhooks --theme dark",
        ],
    ),
    (
        "admin dead-letters list",
        &[
            "grapnel admin dead-letters list --stack grapnel --region eu-central-1",
            "grapnel admin dead-letters list --stack grapnel --queue events --reason userId",
        ],
    ),
    (
        "admin dead-letters redrive",
        &[
            "grapnel admin dead-letters redrive --stack grapnel --queue delivery",
            "grapnel admin dead-letters redrive --stack grapnel 6f1c9a02 --yes",
        ],
    ),
    (
        "listen",
        &[
            "grapnel listen --events 'lead.*'",
            "grapnel listen --events '*' --forward http://127.0.0.1:3000/hook",
            "grapnel listen --events '*' --status 500",
        ],
    ),
    (
        "verify",
        &[
            "grapnel verify request.http --webhook wh_019aa3f2",
            "grapnel verify request.http --at '2026-11-29 03:00'",
        ],
    ),
    ("health", &["grapnel health"]),
    (
        "doctor",
        &[
            "grapnel doctor --stack grapnel --region eu-central-1",
            "grapnel doctor --api https://hooks.example.com --long",
        ],
    ),
    ("login", &["grapnel login", "grapnel login --api https://hooks.example.com < key.txt"]),
    ("config show", &["grapnel config show"]),
    ("config path", &["grapnel config path"]),
    ("config forget", &["grapnel config forget"]),
    (
        "completions",
        &["grapnel completions bash > ~/.local/share/bash-completion/completions/grapnel"],
    ),
];

/// The command with its examples, and those of its subcommands.
pub(crate) fn add_to(command: Command) -> Command {
    add(command, "")
}

fn add(command: Command, parents: &str) -> Command {
    let command = command.mut_subcommands(|sub| {
        let path = format!("{parents} {}", sub.get_name()).trim_start().to_owned();
        add(sub, &path)
    });
    match EXAMPLES.iter().find(|(path, _)| *path == parents) {
        Some((_, lines)) => command.after_help(format!("Examples:\n  {}", lines.join("\n  "))),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args::Cli, shell_words::words};
    use clap::{CommandFactory, Parser};

    /// Every command that has no subcommands, with the words that lead to it.
    fn leaves(command: &Command, parents: &str, found: &mut Vec<(String, Command)>) {
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{parents} {}", sub.get_name()).trim_start().to_owned();
            match sub.has_subcommands() {
                true => leaves(sub, &path, found),
                false => found.push((path, sub.clone())),
            }
        }
    }

    fn all_leaves() -> Vec<(String, Command)> {
        let mut command = add_to(Cli::command());
        command.build();
        let mut found = Vec::new();
        leaves(&command, "", &mut found);
        found
    }

    #[test]
    fn every_command_has_examples_and_each_can_be_typed() {
        for (path, _) in all_leaves() {
            let lines = EXAMPLES.iter().find(|(of, _)| *of == path).map(|(_, lines)| *lines);
            let lines = lines.unwrap_or_else(|| panic!("`{path}` has no examples"));
            for line in lines {
                assert!(line.starts_with(&format!("grapnel {path}")), "{path}: {line}");
                if let Err(error) = Cli::try_parse_from(words(line)) {
                    panic!("{line}\n{error}");
                }
            }
        }
    }

    #[test]
    fn examples_are_of_commands_that_there_are() {
        let leaves = all_leaves();
        for (path, _) in EXAMPLES {
            assert!(leaves.iter().any(|(leaf, _)| leaf == path), "{path}");
        }
    }

    fn has(help: &str, option: &str) -> bool {
        help.split_whitespace().any(|word| word == option)
    }

    #[test]
    fn global_options_come_last_and_short_help_leaves_them_out() {
        for (path, mut command) in all_leaves() {
            let long = command.render_long_help().to_string();
            // The text before the usage may name any option.
            let options = long.split_once("Usage:").expect("the usage").1;
            let (own, global) = options.split_once("Global options:").expect("a heading");
            for option in
                ["--json", "--color", "--utc", "--verbose", "--api", "--key", "--allow-http"]
            {
                assert!(has(global, option) && !has(own, option), "{path} {option}: {long}");
            }
            assert!(
                !global.contains("Options:\n") && global.contains("Examples:"),
                "{path}: {long}"
            );
            let short = command.render_help().to_string();
            assert!(!short.contains("--color") && short.contains("Examples:"), "{path}: {short}");
        }
    }
}
