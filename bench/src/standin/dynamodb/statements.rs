//! `BatchExecuteStatement`, as far as it inserts: `INSERT INTO "table" VALUE {'name': ?, …}` with a
//! parameter for each value. An item whose key exists is refused alone.

use super::{table::Key, tables::Tables, units::Written, value::Item};
use crate::{
    counts::Count,
    standin::{
        refusal::{Answer, Refusal},
        request::Request,
    },
};
use serde_json::{Value, json};

/// Statements of one call.
const MOST: usize = 25;

pub(super) fn batch_execute(tables: &mut Tables, body: &Value) -> Answer {
    let request = Request::new(body, &["Statements"])?;
    let statements = request.list("Statements")?;
    if !(1..=MOST).contains(&statements.len()) {
        return Err(Refusal::invalid("a BatchExecuteStatement has 1 to 25 statements"));
    }
    let mut inserts: Vec<(String, Key, Item, bool)> = Vec::new();
    for statement in statements {
        let known = ["Statement", "Parameters", "ReturnValuesOnConditionCheckFailure"];
        let statement = Request::new(statement, &known)?;
        let (name, item) = insert(statement.text("Statement")?, statement.list("Parameters")?)?;
        let asks_old = statement.optional_text("ReturnValuesOnConditionCheckFailure")?;
        let key = tables.get(&name)?.key_of(&item)?;
        if inserts.iter().any(|(other, known, ..)| *other == name && *known == key) {
            return Err(Refusal::invalid("two statements are about the same item"));
        }
        inserts.push((name, key, item, asks_old == Some("ALL_OLD")));
    }
    let mut responses = Vec::new();
    let mut called = Vec::new();
    for (name, key, item, asks_old) in inserts {
        let old = tables.get(&name)?.get(&key).cloned();
        let units = match &old {
            Some(old) => Written::refused(Some(old)),
            None => tables.get_mut(&name)?.write(&key, Some(item))?,
        };
        let calls = u64::from(!called.contains(&name));
        let count =
            Count { calls, writes: units.table, index_writes: units.index, ..Count::default() };
        tables.count("BatchExecuteStatement", &name, &count);
        called.push(name.clone());
        responses.push(match old {
            None => json!({ "TableName": name }),
            Some(old) => {
                let mut error = json!({
                    "Code": "DuplicateItem",
                    "Message": "Duplicate primary key exists in table",
                });
                if asks_old {
                    error["Item"] = Value::Object(old);
                }
                json!({ "TableName": name, "Error": error })
            }
        });
    }
    Ok(json!({ "Responses": responses }))
}

/// The table and the item of a statement.
fn insert(statement: &str, parameters: &[Value]) -> Result<(String, Item), Refusal> {
    let unknown = || Refusal::unknown(format!("the statement {statement}"));
    let rest = statement.trim().strip_prefix("INSERT INTO").ok_or_else(unknown)?;
    let rest = rest.trim_start().strip_prefix('"').ok_or_else(unknown)?;
    let (table, rest) = rest.split_once('"').ok_or_else(unknown)?;
    let rest = rest.trim_start().strip_prefix("VALUE").ok_or_else(unknown)?;
    let members = rest.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let mut item = Item::new();
    let mut values = parameters.iter();
    for member in members.ok_or_else(unknown)?.split(',') {
        let (name, value) = member.split_once(':').ok_or_else(unknown)?;
        let name = name.trim().strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
        if value.trim() != "?" {
            return Err(unknown());
        }
        let value = values.next().ok_or_else(|| Refusal::invalid("a parameter is missing"))?;
        item.insert(name.ok_or_else(unknown)?.to_owned(), value.clone());
    }
    if values.next().is_some() {
        return Err(Refusal::invalid("there are more parameters than values"));
    }
    Ok((table.to_owned(), item))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(id: &str) -> Value {
        json!({
            "Statement": "INSERT INTO \"DeliveriesTable\" VALUE {'webhookId': ?, 'id': ?}",
            "Parameters": [{ "S": "wh" }, { "S": id }],
        })
    }

    #[test]
    fn an_existing_key_fails_alone() {
        let mut tables = Tables::new();
        let first = json!({ "Statements": [statement("a")] });
        assert!(batch_execute(&mut tables, &first).is_ok());
        let both = json!({ "Statements": [statement("a"), statement("b")] });
        let answer = batch_execute(&mut tables, &both).expect("answered");
        assert_eq!(answer["Responses"][0]["Error"]["Code"], "DuplicateItem");
        assert_eq!(answer["Responses"][1], json!({ "TableName": "DeliveriesTable" }));
        let total = tables.take_counts().total();
        assert_eq!((total.calls, total.writes), (2, 3));
    }

    #[test]
    fn other_statements_are_refused() {
        for text in ["DELETE FROM \"t\"", "INSERT INTO \"t\" VALUE {'a': 'b'}", "INSERT INTO t"] {
            assert!(insert(text, &[json!({ "S": "x" })]).is_err(), "{text}");
        }
    }
}
