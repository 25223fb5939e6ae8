//! What a template sees: `id`, `type`, `timestamp` and `data`, as in an envelope.
//!
//! Whole numbers keep all their digits, up to 128 bits; others become doubles, which print as the
//! shortest text that reads back as the same double. Where no double comes near, the number is left
//! as text.

use crate::{
    event::EventContent,
    ids::EventId,
    json::{Cursor, DamagedData, Scalar},
};
use minijinja::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// The names at the top.
pub(super) const NAMES: [&str; 4] = ["id", "type", "timestamp", "data"];

/// Most objects and lists within each other: values are built, printed and dropped by recursion.
const MAX_DEPTH: usize = 128;

pub(super) fn of(id: EventId, event: &EventContent) -> Result<Value, Cow<'static, str>> {
    let damaged = |damaged: DamagedData| damaged.to_string();
    let data = value(&mut Cursor::new(&event.data), 0).map_err(damaged)?;
    let data = data.ok_or(Cow::Borrowed("the data has over 128 levels"))?;
    let values = [
        Value::from(id.to_string()),
        Value::from(event.event_type.as_str()),
        Value::from(event.time.to_string()),
        data,
    ];
    let named = NAMES.into_iter().map(Value::from).zip(values);
    Ok(Value::from_object(named.collect::<BTreeMap<Value, Value>>()))
}

/// The value at the cursor; `None` if it is nested too deep.
fn value(cursor: &mut Cursor<'_>, depth: usize) -> Result<Option<Value>, DamagedData> {
    if depth > MAX_DEPTH {
        return Ok(None);
    }
    match cursor.peek()? {
        b'{' => {
            let mut fields = BTreeMap::new();
            cursor.enter_object()?;
            while let Some(name) = cursor.next_key()? {
                let Some(value) = value(cursor, depth + 1)? else { return Ok(None) };
                fields.insert(Value::from(name.as_ref()), value);
            }
            Ok(Some(Value::from_object(fields)))
        }
        b'[' => {
            let mut items = Vec::new();
            cursor.enter_list()?;
            while cursor.has_next_item()? {
                let Some(value) = value(cursor, depth + 1)? else { return Ok(None) };
                items.push(value);
            }
            Ok(Some(Value::from_object(items)))
        }
        _ => Ok(Some(match cursor.scalar()? {
            Scalar::Null => Value::from(()),
            Scalar::Bool(value) => Value::from(value),
            Scalar::Text(text) => Value::from(text.as_ref()),
            Scalar::Number(text) => number(text),
        })),
    }
}

fn number(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        return Value::from(number);
    }
    if let Ok(number) = text.parse::<i128>() {
        return Value::from(number);
    }
    if let Ok(number) = text.parse::<u128>() {
        return Value::from(number);
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Value::from(number),
        _ => Value::from(text),
    }
}
