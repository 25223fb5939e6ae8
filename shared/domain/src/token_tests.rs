use super::*;
use rstest::rstest;
use serde_json::json;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const NOW_SECONDS: i64 = 1_800_000_000;

fn rules() -> TokenRules {
    TokenRules {
        issuer: "https://id.example.com/".into(),
        audiences: vec!["hooks".into(), "console".into()],
        user_claim: "sub".into(),
        scope_claim: "scope".into(),
        scope_prefix: String::new(),
        default_scopes: Vec::new(),
    }
}

/// Claims that are accepted, changed by these; `null` removes a claim.
fn claims(changes: Value) -> Map<String, Value> {
    let mut claims = json!({
        "iss": "https://id.example.com/", "aud": "hooks", "sub": "user-7",
        "exp": NOW_SECONDS + 300, "iat": NOW_SECONDS, "scope": "openid webhooks:read",
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    let claims = claims.as_object().expect("an object").clone();
    claims.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

fn user_of(changes: Value) -> Result<TokenUser, Refusal> {
    rules().user(&claims(changes), NOW)
}

#[test]
fn the_claims_of_a_usual_token_name_user_and_scopes() {
    let expected = TokenUser {
        id: UserId::parse("user-7").expect("valid"),
        scopes: vec![Scope::WebhooksRead],
    };
    assert_eq!(user_of(json!({})), Ok(expected));
}

#[rstest]
#[case::another_issuer(json!({"iss": "https://evil.example.com/"}), Refusal::Issuer)]
#[case::without_its_slash(json!({"iss": "https://id.example.com"}), Refusal::Issuer)]
#[case::longer(json!({"iss": "https://id.example.com/evil"}), Refusal::Issuer)]
#[case::no_issuer(json!({"iss": null}), Refusal::Claim("iss"))]
#[case::issuers(json!({"iss": ["https://id.example.com/"]}), Refusal::Claim("iss"))]
#[case::another_audience(json!({"aud": "hooks2"}), Refusal::Audience)]
#[case::other_audiences(json!({"aud": ["a", "Hooks"]}), Refusal::Audience)]
#[case::nested_audience(json!({"aud": [["hooks"]]}), Refusal::Audience)]
#[case::no_audience(json!({"aud": null}), Refusal::Audience)]
#[case::a_client_beside_another_audience(json!({"aud": "x", "client_id": "hooks"}), Refusal::Audience)]
#[case::expired(json!({"exp": NOW_SECONDS - 60}), Refusal::Expired)]
#[case::no_end(json!({"exp": null}), Refusal::Claim("exp"))]
#[case::an_end_in_words(json!({"exp": "2099-01-01"}), Refusal::Claim("exp"))]
#[case::not_yet(json!({"nbf": NOW_SECONDS + 61}), Refusal::NotYet)]
#[case::made_tomorrow(json!({"iat": NOW_SECONDS + 86_400}), Refusal::NotYet)]
#[case::an_unreadable_beginning(json!({"nbf": "now"}), Refusal::Claim("nbf"))]
#[case::no_user(json!({"sub": null}), Refusal::Claim("of the user"))]
#[case::a_number(json!({"sub": 7}), Refusal::Claim("of the user"))]
#[case::impossible_users(json!({"sub": "a b"}), Refusal::Claim("of the user"))]
#[case::nobody(json!({"sub": ""}), Refusal::Claim("of the user"))]
fn what_is_not_believed_says_why(#[case] changes: Value, #[case] refusal: Refusal) {
    assert_eq!(user_of(changes), Err(refusal));
}

#[rstest]
#[case::several_audiences(json!({"aud": ["x", "console"]}))]
#[case::a_client_for_want_of_an_audience(json!({"aud": null, "client_id": "hooks"}))]
#[case::just_expired(json!({"exp": NOW_SECONDS - 59}))]
#[case::with_a_fraction(json!({"exp": NOW_SECONDS as f64 - 59.5}))]
#[case::a_clock_ahead(json!({"nbf": NOW_SECONDS + 60, "iat": NOW_SECONDS + 60}))]
#[case::no_other_times(json!({"iat": null}))]
fn what_is_believed(#[case] changes: Value) {
    assert_eq!(user_of(changes).map(|user| user.id.to_string()), Ok("user-7".into()));
}

#[rstest]
#[case::a_list(json!(["webhooks:read", "deliveries:read", "webhooks:read"]), "", &["webhooks:read", "deliveries:read"])]
#[case::a_text(json!("deliveries:retry webhooks:write"), "", &["webhooks:write", "deliveries:retry"])]
#[case::prefixed(json!("grapnel/webhooks:read other/webhooks:write webhooks:write"), "grapnel/", &["webhooks:read"])]
#[case::unprefixed(json!("grapnel/webhooks:read"), "", &[])]
#[case::never_admin(json!(["admin", "webhooks:read"]), "", &["webhooks:read"])]
#[case::of_others(json!("openid profile"), "", &[])]
#[case::rubbish(json!([7, null, ["webhooks:read"]]), "", &[])]
#[case::an_object(json!({"webhooks:read": true}), "", &[])]
#[case::none(json!(null), "", &[])]
fn scopes_are_those_of_the_claim(
    #[case] claim: Value,
    #[case] prefix: &str,
    #[case] expected: &[&str],
) {
    let rules = TokenRules { scope_prefix: prefix.into(), scope_claim: "scp".into(), ..rules() };
    let user = rules.user(&claims(json!({"scp": claim})), NOW).expect("believed");
    assert_eq!(user.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(), expected);
}

#[test]
fn scopes_by_default_come_to_those_of_the_claim() {
    let default_scopes = vec![Scope::DeliveriesRead, Scope::WebhooksRead, Scope::Admin];
    let rules = TokenRules { default_scopes, ..rules() };
    let scopes = |changes| rules.user(&claims(changes), NOW).expect("believed").scopes;
    let defaults = [Scope::WebhooksRead, Scope::DeliveriesRead];
    assert_eq!(scopes(json!({"scope": null})), defaults);
    let with_one_more = [Scope::WebhooksRead, Scope::EventsPublish, Scope::DeliveriesRead];
    assert_eq!(scopes(json!({"scope": "events:publish"})), with_one_more);
}

#[test]
fn the_user_may_be_in_any_claim() {
    let rules = TokenRules { user_claim: "custom:tenant".into(), ..rules() };
    let user = rules.user(&claims(json!({"custom:tenant": "acme"})), NOW).expect("believed");
    assert_eq!(user.id.as_str(), "acme");
    assert_eq!(rules.user(&claims(json!({})), NOW), Err(Refusal::Claim("of the user")));
}

#[test]
fn the_description_of_an_issuer_says_where_its_keys_are() {
    assert_eq!(
        discovery_url("https://id.example.com/"),
        "https://id.example.com/.well-known/openid-configuration"
    );
    assert_eq!(
        discovery_url("https://id.example.com/realms/a"),
        "https://id.example.com/realms/a/.well-known/openid-configuration"
    );
    let keys = |text: &str| keys_url("https://id.example.com/", text.as_bytes());
    let right = r#"{"issuer":"https://id.example.com/","jwks_uri":"https://keys.example.com/"}"#;
    assert_eq!(keys(right).as_deref(), Ok("https://keys.example.com/"));
    for wrong in [
        "<html>",
        "[]",
        r#"{"issuer":"https://id.example.com","jwks_uri":"https://keys.example.com/"}"#,
        r#"{"issuer":"https://id.example.com/"}"#,
        r#"{"jwks_uri":"https://keys.example.com/"}"#,
    ] {
        assert!(keys(wrong).is_err(), "{wrong}");
    }
}
