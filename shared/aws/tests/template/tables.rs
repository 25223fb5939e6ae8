//! The prepared throughput of tables, and which tables outlive their stack.

use crate::reading::resources;
use serde_json::{Value, json};

/// A table's indexes, including those under a condition.
fn indexes(table: &Value) -> Vec<&Value> {
    let all = &table["Properties"]["GlobalSecondaryIndexes"];
    let all = all.get("Fn::If").map_or(all, |choice| &choice[1]);
    all.as_array().map_or_else(Vec::new, |all| all.iter().collect())
}

/// A write to a table is also a write to its index: an index with less throughput throttles the
/// table.
#[test]
fn an_index_is_prepared_for_as_much_as_its_table() {
    let units = |condition: &str, parameter: &str, of_new_table: u32| json!({ "Fn::If": [condition, { "Ref": parameter }, of_new_table] });
    let prepared = json!({ "Fn::If": ["WarmsTables", {
        "ReadUnitsPerSecond": units("WarmsReads", "WarmReadUnitsPerSecond", 12_000),
        "WriteUnitsPerSecond": units("WarmsWrites", "WarmWriteUnitsPerSecond", 4_000),
    }, { "Ref": "AWS::NoValue" }] });
    let mut found = Vec::new();
    for (id, table) in resources("AWS::DynamoDB::Table") {
        let of_table = &table["Properties"]["WarmThroughput"];
        for index in indexes(table) {
            let name = index["IndexName"].as_str().expect("a name");
            assert_eq!(index["WarmThroughput"], *of_table, "{id} {name}");
            found.push(name);
        }
        let is_warmed = ["EventsTable", "DeliveriesTable"].contains(&id);
        assert_eq!(*of_table, if is_warmed { prepared.clone() } else { Value::Null }, "{id}");
    }
    for name in ["byTime", "due", "waiting", "failed"] {
        assert!(found.contains(&name), "{name} is not among {found:?}");
    }
}

/// The tend function finds by it what is due, and orders it by user.
#[test]
fn waits_are_indexed_by_spread_and_minute() {
    let deliveries = resources("AWS::DynamoDB::Table").into_iter();
    let (_, table) = deliveries.clone().find(|(id, _)| *id == "DeliveriesTable").expect("there");
    let due = indexes(table).into_iter().find(|index| index["IndexName"] == "due").expect("there");
    let keys = json!([
        { "AttributeName": "waitSpread", "KeyType": "HASH" },
        { "AttributeName": "waitMinute", "KeyType": "RANGE" },
    ]);
    assert_eq!(due["KeySchema"], keys);
    let projection = json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["userId"] });
    assert_eq!(due["Projection"], projection);
}

#[test]
fn a_table_that_is_backed_up_outlives_its_stack_unless_the_stack_was_never_there() {
    let mut kept = Vec::new();
    for (id, table) in resources("AWS::DynamoDB::Table") {
        let backups = &table["Properties"]["PointInTimeRecoverySpecification"];
        let is_backed_up = backups["PointInTimeRecoveryEnabled"] == true;
        let (deletion, replacement) = match is_backed_up {
            true => ("RetainExceptOnCreate", "Retain"),
            false => ("Delete", "Delete"),
        };
        assert_eq!(table["DeletionPolicy"], deletion, "{id}");
        assert_eq!(table["UpdateReplacePolicy"], replacement, "{id}");
        kept.extend(is_backed_up.then_some(id));
    }
    for id in ["WebhooksTable", "KeysTable"] {
        assert!(kept.contains(&id), "{id} is not among {kept:?}");
    }
}
