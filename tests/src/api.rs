//! The HTTP API, as any client sees it.

use crate::{
    model::{CreatedKey, Delivery, Echo, Page, Problem, Replay, Webhook},
    stack::Stack,
};
use anyhow::{Context, ensure};
use grapnel_client::{Client, NewEcho, NewKey};
use reqwest::{Method, header};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A client with a key.
#[derive(Debug, Clone)]
pub struct Api(Client);

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body.
    pub text: String,
}

impl Api {
    /// A client of this stack's API with the admin key.
    ///
    /// # Errors
    /// If the stack's URL is not one.
    pub fn admin(stack: &Stack) -> anyhow::Result<Self> {
        // One try: an answer that comes only when it is asked for twice is a fault.
        let client = Client::builder(&stack.api_url).key(&stack.admin_key).tries(1);
        Ok(Self(client.build()?))
    }

    /// The same client with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        self.with_authorization(Some(format!("Bearer {key}")))
    }

    /// The same client with this `Authorization` header, or none.
    ///
    /// # Panics
    /// If no header can have that value.
    #[must_use]
    pub fn with_authorization(&self, authorization: Option<String>) -> Self {
        let value = authorization.map(|text| text.parse().expect("a header value"));
        Self(self.0.with_authorization(value))
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

    /// Sends a request with these bytes as body and these headers.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn send_as(
        &self,
        method: Method,
        path: &str,
        headers: impl IntoIterator<Item = (header::HeaderName, &str)>,
        body: Vec<u8>,
    ) -> anyhow::Result<Answer> {
        let mut call = self.0.request(method, path).bytes(body);
        for (name, value) in headers {
            call = call.header(name, value.parse()?);
        }
        Answer::to(call).await
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
    pub async fn create_key(&self, user: &str, scopes: &[&str]) -> anyhow::Result<CreatedKey> {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let scopes = Some(scopes).filter(|scopes| !scopes.is_empty());
        let order = NewKey { user_id: Some(user.to_owned()), scopes, ..NewKey::default() };
        Answer::to(self.0.create_key(&order)).await?.json(201)
    }

    /// Makes an echo that fails so many requests first.
    ///
    /// # Errors
    /// If it is not made.
    pub async fn create_echo(&self, secret: &str, fail_first: usize) -> anyhow::Result<Echo> {
        let new = NewEcho { secret: secret.to_owned(), fail_first: Some(fail_first) };
        Answer::to(self.0.create_echo(&new)).await?.json(201)
    }

    /// Reads an echo.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn echo(&self, id: &str) -> anyhow::Result<Echo> {
        Answer::to(self.0.echo(id)).await?.json(200)
    }

    /// Where an echo receives.
    #[must_use]
    pub fn echo_url(&self, echo: &Echo) -> String {
        self.0.echo_url(echo)
    }

    /// Makes a webhook.
    ///
    /// # Errors
    /// If it is not made.
    pub async fn create_webhook(&self, body: &Value) -> anyhow::Result<Webhook> {
        Answer::to(self.0.create_webhook(body)).await?.json(201)
    }

    /// Reads a webhook.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn webhook(&self, id: &str) -> anyhow::Result<Webhook> {
        Answer::to(self.0.webhook(id)).await?.json(200)
    }

    /// The caller's webhooks, first page.
    ///
    /// # Errors
    /// If they are not listed.
    pub async fn webhooks(&self) -> anyhow::Result<Page<Webhook>> {
        Answer::to(self.0.webhooks().page(50, None)).await?.json(200)
    }

    /// Changes some fields of a webhook, by sending back what reading it returned.
    ///
    /// # Errors
    /// If it is not changed.
    pub async fn change_webhook(&self, id: &str, changes: &Value) -> anyhow::Result<Webhook> {
        let mut body: Value = Answer::to(self.0.webhook(id)).await?.json(200)?;
        for (field, value) in changes.as_object().context("an object of changes")? {
            body[field] = value.clone();
        }
        Answer::to(self.0.replace_webhook(id, &body)).await?.json(200)
    }

    /// Deletes a webhook.
    ///
    /// # Errors
    /// If it is not deleted.
    pub async fn delete_webhook(&self, id: &str) -> anyhow::Result<()> {
        let answer = Answer::to(self.0.delete_webhook(id)).await?;
        ensure!(answer.status == 204, "deleting {id}: {answer:?}");
        Ok(())
    }

    /// A webhook's newest deliveries.
    ///
    /// # Errors
    /// If they are not listed.
    pub async fn deliveries(&self, webhook_id: &str) -> anyhow::Result<Vec<Delivery>> {
        let call = self.0.deliveries(webhook_id).page(100, None);
        let page: Page<Delivery> = Answer::to(call).await?.json(200)?;
        Ok(page.items)
    }

    /// One delivery.
    ///
    /// # Errors
    /// If it is not there.
    pub async fn delivery(&self, webhook_id: &str, id: &str) -> anyhow::Result<Delivery> {
        Answer::to(self.0.delivery(webhook_id, id)).await?.json(200)
    }

    /// Asks for one more attempt of a delivery.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn retry(&self, webhook_id: &str, id: &str) -> anyhow::Result<Answer> {
        Answer::to(self.0.retry_delivery(webhook_id, id)).await
    }

    /// Asks for a replay of a webhook, or of all, and answers it.
    ///
    /// # Errors
    /// If it is refused, or the answer does not say where to look for it.
    pub async fn replay(&self, webhook: Option<&str>, body: &Value) -> anyhow::Result<Replay> {
        let answer = Answer::to(match webhook {
            Some(id) => self.0.replay_webhook(id, body),
            None => self.0.replay_all(body),
        })
        .await?;
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
        Answer::to(self.0.test_webhook(webhook_id, None)).await
    }
}

impl Answer {
    /// The answer to a call, whatever its status.
    async fn to<T>(call: grapnel_client::Call<T>) -> anyhow::Result<Self> {
        let grapnel_client::Answer { status, headers, text, .. } = call.answer().await?;
        Ok(Self { status, headers, text })
    }

    /// The body, if the answer has this status. The client ignores fields that it does not know;
    /// here a field that appears, disappears or changes its name is a broken contract, so what was
    /// read must be all that there was.
    ///
    /// # Errors
    /// If the status is another, or the body is not exactly what it should be.
    pub fn json<T: DeserializeOwned + Serialize>(&self, status: u16) -> anyhow::Result<T> {
        ensure!(self.status == status, "expected {status}, got {}: {}", self.status, self.text);
        let read: T = serde_json::from_str(&self.text).with_context(|| self.text.clone())?;
        let known = serde_json::to_value(&read)?;
        let all: Value = serde_json::from_str(&self.text)?;
        ensure!(known == all, "the client reads {known}, the API says {all}");
        Ok(read)
    }

    /// The problem in the answer, if it has this status and the right form.
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
