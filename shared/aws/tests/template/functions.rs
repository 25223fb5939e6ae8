//! How much of each function runs at once, and what starts it.

use crate::reading::{TEMPLATE, resources};
use grapnel_domain::fan_out::MAX_WEBHOOKS_PER_USER;
use rstest::rstest;
use serde_json::{Value, json};

fn parameter(name: &str) -> &'static Value {
    let parameter = &TEMPLATE["Parameters"][name];
    assert!(parameter.is_object(), "there is no {name}");
    parameter
}

fn properties(resource: &str) -> &'static Value {
    &TEMPLATE["Resources"][resource]["Properties"]
}

/// The functions with an event source on this queue, and the sources.
fn sources_on(queue: &str) -> Vec<(&'static str, &'static Value)> {
    let arn = json!({ "Fn::GetAtt": format!("{queue}.Arn") });
    let mut found = Vec::new();
    for (function, resource) in resources("AWS::Serverless::Function") {
        let events = resource["Properties"]["Events"].as_object().into_iter().flatten();
        let sources = events.map(|(_, event)| &event["Properties"]);
        found.extend(sources.filter(|it| it["Queue"] == arn).map(|it| (function, it)));
    }
    found
}

/// An isolation queue with batches of ten would let a message take nine others with it; an ordinary
/// queue with batches of one would cost ten times the invocations.
#[rstest]
#[case("EventsQueue", "IngestFunction", 10)]
#[case("EventsIsolationQueue", "IngestFunction", 1)]
#[case("DeliveryQueue", "DeliveryFunction", 10)]
#[case("DeliveryIsolationQueue", "DeliveryFunction", 1)]
fn each_queue_starts_its_function_with_its_size_of_batch(
    #[case] queue: &str,
    #[case] function: &str,
    #[case] size: u32,
) {
    let [(started, source)] = sources_on(queue)[..] else { panic!("{queue}: not one source") };
    assert_eq!((started, &source["BatchSize"]), (function, &json!(size)), "{queue}");
    assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "{queue}");
}

/// Only new events may wait for company: a retry is due, and an isolated message comes alone.
#[test]
fn only_events_are_gathered_and_only_if_asked_to() {
    for (queue, window) in [
        ("EventsQueue", json!({ "Ref": "EventsBatchingWindowSeconds" })),
        ("EventsIsolationQueue", Value::Null),
        ("DeliveryQueue", Value::Null),
        ("DeliveryIsolationQueue", Value::Null),
    ] {
        let [(_, source)] = sources_on(queue)[..] else { panic!("{queue}: not one source") };
        assert_eq!(source["MaximumBatchingWindowInSeconds"], window, "{queue}");
    }
    assert_eq!(parameter("EventsBatchingWindowSeconds")["Default"], 0);
}

#[rstest]
#[case("EventsQueue", json!({ "MaximumConcurrency": { "Ref": "IngestMaximumConcurrency" } }))]
#[case("EventsIsolationQueue", json!({ "MaximumConcurrency": { "Ref": "IsolationMaximumConcurrency" } }))]
#[case("DeliveryIsolationQueue", json!({ "MaximumConcurrency": { "Ref": "IsolationMaximumConcurrency" } }))]
#[case("DeliveryQueue", json!({ "Fn::If": [
    "DeliveryIsProvisioned",
    { "Ref": "AWS::NoValue" },
    { "MaximumConcurrency": { "Ref": "DeliveryMaximumConcurrency" } },
] }))]
fn each_queue_has_its_limit_of_functions(#[case] queue: &str, #[case] limit: Value) {
    let [(_, source)] = sources_on(queue)[..] else { panic!("{queue}: not one source") };
    assert_eq!(source["ScalingConfig"], limit, "{queue}");
}

#[test]
fn only_the_api_reserves_concurrency_and_only_if_asked_to() {
    for (function, resource) in resources("AWS::Serverless::Function") {
        let reserved = &resource["Properties"]["ReservedConcurrentExecutions"];
        let expected = match function {
            "ApiFunction" => json!({ "Fn::If": [
                "ApiIsReserved",
                { "Ref": "ApiReservedConcurrency" },
                { "Ref": "AWS::NoValue" },
            ] }),
            _ => Value::Null,
        };
        assert_eq!(reserved, &expected, "{function}");
    }
    let is_zero = json!({ "Fn::Equals": [{ "Ref": "ApiReservedConcurrency" }, "0"] });
    assert_eq!(TEMPLATE["Conditions"]["ApiIsReserved"], json!({ "Fn::Not": [is_zero] }));
    assert_eq!(parameter("ApiReservedConcurrency")["Default"], 0);
}

/// Otherwise a deployment that put a firewall before its own domain could be reached around it.
#[test]
fn the_address_of_aws_can_be_turned_off() {
    let disabled = &properties("HttpApi")["DisableExecuteApiEndpoint"];
    assert_eq!(disabled, &json!({ "Ref": "DisableExecuteApiEndpoint" }));
    assert_eq!(parameter("DisableExecuteApiEndpoint")["AllowedValues"], json!(["true", "false"]));
    assert_eq!(parameter("DisableExecuteApiEndpoint")["Default"], "false");
}

#[test]
fn the_template_allows_as_many_webhooks_as_the_functions() {
    let allowed = parameter("MaxWebhooksPerUser");
    assert_eq!(allowed["MaxValue"], MAX_WEBHOOKS_PER_USER);
    assert!(allowed["Default"].as_u64() <= allowed["MaxValue"].as_u64());
}
