//! Requests to the API, as the visitor's session.

use crate::{
    backend::{Answer, Backend},
    frame::Section,
    links::query_string,
    page::{self, Message},
    text::visible,
    visitor::{Stop, Visitor},
};
use axum::http::{Method, Request, StatusCode, header};
use grapnel_wire::{
    problem::Problem,
    scope::Scope,
    webhook::{Webhook, WebhookPage},
};
use serde::de::DeserializeOwned;

/// The API's path of a webhook.
pub(crate) fn of_webhook(id: &str) -> String {
    format!("/api/webhooks/{id}")
}

/// The API, for one visitor.
pub(crate) struct Ask<'a, B> {
    backend: &'a B,
    visitor: &'a Visitor,
}

/// What the API answered.
#[derive(Debug)]
pub(crate) struct Got<T> {
    pub(crate) value: T,
    /// The version, to send as `If-Match`.
    pub(crate) tag: String,
}

/// Why the API did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// The API's code of the problem. Empty if the console found the fault, or could not read the answer.
    pub(crate) code: String,
    /// A sentence.
    pub(crate) text: String,
    /// What is wrong, with its name.
    pub(crate) faults: Vec<(String, String)>,
}

/// A request that changes something.
#[derive(Debug, Default)]
pub(crate) struct Change<'a> {
    /// JSON text: numbers keep their digits.
    pub(crate) body: Option<String>,
    /// The version that the reader saw.
    pub(crate) if_match: Option<&'a str>,
    /// What makes a repeat harmless.
    pub(crate) idempotency_key: Option<&'a str>,
    /// Seconds that the answer may wait for an attempt.
    pub(crate) wait_seconds: Option<u32>,
}

impl<'a, B: Backend> Ask<'a, B> {
    pub(crate) fn new(backend: &'a B, visitor: &'a Visitor) -> Self {
        Self { backend, visitor }
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Got<T>, Failure> {
        self.send(Method::GET, path, parameters, Change::default()).await
    }

    /// The user's first hundred webhooks, for their names. `None` if the session may not see them, or they could
    /// not be read.
    pub(crate) async fn webhooks(&self) -> Option<Vec<Webhook>> {
        if !self.visitor.session.may(Scope::WebhooksRead) {
            return None;
        }
        let page = self.get::<WebhookPage>("/api/webhooks", &[("limit", "100")]).await.ok()?;
        Some(page.value.items)
    }

    /// Changes something.
    pub(crate) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        change: Change<'_>,
    ) -> Result<Got<T>, Failure> {
        self.send(method, path, &[], change).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        parameters: &[(&str, &str)],
        change: Change<'_>,
    ) -> Result<Got<T>, Failure> {
        let user = self.visitor.links.user().map(|user| ("userId", user));
        let all: Vec<_> = user.into_iter().chain(parameters.iter().copied()).collect();
        let mut request =
            Request::builder().method(method).uri(format!("{path}{}", query_string(&all)));
        if change.body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(tag) = change.if_match {
            request = request.header(header::IF_MATCH, tag);
        }
        if let Some(key) = change.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        if let Some(seconds) = change.wait_seconds {
            request = request.header("prefer", format!("wait={seconds}"));
        }
        let body = change.body.map(String::into_bytes).unwrap_or_default();
        let request = request.body(body).map_err(|_| Failure::unreadable())?;
        read(&self.backend.call(&self.visitor.session, request).await)
    }
}

fn read<T: DeserializeOwned>(answer: &Answer) -> Result<Got<T>, Failure> {
    if !answer.status.is_success() {
        return Err(Failure::of(answer));
    }
    let tag = answer.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let nothing = axum::body::Bytes::from_static(b"null");
    let body = if answer.body.is_empty() { &nothing } else { &answer.body };
    let value = serde_json::from_slice(body).map_err(|_| Failure::unreadable())?;
    Ok(Got { value, tag: tag.unwrap_or_default().to_owned() })
}

impl Failure {
    fn of(answer: &Answer) -> Self {
        let Ok(problem) = serde_json::from_slice::<Problem>(&answer.body) else {
            return Self { status: answer.status, ..Self::unreadable() };
        };
        // The API speaks to programs, which have keys.
        let text = match problem.code.as_str() {
            "missing_scope" | "admin_required" => problem.detail.replacen("This key", "Your session", 1),
            "changed_meanwhile" => {
                "It has changed since you opened the page. Nothing was done: look at it again, and then \
                 decide."
                    .to_owned()
            }
            _ => problem.detail,
        };
        let faults = problem.errors.iter();
        let faults = faults.map(|fault| (visible(&fault.field), visible(&fault.message)));
        Self {
            status: answer.status,
            code: problem.code,
            text: visible(&text),
            faults: faults.collect(),
        }
    }

    fn unreadable() -> Self {
        let text = "The answer of the API could not be read.".to_owned();
        Self::new(StatusCode::BAD_GATEWAY, text)
    }

    fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, code: String::new(), text: text.into(), faults: Vec::new() }
    }

    /// What the console finds before it asks.
    pub(crate) fn of_faults(faults: Vec<(String, String)>) -> Self {
        let text = "The form has faults.";
        Self { faults, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, text) }
    }

    /// What is no id is an id of nothing.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such resource.")
    }

    /// The page that says so, with a way back to the page that the visitor came from.
    pub(crate) fn page(self, visitor: &Visitor, back: &str) -> Stop {
        if self.status == StatusCode::NOT_FOUND {
            return visitor.not_found();
        }
        let title = match self.status {
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::TOO_MANY_REQUESTS => "Too many requests",
            status if status.is_server_error() => "Temporarily unavailable",
            _ => "This was not done",
        };
        let page = Message {
            frame: visitor.frame(title, Section::Other),
            text: self.text,
            faults: self.faults,
            back: Some((back.to_owned(), "Back")),
        };
        page::html(self.status, &page).into()
    }
}
