//! Headers of every answer, quotas, and requests from web pages.

use anyhow::{Context, ensure};
use grapnel_tests::{api::Answer, world::World};
use reqwest::{Method, header};

/// As the stack `strict` is deployed.
const QUOTA: usize = 200;
const PAGE: &str = "https://app.example.com";

fn said<'a>(answer: &'a Answer, name: &str) -> anyhow::Result<&'a str> {
    let value = answer.headers.get(name).with_context(|| format!("no {name}: {answer:?}"))?;
    Ok(value.to_str()?)
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() -> anyhow::Result<()> {
    let world = World::strict().await?;
    // If the minute ends meanwhile, the count restarts once.
    for asked in 1..3 * QUOTA {
        let answer = world.api.get("/api/webhooks").await?;
        ensure!(said(&answer, "ratelimit-policy")? == format!("\"user\";q={QUOTA};w=60"));
        if answer.status == 200 {
            continue;
        }
        assert_eq!(answer.problem(429)?.code, "too_many_requests");
        ensure!(asked > QUOTA, "refused after {asked}");
        ensure!(said(&answer, "ratelimit")?.starts_with("\"user\";r=0;t="));
        let seconds: u64 = said(&answer, "retry-after")?.parse()?;
        ensure!((1..=60).contains(&seconds), "{seconds} s");
        // Other users' quotas and the admin's requests for this user are not affected.
        let user = format!("/api/webhooks?userId={}", world.user);
        ensure!(world.admin.get(&user).await?.status == 200, "the admin");
        ensure!(World::strict().await?.api.get("/api/webhooks").await?.status == 200, "another");
        return Ok(());
    }
    anyhow::bail!("never refused")
}

#[tokio::test]
async fn a_request_keeps_its_id_and_an_answer_is_for_its_caller_alone() -> anyhow::Result<()> {
    let world = World::main().await?;
    let id = Some((header::HeaderName::from_static("x-request-id"), "order-4711/retry"));
    let answer = world.api.send_as(Method::GET, "/api/webhooks", id, Vec::new()).await?;
    ensure!(said(&answer, "x-request-id")? == "order-4711/retry");
    ensure!(said(&answer, "cache-control")? == "no-store");
    ensure!(said(&answer, "x-content-type-options")? == "nosniff");
    ensure!(said(&answer, "strict-transport-security")? == "max-age=31536000");
    Ok(())
}

#[tokio::test]
async fn pages_may_ask_where_their_origin_is_allowed_and_nowhere_else() -> anyhow::Result<()> {
    let origin = || Some((header::ORIGIN, PAGE));
    let (open, closed) = (World::strict().await?, World::main().await?);
    let answer = open.api.send_as(Method::GET, "/api/webhooks", origin(), Vec::new()).await?;
    ensure!(said(&answer, "access-control-allow-origin")? == PAGE);
    let asked = || [(header::ORIGIN, PAGE), (header::ACCESS_CONTROL_REQUEST_METHOD, "PATCH")];
    let nobody = open.api.with_authorization(None);
    let preflight =
        nobody.send_as(Method::OPTIONS, "/api/webhooks/wh_1", asked(), Vec::new()).await?;
    ensure!(preflight.status == 204, "a browser takes no other answer: {preflight:?}");
    ensure!(said(&preflight, "access-control-allow-origin")? == PAGE);
    ensure!(said(&preflight, "access-control-allow-methods")?.contains("PATCH"));
    ensure!(said(&preflight, "access-control-allow-headers")?.contains("if-match"));
    ensure!(said(&answer, "access-control-expose-headers")?.contains("etag"));
    let evil = Some((header::ORIGIN, "https://evil.example.com"));
    let answer = open.api.send_as(Method::GET, "/api/webhooks", evil, Vec::new()).await?;
    ensure!(answer.headers.get("access-control-allow-origin").is_none(), "{answer:?}");

    let answer = closed.api.send_as(Method::GET, "/api/webhooks", origin(), Vec::new()).await?;
    ensure!(answer.status == 200);
    ensure!(answer.headers.get("access-control-allow-origin").is_none(), "{answer:?}");
    // No preflight here: the emulator answers it with 403 itself if an API has no CORS
    // configuration. On AWS it reaches the function, whose tests check its 204.
    Ok(())
}
