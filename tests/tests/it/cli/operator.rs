//! The program with AWS credentials, as an operator runs it.

use super::program::Program;
use anyhow::Context;
use grapnel_tests::{permissions::as_policy, world::World};
use serde_json::Value;

/// With the rights of this policy, and no others.
pub(super) async fn with_policy(
    program: &Program,
    world: &World,
    policy: &Value,
) -> anyhow::Result<Program> {
    let caller = as_policy(&world.aws, "operator", policy.to_string()).await?;
    Ok(program
        .with("AWS_ENDPOINT_URL", &world.stack.endpoint_url)
        .with("AWS_REGION", &world.stack.region)
        .with("AWS_ACCESS_KEY_ID", caller.access_key_id())
        .with("AWS_SECRET_ACCESS_KEY", caller.secret_access_key())
        .with("AWS_SESSION_TOKEN", caller.session_token()))
}

/// The first policy below a heading of docs/operate.md, for this stack.
pub(super) fn documented_policy(heading: &str, stack: &str) -> anyhow::Result<Value> {
    let document = include_str!("../../../../docs/operate.md");
    let (_, section) = document.split_once(heading).context("the section")?;
    let (_, fence) = section.split_once("```json\n").context("the policy")?;
    let (policy, _) = fence.split_once("```").context("its end")?;
    let policy = policy.replace("/grapnel/", &format!("/{stack}/"));
    Ok(serde_json::from_str(&policy.replace("grapnel-", &format!("{stack}-")))?)
}
