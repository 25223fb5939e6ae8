//! Why data does not match: for people who write a filter.

use super::{
    Filter, Matcher,
    read::{OR, below},
};
use crate::json::DamagedData;
use serde_json::{Map, Value};

impl Filter {
    /// The places of those conditions (lists of a field, and `$or`s) that the data does not satisfy
    /// if each is taken alone, as JSON pointers into the filter. None if the data matches; and none
    /// if every condition is satisfied by some object of a list, but all of them together by no
    /// single one.
    ///
    /// # Errors
    /// [`DamagedData`] if the data is not JSON.
    pub fn unsatisfied(&self, data: &str) -> Result<Vec<String>, DamagedData> {
        let mut found = Vec::new();
        if let Ok(Value::Object(fields)) = serde_json::from_str(&self.0) {
            walk(&fields, &mut Vec::new(), data, &mut found)?;
        }
        Ok(found)
    }
}

fn walk(
    fields: &Map<String, Value>,
    path: &mut Vec<String>,
    data: &str,
    found: &mut Vec<String>,
) -> Result<(), DamagedData> {
    for (name, value) in fields {
        if let (Value::Object(inner), true) = (value, name != OR) {
            path.push(name.clone());
            walk(inner, path, data, found)?;
            path.pop();
            continue;
        }
        let alone = path
            .iter()
            .rev()
            .fold(single(name, value.clone()), |inner, name| single(name, Value::Object(inner)));
        // A part of a filter that compiled compiles.
        if let Ok(matcher) = Matcher::compile(&alone, "")
            && !matcher.matches(data)?
        {
            let place = path.iter().fold(String::new(), |place, part| below(&place, part));
            found.push(below(&place, name));
        }
    }
    Ok(())
}

fn single(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}
