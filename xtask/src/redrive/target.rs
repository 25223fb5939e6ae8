//! Where a stack is, and how to speak to it.

use crate::emulator::CREDENTIALS;
use anyhow::{Context, Result, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::Credentials;
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::Path};

/// A deployed stack.
#[derive(Debug)]
pub(super) struct Target {
    name: String,
    sqs: aws_sdk_sqs::Client,
    outputs: BTreeMap<String, String>,
}

/// The part of a stack's description that is needed here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    stack_name: String,
    endpoint_url: String,
    region: String,
    outputs: BTreeMap<String, String>,
}

impl Target {
    /// A stack on the local AWS, described in a file.
    ///
    /// # Errors
    /// When there is no such file, or it describes no stack.
    pub(super) async fn on_emulator(file: &Path) -> Result<Self> {
        let shown = file.display();
        let text = fs::read_to_string(file).with_context(|| {
            format!("reading {shown}: is anything up? For a stack on AWS give --stack-name")
        })?;
        let description: Description =
            serde_json::from_str(&text).with_context(|| format!("{shown} describes no stack"))?;
        let (id, secret) = CREDENTIALS;
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(Builder::new().build_http())
            .endpoint_url(description.endpoint_url)
            .region(Region::new(description.region))
            .credentials_provider(Credentials::new(id, secret, None, None, "emulator"))
            .load()
            .await;
        Ok(Self {
            name: description.stack_name,
            sqs: aws_sdk_sqs::Client::new(&config),
            outputs: description.outputs,
        })
    }

    /// A stack on AWS, found by its name.
    ///
    /// # Errors
    /// When no region is known, there are no credentials, or there is no such stack.
    pub(super) async fn on_aws(name: &str, region: Option<String>) -> Result<Self> {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12()).http_client(http);
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        let config = loader.load().await;
        ensure!(config.region().is_some(), "no region is known: give --region, or set AWS_REGION");
        Ok(Self {
            name: name.to_owned(),
            outputs: outputs(&config, name).await?,
            sqs: aws_sdk_sqs::Client::new(&config),
        })
    }

    /// The stack's SQS.
    pub(super) fn sqs(&self) -> &aws_sdk_sqs::Client {
        &self.sqs
    }

    /// An output of the stack.
    ///
    /// # Errors
    /// When it has none of this name: it is another template's.
    pub(super) fn output(&self, name: &str) -> Result<&str> {
        let output = self.outputs.get(name);
        output
            .map(String::as_str)
            .with_context(|| format!("stack {} has no output {name}: is it Grapnel's?", self.name))
    }
}

async fn outputs(config: &SdkConfig, name: &str) -> Result<BTreeMap<String, String>> {
    let cloudformation = aws_sdk_cloudformation::Client::new(config);
    let described = cloudformation.describe_stacks().stack_name(name).send().await;
    let described =
        described.map_err(super::reason).with_context(|| format!("looking for stack {name}"))?;
    let stack = described.stacks().first().with_context(|| format!("there is no stack {name}"))?;
    let outputs = stack.outputs().iter();
    Ok(outputs
        .filter_map(|output| {
            Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))
        })
        .collect())
}
