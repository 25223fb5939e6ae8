//! Which lines reach the functions' logs: Lambda filters lines by level.

use crate::reading::{TEMPLATE, resources};
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
