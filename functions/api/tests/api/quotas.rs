//! How often a user may ask.

use crate::world::{ADMIN, Answer, InMemory, World, api, problem};
use axum::http::HeaderName;
use grapnel_api::{Api, Quotas, router};
use grapnel_domain::{ports::PortError, quota::Quota, scope::Scope};
use grapnel_testing::memory::{Effect, Memory, Operation};
use rstest::rstest;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Instances of the API over one AWS.
fn instances(per_minute: u32) -> (World, World) {
    let memory = Memory::new();
    let instance = |memory: &Memory| {
        let quotas = Quotas::new(Quota::new(per_minute));
        World::of(memory.clone(), router(Api::<InMemory> { quotas, ..api(memory) }))
    };
    (instance(&memory), instance(&memory))
}

async fn ask(world: &World, key: &str) -> Answer {
    world.get("/api/webhooks", key).await
}

#[tokio::test]
async fn every_answer_says_where_its_user_stands() {
    let (world, _) = instances(40);
    let key = world.key("ann", &[Scope::WebhooksRead]).await;
    let answers = [
        ask(&world, &key).await,
        world.get("/api/webhooks/wh_unknown", &key).await,
        world.get("/api/replays", &key).await,
    ];
    let statuses = answers.each_ref().map(|answer| answer.status.as_u16());
    assert_eq!(statuses, [200, 404, 403]);
    for (answer, left) in answers.iter().zip([39, 38, 37]) {
        assert_eq!(answer.header(POLICY), Some("\"user\";q=40;w=60"));
        assert_eq!(answer.header(LIMIT), Some(format!("\"user\";r={left};t=60").as_str()));
    }
    for nobodys in [ask(&world, "gk_unknown").await, world.get("/health", &key).await] {
        assert_eq!((nobodys.header(POLICY), nobodys.header(LIMIT)), (None, None));
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again_and_nothing_is_done() {
    let (world, _) = instances(3);
    let (key, other) = (world.full_key("ann").await, world.full_key("bob").await);
    for _ in 0..3 {
        assert_eq!(ask(&world, &key).await.status.as_u16(), 200);
    }
    let lists = world.memory.calls(Operation::ListWebhooks);
    let counts = world.memory.calls(Operation::CountRequests);
    for _ in 0..3 {
        let refused = ask(&world, &key).await;
        assert_eq!(refused.problem(), problem(429, "too_many_requests"));
        assert_eq!(refused.header(axum::http::header::RETRY_AFTER), Some("60"));
        assert_eq!(refused.header(LIMIT), Some("\"user\";r=0;t=60"));
    }
    assert_eq!(world.memory.calls(Operation::ListWebhooks), lists);
    assert_eq!(world.memory.calls(Operation::CountRequests), counts, "a refusal costs no write");

    assert_eq!(ask(&world, &other).await.status.as_u16(), 200);
    world.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(ask(&world, &key).await.status.as_u16(), 200);
}

#[tokio::test]
async fn instances_count_together() {
    let (one, other) = instances(40);
    let key = one.full_key("ann").await;
    for _ in 0..40 {
        assert_eq!(ask(&one, &key).await.status.as_u16(), 200);
    }
    // A share of two is served before the other hears of it.
    let statuses = [ask(&other, &key).await, ask(&other, &key).await, ask(&other, &key).await];
    assert_eq!(statuses.map(|answer| answer.status.as_u16()), [200, 200, 429]);
    assert_eq!(one.memory.calls(Operation::CountRequests), 21, "one for each two requests");
}

#[rstest]
#[tokio::test]
async fn a_count_that_fails_stops_nobody(#[values(Effect::Before, Effect::After)] effect: Effect) {
    let (world, _) = instances(40);
    let key = world.full_key("ann").await;
    let error = PortError::Unavailable("UpdateItem of a count of requests".into());
    world.memory.fail_next(Operation::CountRequests, error, effect);
    for left in (36..40).rev() {
        let answer = ask(&world, &key).await;
        assert_eq!(answer.status.as_u16(), 200);
        // What may have been counted before its answer was lost is counted once more, as others'.
        if effect == Effect::Before || left > 37 {
            assert_eq!(answer.header(LIMIT), Some(format!("\"user\";r={left};t=60").as_str()));
        }
    }
}

#[tokio::test]
async fn an_admin_has_no_quota() {
    let (world, _) = instances(1);
    let stored = world.key("operations", &[Scope::Admin]).await;
    for key in [ADMIN, ADMIN, &stored, &stored] {
        let answer = world.get("/api/webhooks?userId=ann", key).await;
        assert_eq!((answer.status.as_u16(), answer.header(LIMIT)), (200, None));
    }
}
