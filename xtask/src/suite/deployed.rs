//! The tests of the deployed system, and stacks for other steps.

use crate::{
    artifacts::{self, LOCAL_PROFILE},
    emulator::{self, Emulator, Settings, free_port},
    package,
    running::Purpose,
    stack::{Deployer, Stack},
    stacks::{Door, Fleet},
    terminal::Step,
    test_programs::{Selection, Target, TestPrograms},
    tools::{self, PythonTools},
    workspace::Workspace,
};
use anyhow::Result;
use std::{borrow::Cow, ffi::OsStr, net::SocketAddr, path::Path};

/// Runs the tests, on the stacks that `stacks up` left if there are any. Without arguments every stack is deployed
/// before; otherwise a stack is deployed when the first test asks for it.
pub(crate) async fn test(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let artifacts = artifacts::build_for_host(workspace.root(), LOCAL_PROFILE).await?;
    let cli = artifacts::build_cli(workspace.root()).await?;
    let targets = [&[SYSTEM][..], &PORTS].concat();
    let selection = if arguments.is_empty() {
        Selection::Workspace
    } else {
        Selection::Package("grapnel-tests")
    };
    let programs = TestPrograms::build(workspace, "tests", selection, &targets).await?;
    let mut fleet = Fleet::find(workspace, &artifacts, false).await?;
    if fleet.stays() {
        let ready: Vec<&str> = fleet.ready().collect();
        println!(
            "Using the stacks that are up: {}. Stop them with: cargo xtask stacks down",
            ready.join(", ")
        );
    }
    if arguments.is_empty() {
        fleet.ensure_all(|_| true).await?;
    }

    // As `cargo xtask package` would leave it in a checkout.
    let packaged = workspace.local("packaged");
    package::write(workspace, &packaged.join("target/package"), &artifacts)?;

    let aws = tools::python(workspace, PythonTools::AwsCli).await?;
    let door = Door::open().await?;
    let stacks = fleet.file();
    let beside = Beside {
        stacks: &stacks,
        door: door.address()?,
        cli: &cli,
        aws: &aws,
        packaged: &packaged,
    };
    let result = tokio::select! {
        result = run_tests(&programs, &beside, arguments) => result,
        never = door.serve(&mut fleet) => match never {},
    };
    if result.is_err() {
        println!("The logs of the local AWS and its functions: {}", fleet.logs());
    }
    result.and(fleet.release().await)
}

/// Deploys one stack on an emulator of its own, does the work on it, and ends both.
pub(super) async fn on_a_stack(
    workspace: &Workspace,
    name: &str,
    parameters: &[(&str, &str)],
    work: impl AsyncFnOnce(&Stack) -> Result<()>,
) -> Result<()> {
    let programs = emulator::install(workspace).await?;
    let artifacts = artifacts::build_for_host(workspace.root(), LOCAL_PROFILE).await?;

    let step = Step::begin("Stack");
    let emulator = start(workspace, &programs, 1.0, &format!("emulator-{name}")).await?;
    let deployer = Deployer::upload(workspace, &emulator.endpoint_url(), &artifacts).await?;
    let stack = deployer.deploy(name, &format!("{name}.platform"), parameters).await?;
    step.done(name);

    let result = work(&stack).await;
    if result.is_err() {
        println!("The log of the local AWS and its functions: {}", emulator.log().display());
    }
    emulator.release().await;
    result
}

/// Starts a local AWS for tests.
pub(super) async fn start(
    workspace: &Workspace,
    programs: &Path,
    wait_scale: f64,
    name: &str,
) -> Result<Emulator> {
    let port = free_port()?;
    let purpose = Purpose::Test;
    Emulator::start(workspace, &Settings { programs, port, purpose, wait_scale, name }).await
}

/// What the tests must know.
struct Beside<'a> {
    /// The file that says where the stacks are.
    stacks: &'a Path,
    /// Where a test asks for a stack that the file does not describe.
    door: SocketAddr,
    /// The command line, built.
    cli: &'a Path,
    /// The folder of the AWS CLI.
    aws: &'a Path,
    /// A folder in which the functions are packaged for a deployment.
    packaged: &'a Path,
}

const SYSTEM: Target = Target::Named(Cow::Borrowed("it"));
const PORTS: [Target; 2] = [Target::Library, Target::Named(Cow::Borrowed("ports"))];

async fn run_tests(
    programs: &TestPrograms,
    beside: &Beside<'_>,
    arguments: &[String],
) -> Result<()> {
    // Far more than there are processors: each of them waits, for a minute of the clock or for a check,
    // far more than it works. All at once, on a busy machine, the local AWS needs longer for a call than
    // a function waits for it.
    let system = run_targets(programs, beside, &[SYSTEM], "24", arguments).await;
    // These make calls without a pause, and some of the calls are made once and for two seconds: with
    // more of them at a time, the local AWS does not answer in time.
    let ports = run_targets(programs, beside, &PORTS, "8", arguments).await;
    system.and(ports)
}

async fn run_targets(
    programs: &TestPrograms,
    beside: &Beside<'_>,
    targets: &[Target],
    threads: &str,
    arguments: &[String],
) -> Result<()> {
    let door = beside.door.to_string();
    let environment = [
        ("GRAPNEL_STACKS", beside.stacks.as_os_str()),
        ("GRAPNEL_DEPLOYER", OsStr::new(&door)),
        ("GRAPNEL_CLI", beside.cli.as_os_str()),
        ("GRAPNEL_AWS", beside.aws.as_os_str()),
        ("GRAPNEL_PACKAGED", beside.packaged.as_os_str()),
        ("RUST_TEST_THREADS", OsStr::new(threads)),
    ];
    programs.run(targets, arguments, &environment).await
}
