//! `cargo xtask env`: what a shell needs to call the API of a running `up`.

use crate::workspace::Workspace;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs;

/// The part of `target/local/stack.json` that a shell needs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    api_url: String,
    admin_key: String,
    user_key: String,
    receiver_url: String,
    webhook_id: String,
    endpoint_url: String,
    region: String,
}

/// Prints `export` lines for `eval`.
///
/// # Errors
/// When nothing is up.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let text = fs::read_to_string(workspace.local("stack.json"))
        .context("nothing is up: run `cargo xtask up` first, and this while it runs")?;
    let description: Description = serde_json::from_str(&text)
        .context("target/local/stack.json is not what `cargo xtask up` writes: run it again")?;
    print!("{}", exports(&description));
    Ok(())
}

fn exports(description: &Description) -> String {
    let receiver = description.receiver_url.trim_end_matches("/grapnel");
    [
        ("GRAPNEL_URL", description.api_url.as_str()),
        // What it was called before there was a command line.
        ("GRAPNEL_API", &description.api_url),
        ("GRAPNEL_KEY", &description.user_key),
        ("GRAPNEL_ADMIN_KEY", &description.admin_key),
        ("GRAPNEL_WEBHOOK", &description.webhook_id),
        ("GRAPNEL_RECEIVER", receiver),
        ("AWS_ENDPOINT_URL", &description.endpoint_url),
        ("AWS_REGION", &description.region),
        ("AWS_DEFAULT_REGION", &description.region),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
    .map(|(name, value)| format!("export {name}='{}'\n", value.replace('\'', r"'\''")))
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_a_shell() {
        let description = Description {
            api_url: "http://127.0.0.1/it's".into(),
            admin_key: "a".into(),
            user_key: "u".into(),
            receiver_url: "http://127.0.0.1:1/grapnel".into(),
            webhook_id: "wh_1".into(),
            endpoint_url: "http://127.0.0.1".into(),
            region: "us-east-1".into(),
        };
        let text = exports(&description);
        assert!(text.contains("export GRAPNEL_URL='http://127.0.0.1/it'\\''s'\n"));
        assert!(text.contains("export GRAPNEL_RECEIVER='http://127.0.0.1:1'\n"));
    }
}
