//! The filters and tests that templates have.

mod escape;

use super::{
    meter::{Failure, ITEM, Meter, append, work},
    value::{Number, Value},
};

/// The names after `|`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Abs,
    Default,
    Escape,
    First,
    Float,
    Int,
    Items,
    Join,
    Last,
    Length,
    Lower,
    Replace,
    Round,
    String,
    ToJson,
    Trim,
    Truncate,
    Upper,
    UrlEncode,
}

/// The names after `is`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Boolean,
    Defined,
    EndingWith,
    Mapping,
    None,
    Number,
    Sequence,
    StartingWith,
    String,
    Undefined,
}

/// A filter or a test: its name, the names of its arguments, and how many of them are required.
pub(super) struct Signature<T> {
    pub(super) name: &'static str,
    pub(super) of: T,
    pub(super) arguments: &'static [&'static str],
    pub(super) required: usize,
}

const fn signature<T>(
    name: &'static str,
    of: T,
    arguments: &'static [&'static str],
    required: usize,
) -> Signature<T> {
    Signature { name, of, arguments, required }
}

pub(super) const FILTERS: &[Signature<Filter>] = &[
    signature("abs", Filter::Abs, &[], 0),
    signature("default", Filter::Default, &["default_value", "boolean"], 0),
    signature("escape", Filter::Escape, &[], 0),
    signature("first", Filter::First, &[], 0),
    signature("float", Filter::Float, &[], 0),
    signature("int", Filter::Int, &[], 0),
    signature("items", Filter::Items, &[], 0),
    signature("join", Filter::Join, &["between"], 0),
    signature("last", Filter::Last, &[], 0),
    signature("length", Filter::Length, &[], 0),
    signature("lower", Filter::Lower, &[], 0),
    signature("replace", Filter::Replace, &["from", "to"], 2),
    signature("round", Filter::Round, &["precision", "method"], 0),
    signature("string", Filter::String, &[], 0),
    signature("tojson", Filter::ToJson, &[], 0),
    signature("trim", Filter::Trim, &[], 0),
    signature("truncate", Filter::Truncate, &["length"], 1),
    signature("upper", Filter::Upper, &[], 0),
    signature("urlencode", Filter::UrlEncode, &[], 0),
];

pub(super) const TESTS: &[Signature<Test>] = &[
    signature("boolean", Test::Boolean, &[], 0),
    signature("defined", Test::Defined, &[], 0),
    signature("endingwith", Test::EndingWith, &["end"], 1),
    signature("mapping", Test::Mapping, &[], 0),
    signature("none", Test::None, &[], 0),
    signature("number", Test::Number, &[], 0),
    signature("sequence", Test::Sequence, &[], 0),
    signature("startingwith", Test::StartingWith, &["begin"], 1),
    signature("string", Test::String, &[], 0),
    signature("undefined", Test::Undefined, &[], 0),
];

/// Maximum number of decimals for rounding. No double has more.
const MAX_PRECISION: i128 = 340;
/// Maximum size of a double that is written without an exponent.
const BYTES_OF_A_DOUBLE: usize = 700;

/// A character's maximum growth when its case changes.
const MOST_BYTES_OF_OTHER_CASE: usize = 3;

/// The arguments of a filter or a test, in the order of their names.
type Arguments<'a> = &'a [Option<Value>];

fn argument(arguments: Arguments<'_>, index: usize) -> Option<&Value> {
    arguments.get(index).and_then(Option::as_ref)
}

fn needed(arguments: Arguments<'_>, index: usize) -> Result<&Value, Failure> {
    argument(arguments, index).ok_or_else(|| Failure::because("an argument is missing"))
}

impl Filter {
    pub(super) fn apply(
        self,
        input: &Value,
        arguments: Arguments<'_>,
        meter: &mut Meter,
    ) -> Result<Value, Failure> {
        match self {
            Self::Abs => Ok(Value::Number(input.number()?.absolute()?)),
            Self::Default => default(input, arguments),
            Self::Escape => {
                let text = input.scalar_text(meter)?;
                Value::made_text(&escape::xml(&text, meter)?, meter)
            }
            Self::First => end(input, true, meter),
            Self::Last => end(input, false, meter),
            Self::Float => float(input, meter),
            Self::Int => int(input, meter),
            Self::Items => items(input, meter),
            Self::Join => {
                let between = match argument(arguments, 0) {
                    None => "",
                    Some(value) => value.text(meter)?,
                };
                join(input, between, meter)
            }
            Self::Length => length(input, meter),
            Self::Lower => {
                let text = input.text(meter)?;
                Value::made_text(&changed_case(text, str::to_lowercase, meter)?, meter)
            }
            Self::Upper => {
                let text = input.text(meter)?;
                Value::made_text(&changed_case(text, str::to_uppercase, meter)?, meter)
            }
            Self::Replace => {
                let text = input.text(meter)?;
                let from = needed(arguments, 0)?.text(meter)?;
                let to = needed(arguments, 1)?.text(meter)?;
                replace(text, from, to, meter)
            }
            Self::Round => round(input.number()?, arguments, meter),
            Self::String => {
                let text = input.scalar_text(meter)?;
                Value::made_text(&text, meter)
            }
            Self::ToJson => {
                let text = input.json_text(meter)?;
                Value::made_text(&text, meter)
            }
            Self::Trim => {
                let text = input.text(meter)?.trim();
                Value::made_text(text, meter)
            }
            Self::Truncate => truncate(input, needed(arguments, 0)?, meter),
            Self::UrlEncode => {
                let text = escape::url(input, meter)?;
                Value::made_text(&text, meter)
            }
        }
    }
}

impl Test {
    pub(super) fn holds(
        self,
        input: &Value,
        arguments: Arguments<'_>,
        meter: &mut Meter,
    ) -> Result<bool, Failure> {
        Ok(match self {
            Self::Defined => !matches!(input, Value::Missing(_)),
            Self::Undefined => matches!(input, Value::Missing(_)),
            Self::Boolean => matches!(input, Value::Bool(_)),
            Self::Mapping => matches!(input, Value::Object(_)),
            Self::None => matches!(input, Value::Null),
            Self::Number => matches!(input, Value::Number(_)),
            Self::Sequence => matches!(input, Value::List(_)),
            Self::String => matches!(input, Value::Text(_)),
            Self::StartingWith => {
                input.text(meter)?.starts_with(needed(arguments, 0)?.text(meter)?)
            }
            Self::EndingWith => input.text(meter)?.ends_with(needed(arguments, 0)?.text(meter)?),
        })
    }
}

fn default(input: &Value, arguments: Arguments<'_>) -> Result<Value, Failure> {
    let is_strict = argument(arguments, 1).map_or(Ok(false), Value::is_true)?;
    let applies = match input {
        Value::Missing(_) => true,
        value => is_strict && !value.is_true()?,
    };
    Ok(match argument(arguments, 0) {
        _ if !applies => input.clone(),
        Some(value) => value.clone(),
        None => Value::from(""),
    })
}

/// The first item or character, or the last.
fn end(input: &Value, first: bool, meter: &mut Meter) -> Result<Value, Failure> {
    let found = match input.present()? {
        Value::List(list) => {
            let at = if first { Some(0) } else { list.len().checked_sub(1) };
            at.and_then(|at| list.get(at)).cloned()
        }
        Value::Object(_) => {
            let names = input.iterate(meter)?;
            if first { names.into_iter().next() } else { names.into_iter().next_back() }
        }
        Value::Text(text) => {
            let mut characters = text.read(meter)?.chars();
            let found = if first { characters.next() } else { characters.next_back() };
            found.map(|character| Value::from(character.encode_utf8(&mut [0; 4]) as &str))
        }
        other => return Err(Failure::new(format!("{} has no items", other.kind()))),
    };
    let which = if first { "first" } else { "last" };
    match found {
        Some(found) => Ok(found),
        None => Value::missing(&format!("there is no {which} item"), meter),
    }
}

fn float(input: &Value, meter: &mut Meter) -> Result<Value, Failure> {
    let number = match input.present()? {
        Value::Text(text) => {
            let text = text.read(meter)?;
            let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
            number.ok_or_else(|| no_number(text))?
        }
        other => other.number()?.as_f64(),
    };
    Ok(Value::Number(Number::Double(number)))
}

fn int(input: &Value, meter: &mut Meter) -> Result<Value, Failure> {
    let number = match input.present()? {
        Value::Null => Number::Whole(0),
        Value::Text(text) => {
            let text = text.read(meter)?;
            Number::parse(text.trim()).ok_or_else(|| no_number(text))?
        }
        other => other.number()?,
    };
    Ok(Value::Number(number.truncated()?))
}

fn no_number(text: &str) -> Failure {
    let shown: String = text.chars().take(40).collect();
    Failure::new(format!("{shown:?} is no number"))
}

fn items(input: &Value, meter: &mut Meter) -> Result<Value, Failure> {
    let Value::Object(object) = input.present()? else {
        return Err(Failure::new(format!("{} has no fields", input.kind())));
    };
    let names = input.iterate(meter)?;
    let mut pairs = Vec::with_capacity(names.len());
    for (name, value) in names.into_iter().zip(object.read(meter)?.values()) {
        pairs.push(Value::made_list(vec![name, value.clone()], meter)?);
    }
    Value::made_list(pairs, meter)
}

fn changed_case(
    text: &str,
    change: fn(&str) -> String,
    meter: &mut Meter,
) -> Result<String, Failure> {
    meter.charge(MOST_BYTES_OF_OTHER_CASE.saturating_mul(text.len()))?;
    let changed = change(text);
    work::done(changed.len());
    Ok(changed)
}

fn join(input: &Value, between: &str, meter: &mut Meter) -> Result<Value, Failure> {
    let mut joined = String::new();
    for (index, item) in input.iterate(meter)?.into_iter().enumerate() {
        meter.charge(ITEM)?;
        work::done(ITEM);
        if index > 0 {
            append(&mut joined, between, meter)?;
        }
        append(&mut joined, &item.scalar_text(meter)?, meter)?;
    }
    Value::made_text(&joined, meter)
}

fn replace(text: &str, from: &str, to: &str, meter: &mut Meter) -> Result<Value, Failure> {
    if from.is_empty() {
        return Err(Failure::because("there must be something to replace"));
    }
    let mut replaced = String::new();
    for (index, part) in text.split(from).enumerate() {
        meter.charge(ITEM)?;
        work::done(ITEM);
        if index > 0 {
            append(&mut replaced, to, meter)?;
        }
        append(&mut replaced, part, meter)?;
    }
    Value::made_text(&replaced, meter)
}

fn length(input: &Value, meter: &mut Meter) -> Result<Value, Failure> {
    Ok(Value::from(match input.present()? {
        Value::List(list) => list.len(),
        Value::Object(object) => object.len(),
        Value::Text(text) => text.read(meter)?.chars().count(),
        other => return Err(Failure::new(format!("{} has no length", other.kind()))),
    }))
}

/// The first characters up to `length`, and `…` if the text was cut.
fn truncate(input: &Value, length: &Value, meter: &mut Meter) -> Result<Value, Failure> {
    let text = input.text(meter)?;
    let most = length.number()?.as_i128().and_then(|length| usize::try_from(length).ok());
    let most = most.ok_or_else(|| Failure::because("a length is a whole number from 0 on"))?;
    match text.char_indices().nth(most) {
        Some((cut, _)) => {
            let mut truncated = String::new();
            append(&mut truncated, &text[..cut], meter)?;
            append(&mut truncated, "…", meter)?;
            Value::made_text(&truncated, meter)
        }
        None => Ok(input.clone()),
    }
}

fn round(number: Number, arguments: Arguments<'_>, meter: &mut Meter) -> Result<Value, Failure> {
    let precision = match argument(arguments, 0) {
        None => 0,
        Some(value) => value
            .number()?
            .as_i128()
            .ok_or_else(|| Failure::because("a precision is a whole number"))?,
    };
    let method = match argument(arguments, 1) {
        None => "common",
        Some(value) => value.text(meter)?,
    };
    meter.charge(2 * BYTES_OF_A_DOUBLE)?;
    work::done(2 * BYTES_OF_A_DOUBLE);
    let rounded = number.rounded(precision.clamp(-MAX_PRECISION, MAX_PRECISION), method)?;
    Ok(Value::Number(rounded))
}
