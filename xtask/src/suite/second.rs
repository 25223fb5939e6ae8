//! Runs the port contract on moto, an emulator that shares no code with the usual one: both are
//! unlikely to have the same mistake.
//!
//! moto supports tables and queues, so this runs the cases about these. [`LEFT_OUT`] lists the
//! exceptions. `infra/moto/start.py` creates the tables of `template.yaml` there.

use crate::{
    emulator::free_port,
    process::Group,
    running::{Purpose, Service},
    terminal::Step,
    test_programs::{Selection, Target, TestPrograms},
    tools::{self, PythonTools},
    workspace::{Workspace, private_file},
};
use anyhow::{Result, ensure};
use std::{
    borrow::Cow,
    ffi::OsStr,
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tokio::process::Command;

/// The cases that moto cannot pass, by the beginning of their names, and why.
const LEFT_OUT: [(&str, &str); 1] =
    [("contract::waits", "moto's Step Functions don't run the state machine, which is in JSONata")];

/// Concurrent cases. With many more, moto answers a receive later than a case waits for its
/// message.
const AT_ONCE: &str = "16";

const PORTS: [Target; 1] = [Target::Named(Cow::Borrowed("ports"))];

/// How long moto may take to start.
const START: Duration = Duration::from_secs(60);

/// Starts moto, runs the port contract, and ends it.
pub(crate) async fn test(workspace: &Workspace) -> Result<()> {
    let programs = tools::python(workspace, PythonTools::Moto).await?;
    let tests = TestPrograms::build(workspace, "tests", Selection::Workspace, &PORTS).await?;
    let step = Step::begin("Second emulator");
    let stacks = workspace.local("moto-stacks.json");
    let service = start(workspace, &programs, &stacks).await?;
    step.done("the template's tables, on moto");
    for (cases, reason) in LEFT_OUT {
        println!("left out: {cases}: {reason}");
    }
    let arguments: Vec<String> =
        LEFT_OUT.iter().flat_map(|(cases, _)| ["--skip".to_owned(), (*cases).to_owned()]).collect();
    let environment =
        [("GRAPNEL_STACKS", stacks.as_os_str()), ("RUST_TEST_THREADS", OsStr::new(AT_ONCE))];
    let result = tests.run(&PORTS, &arguments, &environment).await;
    service.release().await;
    result
}

/// Starts moto and waits for the description of its tables, which it writes when they exist.
async fn start(workspace: &Workspace, programs: &Path, stacks: &Path) -> Result<Service> {
    let log = workspace.local("moto.log");
    let output = private_file(&log)?;
    let _ = fs::remove_file(stacks);
    let port = free_port()?;
    let mut command = Command::new(programs.join("python"));
    command
        .arg(workspace.path("infra/moto/start.py"))
        .args([std::process::id().to_string(), port.to_string()])
        .arg(workspace.path("template.yaml"))
        .arg(stacks)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(output.try_clone()?)
        .stderr(output);
    let group = Group::start(&mut command)?;
    let mut service = Service::record(workspace, group, "moto", Purpose::Test, port)?;
    let deadline = Instant::now() + START;
    while !stacks.exists() {
        let ended = service.group().ended();
        let log = || fs::read_to_string(&log).unwrap_or_default();
        ensure!(ended.is_none(), "moto ended at once:\n{}", log());
        ensure!(Instant::now() < deadline, "moto was not ready in {START:?}:\n{}", log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(service)
}
