//! `cargo xtask env`: what a shell needs to call the API of a running `up`.

use crate::{emulator::CREDENTIALS, workspace::Workspace};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::{fs, io::ErrorKind, path::Path};

/// The part of `target/local/stack.json` that a shell needs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    api_url: String,
    admin_key: String,
    user_key: String,
    receiver_url: String,
    endpoint_url: String,
    region: String,
}

/// What to print.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Also point the AWS tools of this shell at the local AWS. They stay pointed there, so use a
    /// separate shell: `(eval "$(cargo xtask env --aws)"; aws …)`
    #[arg(long)]
    aws: bool,
}

/// Prints `export` lines for `eval`.
///
/// # Errors
/// When nothing is up.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let description = read(&workspace.local("stack.json"))?;
    print!("{}", exports(&description.grapnel()));
    if options.aws {
        print!("{}", exports(&description.aws()));
    }
    Ok(())
}

fn read(file: &Path) -> Result<Description> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("nothing is up: run `cargo xtask up` first, and this while it runs")
        }
        Err(error) => return Err(error).context("reading target/local/stack.json"),
    };
    serde_json::from_str(&text)
        .context("target/local/stack.json is not what `cargo xtask up` writes: run it again")
}

impl Description {
    /// The variables of the documentation: what a client of the API needs.
    fn grapnel(&self) -> [(&'static str, &str); 4] {
        [
            ("GRAPNEL_URL", &self.api_url),
            ("GRAPNEL_KEY", &self.user_key),
            ("GRAPNEL_ADMIN_KEY", &self.admin_key),
            ("GRAPNEL_RECEIVER", self.receiver_url.trim_end_matches("/grapnel")),
        ]
    }

    /// What AWS tools need to reach the local AWS. A deployment from such a shell goes there.
    fn aws(&self) -> [(&'static str, &str); 5] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint_url),
            ("AWS_REGION", &self.region),
            ("AWS_DEFAULT_REGION", &self.region),
            ("AWS_ACCESS_KEY_ID", CREDENTIALS.0),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIALS.1),
        ]
    }
}

fn exports(variables: &[(&str, &str)]) -> String {
    let line = |(name, value): &(&str, &str)| {
        format!("export {name}='{}'\n", value.replace('\'', r"'\''"))
    };
    variables.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn description() -> Description {
        Description {
            api_url: "http://127.0.0.1/it's".into(),
            admin_key: "a".into(),
            user_key: "u".into(),
            receiver_url: "http://127.0.0.1:1/grapnel".into(),
            endpoint_url: "http://127.0.0.1".into(),
            region: "us-east-1".into(),
        }
    }

    #[test]
    fn without_a_grapnel_that_is_up_the_error_says_just_that() {
        let error = read(Path::new("/no/such/folder/stack.json")).expect_err("nothing is up");
        let text = format!("{error:#}");
        assert!(text.contains("nothing is up") && !text.contains("os error"), "{text}");
    }

    #[test]
    fn values_are_quoted_for_a_shell() {
        let text = exports(&description().grapnel());
        assert!(text.contains("export GRAPNEL_URL='http://127.0.0.1/it'\\''s'\n"));
        assert!(text.contains("export GRAPNEL_RECEIVER='http://127.0.0.1:1'\n"));
    }

    #[test]
    fn a_shell_is_pointed_at_the_local_aws_only_if_that_is_asked_for() {
        assert!(!exports(&description().grapnel()).contains("AWS_"));
        assert!(exports(&description().aws()).contains("AWS_ENDPOINT_URL='http://127.0.0.1'"));
    }
}
