//! A backend that answers as a test says, and requests to the console in front of it.

pub(crate) use crate::samples::*;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
};
use grapnel_console::{
    Answer, Backend, Kind, Look, Refusal, Session, Settings, SignedIn, Unavailable, router,
};
use grapnel_wire::{scope::Scope, time::Timestamp};
use http::{HeaderMap, HeaderName, Request, StatusCode, header};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tower::ServiceExt;

/// The token of the session that runs.
pub(crate) const TOKEN: &str = "gcs_of_the_tests";
/// The host of every request.
pub(crate) const HOST: &str = "grapnel.example.com";
pub(crate) const WEBHOOK: &str = "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab";
pub(crate) const DELIVERY: &str = "dlv_01938d2e-7b1c-8c3a-9f00-1234567890ab";
pub(crate) const EVENT: &str = "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab";
pub(crate) const TIME: &str = "2026-11-24T06:24:00.000Z";

/// A request that the console made to the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) line: String,
    pub(crate) body: String,
    pub(crate) if_match: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, (u16, Value)>,
    session: Option<Session>,
    is_down: bool,
    keeps_sessions: bool,
    /// Whether too many sessions run to end all of them at once.
    has_too_many: bool,
    /// The user of every portal link.
    link_user: Option<String>,
    /// The page that every link names.
    next: Option<String>,
    refusal: Option<Refusal>,
    made: Vec<Made>,
    signed_out: Vec<String>,
    forms: usize,
    /// The version of everything, if it is not the first.
    tag: Option<String>,
}

/// The console and what is behind it.
#[derive(Clone, Default)]
pub(crate) struct World(Arc<Mutex<State>>, Arc<Settings>);

impl Backend for World {
    fn settings(&self) -> &Arc<Settings> {
        &self.1
    }

    async fn sign_in(&self, credential: &str) -> Result<SignedIn, Refusal> {
        let state = self.state();
        if let Some(refusal) = state.refusal {
            return Err(refusal);
        }
        let kind = if credential.starts_with("gpl_") { Kind::Portal } else { Kind::Key };
        let session = Session { kind, ..session(&Scope::OF_USERS) };
        Ok(SignedIn { token: "gcs_new".into(), session, next: state.next.clone() })
    }

    async fn session(&self, token: &str) -> Result<Option<Session>, Unavailable> {
        let state = self.state();
        match state.is_down {
            true => Err(Unavailable),
            false => Ok(state.session.clone().filter(|_| token == TOKEN)),
        }
    }

    async fn sign_out(&self, token: &str) -> Result<(), Unavailable> {
        let mut state = self.state();
        state.signed_out.push(token.to_owned());
        if state.keeps_sessions { Err(Unavailable) } else { Ok(()) }
    }

    fn now(&self) -> Timestamp {
        TIME.parse().expect("a time")
    }

    fn form_name(&self) -> String {
        let mut state = self.state();
        state.forms += 1;
        format!("form-{}", state.forms)
    }

    async fn sign_out_everywhere(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<bool, Unavailable> {
        let mut state = self.state();
        if state.keeps_sessions {
            return Err(Unavailable);
        }
        state.signed_out.push(format!("all of {}, then {token}", session.user));
        Ok(!state.has_too_many)
    }

    async fn link_user(&self, _: &str) -> Result<Option<String>, Unavailable> {
        Ok(self.state().link_user.clone())
    }

    async fn call(&self, _: &Session, request: Request<Vec<u8>>) -> Answer {
        let mut state = self.state();
        let text = |name: &str| {
            let value = request.headers().get(name);
            value.map(|value| value.to_str().expect("text").to_owned())
        };
        state.made.push(Made {
            line: format!("{} {}", request.method(), request.uri()),
            body: String::from_utf8_lossy(request.body()).into_owned(),
            if_match: text("if-match"),
            idempotency_key: text("idempotency-key"),
        });
        let path = format!("{} {}", request.method(), request.uri().path());
        let missing = (404, problem(404, "not_found", "There is no such resource."));
        let (status, body) = state.answers.get(&path).cloned().unwrap_or(missing);
        let tag = state.tag.as_deref().unwrap_or("\"7\"").parse();
        let headers = [(header::ETAG, tag.expect("a value"))];
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: headers.into_iter().collect(),
            body: Bytes::from(body.to_string()),
        }
    }
}

/// A session with these scopes.
pub(crate) fn session(scopes: &[Scope]) -> Session {
    Session {
        id: "key_1".into(),
        user: "user-1".into(),
        scopes: scopes.to_vec(),
        kind: Kind::Key,
        expires_at: Timestamp::LAST,
        look: Look::default(),
    }
}

impl World {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    /// A session with these scopes runs, and the API has one webhook with one delivery.
    pub(crate) fn with(scopes: &[Scope]) -> Self {
        let world = Self::default();
        world.state().session = Some(session(scopes));
        let path = format!("/api/webhooks/{WEBHOOK}");
        let of_delivery = format!("{path}/deliveries/{DELIVERY}");
        world.answers("GET /api/deliveries", 200, page_of(vec![delivery(json!({}))]));
        world.answers("GET /api/stats", 200, stats(json!({})));
        world.answers("GET /api/webhooks", 200, page_of(vec![webhook(json!({}))]));
        let secret = json!({"secret": "whsec_shown", "previousSecrets": [{"validUntil": TIME}]});
        world.answers(&format!("GET {path}/secret"), 200, secret);
        let types = page_of(vec![event_type(json!({}))]);
        world.answers("GET /api/event-types", 200, types);
        world.answers(&format!("GET {path}"), 200, webhook(json!({})));
        world.answers(&format!("GET {path}/deliveries"), 200, page_of(vec![delivery(json!({}))]));
        world.answers(&format!("GET {of_delivery}"), 200, delivery(json!({})));
        world.answers(&format!("GET /api/events/{EVENT}"), 200, event(json!({})));
        world
    }

    pub(crate) fn full() -> Self {
        Self::with(&Scope::OF_USERS)
    }

    /// The session is one of a portal link, with this look.
    pub(crate) fn of_portal(self, look: Look) -> Self {
        if let Some(session) = &mut self.state().session {
            (session.kind, session.look) = (Kind::Portal, look);
        }
        self
    }

    /// A deployment that decides so.
    pub(crate) fn deciding(self, settings: Settings) -> Self {
        Self(self.0, Arc::new(settings))
    }

    /// Every link is for this user, and names this page.
    pub(crate) fn links(&self, user: &str, next: Option<&str>) {
        let mut state = self.state();
        (state.link_user, state.next) = (Some(user.to_owned()), next.map(ToOwned::to_owned));
    }

    /// The user has more sessions than can be ended at once.
    pub(crate) fn has_too_many(&self) {
        self.state().has_too_many = true;
    }

    pub(crate) fn answers(&self, request: &str, status: u16, body: Value) {
        self.state().answers.insert(request.to_owned(), (status, body));
    }

    /// Everything has another version from now on.
    pub(crate) fn has_version(&self, tag: &str) {
        self.state().tag = Some(tag.to_owned());
    }

    pub(crate) fn refuses(&self, refusal: Refusal) {
        self.state().refusal = Some(refusal);
    }

    pub(crate) fn is_down(&self) {
        self.state().is_down = true;
    }

    /// No session can be ended.
    pub(crate) fn keeps_sessions(&self) {
        self.state().keeps_sessions = true;
    }

    pub(crate) fn made(&self) -> Vec<Made> {
        self.state().made.clone()
    }

    pub(crate) fn signed_out(&self) -> Vec<String> {
        self.state().signed_out.clone()
    }

    fn router(&self) -> Router {
        router(self.clone())
    }

    /// `GET` with the session's cookie.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.get_with(path, &[("cookie", &cookie())]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Page {
        self.send("GET", path, headers, "").await
    }

    /// A form of a page of ours, with the session's cookie.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let origin = format!("https://{HOST}");
        self.post_with(path, fields, &[("cookie", &cookie()), ("origin", &origin)]).await
    }

    pub(crate) async fn post_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Page {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &[&form, headers].concat(), &body).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Page {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = self.router().oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.expect("a body");
        Page { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }
}

pub(crate) fn cookie() -> String {
    format!("__Host-grapnel-session={TOKEN}")
}

/// An answer of the console.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
}

impl Page {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("UTF-8")
    }

    pub(crate) fn header(&self, name: HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    pub(crate) fn location(&self) -> &str {
        self.header(header::LOCATION)
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        lines.map(|line| line.to_str().expect("text")).collect()
    }

    /// The value of the first hidden field of this name.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        let begin = format!(r#"<input type="hidden" name="{name}" value=""#);
        let rest = self.text().split_once(&begin).map_or("", |(_, rest)| rest);
        rest.split('"').next().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.text().contains(text), "{text} is not in {}", self.text());
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{text} is in {}", self.text());
    }
}
