//! The variables of a template: `id`, `type`, `timestamp` and `data`, as in an envelope.
//!
//! Whole numbers keep all their digits, up to 128 bits. Others become doubles, which print as the
//! shortest text that is read as the same double. A number that no double can represent stays text.

use super::value::{Fields, Number, Value};
use crate::json::{Cursor, DamagedData, Scalar};
use std::{borrow::Cow, rc::Rc};

/// The parts of an event that a template can read.
#[derive(Debug, Clone, Copy)]
pub struct TemplateEvent<'a> {
    /// `evt_…`
    pub id: &'a str,
    /// Such as `lead.created`.
    pub event_type: &'a str,
    /// RFC 3339.
    pub timestamp: &'a str,
    /// JSON.
    pub data: &'a str,
}

/// The global variables. The position is the variable's number.
pub(super) const NAMES: [&str; 4] = ["id", "type", "timestamp", "data"];

/// Maximum nesting of objects and lists: values are built, printed and dropped by recursion.
const MAX_DEPTH: usize = 128;

/// The values of [`NAMES`].
pub(super) fn of(event: &TemplateEvent<'_>) -> Result<[Value; NAMES.len()], Cow<'static, str>> {
    let damaged = |damaged: DamagedData| damaged.to_string();
    let data = value(&mut Cursor::new(event.data), 0).map_err(damaged)?;
    let data = data.ok_or(Cow::Borrowed("the data has over 128 levels"))?;
    Ok([Value::from(event.id), Value::from(event.event_type), Value::from(event.timestamp), data])
}

/// The value at the cursor; `None` if it is nested too deep.
fn value(cursor: &mut Cursor<'_>, depth: usize) -> Result<Option<Value>, DamagedData> {
    if depth > MAX_DEPTH {
        return Ok(None);
    }
    match cursor.peek()? {
        b'{' => {
            let mut fields = Fields::new();
            cursor.enter_object()?;
            while let Some(name) = cursor.next_key()? {
                let Some(value) = value(cursor, depth + 1)? else { return Ok(None) };
                fields.insert(Rc::from(name.as_ref()), value);
            }
            Ok(Some(Value::from(fields)))
        }
        b'[' => {
            let mut items = Vec::new();
            cursor.enter_list()?;
            while cursor.has_next_item()? {
                let Some(value) = value(cursor, depth + 1)? else { return Ok(None) };
                items.push(value);
            }
            Ok(Some(Value::from(items)))
        }
        _ => Ok(Some(match cursor.scalar()? {
            Scalar::Null => Value::Null,
            Scalar::Bool(value) => Value::Bool(value),
            Scalar::Text(text) => Value::from(text.as_ref()),
            Scalar::Number(text) => Number::parse(text).map_or(Value::from(text), Value::Number),
        })),
    }
}
