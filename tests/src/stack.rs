//! The deployed stacks, as `cargo xtask test` describes them. A test asks for its stack, and so names it in one
//! place; a stack that is not deployed yet is deployed then.

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use std::{collections::HashMap, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Names the file that describes the stacks.
pub const VARIABLE: &str = "GRAPNEL_STACKS";

/// Holds the address of the program that deploys a stack which the file does not describe.
const DEPLOYER: &str = "GRAPNEL_DEPLOYER";

/// How long a stack may take: others may be deployed before it, on a machine that runs a hundred tests.
const DEPLOYED: Duration = Duration::from_secs(240);

/// Which of the stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackKind {
    /// Defaults, with http and private targets allowed.
    Main,
    /// Queue delays up to 2 s, time limits of webhooks up to 10 s, a function timeout and a visibility
    /// timeout of 30 s; what is wrong with published events is told.
    Tight,
    /// Every delay a shared wait, and the waits of Step Functions a thousand times shorter.
    Scaled,
    /// A circuit opens after 3 failures, for 2 s at first; what is wrong with published events is a
    /// reason to refuse them.
    Circuit,
    /// It takes the tokens of an issuer, at [`Stack::issuer_url`].
    Tokens,
    /// The template's own defaults: only https, and only public addresses.
    Strict,
    /// As [`StackKind::Tight`], for a test that puts a proxy before its functions and kills them.
    Crash,
    /// The same, for messages that kill their functions each time.
    Poison,
    /// Defaults, and one page that may call, for the tests of `grapnel doctor` alone: no other test leaves
    /// dead letters or a backlog there.
    Doctor,
}

impl StackKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Main => "main",
            Self::Tight => "tight",
            Self::Scaled => "scaled",
            Self::Circuit => "circuit",
            Self::Strict => "strict",
            Self::Crash => "crash",
            Self::Poison => "poison",
            Self::Doctor => "doctor",
        }
    }
}

/// One deployed stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// Base URL of the HTTP API.
    pub api_url: String,
    /// The admin key.
    pub admin_key: String,
    /// The bus that the stack's rule listens on.
    pub event_bus_name: String,
    /// A source that the rule lets in.
    pub event_source: String,
    /// Where AWS answers.
    pub endpoint_url: String,
    /// The AWS region.
    pub region: String,
    /// The stack's name in CloudFormation.
    pub stack_name: String,
    /// The template's outputs.
    pub outputs: Outputs,
    /// Where [`StackKind::Tokens`] expects its issuer, on this machine.
    pub issuer_url: Option<String>,
}

/// The template's outputs, as far as tests use them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outputs {
    /// Events on their way to fan-out.
    pub events_queue_url: String,
    /// Events that came again.
    pub events_isolation_queue_url: String,
    /// Events that could not be processed.
    pub events_dead_letter_queue_url: String,
    /// Attempts, checks and releases.
    pub delivery_queue_url: String,
    /// Those that came again.
    pub delivery_isolation_queue_url: String,
    /// Those that could not be processed.
    pub delivery_dead_letter_queue_url: String,
    /// The webhooks table.
    pub webhooks_table: String,
    /// The events table.
    pub events_table: String,
    /// The deliveries table.
    pub deliveries_table: String,
    /// The keys table.
    pub keys_table: String,
    /// The machine behind shared waits.
    pub wait_state_machine_arn: String,
    /// The state machine that watches circuits.
    pub circuit_state_machine_arn: String,
}

impl Stack {
    /// Reads a stack from the file that [`VARIABLE`] names, after having it deployed if it is not there.
    ///
    /// # Errors
    /// If the variable is not set, or the stack is not there and can't be deployed.
    pub async fn get(kind: StackKind) -> anyhow::Result<Self> {
        let name = kind.name();
        let path = std::env::var_os(VARIABLE).ok_or_else(|| {
            anyhow!("{VARIABLE} is not set: run this test with `cargo xtask test --only black-box -- NAME`")
        })?;
        let path = Path::new(&path);
        if let Some(stack) = read(path, name)? {
            return Ok(stack);
        }
        deploy(name)
            .await
            .with_context(|| format!("{} describes no stack `{name}`", path.display()))?;
        read(path, name)?.with_context(|| {
            format!("stack `{name}` was deployed, but {} does not describe it", path.display())
        })
    }
}

fn read(path: &Path, name: &str) -> anyhow::Result<Option<Stack>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{VARIABLE} names {}", path.display()))?;
    let mut stacks: HashMap<String, serde_json::Value> =
        serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let stack = stacks.remove(name).map(serde_json::from_value).transpose();
    stack.with_context(|| format!("stack `{name}` in {}", path.display()))
}

/// Asks for a stack, and waits until it is there.
async fn deploy(name: &str) -> anyhow::Result<()> {
    let address = std::env::var(DEPLOYER)
        .with_context(|| format!("{DEPLOYER} is not set, so nothing deploys it"))?;
    let ask = async {
        let mut deployer = TcpStream::connect(&address).await?;
        deployer.write_all(format!("{name}\n").as_bytes()).await?;
        let mut answer = String::new();
        deployer.read_to_string(&mut answer).await?;
        Ok::<_, anyhow::Error>(answer)
    };
    let answer = timeout(DEPLOYED, ask).await.context("no answer in time")??;
    ensure!(answer == "ready", "{answer}");
    Ok(())
}
