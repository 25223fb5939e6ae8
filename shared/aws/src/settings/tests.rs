use super::*;
use grapnel_domain::scope::Scope;
use rstest::rstest;

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const OTHER_HASH: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A valid value for each name.
fn deployed(name: &str) -> Option<String> {
    let value = match name {
        "ALLOW_HTTP_TARGETS" => "false",
        "ALLOW_PRIVATE_TARGETS" => "true",
        "LONGEST_QUEUE_DELAY_SECONDS" => "900",
        "FUNCTION_TIMEOUT_SECONDS" => "70",
        "LONGEST_REQUEST_SECONDS" => "30",
        "RECORD_RETRY_SECONDS" => "20",
        "VISIBILITY_TIMEOUT_SECONDS" => "420",
        "RETENTION_DAYS" => "30",
        "ADMIN_KEY_HASHES" => HASH,
        "LOG_LEVEL" => "info",
        "CIRCUIT_FAILURES" => "10",
        "CIRCUIT_FIRST_INTERVAL_SECONDS" => "60",
        "MAX_WEBHOOKS_PER_USER" => "100",
        "REQUESTS_PER_USER_PER_MINUTE" => "600",
        "EVENT_VALIDATION" => "warn",
        "EVENT_INDEX" => "true",
        "EVENT_BUS_NAME" => "default",
        "STACK_NAME" => "grapnel",
        "WAIT_STATE_MACHINE_ARN" => "arn:aws:states:eu-west-1:000000000000:stateMachine:wait",
        "CONSOLE_URL" => return None,
        name if name.ends_with("_URL") => "https://sqs.example.com/queue",
        name if name.ends_with("_TABLE") => "table",
        _ => return None,
    };
    Some(value.to_owned())
}

fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<String> {
    move |asked| if asked == name { Some(value.to_owned()) } else { deployed(asked) }
}

fn problems<T: std::fmt::Debug>(result: Result<T, SettingsError>) -> Vec<String> {
    result.expect_err("refused").problems
}

#[test]
fn each_function_reads_what_the_template_gives_it() {
    let api = ApiSettings::from_lookup(deployed).expect("complete");
    assert_eq!(api.url_policy, UrlPolicy { allow_http: false, allow_private: true });
    assert_eq!(api.admin_key_hashes.len(), 1);
    assert_eq!(api.longest_request_seconds, 30);
    assert_eq!(api.max_webhooks, 100);
    assert_eq!(api.quota, Quota::new(600));
    assert_eq!(api.event_validation, EventValidation::Warn);
    assert_eq!(api.log_level, tracing::Level::INFO);
    let ingest = IngestSettings::from_lookup(deployed).expect("complete");
    assert_eq!(ingest.function_timeout, Duration::from_secs(70));
    let tend = TendSettings::from_lookup(deployed).expect("complete");
    assert_eq!(tend.function_timeout, Duration::from_secs(70));
    let delivery = DeliverySettings::from_lookup(deployed).expect("complete");
    assert_eq!(delivery.longest_queue_delay.seconds(), 900);
    assert_eq!(delivery.visibility_timeout, Duration::from_secs(420));
    assert_eq!(delivery.time_budget.function_timeout, Duration::from_secs(70));
    assert_eq!(delivery.time_budget.longest_request, Duration::from_secs(30));
    assert_eq!(delivery.time_budget.record_retries, Duration::from_secs(20));
    assert_eq!(delivery.retention, Retention { days: 30 });
    assert_eq!(delivery.circuit.failures, 10);
    assert_eq!(delivery.circuit.first_interval, Duration::from_secs(60));
}

#[test]
fn a_deployment_can_have_no_quota() {
    let settings = ApiSettings::from_lookup(with("REQUESTS_PER_USER_PER_MINUTE", "0"));
    assert_eq!(settings.expect("complete").quota, None);
}

#[test]
fn every_missing_name_is_reported_together() {
    let missing = problems(ApiSettings::from_lookup(|_| None));
    assert_eq!(
        missing,
        [
            "ALLOW_HTTP_TARGETS is missing",
            "ALLOW_PRIVATE_TARGETS is missing",
            "WEBHOOKS_TABLE is missing",
            "EVENTS_TABLE is missing",
            "DELIVERIES_TABLE is missing",
            "KEYS_TABLE is missing",
            "EVENTS_QUEUE_URL is missing",
            "DELIVERY_QUEUE_URL is missing",
            "RETENTION_DAYS is missing",
            "LONGEST_REQUEST_SECONDS is missing",
            "MAX_WEBHOOKS_PER_USER is missing",
            "REQUESTS_PER_USER_PER_MINUTE is missing",
            "EVENT_VALIDATION is missing",
            "EVENT_INDEX is missing",
            "ADMIN_KEY_HASHES is missing",
            "LOG_LEVEL is missing",
        ]
    );
    assert_eq!(problems(IngestSettings::from_lookup(|_| None)).len(), 12);
    assert_eq!(problems(DeliverySettings::from_lookup(|_| None)).len(), 20);
    assert_eq!(problems(TendSettings::from_lookup(|_| None)).len(), 6);
}

#[rstest]
#[case("ALLOW_HTTP_TARGETS", "yes")]
#[case("RETENTION_DAYS", "7")]
#[case("RETENTION_DAYS", "366")]
#[case("LOG_LEVEL", "loud")]
#[case("LOG_LEVEL", "3")]
#[case("EVENTS_QUEUE_URL", "queue")]
#[case("WEBHOOKS_TABLE", "")]
#[case("REQUESTS_PER_USER_PER_MINUTE", "1000001")]
fn an_impossible_value_is_refused_by_name(#[case] name: &'static str, #[case] value: &'static str) {
    let found = problems(ApiSettings::from_lookup(with(name, value)));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with(name), "{found:?}");
}

#[rstest]
#[case("LONGEST_QUEUE_DELAY_SECONDS", "901")]
#[case("LONGEST_QUEUE_DELAY_SECONDS", "-1")]
#[case("VISIBILITY_TIMEOUT_SECONDS", "0")]
#[case("VISIBILITY_TIMEOUT_SECONDS", "69")]
#[case("FUNCTION_TIMEOUT_SECONDS", "0")]
#[case("FUNCTION_TIMEOUT_SECONDS", "64")]
#[case("FUNCTION_TIMEOUT_SECONDS", "301")]
#[case("LONGEST_REQUEST_SECONDS", "9")]
#[case("LONGEST_REQUEST_SECONDS", "31")]
#[case("RECORD_RETRY_SECONDS", "4")]
#[case("RECORD_RETRY_SECONDS", "241")]
#[case("WAIT_STATE_MACHINE_ARN", "arn:aws:sqs:eu-west-1:000000000000:queue")]
fn the_delivery_functions_values_are_bounded(
    #[case] name: &'static str,
    #[case] value: &'static str,
) {
    let found = problems(DeliverySettings::from_lookup(with(name, value)));
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with(name), "{found:?}");
}

/// The delivery function's settings with these times.
fn timed(
    function: &'static str,
    request: &'static str,
    record: &'static str,
    visibility: &'static str,
) -> Result<DeliverySettings, SettingsError> {
    DeliverySettings::from_lookup(move |name| match name {
        "FUNCTION_TIMEOUT_SECONDS" => Some(function.to_owned()),
        "LONGEST_REQUEST_SECONDS" => Some(request.to_owned()),
        "RECORD_RETRY_SECONDS" => Some(record.to_owned()),
        "VISIBILITY_TIMEOUT_SECONDS" => Some(visibility.to_owned()),
        name => deployed(name),
    })
}

#[test]
fn a_function_timeout_must_have_room_for_the_longest_request_and_its_record() {
    assert!(timed("30", "10", "5", "30").is_ok());
    assert!(timed("65", "30", "20", "65").is_ok());
    assert_eq!(
        problems(timed("64", "30", "20", "60")),
        [
            "FUNCTION_TIMEOUT_SECONDS must be at least 65: LONGEST_REQUEST_SECONDS, \
             RECORD_RETRY_SECONDS and 15 seconds more",
            "VISIBILITY_TIMEOUT_SECONDS must be at least FUNCTION_TIMEOUT_SECONDS",
        ]
    );
}

#[test]
fn one_or_two_admin_keys_are_taken_and_empty_entries_ignored() {
    let count = |value: String| {
        let lookup = move |name: &str| match name {
            "ADMIN_KEY_HASHES" => Some(value.clone()),
            name => deployed(name),
        };
        ApiSettings::from_lookup(lookup).map(|settings| settings.admin_key_hashes.len())
    };
    assert_eq!(count(format!("{HASH},")), Ok(1));
    assert_eq!(count(format!("{HASH},{OTHER_HASH}")), Ok(2));
    for refused in [
        ",".to_owned(),
        HASH_OF_NOTHING.to_owned(),
        format!("{HASH},{HASH_OF_NOTHING}"),
        format!("{HASH},{OTHER_HASH},{HASH}"),
        HASH.to_uppercase(),
        HASH[1..].to_owned(),
        format!("{HASH}, {OTHER_HASH}"),
    ] {
        assert!(count(refused.clone()).is_err(), "{refused}");
    }
}

#[test]
fn the_error_repeats_no_value() {
    let error = ApiSettings::from_lookup(with("ADMIN_KEY_HASHES", "my-secret-key"))
        .expect_err("refused")
        .to_string();
    assert!(error.contains("ADMIN_KEY_HASHES must be"), "{error}");
    assert!(!error.contains("my-secret-key"), "{error}");
}

/// The API's settings of tokens with these values.
fn tokens(
    values: &'static [(&'static str, &'static str)],
) -> Result<Option<TokenRules>, Vec<String>> {
    let lookup = |name: &str| {
        let told = values.iter().find(|(told, _)| *told == name);
        told.map(|(_, value)| (*value).to_owned()).or_else(|| deployed(name))
    };
    ApiSettings::from_lookup(lookup).map(|settings| settings.tokens).map_err(|error| error.problems)
}

#[test]
fn tokens_are_believed_only_where_an_issuer_is_named() {
    assert_eq!(tokens(&[]), Ok(None));
    assert_eq!(tokens(&[("JWT_ISSUER", ""), ("JWT_AUDIENCE", "hooks")]), Ok(None));
    let least = &[("JWT_ISSUER", "https://id.example.com/"), ("JWT_AUDIENCE", "hooks")];
    let rules = TokenRules {
        issuer: "https://id.example.com/".into(),
        audiences: vec!["hooks".into()],
        user_claim: "sub".into(),
        scope_claim: "scope".into(),
        scope_prefix: String::new(),
        default_scopes: vec![],
    };
    assert_eq!(tokens(least), Ok(Some(rules)));
    let all = &[
        ("JWT_ISSUER", "https://id.example.com/realms/a"),
        ("JWT_AUDIENCE", "hooks,https://hooks.example.com"),
        ("JWT_USER_CLAIM", "custom:tenant"),
        ("JWT_SCOPE_CLAIM", "permissions"),
        ("JWT_SCOPE_PREFIX", "grapnel/"),
        ("JWT_DEFAULT_SCOPES", "deliveries:read,webhooks:read"),
    ];
    let rules = TokenRules {
        issuer: "https://id.example.com/realms/a".into(),
        audiences: vec!["hooks".into(), "https://hooks.example.com".into()],
        user_claim: "custom:tenant".into(),
        scope_claim: "permissions".into(),
        scope_prefix: "grapnel/".into(),
        default_scopes: vec![Scope::DeliveriesRead, Scope::WebhooksRead],
    };
    assert_eq!(tokens(all), Ok(Some(rules)));
}

#[rstest]
#[case::no_audience(&[("JWT_ISSUER", "https://id.example.com")], "JWT_AUDIENCE is missing")]
#[case::an_empty_one(&[("JWT_ISSUER", "https://id.example.com"), ("JWT_AUDIENCE", "a,")], "JWT_AUDIENCE must be")]
#[case::in_the_clear(&[("JWT_ISSUER", "http://id.example.com"), ("JWT_AUDIENCE", "a")], "JWT_ISSUER must be an absolute https URL")]
#[case::no_url(&[("JWT_ISSUER", "id.example.com"), ("JWT_AUDIENCE", "a")], "JWT_ISSUER must be")]
#[case::a_query(&[("JWT_ISSUER", "https://id.example.com?x"), ("JWT_AUDIENCE", "a")], "JWT_ISSUER must be")]
#[case::too_much(&[("JWT_ISSUER", "https://id.example.com"), ("JWT_AUDIENCE", "a"), ("JWT_DEFAULT_SCOPES", "admin")], "JWT_DEFAULT_SCOPES must be")]
#[case::no_scope(&[("JWT_ISSUER", "https://id.example.com"), ("JWT_AUDIENCE", "a"), ("JWT_DEFAULT_SCOPES", "openid")], "JWT_DEFAULT_SCOPES must be")]
fn impossible_rules_for_tokens_are_refused(
    #[case] values: &'static [(&'static str, &'static str)],
    #[case] expected: &str,
) {
    let problems = tokens(values).expect_err("refused");
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with(expected), "{problems:?}");
}

#[test]
fn a_console_without_parameters_is_as_it_comes() {
    let settings = ApiSettings::from_lookup(deployed).expect("complete");
    assert_eq!(settings.console, ConsoleParameters::default());
}

#[test]
fn the_consoles_parameters_are_read() {
    let console = |name: &str| match name {
        "CONSOLE_URL" => Some("https://hooks.example.com/console".to_owned()),
        "PORTAL_FRAME_ORIGINS" => Some("https://app.example.com,http://localhost:8080".to_owned()),
        "CONSOLE_PRODUCT_NAME" => Some("Example Hooks".to_owned()),
        "CONSOLE_ACCENT_COLOR" => Some("#1F5fbf".to_owned()),
        "CONSOLE_THEME" => Some("dark".to_owned()),
        "CONSOLE_HIDES" => Some("filters,secrets".to_owned()),
        name => deployed(name),
    };
    let expected = ConsoleParameters {
        url: Some("https://hooks.example.com/console".into()),
        frame_origins: vec!["https://app.example.com".into(), "http://localhost:8080".into()],
        product: Some("Example Hooks".into()),
        accent: Some("#1F5fbf".into()),
        theme: Some(grapnel_domain::key::Theme::Dark),
        hides: vec!["filters".into(), "secrets".into()],
    };
    assert_eq!(ApiSettings::from_lookup(console).expect("complete").console, expected);
}

#[rstest]
fn an_origin_that_could_say_more_than_an_origin_is_refused(
    #[values(
        "*",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://a.example.com https://b.example.com",
        "https://a.example.com;script-src *",
        "https://A.example.com",
        "https://user@a.example.com",
        "https://a.example.com:",
        "https://a.example.com:x",
        "http://app.example.com",
        "https://",
        "'self'",
        "https://a.example.com,,https://b.example.com"
    )]
    origins: &'static str,
) {
    let found = problems(ApiSettings::from_lookup(with("PORTAL_FRAME_ORIGINS", origins)));
    assert_eq!(found, ["PORTAL_FRAME_ORIGINS must be https origins, separated by commas"]);
}

#[rstest]
#[case("CONSOLE_URL", "https://hooks.example.com")]
#[case("CONSOLE_URL", "https://hooks.example.com/console/")]
#[case("CONSOLE_URL", "https://hooks.example.com/console?x=/console")]
#[case("CONSOLE_URL", "javascript:x/console")]
#[case("CONSOLE_PRODUCT_NAME", "two\nlines")]
#[case("CONSOLE_ACCENT_COLOR", "red")]
#[case("CONSOLE_ACCENT_COLOR", "#12345")]
#[case("CONSOLE_THEME", "blue")]
#[case("CONSOLE_HIDES", "filters,events")]
fn a_parameter_of_the_console_that_is_wrong_is_named(
    #[case] name: &'static str,
    #[case] value: &'static str,
) {
    let found = problems(ApiSettings::from_lookup(with(name, value)));
    assert!(found.len() == 1 && found[0].starts_with(name), "{found:?}");
}
