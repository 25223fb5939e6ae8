//! Update expressions: `SET`, `REMOVE` and `ADD` of whole numbers.

use super::{
    expression::{Parser, Path, PathStep, Placeholders},
    value::{Item, parts, whole},
};
use crate::standin::refusal::Refusal;
use serde_json::{Value, json};

#[derive(Debug, Default)]
pub(super) struct Update {
    set: Vec<(Path, Source)>,
    remove: Vec<Path>,
    add: Vec<(Path, Value)>,
}

#[derive(Debug)]
enum Source {
    Given(Value),
    Attribute(Path),
    IfMissing(Path, Box<Source>),
    Appended(Box<Source>, Box<Source>),
    Sum(Box<Source>, Box<Source>),
}

impl Update {
    pub(super) fn parse(
        expression: &str,
        placeholders: &mut Placeholders<'_>,
    ) -> Result<Self, Refusal> {
        let mut parser = Parser::new(expression, placeholders)?;
        let mut update = Self::default();
        while parser.peek().is_some() {
            if parser.takes_word("SET") {
                list(&mut parser, |parser| {
                    let path = parser.path()?;
                    parser.expect("=")?;
                    update.set.push((path, sum(parser)?));
                    Ok(())
                })?;
            } else if parser.takes_word("REMOVE") {
                list(&mut parser, |parser| {
                    update.remove.push(parser.path()?);
                    Ok(())
                })?;
            } else if parser.takes_word("ADD") {
                list(&mut parser, |parser| {
                    let path = parser.path()?;
                    let value = parser.value()?.ok_or_else(|| parser.refuse("no value"))?;
                    update.add.push((path, value));
                    Ok(())
                })?;
            } else {
                return Err(parser.refuse("this clause"));
            }
        }
        update.no_overlap()?;
        Ok(update)
    }

    fn paths(&self) -> impl Iterator<Item = &Path> {
        let set = self.set.iter().map(|(path, _)| path);
        set.chain(&self.remove).chain(self.add.iter().map(|(path, _)| path))
    }

    fn no_overlap(&self) -> Result<(), Refusal> {
        let paths: Vec<_> = self.paths().collect();
        for (place, path) in paths.iter().enumerate() {
            if paths[..place].iter().any(|other| path.overlaps(other)) {
                return Err(Refusal::invalid("Two document paths overlap with each other"));
            }
        }
        Ok(())
    }

    /// The names of the attributes that change.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.paths().map(|path| path.name.as_str())
    }

    /// The item after the update. Every source is read from the item before it.
    pub(super) fn applied(&self, before: &Item) -> Result<Item, Refusal> {
        let mut item = before.clone();
        for (path, source) in &self.set {
            set(&mut item, path, source.of(before)?)?;
        }
        for (path, value) in &self.add {
            let known = path.of(before).map_or(Some(0), number);
            let sum = known.zip(number(value)).map(|(known, more)| known + more);
            let sum = sum.ok_or_else(|| Refusal::unknown("ADD of anything but whole numbers"))?;
            set(&mut item, path, json!({ "N": sum.to_string() }))?;
        }
        // From the end of a list, so that the places before stay.
        let mut remove: Vec<&Path> = self.remove.iter().collect();
        remove.sort_by_key(|path| std::cmp::Reverse(last_place(path)));
        for path in remove {
            take_away(&mut item, path)?;
        }
        Ok(item)
    }
}

fn list(
    parser: &mut Parser<'_, '_>,
    mut each: impl FnMut(&mut Parser<'_, '_>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    each(parser)?;
    while parser.takes(",") {
        each(parser)?;
    }
    Ok(())
}

fn sum(parser: &mut Parser<'_, '_>) -> Result<Source, Refusal> {
    let first = source(parser)?;
    if parser.takes("+") {
        return Ok(Source::Sum(Box::new(first), Box::new(source(parser)?)));
    }
    Ok(first)
}

fn source(parser: &mut Parser<'_, '_>) -> Result<Source, Refusal> {
    if let Some(value) = parser.value()? {
        return Ok(Source::Given(value));
    }
    if parser.calls("if_not_exists") {
        let path = parser.path()?;
        parser.expect(",")?;
        let otherwise = source(parser)?;
        parser.expect(")")?;
        return Ok(Source::IfMissing(path, Box::new(otherwise)));
    }
    if parser.calls("list_append") {
        let first = source(parser)?;
        parser.expect(",")?;
        let second = source(parser)?;
        parser.expect(")")?;
        return Ok(Source::Appended(Box::new(first), Box::new(second)));
    }
    Ok(Source::Attribute(parser.path()?))
}

impl Source {
    fn of(&self, item: &Item) -> Result<Value, Refusal> {
        match self {
            Self::Given(value) => Ok(value.clone()),
            Self::Attribute(path) => path.of(item).cloned().ok_or_else(|| {
                Refusal::invalid(format!("the item has no attribute {}", path.name))
            }),
            Self::IfMissing(path, otherwise) => {
                path.of(item).cloned().map_or_else(|| otherwise.of(item), Ok)
            }
            Self::Appended(first, second) => {
                let (first, second) = (first.of(item)?, second.of(item)?);
                let (Some(Value::Array(first)), Some(Value::Array(second))) =
                    (first.get("L"), second.get("L"))
                else {
                    return Err(Refusal::invalid("list_append of something that is no list"));
                };
                let all: Vec<Value> = first.iter().chain(second).cloned().collect();
                Ok(json!({ "L": all }))
            }
            Self::Sum(first, second) => {
                let sum = number(&first.of(item)?).zip(number(&second.of(item)?));
                let sum = sum.map(|(first, second)| json!({ "N": (first + second).to_string() }));
                sum.ok_or_else(|| Refusal::unknown("a sum of anything but whole numbers"))
            }
        }
    }
}

fn number(value: &Value) -> Option<i128> {
    match parts(value)? {
        ("N", content) => whole(content),
        _ => None,
    }
}

fn last_place(path: &Path) -> usize {
    match path.steps.last() {
        Some(PathStep::Place(place)) => *place,
        _ => 0,
    }
}

fn no_way(path: &Path) -> Refusal {
    Refusal::invalid(format!("the document path into {} is invalid for update", path.name))
}

/// The value that holds the last step of a path.
fn holder<'a>(item: &'a mut Item, path: &Path) -> Option<&'a mut Value> {
    let mut value = item.get_mut(&path.name)?;
    let (_, before) = path.steps.split_last()?;
    for step in before {
        value = match step {
            PathStep::Member(name) => value.get_mut("M")?.get_mut(name)?,
            PathStep::Place(place) => value.get_mut("L")?.get_mut(place)?,
        };
    }
    Some(value)
}

fn set(item: &mut Item, path: &Path, value: Value) -> Result<(), Refusal> {
    let Some(last) = path.steps.last() else {
        item.insert(path.name.clone(), value);
        return Ok(());
    };
    let holder = holder(item, path).ok_or_else(|| no_way(path))?;
    match last {
        PathStep::Member(name) => {
            let map = holder.get_mut("M").and_then(Value::as_object_mut);
            map.ok_or_else(|| no_way(path))?.insert(name.clone(), value);
        }
        PathStep::Place(place) => {
            let list = holder.get_mut("L").and_then(Value::as_array_mut);
            let list = list.ok_or_else(|| no_way(path))?;
            match list.get_mut(*place) {
                Some(known) => *known = value,
                // A place beyond the end is the end.
                None => list.push(value),
            }
        }
    }
    Ok(())
}

fn take_away(item: &mut Item, path: &Path) -> Result<(), Refusal> {
    let Some(last) = path.steps.last() else {
        item.remove(&path.name);
        return Ok(());
    };
    let holder = holder(item, path).ok_or_else(|| no_way(path))?;
    match last {
        PathStep::Member(name) => {
            if let Some(map) = holder.get_mut("M").and_then(Value::as_object_mut) {
                map.remove(name);
            }
        }
        PathStep::Place(place) => {
            let list = holder.get_mut("L").and_then(Value::as_array_mut);
            if let Some(list) = list.filter(|list| *place < list.len()) {
                list.remove(*place);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standin::request::Request;

    fn applied(expression: &str, item: &Value) -> Result<Value, Refusal> {
        let body = json!({
            "ExpressionAttributeNames": { "#n": "n" },
            "ExpressionAttributeValues": { ":two": { "N": "2" }, ":l": { "L": [{ "S": "y" }] } },
        });
        let request =
            Request::new(&body, &["ExpressionAttributeNames", "ExpressionAttributeValues"])?;
        let update = Update::parse(expression, &mut Placeholders::of(request))?;
        update.applied(item.as_object().expect("an item")).map(Value::Object)
    }

    #[test]
    fn updates_of_the_functions_do_as_on_aws() {
        let item = json!({ "n": { "N": "1" }, "l": { "L": [{ "M": { "a": { "S": "x" } } }] } });
        let list = &item["l"];
        for (expression, expected) in [
            ("SET #n = #n + :two REMOVE l", json!({ "n": { "N": "3" } })),
            ("ADD #n :two, m :two REMOVE l", json!({ "n": { "N": "3" }, "m": { "N": "2" } })),
            (
                "SET #n = if_not_exists(#n, :two), m = if_not_exists(m, :two)",
                json!({ "n": { "N": "1" }, "m": { "N": "2" }, "l": list }),
            ),
            ("REMOVE #n, l[0].a", json!({ "l": { "L": [{ "M": {} }] } })),
            ("REMOVE #n SET l[7] = :two", json!({ "l": { "L": [list["L"][0], { "N": "2" }] } })),
            (
                "SET l = list_append(:l, :l) REMOVE #n",
                json!({ "l": { "L": [{ "S": "y" }, { "S": "y" }] } }),
            ),
        ] {
            assert_eq!(applied(expression, &item).expect(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_aws_refuses_or_is_not_known_is_refused() {
        for expression in [
            "SET l = :l REMOVE l[0]",
            "SET #n = :two, #n = :two",
            "SET m.a = :two",
            "SET #n = missing + :two",
            "DELETE #n :two",
            "SET #n = #n - :two",
        ] {
            assert!(applied(expression, &json!({ "n": { "N": "1" } })).is_err(), "{expression}");
        }
    }
}
