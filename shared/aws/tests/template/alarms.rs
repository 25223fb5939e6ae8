//! Alarms: each uses an existing metric, has a description, and notifies the topic.

use crate::reading::{TEMPLATE, resources};
use grapnel_telemetry::metrics::{
    DIMENSIONS, EVENTS_LEFT_FOR_LATER, MESSAGES_LEFT_FOR_LATER, NAMESPACE,
};
use serde_json::{Value, json};

/// Metrics as AWS documents them: namespace, name and dimensions. Amazon SQS developer guide, "Available
/// CloudWatch metrics"; AWS Lambda developer guide, "Types of metrics"; AWS Step Functions developer guide,
/// "Monitoring Step Functions metrics"; Amazon API Gateway developer guide, "Work with metrics for HTTP
/// APIs"; Amazon DynamoDB developer guide, "DynamoDB metrics and dimensions".
const OF_AWS: [(&str, &str, &[&str]); 8] = [
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", &["QueueName"]),
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", &["QueueName"]),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", &["QueueName"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/Lambda", "Throttles", &["FunctionName"]),
    ("AWS/States", "ExecutionsFailed", &["StateMachineArn"]),
    ("AWS/ApiGateway", "5xx", &["ApiId"]),
    ("AWS/DynamoDB", "WriteThrottleEvents", &["TableName"]),
];

/// The functions' metrics, and the function that counts each.
const OURS: [(&str, &str); 2] =
    [(EVENTS_LEFT_FOR_LATER, "ingest"), (MESSAGES_LEFT_FOR_LATER, "delivery")];

fn dimensions(metric: &Value) -> Vec<(&str, &Value)> {
    let all = metric["Dimensions"].as_array().expect("dimensions").iter();
    all.map(|one| (one["Name"].as_str().expect("a name"), &one["Value"])).collect()
}

#[test]
fn every_alarm_is_on_a_metric_that_there_is() {
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let metric = &alarm["Properties"];
        let text = |name: &str| metric[name].as_str().expect("text");
        let (namespace, name) = (text("Namespace"), text("MetricName"));
        let names: Vec<&str> = dimensions(metric).into_iter().map(|(name, _)| name).collect();
        if namespace == NAMESPACE {
            let (_, function) =
                OURS.into_iter().find(|(ours, _)| *ours == name).expect("a metric of ours");
            assert_eq!(names, DIMENSIONS, "{id}");
            let expected = [json!({ "Ref": "AWS::StackName" }), json!(function)];
            assert!(dimensions(metric).into_iter().map(|(_, value)| value).eq(&expected), "{id}");
        } else {
            assert!(OF_AWS.contains(&(namespace, name, &names[..])), "{id}: {metric}");
        }
    }
}

#[test]
fn the_functions_that_count_know_their_stack() {
    for function in ["IngestFunction", "DeliveryFunction", "TendFunction"] {
        let variables = &TEMPLATE["Resources"][function]["Properties"]["Environment"]["Variables"];
        assert_eq!(variables["STACK_NAME"], json!({ "Ref": "AWS::StackName" }), "{function}");
    }
}

#[test]
fn every_alarm_tells_the_topic_and_is_explained() {
    let topic = json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
    let guide = include_str!("../../../../docs/operate.md");
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        for told in ["AlarmActions", "OKActions"] {
            assert_eq!(alarm["Properties"][told], topic, "{id} {told}");
        }
        assert!(guide.contains(&format!("`{id}`")), "docs/operate.md does not explain {id}");
    }
}

/// When the guide says that alarms ring: their logical ids, the guide's words, and their meaning:
/// the threshold, the seconds of a period, the number of periods, and how many of them must be bad.
type Rings = (&'static [&'static str], &'static str, [u32; 4]);

const RINGS: [Rings; 10] = [
    (
        &["EventsDeadLettersAlarm", "DeliveryDeadLettersAlarm", "RuleDeadLettersAlarm"],
        "there is a dead letter",
        [1, 300, 1, 1],
    ),
    (
        &["EventsLeftForLaterAlarm", "MessagesLeftForLaterAlarm"],
        "in each of two periods of 15 minutes",
        [1, 900, 2, 2],
    ),
    (
        &["EventsIsolationAlarm", "DeliveryIsolationAlarm"],
        "on the isolation queue for half an hour",
        [1, 300, 6, 5],
    ),
    (
        &["IngestErrorsAlarm", "DeliveryErrorsAlarm", "TendErrorsAlarm"],
        "crashed or ran out of time, in two of three periods of five minutes",
        [1, 300, 3, 2],
    ),
    (
        &["IngestThrottlesAlarm", "DeliveryThrottlesAlarm"],
        "had no capacity to start ingest or delivery, in two of three periods of five minutes",
        [1, 300, 3, 2],
    ),
    (&["WaitsFailedAlarm"], "execution that wakes deliveries failed", [1, 300, 1, 1]),
    (
        &["DeliveriesThrottledAlarm", "EventsThrottledAlarm"],
        "refused writes to deliveries or events, in two of three periods of five minutes",
        [1, 300, 3, 2],
    ),
    (&["ApiErrorsAlarm"], "ten requests in five minutes were answered with 5xx", [10, 300, 1, 1]),
    (&["EventsAgeAlarm"], "an event has been waiting for 15 minutes", [900, 300, 1, 1]),
    (&["DeliveryAgeAlarm"], "a delivery message has been waiting for an hour", [3600, 300, 1, 1]),
];

#[test]
fn every_alarm_rings_when_the_guide_says() {
    let guide = include_str!("../../../../docs/operate.md");
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        let (ids, words, expected) =
            RINGS.iter().find(|(ids, ..)| ids.contains(&id)).unwrap_or_else(|| panic!("{id}"));
        let row = |line: &&str| line.starts_with(&format!("| `{}`", ids[0]));
        let row = guide.lines().find(row).unwrap_or_else(|| panic!("no row has {id}"));
        assert!(row.contains(id) && row.contains(words), "{id}: {row}");
        let properties = &alarm["Properties"];
        let all = &properties["EvaluationPeriods"];
        let bad = properties.get("DatapointsToAlarm").unwrap_or(all);
        let found = [&properties["Threshold"], &properties["Period"], all, bad];
        assert_eq!(found.map(Clone::clone), expected.map(Value::from), "{id}");
        let comparison = &properties["ComparisonOperator"];
        assert_eq!(comparison, "GreaterThanOrEqualToThreshold", "{id}");
    }
    // The guide's other sentence on isolation: the minimum of each period, so every period must
    // have a value.
    assert!(guide.contains("for 25 of 30 minutes"));
    for id in ["EventsIsolationAlarm", "DeliveryIsolationAlarm"] {
        assert_eq!(TEMPLATE["Resources"][id]["Properties"]["Statistic"], "Minimum", "{id}");
    }
}

/// The names of a function's metrics: `source` has each once, in one chain of calls.
fn metrics_of(function: &str, source: &str) -> usize {
    let beginning = format!("Metrics::of(\"{function}\")");
    let (_, chain) = source.split_once(&beginning).expect("it counts");
    let chain = chain.split('}').next().unwrap_or_default();
    chain.matches(".count(").count()
}

#[test]
fn the_cost_of_the_metrics_is_the_documented_one() {
    let ingest = metrics_of("ingest", include_str!("../../../../functions/ingest/src/batch.rs"));
    let delivery =
        metrics_of("delivery", include_str!("../../../../functions/delivery/src/batch.rs"));
    let tend = metrics_of("tend", include_str!("../../../../functions/tend/src/lib.rs"));
    assert!(ingest > 1 && delivery > 1 && tend > 1, "{ingest}, {delivery} and {tend}");
    let count = ingest + delivery + tend;
    let cents = count * 30;
    let cost = include_str!("../../../../docs/cost.md");
    let expected = format!("{count} of them at most (${}.{:02})", cents / 100, cents % 100);
    assert!(cost.contains(&expected), "docs/cost.md does not say: {expected}");
}

#[test]
fn the_cost_of_the_alarms_is_the_documented_one() {
    let count = resources("AWS::CloudWatch::Alarm").len();
    let cents = count * 10;
    let cost = include_str!("../../../../docs/cost.md");
    let expected = format!("{count} alarms are ${}.{:02} a month", cents / 100, cents % 100);
    assert!(cost.contains(&expected), "docs/cost.md does not say: {expected}");
}
