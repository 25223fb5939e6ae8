//! Deploys the template on the emulator, and describes the deployment.

mod cloudformation;

use self::cloudformation::CloudFormation;
use crate::{
    artifacts::Artifact, bucket::Bucket, emulator::REGION, http_client::HttpClient, template,
    workspace::Workspace,
};
use anyhow::{Context, Result, bail, ensure};
use grapnel_domain::scope::Scope;
use http::{Request, StatusCode};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Time limit of a deployment. The emulator takes a second.
const DEADLINE: Duration = Duration::from_secs(120);

/// How often a stack is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The name of the template in the package.
const TEMPLATE: &str = "template.yaml";

/// The source of the sample events.
pub(crate) const SAMPLE_SOURCE: &str = "demo.platform";

/// The description of a deployment for users and tests. `target/local/stack.json` has one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stack {
    pub(crate) stack_name: String,
    /// The address of the HTTP API, without a slash at the end.
    pub(crate) api_url: String,
    pub(crate) admin_key: String,
    pub(crate) event_bus_name: String,
    /// The source that events must have.
    pub(crate) event_source: String,
    /// The emulator's endpoint.
    pub(crate) endpoint_url: String,
    /// The region that it simulates.
    pub(crate) region: String,
    /// The template's outputs.
    pub(crate) outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Creates a key for a user, with every scope that a user's key can have.
    ///
    /// # Errors
    /// If the API refuses; with its answer.
    pub(crate) async fn user_key(&self, user: &str) -> Result<String> {
        let order = json!({ "userId": user, "scopes": Scope::OF_USERS.map(Scope::as_str) });
        let keys = format!("{}/api/keys", self.api_url);
        let made = HttpClient::new().post_json(&keys, &self.admin_key, &order).await?;
        Ok(made["key"].as_str().context("a new key is shown")?.to_owned())
    }

    /// The API's description, as it is served.
    ///
    /// # Errors
    /// If the API does not answer with 200.
    pub(crate) async fn description(&self) -> Result<Bytes> {
        let request = Request::get(format!("{}/api/openapi.json", self.api_url));
        let response = HttpClient::new().send(request.body(Bytes::new())?).await?;
        ensure!(response.status == StatusCode::OK, "the description: {}", response.status);
        Ok(response.body)
    }
}

/// The template and its artifacts, stored on an emulator.
#[derive(Debug)]
pub(crate) struct Deployer {
    cloudformation: CloudFormation,
    endpoint_url: String,
    template_url: String,
}

impl Deployer {
    /// Stores the artifacts on the emulator.
    ///
    /// # Errors
    /// If the template can't be read or the emulator refuses.
    pub(crate) async fn upload(
        workspace: &Workspace,
        endpoint_url: &str,
        artifacts: &[Artifact],
    ) -> Result<Self> {
        let bucket = Bucket::create(endpoint_url).await?;
        let mut places = Vec::new();
        for artifact in artifacts {
            let place = bucket.put(&artifact.key(), artifact.zip.clone()).await?;
            places.push((artifact.function.code_uri, place));
        }
        let (path, name) = template::MACHINE;
        let machine = std::fs::read(workspace.path(path))?;
        places.push((path, bucket.put(name, machine).await?));
        let text = std::fs::read_to_string(workspace.path("template.yaml"))
            .context("reading template.yaml")?;
        // By its address, as SAM deploys it: a request may contain only 51,200 bytes of template.
        let template = template::point_at(&text, &places)?;
        bucket.put(TEMPLATE, template.into_bytes()).await?;
        Ok(Self {
            cloudformation: CloudFormation::new(endpoint_url),
            endpoint_url: endpoint_url.to_owned(),
            template_url: bucket.url_of(TEMPLATE),
        })
    }

    /// Deploys the template under a name, in place of a stack with that name, for the events of one
    /// source, with a new admin key.
    ///
    /// # Errors
    /// If the template or a parameter is refused, or a resource can't be created; with the reason.
    pub(crate) async fn deploy(
        &self,
        name: &str,
        source: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Stack> {
        self.delete(name).await?;
        let admin_key = format!("gak_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let hash = hex::encode(Sha256::digest(&admin_key));
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let mut all = BTreeMap::from([
            ("AdminKeyHash", hash.as_str()),
            ("EventSources", source),
            ("AllowHttpTargets", "true"),
            ("AllowPrivateTargets", "true"),
            ("Architecture", architecture),
        ]);
        all.extend(parameters.iter().copied());
        let created = self.cloudformation.create(name, &self.template_url, &all).await;
        created.with_context(|| format!("creating stack {name}"))?;
        let outputs = self.wait_for(name).await?;
        let output = |key: &str| {
            outputs.get(key).cloned().with_context(|| format!("the template has no output {key}"))
        };
        Ok(Stack {
            stack_name: name.to_owned(),
            // By path: not every resolver knows the name `<id>.execute-api.localhost`.
            api_url: format!("{}/_aws/execute-api/{}", self.endpoint_url, output("ApiId")?),
            admin_key,
            event_bus_name: output("EventBusName")?,
            event_source: source.to_owned(),
            endpoint_url: self.endpoint_url.clone(),
            region: REGION.to_owned(),
            outputs,
        })
    }

    /// Deletes a stack, if it exists.
    ///
    /// # Errors
    /// If the emulator refuses, or takes too long.
    pub(crate) async fn delete(&self, name: &str) -> Result<()> {
        self.cloudformation.delete(name).await?;
        let deadline = Instant::now() + DEADLINE;
        loop {
            // After its deletion there is no stack with this name.
            let described = self.cloudformation.describe(name).await;
            match described.as_ref().map(|stack| stack.status.as_str()) {
                Err(_) | Ok("DELETE_COMPLETE") => return Ok(()),
                Ok("DELETE_IN_PROGRESS") if Instant::now() < deadline => {
                    tokio::time::sleep(LOOK).await;
                }
                Ok(status) => bail!("stack {name} is {status} and can't be removed"),
            }
        }
    }

    async fn wait_for(&self, name: &str) -> Result<BTreeMap<String, String>> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let stack = self.cloudformation.describe(name).await?;
            match stack.status.as_str() {
                "CREATE_COMPLETE" => return Ok(stack.outputs),
                "CREATE_IN_PROGRESS" if Instant::now() < deadline => {
                    tokio::time::sleep(LOOK).await;
                }
                status => {
                    let why = self.cloudformation.first_failure(name).await.ok().flatten();
                    let why = why.unwrap_or_else(|| "no resource reports a failure".to_owned());
                    bail!("stack {name} is {status}: {why}");
                }
            }
        }
    }
}
