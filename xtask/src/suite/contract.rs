//! Compares the deployed API with its description: Schemathesis makes requests from the document
//! that the API serves, with all its checks. `infra/schemathesis` has the settings, and the rules
//! that a schema cannot express.

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

/// The seed of the requests. The same seed makes the same requests, except for parts from earlier
/// answers.
const SEED: &str = "20261124";

/// The users of the webhooks and of the keys: two, so that a revoked key does not end the run.
const USERS: [&str; 2] = ["contract", "contract-keys"];

/// Large limits for the requests' results.
const PARAMETERS: &[(&str, &str)] =
    &[("RequestsPerUserPerMinute", "100000"), ("MaxWebhooksPerUser", "120")];

/// Deploys a new stack, runs Schemathesis, and ends everything.
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
        .env("GRAPNEL_URL", &stack.api_url)
        .env("GRAPNEL_KEY", key)
        .env("GRAPNEL_USER", user)
        .env("GRAPNEL_ADMIN_KEY", &stack.admin_key)
        .env("GRAPNEL_OTHER_USER", other)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // The folder with its settings and hooks.
        .current_dir(workspace.path("infra/schemathesis"));
    command::run_shown(&mut schemathesis).await
}
