//! Preflights, which a browser sends before a page's request.

use crate::world::{ADMIN, InMemory, World, api};
use axum::http::{Method, header};
use grapnel_api::{Api, Quotas, paths, router};
use grapnel_domain::quota::Quota;
use grapnel_testing::memory::{Memory, Operation};

const PAGE: &str = "https://app.example.com";

#[tokio::test]
async fn every_path_answers_a_preflight_without_a_key() {
    let world = World::new();
    let unknown = ["/", "/api", "/api/nothing", "/api/webhooks/x/y/z", "/api/webhooks/%ff"];
    for path in paths::<InMemory>().into_iter().chain(unknown) {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
            let path = path.replace(['{', '}'], "");
            let preflight = world
                .call(Method::OPTIONS.as_str(), path.clone())
                .header("origin", PAGE)
                .header("access-control-request-method", method)
                .header("access-control-request-headers", "authorization, if-match");
            let answer = preflight.send().await;
            assert_eq!(
                (answer.status.as_u16(), answer.text.as_str()),
                (204, ""),
                "{method} {path}"
            );
            assert_eq!(answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), None, "{path}");
        }
    }
}

#[tokio::test]
async fn a_preflight_is_not_counted_and_asks_nobody() {
    let memory = Memory::new();
    let quotas = Quotas::new(Quota::new(1));
    let world = World::of(memory.clone(), router(Api::<InMemory> { quotas, ..api(&memory) }));
    let key = world.full_key("ann").await;
    assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 200);
    let calls =
        || [Operation::Key, Operation::CountRequests].map(|operation| memory.calls(operation));
    let before = calls();
    for presented in [key.as_str(), ADMIN, "gk_unknown"] {
        let preflight = world.call("OPTIONS", "/api/webhooks".to_owned());
        let preflight = preflight.header("authorization", &format!("Bearer {presented}"));
        assert_eq!(preflight.send().await.status.as_u16(), 204);
    }
    assert_eq!(calls(), before);
    assert_eq!(world.get("/api/webhooks", &key).await.status.as_u16(), 429);
}
