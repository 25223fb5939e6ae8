//! Explains to the author of a filter why data does not match.

use super::{
    Filter, Halt, MAX_STEPS,
    matching::ask,
    plan::Plans,
    read::{OR, below},
    scope::{Outcome, Scope},
};
use crate::json::tree::{Map, Tree};

/// Each condition occurs twice here: alone, and within each `$or` around it.
const STEPS: usize = 4 * MAX_STEPS;

impl Filter {
    /// The JSON pointers to the conditions (lists of a field, and `$or`s) that the data does not
    /// satisfy if each condition is checked alone. Empty if the data matches; also empty if each
    /// condition is true of some object of a list, but no single object satisfies all of them.
    ///
    /// # Errors
    /// [`Halt`] if the data is not JSON, or the filter takes too long.
    pub fn unsatisfied(&self, data: &str) -> Result<Vec<String>, Halt> {
        let mut alone = Vec::new();
        if let Ok(Tree::Object(fields)) = Tree::parse(&self.0) {
            walk(&fields, &mut Vec::new(), &mut alone);
        }
        let scopes: Vec<&Scope> = alone.iter().map(|(_, scope)| scope).collect();
        let answers = ask(&Plans::of(&scopes), data, STEPS)?;
        let differs = |outcome: &Outcome| *outcome == Outcome::No;
        let places = alone.into_iter().zip(answers.outcomes);
        Ok(places.filter(|(_, outcome)| differs(outcome)).map(|((place, _), _)| place).collect())
    }
}

/// Collects each condition with its pointer, as a separate filter.
fn walk(fields: &Map, path: &mut Vec<String>, found: &mut Vec<(String, Scope)>) {
    for (name, value) in fields {
        if let (Tree::Object(inner), true) = (value, name != OR) {
            path.push(name.clone());
            walk(inner, path, found);
            path.pop();
            continue;
        }
        let alone = path
            .iter()
            .rev()
            .fold(single(name, value.clone()), |inner, name| single(name, Tree::Object(inner)));
        // A part of a filter that compiled also compiles.
        if let Ok(scope) = super::compile(&alone, "") {
            let place = path.iter().fold(String::new(), |place, part| below(&place, part));
            found.push((below(&place, name), scope));
        }
    }
}

fn single(name: &str, value: Tree) -> Map {
    Map::from_iter([(name.to_owned(), value)])
}
