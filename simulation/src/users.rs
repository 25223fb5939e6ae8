//! The actions of users and of the platform, through the API.

use crate::{
    aws::{Aws, webhook_changed},
    counts::Count,
    invocation::Invocation,
    ledger::{self, name},
    plan::{Act, PlannedEvent, What, url},
    sim::{Occasion, Sim},
    task::at_once,
    trace::short,
    vocabulary::{Function, Queue},
};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, request::Builder},
};
use grapnel_api::{AdminKeys, Api, Ports, Quotas, router};
use grapnel_domain::{
    delivery::Delivery, event::publish::EventValidation, ids::UserId, key::KeyHash,
    limit::Reservation, ports::ReserveSlots, url_policy::UrlPolicy, webhook::draft::Rules,
};
use grapnel_testing::{ids::SequentialIds, memory::Memory};
use serde_json::{Value, json};
use std::time::Duration;
use tower::ServiceExt;

const ADMIN_KEY: &str = "admin-key-of-the-simulation";

/// The API over the simulated AWS.
struct Simulated;

impl Ports for Simulated {
    type Keys = Aws;
    type Webhooks = Aws;
    type EventTypes = Aws;
    type Deliveries = Aws;
    type Events = Aws;
    type DeliveryQueue = Aws;
    type EventsQueue = Aws;
    type Issuer = Memory;
    type Clock = Aws;
    type Ids = SequentialIds;
}

pub(crate) fn api(sim: &Sim) -> Router {
    let aws = Aws::new(sim);
    let mut hash = [0; 32];
    hex::decode_to_slice(KeyHash::of(ADMIN_KEY).as_str(), &mut hash).expect("64 hex digits");
    router(Api::<Simulated> {
        keys: aws.clone(),
        webhooks: aws.clone(),
        event_types: aws.clone(),
        deliveries: aws.clone(),
        events: aws.clone(),
        delivery_queue: aws.clone(),
        events_queue: aws.clone(),
        clock: aws,
        ids: SequentialIds::new(),
        admin_keys: AdminKeys::new(&[hash]),
        tokens: None,
        quotas: Quotas::default(),
        rules: Rules {
            urls: UrlPolicy::default(),
            retention: sim.plan().settings.retention,
            longest_request_seconds: 30,
            max_webhooks: usize::MAX,
        },
        console: std::sync::Arc::default(),
        has_event_index: true,
        event_validation: EventValidation::Off,
    })
}

/// Starts everything in the plan.
pub(crate) fn begin(sim: &Sim) {
    for planned in &sim.plan().webhooks {
        let (webhook, appears) = (planned.webhook.clone(), planned.appears);
        sim.trace(|| {
            let (id, retry) = (short(webhook.id), &webhook.retry_config);
            format!("{id} has {:?}, {retry:?}", planned.receiver)
        });
        let later = sim.clone();
        let appear = move |sim: &Sim| {
            sim.memory().put_webhook(webhook.clone());
            webhook_changed(sim, &webhook.user_id, webhook.id);
        };
        if appears <= sim.now() {
            appear(sim);
        } else {
            sim.spawn(async move {
                later.sleep_until(appears).await;
                appear(&later);
            });
        }
    }
    for event in &sim.plan().events {
        publish(sim, event);
    }
    if !sim.plan().acts.is_empty() {
        let api = api(sim);
        for act in &sim.plan().acts {
            perform(sim, &api, act);
        }
    }
}

fn publish(sim: &Sim, event: &PlannedEvent) {
    for (index, put) in event.puts.iter().enumerate() {
        let (sim_of_task, body, put) = (sim.clone(), event.body.clone(), *put);
        let count = match (event.malformed, index) {
            (true, _) => Count::Malformed,
            (false, 0) => Count::Events,
            (false, _) => Count::EventsRepeated,
        };
        sim.spawn(async move {
            sim_of_task.sleep_until(put).await;
            put_event(&sim_of_task, body, count);
        });
    }
}

/// A user's event with this number.
pub(crate) fn event_of(user: &str, number: u64) -> String {
    format!(
        r#"{{"id":"eb-{user}-{number}","detail-type":"lead.created","source":"shop","time":"2026-11-24T06:24:00Z","detail":{{"userId":"{user}","id":"{user}{number}"}}}}"#
    )
}

/// An event reaches its queue.
pub(crate) fn put_event(sim: &Sim, body: String, count: Count) {
    put_event_in_turn(sim, body, "", count);
}

/// An event reaches its queue, in a group of messages.
pub(crate) fn put_event_in_turn(sim: &Sim, body: String, group: &str, count: Count) {
    let now = sim.now();
    sim.count(count);
    sim.trace(|| format!("an event is put: {}", body.get(..16).unwrap_or(&body)));
    sim.with(|state| state.ledger.accepts(&body, now));
    sim.memory().events_queue().send(body, group, Duration::ZERO);
    sim.poll_at(Queue::Events, now);
}

fn perform(sim: &Sim, api: &Router, act: &Act) {
    let (at, what) = (act.at, act.what.clone());
    let (sim_of_task, api) = (sim.clone(), api.clone());
    sim.spawn(async move {
        let sim = sim_of_task;
        sim.sleep_until(at).await;
        let began = sim.now();
        let invocation = Invocation::new(Function::Api, began, &[]);
        sim.trace(|| format!("somebody wants to: {what:?}"));
        sim.count(Count::ApiCalls);
        let user = User { sim: sim.clone(), api };
        let task = sim.invoke(invocation, async move { user.wants(what).await });
        // Lambda stops this function as it stops the others.
        let timeout = began.plus(sim.plan().settings.time_budget.function_timeout);
        sim.with(|state| state.enter(timeout, Occasion::Timeout(task)));
    });
}

struct User {
    sim: Sim,
    api: Router,
}

impl User {
    async fn wants(&self, what: What) {
        let status =
            |status: &'static str| move |webhook: &mut Value| webhook["status"] = json!(status);
        match what {
            What::Disable(webhook) => self.change(webhook, status("disabled")).await,
            What::Enable(webhook) => self.change(webhook, status("active")).await,
            What::Delete(webhook) => {
                let path = self.path(webhook, "");
                self.call(Method::DELETE, &path, Body::empty()).await;
            }
            What::Edit(place, retry) => {
                let id = self.sim.plan().webhooks[place].webhook.id;
                let edit = move |webhook: &mut Value| match &retry {
                    Some(retry) => webhook["retryConfig"] = json!(retry),
                    None => webhook["url"] = json!(url(id, 1)),
                };
                self.change(place, edit).await;
            }
            What::Limit(webhook, limit) => {
                let set = move |webhook: &mut Value| webhook["rateLimit"] = json!(limit);
                self.change(webhook, set).await;
            }
            What::Crowd(webhook, count) => self.crowd(webhook, count),
            What::Test(webhook) => {
                let path = self.path(webhook, "/test");
                self.call(Method::POST, &path, Body::empty()).await;
            }
            What::Publish { number, events } => self.publish(number, events).await,
            What::Retry(number) => self.retry(number).await,
            What::Cancel(number) => {
                if let Some(row) = self.some_delivery(number) {
                    self.about(&row, Method::POST, "cancel").await;
                }
            }
            What::EraseResponses(number) => {
                if let Some(row) = self.some_delivery(number) {
                    self.about(&row, Method::DELETE, "responses").await;
                }
            }
            What::Erase(number) => self.erase(number).await,
            What::Replay { webhook, all, status } => {
                let path = if all {
                    let user = &self.sim.plan().webhooks[webhook].webhook.user_id;
                    format!("/api/replays?userId={user}")
                } else {
                    self.path(webhook, "/replay")
                };
                let body = json!({ "status": status }).to_string();
                self.call(Method::POST, &path, Body::from(body)).await;
            }
        }
    }

    /// Takes slots, if the webhook has a rate limit.
    fn crowd(&self, webhook: usize, count: u32) {
        let webhook = &self.sim.plan().webhooks[webhook].webhook;
        let (user, id) = (&webhook.user_id, webhook.id);
        let stored = self.sim.memory().webhooks().into_iter().find(|stored| stored.id == id);
        let Some(limit) = stored.and_then(|stored| stored.rate_limit) else { return };
        let asked = Reservation { count, limit, now: self.sim.now(), seen: None };
        if let Ok(first) = at_once(self.sim.memory().reserve_slots(user, id, &asked)) {
            webhook_changed(&self.sim, user, id);
            self.sim.with(|state| state.ledger.reserved(None, id, &asked, first));
        }
    }

    /// Reads a webhook, changes it and stores it.
    async fn change(&self, webhook: usize, change: impl FnOnce(&mut Value)) {
        let path = self.path(webhook, "");
        if let Some(mut found) = self.call(Method::GET, &path, Body::empty()).await {
            change(&mut found);
            self.call(Method::PUT, &path, Body::from(found.to_string())).await;
        }
    }

    async fn publish(&self, number: u64, events: u64) {
        let event = |place: u64| {
            // An event over 4 KB is not part of its messages.
            let text = "x".repeat(if place % 5 == 4 { 5000 } else { 10 });
            json!({ "type": "lead.created", "data": { "place": place, "text": text } })
        };
        let events: Vec<Value> = (0..events).map(event).collect();
        let user = &self.sim.plan().webhooks[0].webhook.user_id;
        let body = json!({ "userId": user, "events": events }).to_string();
        let key = format!("request-{number}");
        let request = Request::post("/api/events").header("idempotency-key", &key);
        let Some(answer) = self.send(request, "POST /api/events", Body::from(body)).await else {
            return;
        };
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        let ids = items.iter().filter_map(|item| item["id"].as_str()?.parse().ok()).collect();
        self.sim.count(Count::Published);
        self.sim.with(|state| state.ledger.published(&key, ids));
    }

    /// The delivery that a number selects.
    fn some_delivery(&self, number: u64) -> Option<Delivery> {
        self.sim.with(|state| {
            let keys = state.ledger.keys();
            let count = u64::try_from(keys.len()).unwrap_or(u64::MAX);
            let place = usize::try_from(number.checked_rem(count)?).ok()?;
            state.ledger.row(*keys.get(place)?).cloned()
        })
    }

    /// Retries a delivery manually. If that is accepted, the attempt must be made.
    async fn retry(&self, number: u64) {
        let Some(row) = self.some_delivery(number) else { return };
        let (key, attempts, at) = (ledger::key(row.key()), row.attempt_count(), self.sim.now());
        if self.about(&row, Method::POST, "retry").await.is_some() {
            self.sim.count(Count::RetriesAccepted);
            self.sim.with(|state| state.ledger.retry_accepted(key, attempts, at));
        }
    }

    async fn about(&self, row: &Delivery, method: Method, what: &str) -> Option<Value> {
        self.sim.trace(|| format!("{what} {}", name((row.webhook_id, row.id))));
        let path = format!("/api/webhooks/{}/deliveries/{}/{what}", row.webhook_id, row.id);
        let path = format!("{path}?userId={}", row.user_id);
        self.call(method, &path, Body::empty()).await
    }

    /// Erases the data of an event. If that is answered, it must have been done.
    async fn erase(&self, number: u64) {
        let Some(row) = self.some_delivery(number) else { return };
        self.sim.trace(|| format!("erase the data of {}", short(row.event_id)));
        let path = format!("/api/events/{}/payload?userId={}", row.event_id, row.user_id);
        if self.call(Method::DELETE, &path, Body::empty()).await.is_some() {
            self.sim.count(Count::Erased);
            if let Some(event) = self.sim.memory().event_now(&row.user_id, row.event_id) {
                self.sim.with(|state| state.ledger.erasure_answered(&event));
            }
        }
    }

    fn path(&self, webhook: usize, rest: &str) -> String {
        let webhook = &self.sim.plan().webhooks[webhook].webhook;
        let user: &UserId = &webhook.user_id;
        format!("/api/webhooks/{}{rest}?userId={user}", webhook.id)
    }

    /// Returns the body of a success.
    async fn call(&self, method: Method, path: &str, body: Body) -> Option<Value> {
        let request = Request::builder().method(method.clone()).uri(path);
        let name = format!("{method} {}", path.get(..24).unwrap_or(path));
        self.send(request, &name, body).await
    }

    /// Sends a request, with the headers that all requests have.
    async fn send(&self, request: Builder, name: &str, body: Body) -> Option<Value> {
        let request = request
            .header("authorization", format!("Bearer {ADMIN_KEY}"))
            .header("content-type", "application/json")
            .body(body)
            .ok()?;
        let Ok(response) = self.api.clone().oneshot(request).await;
        let status = response.status();
        self.sim.trace(|| format!("{name}: {status}"));
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            self.sim.with(|state| state.ledger.broken(format!("{name}: {status}")));
        }
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.ok()?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        status.is_success().then_some(body)
    }
}
