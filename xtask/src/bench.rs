//! `cargo xtask bench`: measures decisions, requests and the whole system on this machine. Prints
//! the figures and does not judge them.

use crate::{
    artifacts::{self, RELEASE_PROFILE},
    command,
    emulator::{self, Emulator, Settings, free_port},
    running::{self, Purpose},
    stack::Deployer,
    terminal::Step,
    workspace::{Workspace, write_private},
};
use anyhow::Result;
use std::collections::BTreeMap;

/// The source of the measured events.
const SOURCE: &str = "main.platform";

/// Deploys the system to a new local AWS, measures, and ends it.
///
/// # Errors
/// If it can't be built or deployed, or the measurement fails.
pub(crate) async fn run(workspace: &Workspace) -> Result<()> {
    running::survey(workspace)?;
    let mut cpu = command::cargo();
    cpu.args(["run", "--quiet", "--release", "--package", "grapnel-api", "--example", "cpu"])
        .current_dir(workspace.root());
    command::run_shown(&mut cpu).await?;
    let programs = emulator::install(workspace).await?;
    let artifacts = artifacts::build_for_host(workspace.root(), RELEASE_PROFILE).await?;

    let step = Step::begin("Stack");
    let settings = Settings {
        programs: &programs,
        port: free_port()?,
        purpose: Purpose::Test,
        wait_scale: 1.0,
        name: "emulator-bench",
    };
    let emulator = Emulator::start(workspace, &settings).await?;
    let deployer = Deployer::upload(workspace, &emulator.endpoint_url(), &artifacts).await?;
    let stack = deployer.deploy("main", SOURCE, &[]).await?;
    let file = workspace.local("bench-stacks.json");
    write_private(&file, &serde_json::to_vec_pretty(&BTreeMap::from([("main", &stack)]))?)?;
    step.done("deployed from template.yaml");

    let mut measure = command::cargo();
    measure
        .args(["run", "--quiet", "--package", "grapnel-tests", "--example", "latency"])
        .env("GRAPNEL_STACKS", &file)
        .current_dir(workspace.root());
    let result = command::run_shown(&mut measure).await;
    emulator.release().await;
    result
}
