//! Requests to the API: the router as it is deployed, with its log lines, over ports in memory. What
//! comes on top on AWS is the runtime's: to read the event of API Gateway, and to call DynamoDB.

use crate::measure;
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
};
use grapnel_api::{AdminKeys, Api, Ports, Quotas, router};
use grapnel_domain::{
    delivery::Reason,
    event::{Retention, publish::EventValidation},
    ids::DeliveryId,
    key::{ApiKey, KeyHash},
    ports::{GenerateIds, StoreWebhooks},
    quota::Quota,
    scope::Scope,
    url_policy::UrlPolicy,
    webhook::{Webhook, draft::Rules},
};
use grapnel_testing::{
    builders::{USER, a_delivery, a_webhook, an_event, user},
    clock::{ManualClock, START},
    ids::SequentialIds,
    memory::Memory,
};
use serde_json::json;
use std::{io, time::Duration};
use tokio::runtime::{Builder, Runtime};
use tower::Service;
use tracing::Level;

/// Webhooks of the user, and deliveries of one of them: a full page of each.
const PAGE: usize = 50;

const KEY: &str = "gk_of_the_user";

struct InMemory;

impl Ports for InMemory {
    type Keys = Memory;
    type Webhooks = Memory;
    type Deliveries = Memory;
    type Events = Memory;
    type EventTypes = Memory;
    type DeliveryQueue = Memory;
    type EventsQueue = Memory;
    type Issuer = Memory;
    type Clock = ManualClock;
    type Ids = SequentialIds;
}

/// Prints what they take.
pub(crate) fn print() {
    grapnel_telemetry::init_to(Level::INFO, io::sink);
    let mut bench = Bench::new();
    let memory = bench.memory.clone();
    let webhook = bench.webhook.clone();
    let (one, all) = (format!("/api/webhooks/{}", webhook.id), "/api/webhooks".to_owned());
    let deliveries = format!("{one}/deliveries");
    let retry = format!("{deliveries}/{}/retry", bench.failed);
    let draft = json!({
        "name": "made here",
        "url": "https://hooks.example.com/orders",
        "events": ["lead.created", "lead.enriched"],
        "headers": {"x-tenant": "7"},
        "metadata": {"team": "shop"},
    });

    let beside = runtime();
    println!("Requests with a user's key:");
    bench.time("list of 50 webhooks", &Sent::get(&all, StatusCode::OK), || ());
    let create = Sent { body: draft.to_string(), ..Sent::post(&all, StatusCode::CREATED) };
    bench.time("create a webhook", &create, || {
        // So that the next is the 51st again.
        for made in memory.webhooks().into_iter().filter(|made| made.texts.name == "made here") {
            let gone = beside.block_on(memory.delete_webhook(&made.user_id, made.id));
            assert_eq!(gone, Ok(true));
        }
    });
    bench.time("get a webhook", &Sent::get(&one, StatusCode::OK), || ());
    bench.time("list of 50 deliveries", &Sent::get(&deliveries, StatusCode::OK), || ());
    bench.time("retry a delivery", &Sent::post(&retry, StatusCode::ACCEPTED), || {
        assert_eq!(memory.delivery_queue().take_due().len(), 1);
    });
}

/// A request, and what comes of it.
struct Sent<'a> {
    method: &'static str,
    path: &'a str,
    body: String,
    answer: StatusCode,
}

impl<'a> Sent<'a> {
    const fn get(path: &'a str, answer: StatusCode) -> Self {
        Self { method: "GET", path, body: String::new(), answer }
    }

    const fn post(path: &'a str, answer: StatusCode) -> Self {
        Self { method: "POST", path, body: String::new(), answer }
    }

    fn request(&self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        request = request.header("authorization", format!("Bearer {KEY}"));
        if !self.body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        request.body(Body::from(self.body.clone())).expect("a request")
    }
}

/// A user with a page of webhooks, one of which has a page of deliveries.
struct Bench {
    memory: Memory,
    router: Router,
    runtime: Runtime,
    webhook: Webhook,
    failed: DeliveryId,
}

impl Bench {
    fn new() -> Self {
        let memory = Memory::new();
        let key =
            ApiKey::new(SequentialIds::new().key_id(), user(USER), Scope::OF_USERS.to_vec(), START);
        memory.put_key(&KeyHash::of(KEY), key);
        let webhooks: Vec<Webhook> = (0..PAGE).map(|_| ordinary_webhook()).collect();
        webhooks.iter().for_each(|webhook| memory.put_webhook(webhook.clone()));
        let webhook = webhooks[0].clone();
        let deliveries = (0..PAGE).map(|number| {
            let event = an_event().of_type("lead.created").build();
            let delivery = a_delivery().of(&event).to(&webhook);
            memory.put_event(event);
            // One of ten took a few attempts in vain.
            if number % 10 == 0 {
                delivery.failed(5, Reason::AttemptsExhausted).build()
            } else {
                delivery.delivered().build()
            }
        });
        let deliveries: Vec<_> = deliveries.collect();
        let failed = deliveries[0].id;
        deliveries.into_iter().for_each(|delivery| memory.put_delivery(delivery));
        Self { router: router(api(&memory)), memory, runtime: runtime(), webhook, failed }
    }

    /// Prints what a request takes. `after` each of them is not counted.
    fn time(&mut self, what: &str, sent: &Sent<'_>, mut after: impl FnMut()) {
        measure::print(what, || {
            let request = sent.request();
            let taken = self.taken_by(request, sent.answer);
            after();
            taken
        });
    }

    /// The processor time from a request to the last byte of its answer.
    fn taken_by(&mut self, request: Request<Body>, expected: StatusCode) -> Duration {
        measure::taken_by(|| {
            self.runtime.block_on(async {
                let response = self.router.call(request).await.expect("infallible");
                let status = response.status();
                let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
                assert_eq!(status, expected, "{body:?}");
            });
        })
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn ordinary_webhook() -> Webhook {
    a_webhook().events(["lead.created", "lead.enriched"]).header("x-tenant", "7").build()
}

fn api(memory: &Memory) -> Api<InMemory> {
    Api {
        keys: memory.clone(),
        webhooks: memory.clone(),
        deliveries: memory.clone(),
        events: memory.clone(),
        event_types: memory.clone(),
        delivery_queue: memory.clone(),
        events_queue: memory.clone(),
        clock: memory.clock(),
        ids: SequentialIds::new(),
        admin_keys: AdminKeys::new(&[]),
        tokens: None,
        console: std::sync::Arc::default(),
        has_event_index: true,
        event_validation: EventValidation::Off,
        // Counted, and never reached.
        quotas: Quotas::new(Quota::new(1_000_000)),
        rules: Rules {
            urls: UrlPolicy::default(),
            retention: Retention { days: 30 },
            longest_request_seconds: 30,
            max_webhooks: 100,
        },
    }
}
