//! Tokens of an OpenID Connect issuer in place of keys.

use crate::world::{ADMIN, Answer, World, problem};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grapnel_domain::{
    ports::{Clock, PortError},
    scope::Scope,
    token::TokenRules,
};
use grapnel_testing::{
    builders::a_webhook,
    issuer::{TokenSigner, key_set, unsigned},
    memory::{Effect, Operation},
};
use proptest::prelude::*;
use ring::hmac;
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

const ISSUER: &str = "https://id.example.com/";

fn rules() -> TokenRules {
    TokenRules {
        issuer: ISSUER.into(),
        audiences: vec!["hooks".into()],
        user_claim: "sub".into(),
        scope_claim: "scope".into(),
        scope_prefix: String::new(),
        default_scopes: vec![],
    }
}

/// Claims that are believed now, with these beside or in place of the usual ones.
fn claims(world: &World, changes: Value) -> Value {
    let now = world.clock.now().as_secs();
    let mut claims = json!({"iss": ISSUER, "aud": "hooks", "sub": "owner", "iat": now,
        "exp": now + 300, "scope": "openid webhooks:read"});
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

/// An API that believes an issuer with one key.
fn world() -> (World, TokenSigner) {
    let (world, signer) = (World::believing(rules()), TokenSigner::new("one"));
    world.memory.publish_issuer_keys(key_set(&[signer.jwk()]));
    (world, signer)
}

async fn list(world: &World, token: &str) -> Answer {
    world.get("/api/webhooks", token).await
}

async fn status(world: &World, token: &str) -> u16 {
    list(world, token).await.status.as_u16()
}

fn fetches(world: &World) -> usize {
    world.memory.calls(Operation::FetchIssuerKeys)
}

#[tokio::test]
async fn a_token_acts_for_its_user_within_its_scopes_and_no_further() {
    let (world, signer) = world();
    let token = signer.token(&claims(&world, json!({})));
    let (mine, other) =
        (a_webhook().for_user("owner").build(), a_webhook().for_user("stranger").build());
    world.memory.put_webhook(mine.clone());
    world.memory.put_webhook(other.clone());

    let listed = list(&world, &token).await.items();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], mine.id.to_string());
    let theirs = world.get(format!("/api/webhooks/{}", other.id), &token).await;
    assert_eq!(theirs.problem(), problem(404, "not_found"));
    let named = world.get("/api/webhooks?userId=stranger", &token).await;
    assert_eq!(named.problem(), problem(403, "foreign_user"));
    let deleted = world.call("DELETE", format!("/api/webhooks/{}", mine.id)).key(&token);
    assert_eq!(deleted.send().await.problem(), problem(403, "missing_scope"));
    let keys = world.get("/api/keys?userId=owner", &token).await;
    assert_eq!(keys.problem(), problem(403, "admin_required"));
    assert_eq!(fetches(&world), 1, "the issuer's keys are kept");
    assert_eq!(world.memory.calls(Operation::Key), 0, "a token is no key");
}

#[tokio::test]
async fn a_token_is_never_an_admin() {
    let rules = TokenRules { default_scopes: vec![Scope::Admin], ..rules() };
    let (world, signer) = (World::believing(rules), TokenSigner::new("one"));
    world.memory.publish_issuer_keys(key_set(&[signer.jwk()]));
    let token = signer.token(&claims(&world, json!({"scope": "admin webhooks:read"})));
    let answer = world.get("/api/webhooks?userId=stranger", &token).await;
    assert_eq!(answer.problem(), problem(403, "foreign_user"));
    let answer = world.get("/api/keys?userId=owner", &token).await;
    assert_eq!(answer.problem(), problem(403, "admin_required"));
}

#[tokio::test]
async fn keys_work_beside_tokens_and_tokens_only_where_an_issuer_is_named() {
    let (believing, signer) = world();
    let key = believing.full_key("owner").await;
    assert_eq!(status(&believing, &key).await, 200);
    let answer = believing.get("/api/webhooks?userId=owner", ADMIN).await;
    assert_eq!(answer.status.as_u16(), 200);
    let plain = World::new();
    plain.memory.publish_issuer_keys(key_set(&[signer.jwk()]));
    let token = signer.token(&claims(&plain, json!({})));
    assert_eq!(list(&plain, &token).await.problem(), problem(401, "unauthorized"));
    assert_eq!(fetches(&plain), 0);
}

#[rstest]
#[case::another_issuer(json!({"iss": "https://evil.example.com/"}))]
#[case::another_audience(json!({"aud": "other"}))]
#[case::expired(json!({"exp": 1_600_000_000}))]
#[case::without_an_end(json!({"exp": null}))]
#[case::not_yet(json!({"nbf": 4_000_000_000_u64}))]
#[case::nobody(json!({"sub": ""}))]
#[tokio::test]
async fn claims_that_are_not_for_us_cost_no_look_up(#[case] changes: Value) {
    let (world, signer) = world();
    let token = signer.token(&claims(&world, changes));
    assert_eq!(list(&world, &token).await.problem(), problem(401, "unauthorized"));
    assert_eq!(fetches(&world), 0);
}

#[tokio::test]
async fn a_token_that_is_not_signed_by_the_issuer_gets_nobody_in() {
    let (world, signer) = world();
    let claims = claims(&world, json!({}));
    let public = key_set(&[signer.jwk()]);
    let header = |alg: &str| json!({"alg": alg, "typ": "JWT", "kid": "one"});
    let with = |field: &str, value: Value| {
        let mut header = header("ES256");
        header[field] = value;
        header
    };
    let by_secret = |secret: &[u8]| {
        let signed = unsigned(&header("HS256"), &claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    };
    let right = signer.token(&claims);
    let (signed, signature) = right.rsplit_once('.').expect("a signature");
    let changed = if signature.starts_with('A') { 'B' } else { 'A' };
    let forger = TokenSigner::new("one");
    let refused = [
        ("another's key of the same name", forger.token(&claims)),
        ("no algorithm", format!("{}.", unsigned(&header("none"), &claims))),
        ("no algorithm, signed", signer.sign(&header("none"), &claims)),
        ("NONE", signer.sign(&header("NONE"), &claims)),
        ("the public point as a secret", by_secret(signer.public_point())),
        ("the public key's text as a secret", by_secret(signer.jwk().to_string().as_bytes())),
        ("the key set as a secret", by_secret(public.as_bytes())),
        ("an empty secret", by_secret(b"")),
        ("an algorithm of another type of key", signer.sign(&header("RS256"), &claims)),
        ("an algorithm of another curve", signer.sign(&header("ES384"), &claims)),
        ("an unknown key", TokenSigner::new("two").token(&claims)),
        ("no key", signer.sign(&json!({"alg": "ES256"}), &claims)),
        ("a key of its own", forger.sign(&with("jwk", forger.jwk()), &claims)),
        ("extensions", signer.sign(&with("crit", json!(["exp"])), &claims)),
        ("another type", signer.sign(&with("typ", json!("logout+jwt")), &claims)),
        ("no signature", format!("{signed}.")),
        ("a changed signature", format!("{signed}.{changed}{}", &signature[1..])),
        ("the signature of other claims", {
            let mut other = claims.clone();
            other["sub"] = json!("stranger");
            format!("{}.{signature}", unsigned(&header("ES256"), &other))
        }),
        ("a huge one", signer.token(&json!({"iss": ISSUER, "x": "x".repeat(9000)}))),
        ("rubbish", "a.b.c".to_owned()),
        ("nothing", "..".to_owned()),
    ];
    for (what, token) in refused {
        assert_eq!(list(&world, &token).await.problem(), problem(401, "unauthorized"), "{what}");
    }
    assert_eq!(status(&world, &right).await, 200);
    let access_token = signer.sign(&with("typ", json!("at+JWT")), &claims);
    assert_eq!(status(&world, &access_token).await, 200);
}

#[tokio::test]
async fn an_issuer_that_rotates_its_keys_is_followed_and_not_asked_too_often() {
    let (world, old) = world();
    let new = TokenSigner::new("two");
    let token = |world: &World, signer: &TokenSigner| signer.token(&claims(world, json!({})));
    assert_eq!(status(&world, &token(&world, &old)).await, 200);
    world.memory.publish_issuer_keys(key_set(&[old.jwk(), new.jwk()]));
    for _ in 0..20 {
        assert_eq!(status(&world, &token(&world, &new)).await, 401);
    }
    assert_eq!(fetches(&world), 1, "names that nobody knows do not reach the issuer");
    world.clock.advance(Duration::from_secs(300));
    for _ in 0..20 {
        assert_eq!(status(&world, &token(&world, &new)).await, 200);
    }
    assert_eq!(fetches(&world), 2);

    world.memory.publish_issuer_keys(key_set(&[new.jwk()]));
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(status(&world, &token(&world, &new)).await, 200);
    assert_eq!(status(&world, &token(&world, &old)).await, 401, "withdrawn");
    assert_eq!(fetches(&world), 3);
}

#[tokio::test]
async fn while_the_issuer_is_away_its_last_keys_count_for_a_day() {
    let (world, signer) = world();
    let token = || signer.token(&claims(&world, json!({})));
    assert_eq!(status(&world, &token()).await, 200);
    let away = PortError::Unavailable("the issuer's keys: there is no route".into());
    let fail = || {
        world.memory.fail_next(Operation::FetchIssuerKeys, away.clone(), Effect::Before);
    };
    fail();
    world.clock.advance(Duration::from_secs(3600));
    for _ in 0..5 {
        assert_eq!(status(&world, &token()).await, 200);
    }
    assert_eq!(fetches(&world), 2);
    fail();
    world.clock.advance(Duration::from_secs(86_400));
    for _ in 0..5 {
        assert_eq!(list(&world, &token()).await.problem(), problem(503, "temporarily_unavailable"));
    }
    assert_eq!(fetches(&world), 3);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(status(&world, &token()).await, 200);
}

#[rstest]
#[case::none("")]
#[case::no_keys(r#"{"keys":[]}"#)]
#[case::a_shared_secret(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"one","alg":"HS256"}]}"#)]
#[case::without_an_id(r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#)]
#[case::unknown(
    r#"{"keys":[{"kty":"new","kid":"one"},7,null,{"kty":"EC","crv":"P-999","kid":"one"}]}"#
)]
#[tokio::test]
async fn an_issuer_without_usable_keys_is_no_reason_to_believe(#[case] keys: &str) {
    let (world, signer) = world();
    world.memory.publish_issuer_keys(keys);
    let token = signer.token(&claims(&world, json!({})));
    let answer = list(&world, &token).await;
    assert_eq!(answer.problem(), problem(503, "temporarily_unavailable"));
}

#[tokio::test]
async fn a_key_for_another_purpose_verifies_nothing() {
    for change in [json!({"use": "enc"}), json!({"alg": "ES384"}), json!({"key_ops": ["sign"]})] {
        let (world, signer) = world();
        let mut key = signer.jwk();
        for (name, value) in change.as_object().expect("an object") {
            key[name] = value.clone();
        }
        // Beside a key that is usable, so that the set is.
        world.memory.publish_issuer_keys(key_set(&[key, TokenSigner::new("two").jwk()]));
        let token = signer.token(&claims(&world, json!({})));
        assert_eq!(status(&world, &token).await, 401, "{change}");
    }
}

/// A part of a token: of any bytes, or of JSON with the names that matter.
fn part() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["alg", "typ", "kid", "crit", "iss", "aud", "exp", "sub"]);
    let value = prop_oneof![
        prop::sample::select(vec!["ES256", "HS256", "none", "JWT", "one", "hooks", ISSUER, ""])
            .prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(Value::from),
        Just(json!(["hooks"])),
        Just(Value::Null),
    ];
    let object = prop::collection::hash_map(name, value, 0..8);
    prop_oneof![
        3 => object.prop_map(|fields| json!(fields).to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
    .prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

proptest! {
    #[test]
    fn no_text_in_place_of_a_token_makes_a_failure_of_ours(
        parts in prop::collection::vec(prop_oneof![9 => part(), 1 => "[!-~]{0,20}"], 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let (world, _) = world();
            let answer = list(&world, &parts.join(".")).await;
            prop_assert_eq!(answer.problem(), problem(401, "unauthorized"));
            Ok(())
        })?;
    }
}
