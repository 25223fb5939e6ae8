//! How much of a list is printed.

/// How many items of a list that may be long are printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Limit {
    /// Maximum number of items
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
    limit: usize,
    /// All items
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl Limit {
    /// The maximum number of items.
    pub(crate) fn most(&self) -> usize {
        if self.all { usize::MAX } else { self.limit }
    }
}

/// The same for a list that is short as a rule: without a limit, all of it is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct ShortListLimit {
    /// Maximum number of items; default: all
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
    /// All items, as by default
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

impl ShortListLimit {
    /// The maximum number of items.
    pub(crate) fn most(&self) -> usize {
        self.limit.filter(|_| !self.all).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use crate::args::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn every_list_takes_a_limit_and_all() {
        let command = Cli::command();
        for subject in command.get_subcommands() {
            let Some(list) = subject.find_subcommand("list") else { continue };
            let name = subject.get_name();
            for option in ["limit", "all"] {
                let has = list.get_arguments().any(|it| it.get_id() == option);
                assert!(has, "`{name} list` has no --{option}");
            }
        }
    }

    #[test]
    fn a_limit_and_all_exclude_each_other() {
        for subject in ["deliveries", "events", "webhooks", "replay", "event-types"] {
            assert!(
                Cli::try_parse_from(["grapnel", subject, "list", "--all"]).is_ok(),
                "{subject}"
            );
            let both = ["grapnel", subject, "list", "--all", "--limit", "3"];
            assert!(Cli::try_parse_from(both).is_err(), "{subject}");
        }
    }
}
