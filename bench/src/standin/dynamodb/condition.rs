//! Conditions: of writes, filters and keys.

use super::{
    expression::{Parser, Path, Placeholders, Token},
    value::{Item, compare, equal, parts, text},
};
use crate::standin::refusal::Refusal;
use serde_json::{Value, json};
use std::cmp::Ordering;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare(Operand, &'static str, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    Exists(Path),
    BeginsWith(Path, Operand),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Attribute(Path),
    Given(Value),
    Size(Path),
}

const COMPARATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

impl Condition {
    pub(super) fn parse(
        expression: &str,
        placeholders: &mut Placeholders<'_>,
    ) -> Result<Self, Refusal> {
        let mut parser = Parser::new(expression, placeholders)?;
        let condition = any(&mut parser)?;
        parser.ended()?;
        Ok(condition)
    }

    pub(super) fn holds(&self, item: &Item) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(item)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(item)),
            Self::Not(part) => !part.holds(item),
            Self::Exists(path) => path.of(item).is_some(),
            Self::BeginsWith(path, prefix) => {
                let value = path.of(item).and_then(text);
                let prefix = prefix.of(item);
                let prefix = prefix.as_ref().and_then(text);
                value.zip(prefix).is_some_and(|(value, prefix)| value.starts_with(prefix))
            }
            Self::In(operand, list) => operand.of(item).is_some_and(|value| {
                let same =
                    |other: &Operand| other.of(item).is_some_and(|other| equal(&value, &other));
                list.iter().any(same)
            }),
            Self::Between(operand, least, most) => {
                holds(operand, ">=", least, item) && holds(operand, "<=", most, item)
            }
            Self::Compare(left, comparator, right) => holds(left, comparator, right, item),
        }
    }
}

fn holds(left: &Operand, comparator: &str, right: &Operand, item: &Item) -> bool {
    let (Some(left), Some(right)) = (left.of(item), right.of(item)) else {
        // A missing attribute differs from every value.
        return comparator == "<>";
    };
    let order = compare(&left, &right);
    match comparator {
        "=" => equal(&left, &right),
        "<>" => !equal(&left, &right),
        "<" => order == Some(Ordering::Less),
        "<=" => order.is_some_and(Ordering::is_le),
        ">" => order == Some(Ordering::Greater),
        _ => order.is_some_and(Ordering::is_ge),
    }
}

impl Operand {
    fn of(&self, item: &Item) -> Option<Value> {
        match self {
            Self::Attribute(path) => path.of(item).cloned(),
            Self::Given(value) => Some(value.clone()),
            Self::Size(path) => {
                let size = match parts(path.of(item)?)? {
                    ("S", Value::String(text)) => text.len(),
                    ("L", Value::Array(list)) => list.len(),
                    ("M", Value::Object(map)) => map.len(),
                    _ => return None,
                };
                Some(json!({ "N": size.to_string() }))
            }
        }
    }
}

fn any(parser: &mut Parser<'_, '_>) -> Result<Condition, Refusal> {
    let mut parts = vec![all(parser)?];
    while parser.takes_word("OR") {
        parts.push(all(parser)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
}

fn all(parser: &mut Parser<'_, '_>) -> Result<Condition, Refusal> {
    let mut parts = vec![one(parser)?];
    while parser.takes_word("AND") {
        parts.push(one(parser)?);
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
}

fn one(parser: &mut Parser<'_, '_>) -> Result<Condition, Refusal> {
    if parser.takes_word("NOT") {
        return Ok(Condition::Not(Box::new(one(parser)?)));
    }
    if parser.takes("(") {
        let inner = any(parser)?;
        parser.expect(")")?;
        return Ok(inner);
    }
    for (function, is_there) in [("attribute_exists", true), ("attribute_not_exists", false)] {
        if parser.calls(function) {
            let exists = Condition::Exists(parser.path()?);
            parser.expect(")")?;
            return Ok(if is_there { exists } else { Condition::Not(Box::new(exists)) });
        }
    }
    if parser.calls("begins_with") {
        let path = parser.path()?;
        parser.expect(",")?;
        let prefix = operand(parser)?;
        parser.expect(")")?;
        return Ok(Condition::BeginsWith(path, prefix));
    }
    let left = operand(parser)?;
    if parser.takes_word("BETWEEN") {
        let least = operand(parser)?;
        if !parser.takes_word("AND") {
            return Err(parser.refuse("BETWEEN without AND"));
        }
        return Ok(Condition::Between(left, least, operand(parser)?));
    }
    if parser.takes_word("IN") {
        parser.expect("(")?;
        let mut list = vec![operand(parser)?];
        while parser.takes(",") {
            list.push(operand(parser)?);
        }
        parser.expect(")")?;
        return Ok(Condition::In(left, list));
    }
    match COMPARATORS.into_iter().find(|comparator| parser.takes(comparator)) {
        Some(comparator) => Ok(Condition::Compare(left, comparator, operand(parser)?)),
        None => Err(parser.refuse("no comparison")),
    }
}

fn operand(parser: &mut Parser<'_, '_>) -> Result<Operand, Refusal> {
    if let Some(value) = parser.value()? {
        return Ok(Operand::Given(value));
    }
    if parser.calls("size") {
        let path = parser.path()?;
        parser.expect(")")?;
        return Ok(Operand::Size(path));
    }
    match parser.peek() {
        Some(Token::Word(_) | Token::Name(_)) => {
            let path = parser.path()?;
            if matches!(parser.peek(), Some(Token::Sign("("))) {
                return Err(parser.refuse("this function"));
            }
            Ok(Operand::Attribute(path))
        }
        _ => Err(parser.refuse("no operand")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::request::Request;

    fn holds(expression: &str, item: &Value) -> Result<bool, Refusal> {
        let body = json!({
            "ExpressionAttributeNames": { "#status": "status" },
            "ExpressionAttributeValues": { ":a": { "S": "a" }, ":one": { "N": "1" } },
        });
        let request =
            Request::new(&body, &["ExpressionAttributeNames", "ExpressionAttributeValues"])?;
        let condition = Condition::parse(expression, &mut Placeholders::of(request))?;
        Ok(condition.holds(item.as_object().expect("an item")))
    }

    #[test]
    fn conditions_of_the_functions_hold_as_on_aws() {
        let item = json!({
            "status": { "S": "a" }, "n": { "N": "1" }, "l": { "L": [{ "S": "x" }] },
        });
        for (expression, expected) in [
            ("attribute_not_exists(id)", true),
            ("attribute_exists(id) OR #status = :a", true),
            ("#status IN (:a) AND n >= :one", true),
            ("(attribute_not_exists(m) OR m < :a) AND missing <> :a", true),
            ("missing = :a", false),
            ("missing <= :a", false),
            ("size(l) < :one", false),
            ("n BETWEEN :one AND :one AND begins_with(#status, :a)", true),
            ("NOT #status = :a", false),
            ("l[0] = :a", false),
            ("n > :a", false),
        ] {
            assert_eq!(holds(expression, &item).expect(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for expression in
            ["contains(#status, :a)", "#status", "#status = :b", "n = :one n", "n ~ :a"]
        {
            assert!(holds(expression, &json!({})).is_err(), "{expression}");
        }
    }
}
