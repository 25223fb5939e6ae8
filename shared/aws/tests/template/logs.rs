//! Which lines reach the functions' logs: Lambda filters lines by level.

use crate::reading::{TEMPLATE, resources};
use grapnel_telemetry::Metrics;
use serde_json::json;

const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// How much a level lets through.
fn rank(level: &str) -> usize {
    let level = level.to_lowercase();
    LEVELS.iter().position(|it| *it == level).unwrap_or_else(|| panic!("{level} is no level"))
}

#[test]
fn every_function_has_lambda_let_through_what_its_log_level_says() {
    for (id, function) in resources("AWS::Serverless::Function") {
        let properties = &function["Properties"];
        let level = &properties["LoggingConfig"]["ApplicationLogLevel"];
        let mapped = json!({ "Fn::FindInMap":
            ["LambdaLogLevels", { "Ref": "LogLevel" }, "Application"] });
        assert_eq!(level, &mapped, "{id}");
        assert_eq!(properties["LoggingConfig"]["LogFormat"], "JSON", "{id}: only JSON has levels");
        let own = &properties["Environment"]["Variables"]["LOG_LEVEL"];
        assert_eq!(own, &json!({ "Ref": "LogLevel" }), "{id}");
    }
}

/// For a group with another name, CloudWatch Logs adds to a resource policy of the account, which
/// has room for 5,120 characters.
#[test]
fn the_access_log_needs_no_room_in_the_accounts_resource_policy() {
    let group = &TEMPLATE["Resources"]["HttpApiLogs"]["Properties"]["LogGroupName"];
    assert_eq!(*group, json!({ "Fn::Sub": "/aws/vendedlogs/apigateway/${AWS::StackName}" }));
}

#[test]
fn lambda_drops_no_line_that_a_log_level_asks_for_and_no_metrics() {
    let levels = TEMPLATE["Mappings"]["LambdaLogLevels"].as_object().expect("a mapping");
    let allowed = &TEMPLATE["Parameters"]["LogLevel"]["AllowedValues"];
    assert_eq!(*allowed, json!(LEVELS));
    assert_eq!(levels.len(), LEVELS.len());
    for level in LEVELS {
        let passed = levels[level]["Application"].as_str().expect("a level");
        assert_eq!(passed, passed.to_uppercase(), "as Lambda spells it");
        assert!(rank(passed) >= rank(level), "{level}: Lambda lets only {passed} through");
        // Lines with metrics have no level, and Lambda treats them as INFO.
        assert!(rank(passed) >= rank("info"), "{level}: the metrics are dropped");
    }
}

/// What CloudWatch Logs counts for each line beside its bytes (CloudWatch Logs API reference,
/// `PutLogEvents`).
const BYTES_OF_A_LINE: usize = 26;

/// The lines of Lambda for an ordinary invocation (AWS Lambda developer guide, "Lambda Telemetry API
/// Event schema reference").
const START: &str = r#"{"time":"2026-11-24T06:24:00.000Z","type":"platform.start","record":{"requestId":"79b4f56e-95b1-4643-9700-2807f4e68189","version":"$LATEST"}}"#;
const REPORT: &str = r#"{"time":"2026-11-24T06:24:00.168Z","type":"platform.report","record":{"requestId":"79b4f56e-95b1-4643-9700-2807f4e68189","metrics":{"durationMs":167.09,"billedDurationMs":168,"memorySizeMB":512,"maxMemoryUsedMB":64},"status":"success"}}"#;

/// To a hundred bytes.
fn rounded<'a>(lines: impl IntoIterator<Item = &'a str>) -> usize {
    let bytes: usize = lines.into_iter().map(|line| line.len() + BYTES_OF_A_LINE).sum();
    (bytes + 50) / 100 * 100
}

/// US cents of so many lines of text, a million each, at $0.50 a gigabyte.
fn cents_of_a_million(bytes: usize) -> usize {
    bytes * 50 / 1000
}

#[test]
fn the_cost_of_the_functions_logs_is_the_documented_one() {
    let metrics = Metrics::of("delivery").count("Delivered", 10);
    let metrics = metrics.line("grapnel", 1_795_501_440_000).expect("a count");
    let bytes = rounded([START, &metrics, REPORT]);
    let cents = cents_of_a_million(bytes);
    let expected = format!(
        "about {bytes} bytes an invocation (its metrics and Lambda's own lines) | $0.{:02}–0.{cents:02} |",
        cents.div_ceil(10)
    );
    let cost = include_str!("../../../../docs/cost.md");
    assert!(cost.contains(&expected), "docs/cost.md does not say: {expected}");
}

#[test]
fn the_cost_of_the_access_log_is_the_documented_one() {
    let format =
        &TEMPLATE["Resources"]["HttpApiStage"]["Properties"]["AccessLogSettings"]["Format"];
    let mut line = format.as_str().expect("a format").to_owned();
    for (variable, value) in [
        ("requestId", "JKJaXmPLvHcESHA="),
        ("requestTime", "24/Nov/2026:06:24:00 +0000"),
        ("httpMethod", "GET"),
        (
            "path",
            "/api/webhooks/wh_01938d2e-7b1c-7c3a-9f00-1234567890ab/deliveries/dlv_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        ),
        ("status", "200"),
        ("responseLatency", "35"),
        ("responseLength", "640"),
        ("integrationErrorMessage", "-"),
    ] {
        let name = format!("$context.{variable}\"");
        assert!(line.contains(&name), "{variable}");
        line = line.replace(&name, &format!("{value}\""));
    }
    assert!(!line.contains('$'), "{line}");
    let (access, own) = (rounded([line.as_str()]), rounded([START, REPORT]));
    let expected = format!(
        "the access log about {access} bytes a request ($0.{:02} a million), and Lambda's own log \
         lines about {own} bytes ($0.{:02} a million)",
        cents_of_a_million(access),
        cents_of_a_million(own)
    );
    let cost = include_str!("../../../../docs/cost.md").replace('\n', " ");
    assert!(cost.contains(&expected), "docs/cost.md does not say: {expected}");
}
