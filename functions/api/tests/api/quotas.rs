//! How often a user may ask.

use crate::world::{ADMIN, Answer, InMemory, World, api, problem};
use axum::http::HeaderName;
use grapnel_api::{Api, Quotas, router};
use grapnel_domain::{
    delivery::Reason, ports::PortError, quota::Quota, scope::Scope, webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event},
    memory::{Effect, Memory, Operation},
};
use rstest::rstest;
use tokio::time::Instant;

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

/// A test of a webhook whose attempt is never recorded.
async fn test_in_vain(world: &World, key: &str, webhook: &Webhook) -> Answer {
    world.post(format!("/api/webhooks/{}/test", webhook.id), key).await
}

/// The seconds since then, of which the last may have only begun.
fn waited(began: Instant) -> u128 {
    began.elapsed().as_millis().div_ceil(1000)
}

#[tokio::test(start_paused = true)]
async fn each_second_that_an_answer_waits_counts_as_a_request() {
    let (world, other) = instances(600);
    let key = world.full_key("ann").await;
    let webhook = a_webhook().for_user("ann").build();
    world.memory.put_webhook(webhook.clone());
    let began = Instant::now();
    let answer = test_in_vain(&world, &key, &webhook).await;
    assert_eq!((answer.status.as_u16(), waited(began)), (202, 10));
    assert_eq!(answer.header(LIMIT), Some("\"user\";r=589;t=60"));

    // An instance that waits has written its count before: the next one knows, once it writes too.
    let answer = test_in_vain(&other, &key, &webhook).await;
    assert_eq!(answer.header(LIMIT), Some("\"user\";r=578;t=60"));

    // The admin waits as long as it likes.
    let path = format!("/api/webhooks/{}/test?userId=ann", webhook.id);
    let answer = world.post(path, ADMIN).await;
    assert_eq!((answer.status.as_u16(), answer.header(LIMIT)), (202, None));
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_no_longer_than_the_quota_holds() {
    let (world, _) = instances(4);
    let key = world.full_key("ann").await;
    let webhook = a_webhook().for_user("ann").build();
    world.memory.put_webhook(webhook.clone());
    let began = Instant::now();
    let answer = test_in_vain(&world, &key, &webhook).await;
    assert_eq!((answer.status.as_u16(), waited(began)), (202, 3));
    assert_eq!(answer.header(LIMIT), Some("\"user\";r=0;t=60"));
    assert_eq!(world.memory.events_queue().messages().len(), 1, "it is ordered all the same");
    assert_eq!(
        test_in_vain(&world, &key, &webhook).await.problem(),
        problem(429, "too_many_requests")
    );
}

#[tokio::test(start_paused = true)]
async fn a_retry_says_how_long_it_could_wait_and_gives_back_what_it_did_not() {
    let (world, _) = instances(6);
    let key = world.full_key("ann").await;
    let webhook = a_webhook().for_user("ann").build();
    let event = an_event().for_user("ann").build();
    let delivery =
        a_delivery().of(&event).to(&webhook).failed(1, Reason::AttemptsExhausted).build();
    world.memory.put_webhook(webhook.clone());
    world.memory.put_event(event.clone());
    world.memory.put_delivery(delivery.clone());
    let path = format!("/api/webhooks/{}/deliveries/{}/retry", webhook.id, delivery.id);
    let retry = || world.call("POST", path.clone()).key(&key);
    let answer = retry().header("prefer", "wait=9").send().await;
    assert_eq!(answer.header(HeaderName::from_static("preference-applied")), Some("wait=5"));
    assert_eq!(answer.header(LIMIT), Some("\"user\";r=0;t=60"));

    // An attempt that is there at once costs the second that has begun.
    world.clock.advance(std::time::Duration::from_secs(60));
    let recorded = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let tried = a_delivery().of(&event).to(&webhook).failed(2, Reason::AttemptsExhausted);
        world.memory.put_delivery(tried.build());
    };
    let (answer, ()) = tokio::join!(retry().header("prefer", "wait=4").send(), recorded);
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header(LIMIT), Some("\"user\";r=4;t=60"));
}
