//! `GetItem`, `BatchGetItem` and `Query`.

use super::{
    condition::{Condition, Operand},
    expression::{Parser, Placeholders},
    table::{Place, Table},
    tables::Tables,
    units::half_reads,
    value::{Item, size, text},
};
use crate::{
    counts::Count,
    standin::{
        refusal::{Answer, Refusal},
        request::Request,
    },
    template::Schema,
};
use serde_json::{Map, Value, json};

/// Bytes after which a page of a query ends.
const PAGE_BYTES: usize = 1024 * 1024;

/// Keys of one `BatchGetItem`.
const MOST_KEYS: usize = 100;

fn read(half_reads: u64) -> Count {
    Count { calls: 1, half_reads, ..Count::default() }
}

pub(super) fn get(tables: &mut Tables, body: &Value) -> Answer {
    let known =
        ["TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];
    let request = Request::new(body, &known)?;
    let name = request.text("TableName")?;
    let table = tables.get(name)?;
    let key = request.object("Key")?.ok_or_else(|| Refusal::invalid("Key is missing"))?;
    let key = table.key(key)?;
    let mut placeholders = Placeholders::of(request);
    let names = projection(request, &mut placeholders)?;
    placeholders.all_used()?;
    let found = table.get(&key);
    let units = half_reads(found.map_or(0, size), request.flag("ConsistentRead")?);
    let answer = found.map(|item| json!({ "Item": projected(item, names.as_deref()) }));
    tables.count("GetItem", name, &read(units));
    Ok(answer.unwrap_or_else(|| json!({})))
}

pub(super) fn batch_get(tables: &mut Tables, body: &Value) -> Answer {
    let request = Request::new(body, &["RequestItems"])?;
    let asked = request.object("RequestItems")?.into_iter().flatten();
    let mut responses = Map::new();
    let mut all = 0;
    for (name, part) in asked {
        let known = ["Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"];
        let part = Request::new(part, &known)?;
        let mut placeholders = Placeholders::of(part);
        let names = projection(part, &mut placeholders)?;
        placeholders.all_used()?;
        let consistent = part.flag("ConsistentRead")?;
        let table = tables.get(name)?;
        let (mut units, mut items, mut keys) = (0, Vec::new(), Vec::new());
        for key in part.list("Keys")? {
            let key = key.as_object().ok_or_else(|| Refusal::invalid("a key is no object"))?;
            let key = table.key(key)?;
            if keys.contains(&key) {
                return Err(Refusal::invalid("Provided list of item keys contains duplicates"));
            }
            let item = table.get(&key);
            units += half_reads(item.map_or(0, size), consistent);
            items.extend(item.map(|item| projected(item, names.as_deref())));
            keys.push(key);
        }
        all += keys.len();
        responses.insert(name.clone(), Value::Array(items));
        tables.count("BatchGetItem", name, &read(units));
    }
    if !(1..=MOST_KEYS).contains(&all) {
        return Err(Refusal::invalid("a BatchGetItem has 1 to 100 keys"));
    }
    Ok(json!({ "Responses": responses, "UnprocessedKeys": {} }))
}

pub(super) fn query(tables: &mut Tables, body: &Value) -> Answer {
    let request = Request::new(
        body,
        &[
            "TableName",
            "IndexName",
            "KeyConditionExpression",
            "FilterExpression",
            "ProjectionExpression",
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ConsistentRead",
            "ScanIndexForward",
            "Limit",
            "ExclusiveStartKey",
            "Select",
        ],
    )?;
    let name = request.text("TableName")?;
    let table = tables.get(name)?;
    let index = request.optional_text("IndexName")?;
    let schema = match index {
        None => &table.schema.keys,
        Some(index) => table.schema.indexes.get(index).ok_or_else(|| {
            Refusal::invalid(format!("The table does not have the specified index: {index}"))
        })?,
    };
    let consistent = request.flag("ConsistentRead")?;
    if consistent && index.is_some() {
        return Err(Refusal::invalid("Consistent reads are not supported on indexes"));
    }
    let mut placeholders = Placeholders::of(request);
    let keys = Condition::parse(request.text("KeyConditionExpression")?, &mut placeholders)?;
    let filter = request.optional_text("FilterExpression")?;
    let filter = filter.map(|text| Condition::parse(text, &mut placeholders)).transpose()?;
    let names = projection(request, &mut placeholders)?;
    placeholders.all_used()?;
    let counts_only = match request.optional_text("Select")? {
        Some("COUNT") => true,
        None | Some("SPECIFIC_ATTRIBUTES" | "ALL_ATTRIBUTES") => false,
        Some(other) => return Err(Refusal::unknown(format!("Select {other}"))),
    };

    let partition = partition(schema, &keys)?;
    let start = request.object("ExclusiveStartKey")?;
    let start = start.map(|start| start_place(table, schema, &keys, start)).transpose()?;
    let forward = request.get("ScanIndexForward") != Some(&Value::Bool(false));
    let from = match &start {
        Some((sort, _)) if forward => sort.clone(),
        _ => least_sort_key(schema, &keys),
    };
    let rows: Box<dyn DoubleEndedIterator<Item = &Item>> = match index {
        None => Box::new(table.partition(&partition, from)),
        Some(index) => Box::new(table.index_partition(index, &partition, from)),
    };
    let rows: Box<dyn Iterator<Item = &Item>> =
        if forward { Box::new(rows) } else { Box::new(rows.rev()) };

    let limit = request.number("Limit")?.unwrap_or(usize::MAX);
    let (mut bytes, mut scanned) = (0, 0);
    let (mut items, mut last) = (Vec::new(), None);
    // A condition on the sort key holds for neighbours.
    let holds = |row: &&Item| keys.holds(row);
    for row in rows.skip_while(|row| !holds(row)).take_while(holds) {
        if let Some(start) = &start {
            let place = table.place(schema, row)?;
            if if forward { place <= *start } else { place >= *start } {
                continue;
            }
        }
        scanned += 1;
        bytes += size(row);
        if filter.as_ref().is_none_or(|filter| filter.holds(row)) {
            items.push(row);
        }
        if scanned == limit || bytes >= PAGE_BYTES {
            last = Some(last_key(table, schema, row));
            break;
        }
    }
    let count = items.len();
    let mut answer = json!({ "Count": count, "ScannedCount": scanned });
    if !counts_only {
        let items = items.into_iter().map(|item| projected(item, names.as_deref()));
        answer["Items"] = Value::Array(items.collect());
    }
    if let Some(last) = last {
        answer["LastEvaluatedKey"] = Value::Object(last);
    }
    let resource = index.map_or_else(|| name.to_owned(), |index| format!("{name}/{index}"));
    tables.count("Query", &resource, &read(half_reads(bytes, consistent)));
    Ok(answer)
}

/// The partition that a key condition names.
fn partition(schema: &Schema, keys: &Condition) -> Result<String, Refusal> {
    let parts = match keys {
        Condition::All(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let named = parts.iter().find_map(|part| match part {
        Condition::Compare(Operand::Attribute(path), "=", Operand::Given(value))
            if path.name == schema.partition && path.steps.is_empty() =>
        {
            text(value).map(str::to_owned)
        }
        _ => None,
    });
    named.ok_or_else(|| Refusal::invalid("Query condition missed key schema element"))
}

/// A text that no row before the first one of a query has as its sort key.
fn least_sort_key(schema: &Schema, keys: &Condition) -> String {
    let Condition::All(parts) = keys else { return String::new() };
    let is_sort = |name: &str| schema.sort.as_deref() == Some(name);
    let least = parts.iter().find_map(|part| match part {
        Condition::BeginsWith(path, Operand::Given(least)) if is_sort(&path.name) => text(least),
        Condition::Between(Operand::Attribute(path), Operand::Given(least), _)
        | Condition::Compare(Operand::Attribute(path), "=" | ">" | ">=", Operand::Given(least))
            if is_sort(&path.name) =>
        {
            text(least)
        }
        _ => None,
    });
    least.unwrap_or_default().to_owned()
}

/// The place after which a page begins. AWS refuses one outside the condition.
fn start_place(
    table: &Table,
    schema: &Schema,
    keys: &Condition,
    start: &Item,
) -> Result<Place, Refusal> {
    let expected = last_key(table, schema, start);
    if expected.len() != start.len() || !keys.holds(start) {
        return Err(Refusal::invalid("The provided starting key is invalid or outside the query"));
    }
    table.place(schema, start)
}

/// The keys of a row in the table and in the index.
fn last_key(table: &Table, schema: &Schema, row: &Item) -> Item {
    let keys = [&table.schema.keys, schema];
    let names = keys.into_iter().flat_map(|keys| keys.sort.iter().chain([&keys.partition]));
    names
        .filter_map(|name| row.get_key_value(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The names of a projection. Ways into an attribute are not used.
fn projection(
    request: Request<'_>,
    placeholders: &mut Placeholders<'_>,
) -> Result<Option<Vec<String>>, Refusal> {
    let Some(text) = request.optional_text("ProjectionExpression")? else { return Ok(None) };
    let mut parser = Parser::new(text, placeholders)?;
    let mut names = Vec::new();
    loop {
        let path = parser.path()?;
        if !path.steps.is_empty() {
            return Err(Refusal::unknown("a projection of a part of an attribute"));
        }
        names.push(path.name);
        if !parser.takes(",") {
            break;
        }
    }
    parser.ended()?;
    Ok(Some(names))
}

fn projected(item: &Item, names: Option<&[String]>) -> Value {
    let Some(names) = names else { return Value::Object(item.clone()) };
    let wanted = item.iter().filter(|(name, _)| names.contains(name));
    Value::Object(wanted.map(|(name, value)| (name.clone(), value.clone())).collect())
}
