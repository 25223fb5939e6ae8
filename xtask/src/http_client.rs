//! Plain HTTP requests to programs on this machine.

use anyhow::{Context, Result, bail};
use http::{Request, StatusCode, request::Builder};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use std::time::Duration;

/// A local request takes milliseconds; the first one starts a function.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An HTTP client without TLS.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient(Client<HttpConnector, Full<Bytes>>);

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl HttpClient {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Sends a request and reads its answer, with any status.
    ///
    /// # Errors
    /// If there is no answer within half a minute.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response> {
        let what = format!("{} {}", request.method(), request.uri());
        let exchange = async {
            let (parts, body) = self.0.request(request.map(Full::new)).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            anyhow::Ok(Response { status: parts.status, body })
        };
        let response = tokio::time::timeout(TIMEOUT, exchange);
        response.await.with_context(|| format!("{what}: no answer in {TIMEOUT:?}"))?.context(what)
    }

    /// Whether a `GET` is answered with 200.
    pub(crate) async fn is_ok(&self, url: &str) -> bool {
        let Ok(request) = Request::get(url).body(Bytes::new()) else { return false };
        self.send(request).await.is_ok_and(|response| response.status == StatusCode::OK)
    }

    /// Posts to Grapnel's API.
    ///
    /// # Errors
    /// If it does not answer, or its answer is not 2xx with JSON; the error has the answer.
    pub(crate) async fn post_json(&self, url: &str, key: &str, body: &Value) -> Result<Value> {
        self.call(Request::post(url), key, serde_json::to_vec(body)?).await
    }

    /// Reads from Grapnel's API.
    ///
    /// # Errors
    /// As [`HttpClient::post_json`].
    pub(crate) async fn get_json(&self, url: &str, key: &str) -> Result<Value> {
        self.call(Request::get(url), key, Vec::new()).await
    }

    async fn call(&self, request: Builder, key: &str, body: Vec<u8>) -> Result<Value> {
        let request = request
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Bytes::from(body))?;
        let what = format!("{} {}", request.method(), request.uri());
        let response = self.send(request).await?;
        if !response.status.is_success() {
            let text = String::from_utf8_lossy(&response.body);
            bail!("{what} answered {}: {text}", response.status);
        }
        serde_json::from_slice(&response.body).with_context(|| format!("{what}: not JSON"))
    }
}
