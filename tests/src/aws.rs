//! The SDK's clients for a stack's AWS, and plain calls where a whole SDK crate would be too large.

use crate::stack::Stack;
use anyhow::{Context, ensure};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use reqwest::{Method, Url, header};
use serde_json::Value;
use std::{net::Ipv4Addr, sync::Once, time::Duration};

const TIMEOUT: Duration = Duration::from_secs(60);

/// How long an idle connection is kept. The emulator closes one after 75 s: a request at that
/// moment would be lost.
const IDLE: Duration = Duration::from_secs(20);

/// One AWS, with one caller's credentials.
#[derive(Debug, Clone)]
pub struct Aws {
    config: SdkConfig,
    endpoint: Url,
    region: String,
}

impl Aws {
    /// The stack's AWS, with the account owner's credentials.
    ///
    /// # Errors
    /// If the stack's endpoint is not a URL.
    pub async fn of(stack: &Stack) -> anyhow::Result<Self> {
        let owner = Credentials::new("test", "test", None, None, "emulator");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .endpoint_url(&stack.endpoint_url)
            .region(Region::new(stack.region.clone()))
            .credentials_provider(owner)
            .load()
            .await;
        let endpoint = Url::parse(&stack.endpoint_url).context("endpointUrl")?;
        Ok(Self { config, endpoint, region: stack.region.clone() })
    }

    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The configuration of an SDK client with other credentials.
    #[must_use]
    pub fn config_as(&self, caller: &aws_sdk_sts::types::Credentials) -> SdkConfig {
        let caller = Credentials::new(
            caller.access_key_id(),
            caller.secret_access_key(),
            Some(caller.session_token().to_owned()),
            None,
            "sts",
        );
        let provider = aws_sdk_dynamodb::config::SharedCredentialsProvider::new(caller);
        self.config.to_builder().credentials_provider(provider).build()
    }

    /// Calls an operation of a service that speaks AWS JSON 1.1.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn json_call(
        &self,
        service: &str,
        target: &str,
        input: &Value,
    ) -> anyhow::Result<Value> {
        let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
        let text = self.plain_call(service, Method::POST, "/", &headers, input.to_string()).await?;
        serde_json::from_str(&text).with_context(|| text)
    }

    /// Calls an operation of a service that speaks AWS Query; the answer is XML.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn query_call(
        &self,
        service: &str,
        parameters: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let mut form = Url::parse("form://")?;
        form.query_pairs_mut().extend_pairs(parameters);
        let body = form.query().unwrap_or_default().to_owned();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        self.plain_call(service, Method::POST, "/", &headers, body).await
    }

    /// Calls an operation of a service that speaks REST and JSON; no input is `null`.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn rest_call(
        &self,
        service: &str,
        method: Method,
        path: &str,
        input: &Value,
    ) -> anyhow::Result<Value> {
        let body = if input.is_null() { String::new() } else { input.to_string() };
        let headers = [("content-type", "application/json")];
        let text = self.plain_call(service, method, path, &headers, body).await?;
        serde_json::from_str(&text).with_context(|| text)
    }

    /// An emulator reads the caller and the service from the credential. It checks no signature
    /// here, so there is none.
    async fn plain_call(
        &self,
        service: &str,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> anyhow::Result<String> {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=test/20260101/{}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.region
        );
        let client = http_client(&self.endpoint)?;
        let mut request = client
            .request(method, self.endpoint.join(path)?)
            .header(header::AUTHORIZATION, authorization)
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{service} answered {status}: {text}");
        Ok(text)
    }
}

/// A client that resolves the emulator's host names. Not every resolver knows `*.localhost` (RFC
/// 6761 section 6.3 leaves it to them), so names under it are resolved here.
pub(crate) fn http_client(base: &Url) -> anyhow::Result<reqwest::Client> {
    // The client requires a TLS provider even if it only speaks plain HTTP. If one is already set,
    // it is the same.
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let mut client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).pool_idle_timeout(IDLE);
    if let Some(host) = base.host_str().filter(|host| host.ends_with(".localhost")) {
        let port = base.port_or_known_default().unwrap_or(80);
        client = client.resolve(host, (Ipv4Addr::LOCALHOST, port).into());
    }
    Ok(client.build()?)
}
