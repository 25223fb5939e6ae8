//! The tests of the deployed system, and the deployments that they need.

use crate::{
    artifacts::{self, LOCAL_PROFILE},
    command,
    emulator::{self, Emulator, Settings, free_port},
    package,
    running::Purpose,
    stack::{Deployer, Stack},
    terminal::Step,
    workspace::{Workspace, write_private},
};
use anyhow::Result;
use std::{collections::BTreeMap, path::Path};
use tokio::process::Command;

/// A deployment with parameters of its own, on the emulator of real or of shortened waits.
struct Wanted {
    name: &'static str,
    waits: Waits,
    parameters: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    Real,
    /// A second takes a millisecond, so that the schedule's hours pass in seconds.
    Shortened,
}

const STACKS: [Wanted; 9] = [
    Wanted { name: "main", waits: Waits::Real, parameters: &[] },
    // What production allows, which no local receiver can be part of; few requests, one page, a key of
    // the owner's, and tables that are prepared for more than a new one.
    Wanted {
        name: "strict",
        waits: Waits::Real,
        parameters: &[
            ("AllowHttpTargets", "false"),
            ("AllowPrivateTargets", "false"),
            ("RequestsPerUserPerMinute", "200"),
            ("CorsAllowedOrigins", "https://app.example.com"),
            (
                "KmsKeyArn",
                "arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000",
            ),
            ("WarmReadUnitsPerSecond", "13000"),
            ("WarmWriteUnitsPerSecond", "5000"),
        ],
    },
    // Short delays take the way of long ones, and lost messages come back while a test waits. What is
    // wrong with published events is told.
    Wanted {
        name: "tight",
        waits: Waits::Real,
        parameters: &[
            ("EventValidation", "warn"),
            ("LongestQueueDelaySeconds", "2"),
            ("LongestRequestSeconds", "10"),
            ("RecordRetrySeconds", "5"),
            ("FunctionTimeoutSeconds", "30"),
            ("VisibilityTimeoutSeconds", "30"),
        ],
    },
    // Circuits that open soon and are due soon; and published events that are refused.
    Wanted {
        name: "circuit",
        waits: Waits::Real,
        parameters: &[
            ("CircuitFailures", "3"),
            ("CircuitFirstIntervalSeconds", "2"),
            ("EventValidation", "reject"),
        ],
    },
    // As `tight`, apart from it: whoever tests here kills the functions.
    Wanted {
        name: "crash",
        waits: Waits::Real,
        parameters: &[
            ("LongestQueueDelaySeconds", "2"),
            ("LongestRequestSeconds", "10"),
            ("RecordRetrySeconds", "5"),
            ("FunctionTimeoutSeconds", "30"),
            ("VisibilityTimeoutSeconds", "30"),
        ],
    },
    // The same once more: here functions take full batches.
    Wanted {
        name: "poison",
        waits: Waits::Real,
        parameters: &[
            ("LongestQueueDelaySeconds", "2"),
            ("LongestRequestSeconds", "10"),
            ("RecordRetrySeconds", "5"),
            ("FunctionTimeoutSeconds", "30"),
            ("VisibilityTimeoutSeconds", "30"),
        ],
    },
    // For `grapnel doctor`, which looks at whole queues: what other tests leave there would be found.
    Wanted {
        name: "doctor",
        waits: Waits::Real,
        parameters: &[
            ("CorsAllowedOrigins", "https://app.example.com"),
            // The emulator's account has as much concurrency as the machine has memory for.
            ("IngestMaximumConcurrency", "2"),
            ("DeliveryMaximumConcurrency", "10"),
        ],
    },
    // An issuer whose tokens it takes, at an address that is given to it below.
    Wanted {
        name: "tokens",
        waits: Waits::Real,
        parameters: &[("JwtAudience", "hooks"), ("JwtDefaultScopes", "webhooks:read")],
    },
    Wanted {
        name: "scaled",
        waits: Waits::Shortened,
        parameters: &[("LongestQueueDelaySeconds", "0")],
    },
];

/// Deploys the stacks, runs the tests against them, and ends everything.
pub(crate) async fn test(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let programs = emulator::install(workspace).await?;
    let artifacts = artifacts::build_for_host(workspace.root(), LOCAL_PROFILE).await?;

    let cli = artifacts::build_cli(workspace.root()).await?;
    let step = Step::begin("Stacks");
    let real = start(workspace, &programs, 1.0, "emulator-test").await?;
    let shortened = start(workspace, &programs, 0.001, "emulator-test-scaled").await?;
    // Where a test will play the issuer.
    let issuer = format!("http://127.0.0.1:{}", free_port()?);
    let mut stacks: BTreeMap<&str, Stack> = BTreeMap::new();
    for (waits, emulator) in [(Waits::Real, &real), (Waits::Shortened, &shortened)] {
        let deployer = Deployer::upload(workspace, &emulator.endpoint_url(), &artifacts).await?;
        for wanted in STACKS.iter().filter(|wanted| wanted.waits == waits) {
            // Of its own, since the stacks share a bus.
            let source = format!("{}.platform", wanted.name);
            // Tests look far more often than a user would; what the stack says itself comes later.
            let mut parameters = vec![("RequestsPerUserPerMinute", "100000")];
            parameters.extend_from_slice(wanted.parameters);
            if wanted.name == "tokens" {
                parameters.push(("JwtIssuer", &issuer));
            }
            let stack = deployer.deploy(wanted.name, &source, &parameters).await?;
            stacks.insert(wanted.name, stack);
        }
    }
    let file = workspace.local("test-stacks.json");
    write_private(&file, &serde_json::to_vec_pretty(&stacks)?)?;
    step.done(STACKS.map(|wanted| wanted.name).join(", "));

    // As `cargo xtask package` would leave it in a checkout.
    let packaged = workspace.local("packaged");
    package::write(workspace, &packaged.join("target/package"), &artifacts)?;

    let beside = Beside { stacks: &file, issuer: &issuer, cli: &cli, packaged: &packaged };
    let result = run_tests(workspace, &beside, arguments).await;
    if result.is_err() {
        let logs = [real.log(), shortened.log()].map(|log| log.display().to_string());
        println!("The logs of the local AWS and its functions: {}", logs.join(", "));
    }
    real.release().await;
    shortened.release().await;
    result
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

/// What the tests are told of.
struct Beside<'a> {
    /// The file that says where the stacks are.
    stacks: &'a Path,
    /// Where a test plays an issuer of tokens.
    issuer: &'a str,
    /// The command line, built.
    cli: &'a Path,
    /// A folder in which the functions are packaged for a deployment.
    packaged: &'a Path,
}

async fn run_tests(workspace: &Workspace, beside: &Beside<'_>, arguments: &[String]) -> Result<()> {
    // All at once: each of them waits, for a minute of the clock or for a check, far more than it works.
    // As many as there are processors at a time would take half an hour.
    let system = run_targets(workspace, beside, &["--test", "it"], 100, arguments).await;
    // These make calls without a pause, and some of the calls are made once and for two seconds: with
    // more of them at a time, the local AWS does not answer in time.
    let ports = run_targets(workspace, beside, &["--lib", "--test", "ports"], 8, arguments).await;
    system.and(ports)
}

async fn run_targets(
    workspace: &Workspace,
    beside: &Beside<'_>,
    targets: &[&str],
    threads: usize,
    arguments: &[String],
) -> Result<()> {
    let mut tests = Command::new("cargo");
    tests
        .args(["test", "--no-fail-fast", "--package", "grapnel-tests"])
        .args(targets)
        .arg("--")
        .args(arguments)
        .env("GRAPNEL_STACKS", beside.stacks)
        .env("GRAPNEL_ISSUER", beside.issuer)
        .env("GRAPNEL_XTASK", std::env::current_exe()?)
        .env("GRAPNEL_CLI", beside.cli)
        .env("GRAPNEL_PACKAGED", beside.packaged)
        .env("RUST_TEST_THREADS", threads.to_string())
        .current_dir(workspace.root());
    command::run_shown(&mut tests).await
}
