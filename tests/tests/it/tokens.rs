//! Tokens of an issuer, which this test simulates.

use anyhow::{Context, ensure};
use grapnel_receiver::{Reply, TestReceiver};
use grapnel_testing::issuer::{TokenSigner, key_set};
use grapnel_tests::world::{World, now};
use serde_json::{Value, json};

/// An issuer with one key at `url`.
async fn issuer(url: &str, signer: &TokenSigner) -> anyhow::Result<TestReceiver> {
    let address = url.strip_prefix("http://").context("an http URL")?.parse()?;
    let issuer = TestReceiver::start_on(address).await?;
    let description = json!({ "issuer": url, "jwks_uri": format!("{url}/keys") });
    let description = Reply::status(200).body(description.to_string());
    issuer.answer_with("/.well-known/openid-configuration", description);
    issuer.answer_with("/keys", Reply::status(200).body(key_set(&[signer.jwk()])));
    Ok(issuer)
}

/// One test, because there is one issuer.
#[tokio::test]
async fn a_token_of_the_issuer_is_taken_and_no_other() -> anyhow::Result<()> {
    let world = World::tokens().await?;
    let url = world.stack.issuer_url.clone().context("the stack's issuer")?;
    let signer = TokenSigner::new("one");
    let issuer = issuer(&url, &signer).await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let seconds = now()?.as_secs();
    let claims = json!({
        "iss": url, "aud": ["hooks"], "sub": world.user, "iat": seconds, "exp": seconds + 600,
        "scope": "openid deliveries:read admin",
    });
    let with = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        claims
    };
    let get = |token: String| {
        let api = world.api.with_key(&token);
        async move { api.get("/api/webhooks").await }
    };

    let api = world.api.with_key(&signer.token(&claims));
    let seen = api.webhooks().await?;
    assert_eq!(seen.items.iter().map(|one| &one.id).collect::<Vec<_>>(), [&webhook.id]);
    api.deliveries(&webhook.id).await?;
    let deleted = api.delete_webhook(&webhook.id).await;
    ensure!(deleted.is_err(), "it has no scope for that");
    let keys = api.get(&format!("/api/keys?userId={}", world.user)).await?;
    assert_eq!(keys.problem(403)?.code, "admin_required");
    let stranger = get(signer.token(&with("sub", json!("stranger")))).await?;
    assert_eq!(stranger.json::<Value>(200)?["items"], json!([]));

    let none = json!({ "alg": "none", "kid": "one" });
    for (what, token) in [
        ("another audience", signer.token(&with("aud", json!("other")))),
        ("another issuer", signer.token(&with("iss", json!("https://id.example.com")))),
        ("expired", signer.token(&with("exp", json!(seconds - 120)))),
        ("not yet", signer.token(&with("nbf", json!(seconds + 3600)))),
        ("another's signature", TokenSigner::new("one").token(&claims)),
        ("an unknown key", TokenSigner::new("two").token(&claims)),
        ("no algorithm", signer.sign(&none, &claims)),
    ] {
        let problem = get(token).await?.problem(401).context(what)?;
        assert_eq!(problem.code, "unauthorized", "{what}");
    }
    // Functions are processes here, some of them concurrent, each with separate memory.
    let asked = issuer.received("/keys").len();
    ensure!((1..8).contains(&asked), "keys are kept: asked {asked} times for 13 tokens");
    world.api.webhooks().await?;
    Ok(())
}
