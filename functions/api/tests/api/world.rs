//! An API over memory, and requests to it.

use crate::contract;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderName, Request, StatusCode, header},
};
use grapnel_api::{AdminKeys, Api, Ports, Quotas, Tokens, router};
use grapnel_domain::{
    event::{Retention, publish::EventValidation},
    key::{ApiKey, KeyHash},
    ports::{GenerateIds, Keys},
    scope::Scope,
    token::TokenRules,
    url_policy::UrlPolicy,
    webhook::draft::Rules,
};
use grapnel_testing::{
    builders::user,
    clock::{ManualClock, START},
    ids::SequentialIds,
    memory::Memory,
};
use serde_json::Value;
use tower::ServiceExt;

/// The header that names a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The admin's key.
pub(crate) const ADMIN: &str = "admin-key-of-the-tests";
/// Most webhooks of one user.
pub(crate) const MAX_WEBHOOKS: usize = 100;
/// What is the same for everybody, and no secret.
const PUBLIC: [&str; 3] = ["/api/openapi.json", "/docs", "/docs/redoc.js"];
/// The key that replaces it.
pub(crate) const NEXT_ADMIN: &str = "next-admin-key-of-the-tests";

/// Every port in memory.
pub(crate) struct InMemory;

impl Ports for InMemory {
    type Keys = Memory;
    type Webhooks = Memory;
    type EventTypes = Memory;
    type Deliveries = Memory;
    type Events = Memory;
    type DeliveryQueue = Memory;
    type EventsQueue = Memory;
    type Issuer = Memory;
    type Clock = ManualClock;
    type Ids = SequentialIds;
}

/// The rules of a production deployment.
pub(crate) fn rules() -> Rules {
    Rules {
        urls: UrlPolicy::default(),
        retention: Retention { days: 30 },
        longest_request_seconds: 30,
        max_webhooks: MAX_WEBHOOKS,
    }
}

/// The API of a deployment with two admin keys.
pub(crate) fn api(memory: &Memory) -> Api<InMemory> {
    Api {
        keys: memory.clone(),
        webhooks: memory.clone(),
        event_types: memory.clone(),
        deliveries: memory.clone(),
        events: memory.clone(),
        delivery_queue: memory.clone(),
        events_queue: memory.clone(),
        clock: memory.clock(),
        ids: SequentialIds::new(),
        admin_keys: admin_keys(),
        tokens: None,
        quotas: Quotas::default(),
        rules: rules(),
        console: std::sync::Arc::default(),
        has_event_index: true,
        event_validation: EventValidation::Off,
    }
}

/// The hashes of [`ADMIN`] and [`NEXT_ADMIN`].
pub(crate) fn admin_keys() -> AdminKeys {
    let hashes = [ADMIN, NEXT_ADMIN].map(|key| {
        let mut hash = [0; 32];
        hex::decode_to_slice(KeyHash::of(key).as_str(), &mut hash).expect("hex");
        hash
    });
    AdminKeys::new(&hashes)
}

/// An API and what is behind it.
pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) clock: ManualClock,
    router: Router,
}

impl World {
    /// Empty.
    pub(crate) fn new() -> Self {
        let memory = Memory::new();
        let router = router(api(&memory));
        Self::of(memory, router)
    }

    /// Where tokens by these rules are believed too.
    pub(crate) fn believing(rules: TokenRules) -> Self {
        let memory = Memory::new();
        let tokens = Some(Tokens::new(rules, memory.clone()));
        let router = router(Api { tokens, ..api(&memory) });
        Self::of(memory, router)
    }

    /// A world in which published events are checked by the catalogue.
    pub(crate) fn validating(event_validation: EventValidation) -> Self {
        let memory = Memory::new();
        let router = router(Api { event_validation, ..api(&memory) });
        Self::of(memory, router)
    }

    /// This router in front of this memory.
    pub(crate) fn of(memory: Memory, router: Router) -> Self {
        Self { clock: memory.clock(), memory, router }
    }

    /// Makes a key for a user.
    pub(crate) async fn key(&self, user_id: &str, scopes: &[Scope]) -> String {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        let key = format!("gk_{user_id}_{}", names.join("_"));
        let id = SequentialIds::new().key_id();
        let stored = ApiKey::new(id, user(user_id), scopes.to_vec(), START);
        self.memory.store_key(&KeyHash::of(&key), &stored).await.expect("stored");
        key
    }

    /// Makes a key with every scope of a user.
    pub(crate) async fn full_key(&self, user_id: &str) -> String {
        self.key(user_id, &Scope::OF_USERS).await
    }

    /// The API itself.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Begins a request.
    pub(crate) fn call(&self, method: &str, path: impl Into<String>) -> Call {
        Call {
            router: self.router.clone(),
            method: method.to_owned(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// `GET` with a key.
    pub(crate) async fn get(&self, path: impl Into<String>, key: &str) -> Answer {
        self.call("GET", path).key(key).send().await
    }

    /// Every page of a list, as a caller gets them who follows the cursors. The path has a query.
    pub(crate) async fn pages(&self, path: &str, key: &str) -> Vec<Answer> {
        let (mut pages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(format!("{path}{cursor}"), key).await;
            let next = page.next_cursor();
            pages.push(page);
            let Some(next) = next else { return pages };
            cursor = format!("&cursor={next}");
        }
    }

    /// The ids on every page of a list. The path has a query.
    pub(crate) async fn all_ids(&self, path: &str, key: &str) -> Vec<String> {
        self.pages(path, key).await.iter().flat_map(Answer::ids).collect()
    }

    /// `POST` with a key and no body.
    pub(crate) async fn post(&self, path: impl Into<String>, key: &str) -> Answer {
        self.call("POST", path).key(key).send().await
    }
}

/// A request to be.
#[derive(Clone)]
pub(crate) struct Call {
    router: Router,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// With this key.
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// With one header more.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body as it is.
    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With a JSON body and its content type.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::builder().method(self.method.as_str()).uri(&self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(Body::from(self.body.clone())).expect("a request")
    }

    /// Sends it and looks at nothing but the status.
    pub(crate) async fn status(self) -> StatusCode {
        let request = self.request();
        self.router.oneshot(request).await.expect("infallible").status()
    }

    /// Sends it and reads the whole answer, of which some things always hold.
    pub(crate) async fn send(self) -> Answer {
        let (sent, path) = (self.body.clone(), self.path.clone());
        let method = self.request().method().clone();
        let answer = self.page().await;
        let answered = (answer.status, &answer.headers, answer.text.as_str());
        contract::hold((&method, &path), &sent, answered);
        let path = path.split('?').next().unwrap_or_default();
        answer.check_what_always_holds(PUBLIC.contains(&path));
        answer
    }

    /// Sends it and reads the whole answer: for pages, which the document does not describe.
    pub(crate) async fn page(self) -> Answer {
        let request = self.request();
        let response = self.router.oneshot(request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let text = match parts.headers.contains_key(header::CONTENT_ENCODING) {
            true => String::from_utf8_lossy(&bytes).into_owned(),
            false => String::from_utf8(bytes.to_vec()).expect("UTF-8"),
        };
        Answer { status: parts.status, headers: parts.headers, text }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// A header's text.
    pub(crate) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }

    /// The body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    /// The webhook in the body without how its endpoint is doing, which only reading it shows.
    pub(crate) fn configuration(&self) -> Value {
        let mut webhook = self.json();
        webhook.as_object_mut().expect("a webhook").remove("health");
        webhook
    }

    /// The body's items.
    pub(crate) fn items(&self) -> Vec<Value> {
        self.json()["items"].as_array().expect("a list").clone()
    }

    /// The ids of the body's items.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.texts("id")
    }

    /// A field of each of the body's items.
    pub(crate) fn texts(&self, field: &str) -> Vec<String> {
        assert_eq!(self.status.as_u16(), 200, "{}", self.text);
        self.items().iter().map(|item| item[field].as_str().expect("text").to_owned()).collect()
    }

    /// Where the next page begins.
    pub(crate) fn next_cursor(&self) -> Option<String> {
        self.json().get("nextCursor").map(|cursor| cursor.as_str().expect("text").to_owned())
    }

    /// A problem's status and code.
    pub(crate) fn problem(&self) -> (u16, String) {
        let code = self.json()["code"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), code)
    }

    /// The names of the fields that a problem names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().expect("text").to_owned()).collect()
    }

    #[track_caller]
    fn check_what_always_holds(&self, is_public: bool) {
        assert_eq!(self.header(header::X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
        assert_eq!(self.header(header::STRICT_TRANSPORT_SECURITY), Some("max-age=31536000"));
        assert!(self.header(REQUEST_ID).is_some_and(|id| !id.is_empty()));
        if is_public && self.status.as_u16() < 400 {
            return;
        }
        assert_eq!(self.header(header::CACHE_CONTROL), Some("no-store"));
        let content_type = self.header(header::CONTENT_TYPE);
        if self.status.is_success() {
            let expected = (self.status != StatusCode::NO_CONTENT).then_some("application/json");
            assert_eq!(content_type, expected);
            return;
        }
        assert_eq!(content_type, Some("application/problem+json"));
        if self.text.is_empty() {
            // An answer to `HEAD`.
            return;
        }
        let problem = self.json();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], self.status.as_u16());
        for member in ["title", "code", "detail"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}");
        }
        if self.status == StatusCode::UNAUTHORIZED {
            assert_eq!(self.header(header::WWW_AUTHENTICATE), Some("Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            assert!(self.header(header::RETRY_AFTER).is_some());
        }
    }
}

/// The code of a problem with its status, to compare with [`Answer::problem`].
pub(crate) fn problem(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
