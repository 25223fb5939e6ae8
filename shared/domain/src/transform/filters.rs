//! The filters and tests that templates have, and how values are printed.
//!
//! None of them turns a list or a map into text except `tojson`, `join` and printing, which stop at
//! the most that a body may have. The engine's own would first make the text and then count it.

use super::{MAX_OUTPUT_BYTES, too_long};
use minijinja::{
    Environment, Error, ErrorKind, Output, State, Value,
    filters::{abs, default, first, float, int, items, last, length, round},
    tests,
    value::ValueKind,
};

/// Every filter's name.
pub(super) const FILTERS: &[&str] = &[
    "abs", "default", "first", "float", "int", "items", "join", "last", "length", "lower",
    "replace", "round", "string", "tojson", "trim", "truncate", "upper",
];

/// Those that make a number or text of whatever they take.
pub(super) const SCALAR_FILTERS: &[&str] = &[
    "abs", "float", "int", "join", "length", "lower", "replace", "round", "string", "tojson",
    "trim", "truncate", "upper",
];

/// Every test's name.
pub(super) const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "endingwith",
    "mapping",
    "none",
    "number",
    "sequence",
    "startingwith",
    "string",
    "undefined",
];

/// Adds all of [`FILTERS`] and [`TESTS`].
pub(super) fn add(environment: &mut Environment<'_>) {
    environment.add_filter("abs", abs);
    environment.add_filter("default", default);
    environment.add_filter("first", first);
    environment.add_filter("float", float);
    environment.add_filter("int", int);
    environment.add_filter("items", items);
    environment.add_filter("join", join);
    environment.add_filter("last", last);
    environment.add_filter("length", length);
    environment.add_filter("lower", |value: &Value| Ok::<_, Error>(text(value)?.to_lowercase()));
    environment.add_filter("replace", replace);
    environment.add_filter("round", round);
    environment.add_filter("string", scalar_text);
    environment.add_filter("tojson", |value: &Value| json(value));
    environment.add_filter("trim", |value: &Value| Ok::<_, Error>(text(value)?.trim().to_owned()));
    environment.add_filter("truncate", truncate);
    environment.add_filter("upper", |value: &Value| Ok::<_, Error>(text(value)?.to_uppercase()));
    environment.add_test("boolean", tests::is_boolean);
    environment.add_test("defined", tests::is_defined);
    environment.add_test("endingwith", |value: &Value, end: &Value| {
        Ok::<_, Error>(text(value)?.ends_with(text(end)?))
    });
    environment.add_test("mapping", tests::is_mapping);
    environment.add_test("none", tests::is_none);
    environment.add_test("number", tests::is_number);
    environment.add_test("sequence", tests::is_sequence);
    environment.add_test("startingwith", |value: &Value, begin: &Value| {
        Ok::<_, Error>(text(value)?.starts_with(text(begin)?))
    });
    environment.add_test("string", tests::is_string);
    environment.add_test("undefined", tests::is_undefined);
}

/// Prints text as it is and everything else as JSON.
pub(super) fn print(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let printed = match value.as_str() {
        Some(text) => out.write_str(text),
        // Only of an `if` without `else`: the engine has refused the others.
        None if value.is_undefined() => Ok(()),
        None => out.write_str(&json(value)?),
    };
    printed.map_err(|_| failed("it takes too many steps or too much memory"))
}

fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}

fn text(value: &Value) -> Result<&str, Error> {
    value.as_str().ok_or_else(|| failed(format!("{} is no text", value.kind())))
}

/// JSON up to the most that a body may have. What is undefined is no value, wherever it stands.
fn json(value: &Value) -> Result<String, Error> {
    let mut written = String::new();
    write(&mut written, value)?;
    Ok(written)
}

fn write(out: &mut String, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::None => push(out, "null"),
        ValueKind::Bool => push(out, if value.is_true() { "true" } else { "false" }),
        ValueKind::Number if value.is_integer() => push(out, &value.to_string()),
        ValueKind::Number => {
            let number = f64::try_from(value.clone())?;
            push(out, &serde_json::to_string(&number).map_err(|error| failed(error.to_string()))?)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            push(out, "[")?;
            for (index, item) in value.try_iter()?.enumerate() {
                push(out, if index > 0 { "," } else { "" })?;
                write(out, &item)?;
            }
            push(out, "]")
        }
        ValueKind::Map => {
            push(out, "{")?;
            for (index, key) in value.try_iter()?.enumerate() {
                push(out, if index > 0 { "," } else { "" })?;
                write_text(out, &scalar_text(&key)?)?;
                push(out, ":")?;
                write(out, &value.get_item(&key)?)?;
            }
            push(out, "}")
        }
        kind => match value.as_str() {
            Some(text) => write_text(out, text),
            None => Err(failed(format!("{kind} has no JSON"))),
        },
    }
}

fn write_text(out: &mut String, text: &str) -> Result<(), Error> {
    push(out, &serde_json::to_string(text).map_err(|error| failed(error.to_string()))?)
}

/// A number, a truth value or text, as text.
fn scalar_text(value: &Value) -> Result<String, Error> {
    match (value.as_str(), value.kind()) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, ValueKind::Number | ValueKind::Bool) => json(value),
        (None, kind) => Err(failed(format!("{kind} has no text; use `tojson`"))),
    }
}

fn join(state: &State<'_, '_>, value: &Value, between: Option<&str>) -> Result<String, Error> {
    let mut joined = String::new();
    for (index, item) in value.try_iter()?.enumerate() {
        state.consume_fuel(1)?;
        if index > 0 {
            push(&mut joined, between.unwrap_or_default())?;
        }
        push(&mut joined, &scalar_text(&item)?)?;
    }
    Ok(joined)
}

fn replace(value: &Value, from: &str, to: &str) -> Result<String, Error> {
    if from.is_empty() {
        return Err(failed("there must be something to replace"));
    }
    let mut replaced = String::new();
    for (index, part) in text(value)?.split(from).enumerate() {
        if index > 0 {
            push(&mut replaced, to)?;
        }
        push(&mut replaced, part)?;
    }
    Ok(replaced)
}

/// The first `length` characters, and `…` in place of what is cut.
fn truncate(value: &Value, length: usize) -> Result<String, Error> {
    let text = text(value)?;
    Ok(match text.char_indices().nth(length) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    })
}

fn push(text: &mut String, more: &str) -> Result<(), Error> {
    if text.len() + more.len() > MAX_OUTPUT_BYTES {
        return Err(failed(too_long()));
    }
    text.push_str(more);
    Ok(())
}
