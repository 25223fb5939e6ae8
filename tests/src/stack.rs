//! The deployed stacks, as `cargo xtask test` describes them. A test asks for its stack, and so
//! names it in one place; a stack that is not deployed yet is then deployed.

use anyhow::{Context, anyhow, ensure};
use serde::Deserialize;
use std::{collections::HashMap, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The variable with the name of the file that describes the stacks.
pub const VARIABLE: &str = "GRAPNEL_STACKS";

/// The variable with the address of the program that deploys a stack which is not in the file.
const DEPLOYER: &str = "GRAPNEL_DEPLOYER";

/// Time limit of a deployment: others may be deployed before it, on a machine that runs a hundred
/// tests.
const DEPLOYED: Duration = Duration::from_secs(240);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackKind {
    /// Defaults, with http and private targets allowed.
    Main,
    /// Queue delays up to 2 s, time limits of webhooks up to 10 s, a function timeout and a
    /// visibility timeout of 30 s. Faults of published events are reported.
    Tight,
    /// Every delay uses a shared wait, and the waits of Step Functions are a thousand times
    /// shorter.
    Scaled,
    /// A circuit breaker opens after 3 failures, for 2 s at first. Published events with faults are
    /// refused.
    Circuit,
    /// Accepts the tokens of an issuer, at [`Stack::issuer_url`].
    Tokens,
    /// The template's defaults: only https, and only public addresses.
    Strict,
    /// Like [`StackKind::Tight`], for a test that puts a proxy before its functions and kills them.
    Crash,
    /// Like [`StackKind::Crash`], for messages that kill their functions each time.
    Poison,
    /// Defaults, and one page that may call, only for the tests of `grapnel doctor`: no other test
    /// leaves dead letters or a backlog there.
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

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stack {
    /// Base URL of the HTTP API.
    pub api_url: String,
    /// The admin key.
    pub admin_key: String,
    /// The bus of the stack's rule.
    pub event_bus_name: String,
    /// A source that the rule matches.
    pub event_source: String,
    /// AWS's endpoint.
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

/// The outputs of the template that tests use.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outputs {
    /// Events for fan-out.
    pub events_queue_url: String,
    /// Events that were received again.
    pub events_isolation_queue_url: String,
    /// Events that could not be processed.
    pub events_dead_letter_queue_url: String,
    /// Attempts, checks and releases.
    pub delivery_queue_url: String,
    /// Delivery messages that were received again.
    pub delivery_isolation_queue_url: String,
    /// Delivery messages that could not be processed.
    pub delivery_dead_letter_queue_url: String,
    pub webhooks_table: String,
    pub events_table: String,
    pub deliveries_table: String,
    pub keys_table: String,
    /// The state machine of shared waits.
    pub wait_state_machine_arn: String,
}

/// A function of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// From an event to its deliveries.
    Ingest,
    /// From a delivery to its receiver.
    Delivery,
    /// From a shared wait to the delivery queue.
    Tend,
    /// The HTTP API.
    Api,
}

impl Function {
    pub const ALL: [Self; 4] = [Self::Ingest, Self::Delivery, Self::Tend, Self::Api];

    /// The name in the template.
    #[must_use]
    pub const fn logical_id(self) -> &'static str {
        match self {
            Self::Ingest => "IngestFunction",
            Self::Delivery => "DeliveryFunction",
            Self::Tend => "TendFunction",
            Self::Api => "ApiFunction",
        }
    }

    /// The name in a table.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Delivery => "delivery",
            Self::Tend => "tend",
            Self::Api => "api",
        }
    }
}

impl Stack {
    /// Reads a stack from the file that [`VARIABLE`] names. If it is not there, it is deployed
    /// first.
    ///
    /// # Errors
    /// If the variable is not set, or the stack is missing and can't be deployed.
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

/// Requests a stack, and waits until it is ready.
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
