//! A server in place of AWS that records its requests, and a form in which they are compared.

use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use grapnel_aws::{Clients, sdk_defaults};
use grapnel_receiver::{Reply, Script, TestReceiver};
use serde_json::{Map, Value};

/// Parts of the keys of tables and indexes.
const KEYS: [&str; 4] = ["hash", "userId", "webhookId", "id"];

/// A server that answers and records every request.
pub(crate) struct Captured {
    server: TestReceiver,
    pub(crate) clients: Clients,
}

impl Captured {
    /// A server that answers as if nothing were stored.
    pub(crate) async fn new() -> Self {
        Self::answering([]).await
    }

    /// A server that gives these answers first.
    pub(crate) async fn answering<const N: usize>(answers: [&str; N]) -> Self {
        let server = TestReceiver::start().await.expect("a free port");
        let ok = |json: &str| {
            Reply::status(200).header("content-type", "application/x-amz-json-1.0").body(json)
        };
        let script = Script::in_order(answers.into_iter().map(ok)).then(ok("{}"));
        server.answer_with("/", script);
        let config = sdk_defaults()
            .endpoint_url(server.url(""))
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        Self { clients: Clients::new(&config), server }
    }

    /// A server that answers every request with an error.
    pub(crate) async fn failing() -> Self {
        let aws = Self::new().await;
        aws.server.answer_with("/", 500);
        aws
    }

    /// The bodies of all requests.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        let bodies = self.server.all_received().into_iter();
        bodies.map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
    }

    /// The requests: a line for each, and a line for each of its parts. Ids that differ between
    /// runs are replaced by these texts.
    pub(crate) fn requests(&self, names: &[(String, &str)]) -> String {
        let mut text = String::new();
        for request in self.server.all_received() {
            let target = request.header("x-amz-target").expect("an operation");
            let operation = target.rsplit('.').next().unwrap_or_default();
            let body: Value = serde_json::from_slice(&request.body).expect("JSON");
            text.push_str(&described(operation, &body));
        }
        for (id, name) in names {
            text = text.replace(id, name);
        }
        text
    }
}

/// Compares line by line, without regard to indentation.
#[track_caller]
pub(crate) fn assert_lines(found: &str, expected: &str) {
    let lines = |text: &str| {
        text.lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (found, expected) = (lines(found), lines(expected));
    assert!(
        found == expected,
        "asked:\n{}\n\nexpected:\n{}",
        found.join("\n"),
        expected.join("\n")
    );
}

fn described(operation: &str, body: &Value) -> String {
    if operation == "TransactWriteItems" {
        let writes = body["TransactItems"].as_array().into_iter().flatten();
        let each = writes.filter_map(Value::as_object).flatten();
        return each.map(|(write, part)| described(&format!("Transact{write}"), part)).collect();
    }
    if operation == "BatchGetItem" {
        let tables = body["RequestItems"].as_object().into_iter().flatten();
        let each = tables.map(|(table, asked)| {
            let keys = asked["Keys"].as_array().into_iter().flatten().filter_map(Value::as_object);
            let keys: Vec<String> = keys.map(attributes).collect();
            let consistent = if asked["ConsistentRead"] == true { ", consistent" } else { "" };
            let only = asked["ProjectionExpression"].as_str();
            let only =
                only.map_or_else(String::new, |it| format!("only {}\n", resolved(it, asked)));
            format!("BatchGetItem {table}{consistent}\nkeys {}\n{only}", keys.join("; "))
        });
        return each.collect();
    }
    let mut text = format!("{operation} {}", body["TableName"].as_str().unwrap_or_default());
    if let Some(index) = body["IndexName"].as_str() {
        text.push_str(&format!("/{index}"));
    }
    if body["ConsistentRead"] == true {
        text.push_str(", consistent");
    }
    if body["ScanIndexForward"] == false {
        text.push_str(", descending");
    }
    if let Some(select) = body["Select"].as_str() {
        text.push_str(&format!(", {select}"));
    }
    text.push('\n');
    for (name, part) in [("key", "Key"), ("item", "Item"), ("after", "ExclusiveStartKey")] {
        if let Some(item) = body[part].as_object() {
            let mut item = item.clone();
            if part == "Item" {
                item.retain(|name, _| KEYS.contains(&name.as_str()));
            }
            text.push_str(&format!("{name} {}\n", attributes(&item)));
        }
    }
    for (name, part) in [
        ("where", "KeyConditionExpression"),
        ("filter", "FilterExpression"),
        ("only", "ProjectionExpression"),
        ("if", "ConditionExpression"),
    ] {
        if let Some(expression) = body[part].as_str() {
            let resolved = resolved(expression, body).replace(" AND ", "\n  and ");
            text.push_str(&format!("{name} {resolved}\n"));
        }
    }
    if let Some(update) = body["UpdateExpression"].as_str() {
        for clause in resolved(update, body).replace(" REMOVE ", "\nREMOVE ").lines() {
            text.push_str(&format!("{}\n", clause.replace(", ", "\n  ")));
        }
    }
    text
}

fn attributes(item: &Map<String, Value>) -> String {
    let mut parts: Vec<String> =
        item.iter().map(|(name, value)| format!("{name} = {}", literal(value))).collect();
    parts.sort();
    parts.join(", ")
}

/// An expression with names and values in place of their placeholders.
fn resolved(expression: &str, body: &Value) -> String {
    let mut text = String::new();
    let mut rest = expression;
    while let Some(at) = rest.find(['#', ':']) {
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (placeholder, behind) = rest[at..].split_at(1 + end.unwrap_or(after.len()));
        let name = body["ExpressionAttributeNames"][placeholder].as_str().map(str::to_owned);
        let value = body["ExpressionAttributeValues"].get(placeholder).map(literal);
        text.push_str(&name.or(value).unwrap_or_else(|| placeholder.to_owned()));
        rest = behind;
    }
    text.push_str(rest);
    text
}

/// An attribute's value: a text in quotes, a number as it is, other values as `…`.
fn literal(value: &Value) -> String {
    match (value["S"].as_str(), value["N"].as_str()) {
        (Some(text), _) => format!("'{text}'"),
        (None, Some(number)) => number.to_owned(),
        (None, None) => "…".to_owned(),
    }
}
