//! The deployed API against its description: requests that Schemathesis makes of the document that the
//! API serves, with every check that it knows. `infra/schemathesis` says how, and what no schema can
//! say.

use super::deployed;
use crate::{
    command,
    stack::Stack,
    tools::{self, PythonTools},
    workspace::Workspace,
};
use anyhow::Result;
use std::path::Path;
use tokio::process::Command;

/// What the requests are drawn with. The same seed makes the same requests, but for what the API
/// answered to earlier ones.
const SEED: &str = "20261124";

/// For whom webhooks are made, and for whom keys: nobody's key ends its own run.
const USERS: [&str; 2] = ["contract", "contract-keys"];

/// Room for what the requests make.
const PARAMETERS: &[(&str, &str)] =
    &[("RequestsPerUserPerMinute", "100000"), ("MaxWebhooksPerUser", "5000")];

/// Deploys a stack of its own, runs Schemathesis against it, and ends everything.
pub(crate) async fn test(workspace: &Workspace) -> Result<()> {
    let schemathesis = tools::python(workspace, PythonTools::Schemathesis).await?;
    deployed::on_a_stack(workspace, "contract", PARAMETERS, async |stack| {
        run(workspace, &schemathesis, stack).await
    })
    .await
}

async fn run(workspace: &Workspace, programs: &Path, stack: &Stack) -> Result<()> {
    let [user, other] = USERS;
    let key = stack.user_key(user).await?;
    let mut schemathesis = Command::new(programs.join("schemathesis"));
    schemathesis
        .args(["run", &format!("{}/api/openapi.json", stack.api_url), "--url", &stack.api_url])
        .args(["--seed", SEED])
        .env("GRAPNEL_KEY", key)
        .env("GRAPNEL_USER", user)
        .env("GRAPNEL_ADMIN_KEY", &stack.admin_key)
        .env("GRAPNEL_OTHER_USER", other)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Where its settings and hooks are.
        .current_dir(workspace.path("infra/schemathesis"));
    command::run_shown(&mut schemathesis).await
}
