//! The options that every command has, and what they decide: the settings, the client, the colours.

use crate::{
    failure::Failure,
    settings::{self, Caller, Settings},
};
use clap::{Args, ValueEnum};
use grapnel_client::Client;
use std::cell::OnceCell;

#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Print the API's JSON: one object a line
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) json: bool,
    /// Colours
    #[arg(
        long,
        global = true,
        hide_short_help = true,
        value_enum,
        default_value_t,
        value_name = "WHEN"
    )]
    pub(crate) color: Color,
    /// Show and read times in UTC instead of this machine's time zone
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) utc: bool,
    /// Print which settings are used and where they come from
    #[arg(short, long, global = true, hide_short_help = true)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) flags: settings::Flags,
    /// The settings that the command used, for an error about them.
    #[arg(skip)]
    pub(crate) used: OnceCell<Settings>,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Global {
    /// The settings, shown if that was asked for.
    ///
    /// # Errors
    /// When the file with them cannot be read.
    pub(crate) fn settings(&self, caller: Caller) -> Result<Settings, Failure> {
        self.settings_at(None, caller)
    }

    /// The same for the API at the address that a stack's output names, unless a flag names another one.
    ///
    /// # Errors
    /// When the file with them cannot be read.
    pub(crate) fn settings_at(
        &self,
        output: Option<String>,
        caller: Caller,
    ) -> Result<Settings, Failure> {
        let settings = settings::find(&self.flags, output, caller)?;
        if self.verbose {
            eprint!("{settings}");
        }
        Ok(self.used.get_or_init(|| settings).clone())
    }

    /// A client with the admin's key, GRAPNEL_ADMIN_KEY if that is set. It acts for the users that the
    /// command names, not for the user of the settings.
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

/// Makes `console` colour as asked; it finds out about terminals and `NO_COLOR` by itself.
pub(crate) fn apply_colour(color: Color) {
    let wanted = match color {
        // Set and not empty, as <https://no-color.org> has it.
        Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Color::Auto => return,
        Color::Always => true,
        Color::Never => false,
    };
    console::set_colors_enabled(wanted);
    console::set_colors_enabled_stderr(wanted);
}
