//! `PutItem`, `UpdateItem`, `DeleteItem` and `TransactWriteItems`.

use super::{
    condition::Condition, expression::Placeholders, table::Key, tables::Tables, units::Written,
    update::Update, value::Item,
};
use crate::{
    counts::Count,
    standin::{
        refusal::{Answer, Refusal},
        request::Request,
    },
};
use serde_json::{Map, Value, json};

/// What the three writes have in common.
const COMMON: [&str; 6] = [
    "TableName",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
];

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// A write that is planned: the item before and after it.
struct Planned {
    table: String,
    key: Key,
    before: Option<Item>,
    after: Option<Item>,
    /// The attributes that an update names.
    updated: Vec<String>,
}

/// Why a write is not made: the condition failed, or the request is not valid.
enum Stopped {
    ByCondition { before: Option<Item>, table: String, asks_old: bool },
    By(Refusal),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::By(refusal)
    }
}

fn request<'a>(body: &'a Value, more: &[&str]) -> Result<Request<'a>, Refusal> {
    Request::new(body, &[&COMMON[..], more].concat())
}

fn planned(tables: &Tables, operation: &str, body: &Value) -> Result<Planned, Stopped> {
    let request = match operation {
        "PutItem" => request(body, &["Item"])?,
        "UpdateItem" => request(body, &["Key", "UpdateExpression"])?,
        _ => request(body, &["Key"])?,
    };
    let name = request.text("TableName")?;
    let table = tables.get(name)?;
    let missing = || Refusal::invalid("the item or its key is missing");
    let key = match operation {
        "PutItem" => table.key_of(request.object("Item")?.ok_or_else(missing)?)?,
        _ => table.key(request.object("Key")?.ok_or_else(missing)?)?,
    };
    let mut placeholders = Placeholders::of(request);
    let condition = request.optional_text("ConditionExpression")?;
    let condition = condition.map(|text| Condition::parse(text, &mut placeholders)).transpose()?;
    let update = request.optional_text("UpdateExpression")?;
    let update = update.map(|text| Update::parse(text, &mut placeholders)).transpose()?;
    placeholders.all_used()?;
    let before = table.get(&key).cloned();
    let nothing = Item::new();
    if condition.is_some_and(|condition| !condition.holds(before.as_ref().unwrap_or(&nothing))) {
        let asks_old = match request.optional_text("ReturnValuesOnConditionCheckFailure")? {
            None | Some("NONE") => false,
            Some("ALL_OLD") => true,
            Some(other) => return Err(Refusal::unknown(other).into()),
        };
        return Err(Stopped::ByCondition { before, table: name.to_owned(), asks_old });
    }
    let updated = update.iter().flat_map(Update::names).map(str::to_owned).collect();
    let after = match (operation, update) {
        ("PutItem", _) => request.object("Item")?.cloned(),
        ("UpdateItem", Some(update)) => {
            let from = before.clone().unwrap_or_else(|| {
                request.object("Key").ok().flatten().cloned().unwrap_or_default()
            });
            let after = update.applied(&from)?;
            if table.key_of(&after)? != key {
                return Err(Refusal::invalid("an update cannot change a key").into());
            }
            Some(after)
        }
        ("UpdateItem", None) => return Err(Refusal::unknown("an update of nothing").into()),
        _ => None,
    };
    Ok(Planned { table: name.to_owned(), key, before, after, updated })
}

/// Makes one write.
pub(super) fn write(tables: &mut Tables, operation: &str, body: &Value) -> Answer {
    let planned = match planned(tables, operation, body) {
        Ok(planned) => planned,
        Err(Stopped::By(refusal)) => return Err(refusal),
        Err(Stopped::ByCondition { before, table, asks_old }) => {
            tables.count(operation, &table, &written(Written::refused(before.as_ref())));
            let refusal = Refusal::new(CONDITION_FAILED, "The conditional request failed");
            return Err(match before.filter(|_| asks_old) {
                Some(before) => refusal.with("Item", Value::Object(before)),
                None => refusal,
            });
        }
    };
    let answer = returned(
        &planned,
        Request::new(body, &[&COMMON[..], &["Item", "Key", "UpdateExpression"]].concat())?,
    )?;
    let units = tables.get_mut(&planned.table)?.write(&planned.key, planned.after)?;
    tables.count(operation, &planned.table, &written(units));
    Ok(answer)
}

fn written(units: Written) -> Count {
    Count { calls: 1, writes: units.table, index_writes: units.index, ..Count::default() }
}

fn returned(planned: &Planned, request: Request<'_>) -> Answer {
    let attributes = match request.optional_text("ReturnValues")? {
        None | Some("NONE") => None,
        Some("ALL_OLD") => planned.before.clone(),
        Some("ALL_NEW") => planned.after.clone(),
        Some("UPDATED_NEW") => planned.after.as_ref().map(|after| {
            let is_updated = |(name, _): &(&String, _)| planned.updated.contains(name);
            let updated = after.iter().filter(is_updated);
            updated.map(|(name, value)| (name.clone(), value.clone())).collect()
        }),
        Some(other) => return Err(Refusal::unknown(format!("ReturnValues {other}"))),
    };
    Ok(attributes.map_or_else(|| json!({}), |attributes| json!({ "Attributes": attributes })))
}

/// Makes all writes of a transaction, or none.
pub(super) fn transact(tables: &mut Tables, body: &Value) -> Answer {
    let request = Request::new(body, &["TransactItems", "ClientRequestToken"])?;
    let mut reasons = Vec::new();
    let mut plans = Vec::new();
    let mut counted: Map<String, Value> = Map::new();
    for write in request.list("TransactItems")? {
        let write = write.as_object().filter(|write| write.len() == 1);
        let (kind, body) = write
            .and_then(|write| write.iter().next())
            .ok_or_else(|| Refusal::invalid("a transaction's item has one write"))?;
        let operation = match kind.as_str() {
            "Put" => "PutItem",
            "Update" => "UpdateItem",
            "Delete" => "DeleteItem",
            other => return Err(Refusal::unknown(format!("{other} in a transaction"))),
        };
        match planned(tables, operation, body) {
            Ok(planned) => {
                reasons.push(json!({ "Code": "None" }));
                plans.push(planned);
            }
            Err(Stopped::By(refusal)) => return Err(refusal),
            Err(Stopped::ByCondition { before, table, .. }) => {
                reasons.push(json!({ "Code": "ConditionalCheckFailed" }));
                let units = Written::refused(before.as_ref()).in_transaction();
                tables.count("TransactWriteItems", &table, &Count { calls: 0, ..written(units) });
                counted.insert(table, Value::Null);
            }
        }
    }
    let is_cancelled = reasons.iter().any(|reason| reason["Code"] != "None");
    for planned in plans {
        let units = if is_cancelled {
            Written::refused(planned.before.as_ref())
        } else {
            tables.get_mut(&planned.table)?.write(&planned.key, planned.after)?
        };
        let count = Count { calls: 0, ..written(units.in_transaction()) };
        tables.count("TransactWriteItems", &planned.table, &count);
        counted.insert(planned.table, Value::Null);
    }
    for table in counted.keys() {
        tables.count("TransactWriteItems", table, &Count { calls: 1, ..Count::default() });
    }
    if is_cancelled {
        let cancelled = Refusal::new("TransactionCanceledException", "Transaction cancelled");
        return Err(cancelled.with("CancellationReasons", Value::Array(reasons)));
    }
    Ok(json!({}))
}
