//! What the functions' roles cannot do. The local AWS checks the attributes that a read projects,
//! but not those that an update writes.

use crate::reading::{TEMPLATE, one_or_more, resources, statements_on};
use grapnel_aws::{
    TENDED_ATTRIBUTES,
    webhook_attributes::{HEALTH, LIMITER, NOTES, SUBSCRIPTION},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ATTRIBUTES: &str = "dynamodb:Attributes";

fn actions(statement: &Value) -> BTreeSet<&str> {
    one_or_more(&statement["Action"]).iter().map(|name| name.as_str().expect("text")).collect()
}

/// The attributes that a statement allows.
fn attributes(statement: &Value) -> BTreeSet<&str> {
    let limited = &statement["Condition"]["ForAllValues:StringEquals"][ATTRIBUTES];
    one_or_more(limited).iter().filter_map(|name| name.as_str()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<&str> {
    names.into()
}

#[test]
fn ingest_reads_of_webhooks_what_fan_out_needs_and_no_secret() {
    let [statement] = statements_on("IngestRole", "WebhooksTable")[..] else { panic!("one") };
    assert_eq!(actions(statement), set(["dynamodb:Query"]));
    assert_eq!(attributes(statement), set(SUBSCRIPTION));
    // A query of whole rows names no attribute, and ForAllValues allows that.
    let select = &statement["Condition"]["StringEquals"]["dynamodb:Select"];
    assert_eq!(select, "SPECIFIC_ATTRIBUTES");
    for secret in ["secret", "previousSecret", "headers", "url", "metadata"] {
        assert!(!attributes(statement).contains(secret), "{secret}");
    }
}

#[test]
fn delivery_writes_of_webhooks_only_health_and_limiters_and_only_by_updates() {
    let statements = statements_on("DeliveryRole", "WebhooksTable");
    let mut limited = Vec::new();
    for statement in statements {
        if actions(statement) == set(["dynamodb:Query"]) {
            continue;
        }
        assert_eq!(actions(statement), set(["dynamodb:UpdateItem"]), "{statement}");
        let returned = &statement["Condition"]["StringEqualsIfExists"]["dynamodb:ReturnValues"];
        assert!(returned == "NONE" || returned == "UPDATED_NEW", "{statement}");
        limited.push(attributes(statement));
    }
    let health: BTreeSet<&str> = HEALTH.into_iter().chain(NOTES).collect();
    assert_eq!(limited, [health, set(LIMITER)]);
}

/// Without `BatchGetItem` each row would be read alone, and no other test would notice.
#[test]
fn delivery_reads_the_deliveries_of_a_batch_in_one_call_and_creates_and_deletes_none() {
    let allowed: BTreeSet<&str> =
        statements_on("DeliveryRole", "DeliveriesTable").into_iter().flat_map(actions).collect();
    let named =
        ["GetItem", "BatchGetItem", "UpdateItem", "Query"].map(|it| format!("dynamodb:{it}"));
    assert_eq!(allowed, named.iter().map(String::as_str).collect());
}

/// What waits needs no secret, no event and nothing that a receiver answered.
#[test]
fn tending_reads_and_writes_of_deliveries_only_their_waits_and_reaches_no_other_table() {
    let statements = statements_on("TendRole", "DeliveriesTable");
    let mut found = Vec::new();
    for statement in statements {
        found.push((actions(statement), attributes(statement)));
    }
    let read = (set(["dynamodb:BatchGetItem"]), set(TENDED_ATTRIBUTES));
    let written =
        ["webhookId", "id", "attemptCount", "waitMinute", "waitSpread", "slot", "unreleased"];
    let write = (set(["dynamodb:UpdateItem"]), set(written));
    assert_eq!(found, [read, write]);
    let select = &statements_on("TendRole", "DeliveriesTable")[0]["Condition"]["StringEqualsIfExists"]
        ["dynamodb:Select"];
    assert_eq!(select, "SPECIFIC_ATTRIBUTES");
    let queries = crate::reading::statements("TendRole");
    let queries = queries.iter().filter(|one| actions(one).contains("dynamodb:Query"));
    let queried: Vec<_> = queries.map(|one| &one["Resource"]).collect();
    assert_eq!(queried, [&json!({ "Fn::Sub": "${DeliveriesTable.Arn}/index/due" })]);
    for table in ["WebhooksTable", "EventsTable", "KeysTable"] {
        for role in ["TendRole", "WaitRole"] {
            assert!(statements_on(role, table).is_empty(), "{role} {table}");
        }
    }
    let wait = crate::reading::statements("WaitRole");
    assert_eq!(wait.len(), 1, "an execution does nothing but call the function");
    assert_eq!(actions(wait[0]), set(["lambda:InvokeFunction"]));
    assert_eq!(wait[0]["Resource"], json!({ "Fn::GetAtt": "TendFunction.Arn" }));
}

#[test]
fn only_the_api_can_put_or_delete_a_webhook() {
    for (role, _) in resources("AWS::IAM::Role") {
        let may: BTreeSet<&str> =
            statements_on(role, "WebhooksTable").into_iter().flat_map(actions).collect();
        for action in ["dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"] {
            assert_eq!(
                may.contains(action),
                role == "ApiRole" && action != "dynamodb:BatchWriteItem",
                "{role} {action}"
            );
        }
    }
}

#[rstest]
#[case("IngestRole")]
#[case("DeliveryRole")]
fn a_notice_can_name_no_other_source(#[case] role: &str) {
    let statements = crate::reading::statements(role);
    let may_put = |one: &&&Value| actions(one).contains("events:PutEvents");
    let notices: Vec<_> = statements.iter().filter(may_put).collect();
    let [notices] = notices[..] else { panic!("{role} has {} such statements", notices.len()) };
    let condition = &notices["Condition"];
    let expected = json!({
        "ForAllValues:StringEquals": { "events:source": grapnel_domain::notice::SOURCE },
        "Null": { "events:source": "false" },
    });
    assert_eq!(condition, &expected);
}

/// Another account's state machine must not be able to use a role through Step Functions.
#[test]
fn only_state_machines_of_this_account_can_take_a_role() {
    let machines = resources("AWS::Serverless::StateMachine");
    assert_eq!(machines.len(), 1);
    for (machine, resource) in machines {
        let role = resource["Properties"]["Role"]["Fn::GetAtt"].as_str().expect("a role");
        let role = role.strip_suffix(".Arn").expect("its ARN");
        let trust = &TEMPLATE["Resources"][role]["Properties"]["AssumeRolePolicyDocument"];
        let expected = json!([{
            "Effect": "Allow",
            "Principal": { "Service": "states.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } },
        }]);
        assert_eq!(trust["Statement"], expected, "{machine}");
    }
}
