//! Encryption with a customer's key, and in transit.

use crate::reading::{TEMPLATE, resources};
use serde_json::{Value, json};

fn reference(id: &str) -> Value {
    json!({ "Ref": id })
}

/// `value` if there is a key, otherwise nothing.
fn with_key(value: Value) -> Value {
    json!({ "Fn::If": ["HasKmsKey", value, reference("AWS::NoValue")] })
}

#[test]
fn every_table_and_queue_is_encrypted_with_the_owners_key() {
    let of_table = with_key(
        json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": reference("KmsKeyArn") }),
    );
    for (id, table) in resources("AWS::DynamoDB::Table") {
        assert_eq!(table["Properties"]["SSESpecification"], of_table, "{id}");
    }
    for (id, queue) in resources("AWS::SQS::Queue") {
        assert_eq!(queue["Properties"]["KmsMasterKeyId"], with_key(reference("KmsKeyArn")), "{id}");
    }
}

#[test]
fn every_role_may_use_the_owners_key() {
    let policy = &TEMPLATE["Resources"]["UseKey"];
    assert_eq!(policy["Condition"], "HasKmsKey");
    let roles = policy["Properties"]["Roles"].as_array().expect("roles");
    for (role, _) in resources("AWS::IAM::Role") {
        assert!(roles.contains(&reference(role)), "{role}");
    }
    let statement = &policy["Properties"]["PolicyDocument"]["Statement"][0];
    assert_eq!(statement["Resource"], reference("KmsKeyArn"));
    for action in ["kms:Decrypt", "kms:GenerateDataKey*"] {
        assert!(statement["Action"].as_array().expect("a list").contains(&json!(action)));
    }
}

#[test]
fn every_queue_refuses_plain_http_and_has_one_policy() {
    let policies = resources("AWS::SQS::QueuePolicy");
    for (queue, _) in resources("AWS::SQS::Queue") {
        let of_queue: Vec<_> = policies
            .iter()
            .map(|(_, policy)| &policy["Properties"])
            .filter(|policy| {
                policy["Queues"].as_array().expect("a list").contains(&reference(queue))
            })
            .collect();
        let [policy] = of_queue[..] else { panic!("{queue} has {} policies", of_queue.len()) };
        let statements = policy["PolicyDocument"]["Statement"].as_array().expect("statements");
        let denial = statements.iter().find(|statement| statement["Effect"] == "Deny");
        let denial = denial.unwrap_or_else(|| panic!("{queue} takes plain HTTP"));
        assert_eq!(
            denial["Condition"],
            json!({ "Bool": { "aws:SecureTransport": "false" } }),
            "{queue}"
        );
        let arn = json!({ "Fn::GetAtt": format!("{queue}.Arn") });
        assert!(denial["Resource"].as_array().expect("a list").contains(&arn), "{queue}");
    }
}
