//! How a command ends badly.
//!
//! | code | |
//! |---|---|
//! | 0 | done |
//! | 1 | it failed: the API refused, nothing answered, a file could not be read |
//! | 2 | it was called wrongly, or a setting is missing |
//! | 3 | it was done, and the result is negative: a request that is not verified, a test that failed, a deployment with a fault |

use crate::say::say;
use console::style;
use grapnel_client::Error;
use std::{fmt, io, process::ExitCode};

/// What was asked for could not be done.
const FAILED: u8 = 1;
/// What was asked for cannot be understood.
const USAGE: u8 = 2;
/// What was asked for was done, and came out badly.
const NO: u8 = 3;

/// A sentence for the caller, and what the caller can do.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    advice: Option<String>,
    code: u8,
    /// Whether the API refused the caller rather than the request.
    is_about_caller: bool,
    /// Whether the API found nothing.
    is_missing: bool,
}

/// The exit code for an answer that is yes or no.
pub(crate) fn yes_or_no(yes: bool) -> ExitCode {
    if yes { ExitCode::SUCCESS } else { ExitCode::from(NO) }
}

impl Failure {
    /// It failed.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            advice: None,
            code: FAILED,
            is_about_caller: false,
            is_missing: false,
        }
    }

    /// It was called wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: USAGE, ..Self::new(message) }
    }

    /// With what to do about it.
    pub(crate) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// With the settings that were used and where each comes from, if the API refused the caller: the
    /// key may be another user's than the one who is named, or another deployment's.
    pub(crate) fn with_settings(self, used: Option<&impl fmt::Display>) -> Self {
        let Some(used) = used.filter(|_| self.is_about_caller) else { return self };
        let shown = format!("These settings were used:\n{}", used.to_string().trim_end());
        let advice = match self.advice {
            Some(advice) => format!("{advice}\n\n{shown}"),
            None => shown,
        };
        Self { advice: Some(advice), ..self }
    }

    /// With the command that lists what there is, if the API found nothing.
    pub(crate) fn with_list(self, list: &str) -> Self {
        match self.is_missing {
            true => self.advise(format!(
                "It is not there, or it belongs to another user. `{list}` shows what there is."
            )),
            false => self,
        }
    }

    /// The sentence, and what to do about it.
    pub(crate) fn into_parts(self) -> (String, Option<String>) {
        (self.message, self.advice)
    }

    /// With what it is about before the sentence.
    pub(crate) fn within(self, what: impl fmt::Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    /// Prints it to standard error and answers the exit code.
    pub(crate) fn report(self) -> ExitCode {
        if self.message.is_empty() {
            return ExitCode::SUCCESS;
        }
        say(&format!("{} {self}", style("error:").for_stderr().red().bold()));
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.advice {
            Some(advice) => write!(f, "\n\n{advice}"),
            None => Ok(()),
        }
    }
}

impl From<io::Error> for Failure {
    /// Who reads our output may stop (`grapnel … | head`): that is no failure, and nothing is left
    /// to be said to them.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { message: String::new(), code: 0, ..Self::new("") },
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let advice = match &error {
            Error::Refused(problem) => advice(&problem.code),
            Error::NoAnswer { .. } => Some(
                "Is the address right? `grapnel config show` says which one is used. A local \
                 Grapnel is started by `cargo xtask up`.",
            ),
            Error::NotGrapnel { .. } => {
                Some("Is the address right? `grapnel config show` says which one is used.")
            }
            _ => None,
        };
        let code = match error {
            Error::InvalidId(_) | Error::InvalidUrl { .. } | Error::InvalidKey => USAGE,
            _ => FAILED,
        };
        let is_about_caller = error
            .problem()
            .is_some_and(|it| matches!(it.status, 401 | 403) || it.code == "user_required");
        let is_missing = error.problem().is_some_and(|it| it.code == "not_found");
        let advice = advice.map(str::to_owned);
        Self { message: error.to_string(), advice, code, is_about_caller, is_missing }
    }
}

/// What helps against a refusal, by its code.
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "unauthorized" => {
            "The key is not one of this deployment's. `grapnel config show` says which key is used \
             and where it comes from; `grapnel login` keeps another one."
        }
        "missing_scope" => {
            "An admin makes a key with more scopes: grapnel keys create USER --scope …"
        }
        "admin_required" => "Give the admin key: GRAPNEL_ADMIN_KEY, or --key.",
        "foreign_user" => {
            "The key acts for another user than the one who is named. Leave the user out, or give the \
             admin key."
        }
        "user_required" => "The admin key acts for a user: name one by --user or GRAPNEL_USER.",
        "webhook_disabled" => "grapnel webhooks enable ID",
        "temporarily_unavailable" | "changed_meanwhile" => "Try again in a moment.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stops_reading_is_told_nothing() {
        let failure = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!((failure.message.as_str(), failure.code), ("", 0));
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let failure = Failure::usage("no key").advise("Make one.");
        assert_eq!(failure.to_string(), "no key\n\nMake one.");
    }
}
