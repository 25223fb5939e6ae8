//! The path of one event through every part of the system.

use super::{outcome, path::Path};
use crate::{
    intake::Intake,
    invocation::Invocation,
    mutation::Mutation,
    plan::{Faults, MOST_STEPS, Plan, PlannedEvent, PlannedWebhook, Settings, url},
    random::Random,
    receiver::Receiver,
    sim::Sim,
    task::at_once,
    trace::Trace,
    users,
    vocabulary::{Call, Calls, Cut, Function},
    world::{self, Run},
};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::DeliveryStatus,
    event::Retention,
    health::CircuitRules,
    ids::KeyId,
    key::{ApiKey, KeyHash},
    ports::Keys,
    release::PAGE_ROWS,
    retry::{RetryConfig, Schedule},
    scope::Scope,
    time::Timestamp,
};
use grapnel_testing::{
    builders::a_webhook,
    clock::{START, TIME_BUDGET},
    memory::MAX_RECEIVES,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tower::ServiceExt;

const USER: &str = "ada";

const KEY: &str = "key-of-the-scenario";

/// The time of the manual retry. By then every delivery has ended, even if it had to be repaired:
/// the last retry is due after an hour.
const ASKED_AT: Timestamp = at_second(6 * 3600);

/// The first free slot of the webhook with a rate limit: further ahead than the longest queue
/// delay, and half a minute after a full minute.
const FREE_SLOT: Timestamp = at_second(1890);

/// How long the user waits for a response: API Gateway has the same limit.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the user asks. There is only one fault, so twice is enough.
const TRIES: u32 = 2;

const fn at_second(seconds: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + seconds * 1000)
}

/// The delay is chosen so that no single fault moves an attempt past the time at which its receiver
/// changes: each attempt has the same answer in every run.
fn planned(path: Path) -> (Receiver, RetryConfig) {
    let retry = |max_attempts, delay| RetryConfig {
        max_attempts,
        timeout_seconds: 10,
        schedule: Schedule::DelaysSeconds(vec![delay]),
    };
    match path {
        Path::Success | Path::Limited => (Receiver::Answers(200), retry(3, 800)),
        // With its jitter, exactly the longest queue delay.
        Path::Delayed => (Receiver::FailsUntil(at_second(780)), retry(3, 800)),
        Path::Exhausted => (Receiver::FailsUntil(ASKED_AT), retry(2, 3600)),
    }
}

/// The plan. Rows that wait in the index for a circuit breaker or a slot hide the mistakes of wrong
/// handlers, or make them run without end. So for wrong handlers only retries wait in the index,
/// unless the mistake is about slots.
fn plan(order: u64, is_whole: bool) -> Plan {
    let planned = |path: Path| {
        let (receiver, retry) = planned(path);
        let id = path.webhook();
        let webhook = a_webhook().id(id).for_user(USER).url(&url(id, 0)).retry(retry);
        let webhook = match path {
            Path::Limited if is_whole => webhook.limited_to(1).next_slot(FREE_SLOT),
            Path::Limited => webhook.limited_to(1),
            Path::Success | Path::Delayed | Path::Exhausted => webhook,
        };
        PlannedWebhook { webhook: webhook.build(), receiver, appears: START }
    };
    let body = format!(
        r#"{{"id":"eb-1","detail-type":"lead.created","source":"shop","time":"2026-11-24T06:24:00Z","detail":{{"userId":"{USER}","id":"e1"}}}}"#
    );
    Plan {
        // There is a manual retry, and one fault.
        smooth: false,
        settings: Settings {
            retention: Retention { days: 30 },
            longest_queue_delay: QueueDelay::at_most(900),
            time_budget: TIME_BUDGET,
            visibility_timeout: Duration::from_secs(120),
            max_receives: MAX_RECEIVES,
            // In every other order the first failure opens a circuit breaker, and early retries are
            // parked until it is due.
            circuit: CircuitRules {
                failures: if is_whole && order % 2 == 1 { 1 } else { 10 },
                first_interval: Duration::from_secs(1200),
            },
            waiting_page: PAGE_ROWS.into(),
            settled_page: 100,
            intake: Intake::Erratic,
        },
        faults: Faults::none(),
        webhooks: Path::ALL.map(planned).into(),
        events: vec![PlannedEvent { body, puts: vec![at_second(1)], malformed: false }],
        acts: Vec::new(),
        lethal: None,
        until: None,
        most_steps: MOST_STEPS,
    }
}

/// Runs the path with at most one fault. Also returns the calls.
pub(super) fn run(
    order: u64,
    cut: Option<Cut>,
    mutation: Option<Mutation>,
    trace: Trace,
) -> (Run, Vec<Call>) {
    let is_whole = matches!(mutation, None | Some(Mutation::SendsAgainSoon));
    let sim = Sim::of(plan(order, is_whole), Random::new(order), mutation, trace);
    sim.with(|state| state.calls = Some(Calls { cut, ..Calls::default() }));
    let begin = |sim: &Sim| {
        users::begin(sim);
        let user = sim.clone();
        sim.spawn(async move { ask_for_one_more(&user).await });
    };
    let run = world::run_in(sim.clone(), order, begin, |sim| outcome::check(sim, cut));
    let calls = sim.with(|state| state.calls.take()).unwrap_or_default();
    (run, calls.made)
}

/// The user asks until the request is accepted.
async fn ask_for_one_more(sim: &Sim) {
    let api = users::api(sim);
    let id = KeyId::from_uuid(Path::Exhausted.webhook().uuid());
    let key = ApiKey::new(id, plan_user(sim), Scope::OF_USERS.to_vec(), START);
    if let Err(error) = at_once(sim.memory().store_key(&KeyHash::of(KEY), &key)) {
        sim.with(|state| state.ledger.broken(error.to_string()));
    }
    sim.sleep_until(ASKED_AT).await;
    let found = sim.with(|state| {
        let mut keys = state.ledger.keys().into_iter();
        let key = keys.find(|(webhook, _)| *webhook == Path::Exhausted.webhook())?;
        state.ledger.row(key).filter(|row| row.status == DeliveryStatus::Failed).map(|_| key)
    });
    let Some((webhook, delivery)) = found else {
        sim.with(|state| state.ledger.broken("six hours on, it had not failed for good"));
        return;
    };
    for _ in 0..TRIES {
        let path = format!("/api/webhooks/{webhook}/deliveries/{delivery}/retry");
        let answer = Arc::new(Mutex::new(None));
        let (api, place) = (api.clone(), Arc::clone(&answer));
        let invocation = Invocation::new(Function::Api, sim.now(), &[]);
        sim.invoke(invocation, async move {
            let status = post(api, &path).await;
            *place.lock().unwrap_or_else(PoisonError::into_inner) = status;
        });
        sim.sleep(PATIENCE).await;
        let status = *answer.lock().unwrap_or_else(PoisonError::into_inner);
        sim.trace(|| format!("the user sees {status:?}"));
        if status == Some(StatusCode::ACCEPTED) {
            return;
        }
    }
    sim.with(|state| state.ledger.broken("nobody took the order for one more attempt"));
}

fn plan_user(sim: &Sim) -> grapnel_domain::ids::UserId {
    sim.plan().webhooks[0].webhook.user_id.clone()
}

async fn post(api: Router, path: &str) -> Option<StatusCode> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("authorization", format!("Bearer {KEY}"))
        .body(Body::empty())
        .ok()?;
    let Ok(response) = api.oneshot(request).await;
    Some(response.status())
}
