//! The HTTP API, as any client sees it.

use crate::{
    model::{Delivery, NewKey, Page, Problem, Replay, Webhook},
    stack::Stack,
};
use anyhow::{Context, ensure};
use reqwest::{Method, Url, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{net::Ipv4Addr, sync::Once, time::Duration};

/// Longest wait for an answer: the API's own limit is 29 s.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long a connection is kept that nobody uses. The emulator closes one after 75 s: whoever used
/// it at that very moment would have sent a request that nobody reads. A test that waits for a
/// minute of the clock can hit the moment, so it is the client that closes first, by a wide margin.
const IDLE: Duration = Duration::from_secs(20);

/// A client with a key.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    authorization: Option<String>,
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Api {
    /// A client of this stack's API with the admin key.
    ///
    /// # Errors
    /// If the stack's URL is not one.
    pub fn admin(stack: &Stack) -> anyhow::Result<Self> {
        let base = Url::parse(&stack.api_url).context("apiUrl")?;
        let api = Self {
            http: http_client(&base)?,
            base: stack.api_url.trim_end_matches('/').to_owned(),
            authorization: None,
        };
        Ok(api.with_key(&stack.admin_key))
    }

    /// The same client with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        self.with_authorization(Some(format!("Bearer {key}")))
    }

    /// The same client with this `Authorization` header, or none.
    #[must_use]
    pub fn with_authorization(&self, authorization: Option<String>) -> Self {
        Self { authorization, ..self.clone() }
    }

    /// Sends a request with these bytes as body, called JSON.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> anyhow::Result<Answer> {
        let headers = body.is_some().then_some((header::CONTENT_TYPE, "application/json"));
        self.send_as(method, path, headers, body.unwrap_or_default()).await
    }

    /// Sends a request with these bytes as body and this header.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send_as(
        &self,
        method: Method,
        path: &str,
        header: Option<(header::HeaderName, &str)>,
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let what = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base)).body(body);
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let response = request.send().await.with_context(|| what.clone())?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.with_context(|| what)?,
        })
    }

    /// `GET`.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// `POST` of JSON.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::POST, path, Some(body.to_string().into_bytes())).await
    }

    /// `PUT` of JSON.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(Method::PUT, path, Some(body.to_string().into_bytes())).await
    }

    /// Makes a key for `user`; of every scope if `scopes` is empty.
    ///
    /// # Errors
    /// If it is not made.
    pub async fn create_key(&self, user: &str, scopes: &[&str]) -> anyhow::Result<NewKey> {
        let mut body = json!({ "userId": user });
        if !scopes.is_empty() {
            body["scopes"] = json!(scopes);
        }
        self.post("/api/keys", &body).await?.json(201)
    }

    /// Makes a webhook.
    ///
    /// # Errors
    /// If it is not made.
    pub async fn create_webhook(&self, body: &Value) -> anyhow::Result<Webhook> {
        self.post("/api/webhooks", body).await?.json(201)
    }

    /// Reads a webhook.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn webhook(&self, id: &str) -> anyhow::Result<Webhook> {
        self.get(&format!("/api/webhooks/{id}")).await?.json(200)
    }

    /// The caller's webhooks, first page.
    ///
    /// # Errors
    /// If they are not listed.
    pub async fn webhooks(&self) -> anyhow::Result<Page<Webhook>> {
        self.get("/api/webhooks").await?.json(200)
    }

    /// Changes some fields of a webhook, by sending back what reading it returned.
    ///
    /// # Errors
    /// If it is not changed.
    pub async fn change_webhook(&self, id: &str, changes: &Value) -> anyhow::Result<Webhook> {
        let path = format!("/api/webhooks/{id}");
        let mut body: Value = self.get(&path).await?.json(200)?;
        for (field, value) in changes.as_object().context("an object of changes")? {
            body[field] = value.clone();
        }
        self.put(&path, &body).await?.json(200)
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// If it is not deleted.
    pub async fn delete_webhook(&self, id: &str) -> anyhow::Result<()> {
        let answer = self.send(Method::DELETE, &format!("/api/webhooks/{id}"), None).await?;
        ensure!(answer.status == 204, "deleting {id}: {answer:?}");
        Ok(())
    }

    /// A webhook's newest deliveries.
    ///
    /// # Errors
    /// If they are not listed.
    pub async fn deliveries(&self, webhook_id: &str) -> anyhow::Result<Vec<Delivery>> {
        let path = format!("/api/webhooks/{webhook_id}/deliveries?limit=100");
        let page: Page<Delivery> = self.get(&path).await?.json(200)?;
        Ok(page.items)
    }

    /// One delivery.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn delivery(&self, webhook_id: &str, id: &str) -> anyhow::Result<Delivery> {
        self.get(&format!("/api/webhooks/{webhook_id}/deliveries/{id}")).await?.json(200)
    }

    /// Asks for one more attempt of a delivery.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn retry(&self, webhook_id: &str, id: &str) -> anyhow::Result<Answer> {
        let path = format!("/api/webhooks/{webhook_id}/deliveries/{id}/retry");
        self.send(Method::POST, &path, None).await
    }

    /// Asks for a replay of a webhook, or of all, and answers it.
    ///
    /// # Errors
    /// If it is refused, or the answer does not say where to look for it.
    pub async fn replay(&self, webhook: Option<&str>, body: &Value) -> anyhow::Result<Replay> {
        let path = match webhook {
            Some(id) => format!("/api/webhooks/{id}/replay"),
            None => "/api/replays".to_owned(),
        };
        let answer = self.post(&path, body).await?;
        let replay: Replay = answer.json(202)?;
        let location = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let expected = format!("/api/replays/{}", replay.id);
        ensure!(location == Some(expected.as_str()), "Location: {location:?}");
        Ok(replay)
    }

    /// Asks for a test delivery.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn test(&self, webhook_id: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, &format!("/api/webhooks/{webhook_id}/test"), None).await
    }
}

impl Answer {
    /// The body, if the answer has this status.
    ///
    /// # Errors
    /// If the status is another, or the body is not what it should be.
    pub fn json<T: DeserializeOwned>(&self, status: u16) -> anyhow::Result<T> {
        ensure!(self.status == status, "expected {status}, got {}: {}", self.status, self.text);
        serde_json::from_str(&self.text).with_context(|| self.text.clone())
    }

    /// The problem that it tells of, if it has this status and says so as it should.
    ///
    /// # Errors
    /// If the status is another, or it is no well-formed problem.
    pub fn problem(&self, status: u16) -> anyhow::Result<Problem> {
        let problem: Problem = self.json(status)?;
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
        ensure!(
            content_type == Some("application/problem+json") && problem.status == status,
            "an error must be problem+json and repeat its status: {self:?}"
        );
        Ok(problem)
    }
}

/// A client that finds the emulator's host names. Not every resolver knows `*.localhost` (RFC 6761
/// section 6.3 leaves it to them), so names under it are answered here.
///
/// # Errors
/// If the TLS library cannot be set up.
pub(crate) fn http_client(base: &Url) -> anyhow::Result<reqwest::Client> {
    // The client wants a TLS provider chosen even where it only speaks plain HTTP. Whoever set one
    // before chose the same.
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
