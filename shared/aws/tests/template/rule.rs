//! The rule that takes events from the bus, and its permission to send them.

use crate::reading::TEMPLATE;
use serde_json::json;

const OF_DEFAULT: &str = "${AWS::StackName}-events";
const OF_ANOTHER: &str = "${AWS::StackName}-bus-events";

/// CloudFormation replaces the rule when its bus changes, and cannot give the new rule the same
/// name.
#[test]
fn the_rule_has_another_name_on_another_bus() {
    let properties = &TEMPLATE["Resources"]["EventsRule"]["Properties"];
    let name = json!({ "Fn::If": ["HasDefaultBus", { "Fn::Sub": OF_DEFAULT }, { "Fn::Sub": OF_ANOTHER }] });
    assert_eq!(properties["Name"], name);
    assert_eq!(properties["EventBusName"], json!({ "Ref": "EventBusName" }));
    let is_default = &TEMPLATE["Conditions"]["HasDefaultBus"];
    assert_eq!(*is_default, json!({ "Fn::Equals": [{ "Ref": "EventBusName" }, "default"] }));
}

/// EventBridge drops an event that its target's policy refuses, without a retry.
#[test]
fn the_rule_is_made_after_the_policy_that_lets_it_send() {
    assert_eq!(TEMPLATE["Resources"]["EventsRule"]["DependsOn"], "RuleQueuePolicy");
    let policy = &TEMPLATE["Resources"]["RuleQueuePolicy"]["Properties"];
    for queue in ["EventsQueue", "RuleDeadLetterQueue"] {
        assert!(policy["Queues"].as_array().expect("queues").contains(&json!({ "Ref": queue })));
    }
    let statements = policy["PolicyDocument"]["Statement"].as_array().expect("statements");
    let allowed = statements.iter().find(|one| one["Effect"] == "Allow").expect("it may send");
    let rule = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule";
    let rules = json!([
        { "Fn::Sub": format!("{rule}/{OF_DEFAULT}") },
        { "Fn::Sub": format!("{rule}/*/{OF_ANOTHER}") },
    ]);
    assert_eq!(allowed["Condition"]["ArnLike"]["aws:SourceArn"], rules);
}
