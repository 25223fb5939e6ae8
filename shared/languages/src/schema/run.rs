//! Checks data against a schema, step by step.

mod kinds;

use super::{
    checker::{Budget, Checker, MAX_TOLD, Violation},
    pointer::{MAX_CHARS, escaped, pointer},
    value,
};
use crate::{
    decimal::Decimal,
    json::tree::{Map, Tree},
};

/// Maximum nesting of checks: data may be nested 128 deep, and a schema may refer to itself.
const MAX_DEPTH: usize = 400;
/// Steps of a pattern for each byte, and for the end of a text.
const STEPS_OF_A_PATTERN: usize = 32;
/// Steps to follow a reference, and how many bytes of it take one more step.
const STEPS_OF_A_REFERENCE: usize = 4;
const BYTES_OF_A_REFERENCE_PER_STEP: usize = 4;

/// A part of a pointer into the data.
#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
}

struct Run<'a> {
    checker: &'a Checker,
    budget: usize,
    /// A limit was exceeded, so the results have no meaning.
    exhausted: bool,
    /// Whether faults are not recorded, because only their existence matters.
    quiet: bool,
    depth: usize,
    at: Vec<Step<'a>>,
    found: Vec<Violation>,
}

/// Whether a check of minimal data ends. It does not if a schema refers to itself at the same
/// place, or doubles with each reference.
pub(super) fn ends(checker: &Checker) -> bool {
    let [nothing, empty] = [Tree::Null, Tree::Object(Map::new())];
    let ends = |data| {
        let mut run = Run::new(checker, Budget::OF_A_REQUEST.0);
        run.schema(&checker.schema, data);
        !run.exhausted
    };
    ends(&nothing) && ends(&empty)
}

/// The errors in data, up to [`MAX_TOLD`].
pub(super) fn run(checker: &Checker, data: &Tree, budget: &mut Budget) -> Vec<Violation> {
    let mut run = Run::new(checker, budget.0);
    run.schema(&checker.schema, data);
    budget.0 = run.budget;
    if run.exhausted {
        let message = "takes more to be checked against the schema than one request may";
        return vec![Violation { pointer: String::new(), message: message.to_owned() }];
    }
    run.found
}

impl<'a> Run<'a> {
    fn new(checker: &'a Checker, budget: usize) -> Self {
        Self {
            checker,
            budget,
            exhausted: false,
            quiet: false,
            depth: 0,
            at: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Uses some steps. `false` if the check must stop: the budget is used up, or enough errors
    /// were found.
    fn go_on(&mut self, steps: usize) -> bool {
        match self.budget.checked_sub(steps) {
            Some(left) => self.budget = left,
            None => {
                self.budget = 0;
                self.exhausted = true;
            }
        }
        !self.exhausted && self.found.len() < MAX_TOLD
    }

    fn wrong(&mut self, message: impl FnOnce() -> String) -> bool {
        if !self.quiet && self.found.len() < MAX_TOLD {
            let mut pointer = String::new();
            for step in &self.at {
                pointer.push('/');
                match step {
                    Step::Name(name) => pointer.push_str(&escaped(name)),
                    Step::Index(index) => pointer.push_str(&index.to_string()),
                }
            }
            let pointer = pointer.chars().take(2 * MAX_CHARS).collect();
            self.found.push(Violation { pointer, message: message() });
        }
        false
    }

    /// Whether the data is valid; records no faults.
    fn holds(&mut self, schema: &'a Tree, data: &'a Tree) -> bool {
        let before = std::mem::replace(&mut self.quiet, true);
        let holds = self.schema(schema, data);
        self.quiet = before;
        holds
    }

    fn below(&mut self, step: Step<'a>, schema: &'a Tree, data: &'a Tree) -> bool {
        self.at.push(step);
        let holds = self.schema(schema, data);
        self.at.pop();
        holds
    }

    fn schema(&mut self, schema: &'a Tree, data: &'a Tree) -> bool {
        if !self.go_on(1) {
            return false;
        }
        let map = match schema {
            Tree::Object(map) => map,
            Tree::Bool(false) => return self.wrong(|| "must not be there".to_owned()),
            _ => return true,
        };
        if self.depth == MAX_DEPTH {
            self.exhausted = true;
            return false;
        }
        self.depth += 1;
        let mut holds = true;
        for (keyword, argument) in map {
            if !self.go_on(1) {
                holds = false;
                break;
            }
            holds &= self.keyword(map, keyword, argument, data);
            // One fault is enough if faults are not recorded.
            if self.quiet && !holds {
                break;
            }
        }
        self.depth -= 1;
        holds
    }

    fn keyword(
        &mut self,
        schema: &'a Map,
        keyword: &str,
        argument: &'a Tree,
        data: &'a Tree,
    ) -> bool {
        match keyword {
            "$ref" => {
                let reference = argument.as_text().unwrap_or_default();
                let bytes = reference.len() / BYTES_OF_A_REFERENCE_PER_STEP;
                if !self.go_on(STEPS_OF_A_REFERENCE + bytes) {
                    return false;
                }
                let target = pointer(reference);
                let target = target.and_then(|pointer| self.checker.schema.pointer(&pointer));
                target.is_none_or(|target| self.schema(target, data))
            }
            "type" => {
                self.has_type(argument, data)
                    || self.wrong(|| format!("must be {}", types(argument)))
            }
            "const" => {
                self.equal(argument, data)
                    || self.wrong(|| "must be the one value that the schema names".into())
            }
            "enum" => {
                let mut values = argument.as_list().into_iter().flatten();
                values.any(|one| self.equal(one, data))
                    || self.wrong(|| "must be one of the values that the schema names".into())
            }
            "allOf" | "anyOf" | "oneOf" | "not" | "if" => {
                self.combined(schema, keyword, argument, data)
            }
            _ => match data {
                Tree::Number(number) => self.number(keyword, argument, number),
                Tree::Text(text) => self.text(keyword, argument, text),
                Tree::List(list) => self.list(schema, keyword, argument, list),
                Tree::Object(map) => self.object(schema, keyword, argument, (data, map)),
                Tree::Null | Tree::Bool(_) => true,
            },
        }
    }

    fn equal(&mut self, one: &Tree, other: &Tree) -> bool {
        value::equal(one, other, &mut |steps| self.go_on(steps))
    }

    fn has_type(&mut self, types: &Tree, data: &Tree) -> bool {
        match types {
            Tree::List(list) => list.iter().any(|one| self.has_type(one, data)),
            Tree::Text(name) => match (name.as_str(), data) {
                ("null", Tree::Null)
                | ("boolean", Tree::Bool(_))
                | ("object", Tree::Object(_))
                | ("array", Tree::List(_))
                | ("number", Tree::Number(_))
                | ("string", Tree::Text(_)) => true,
                ("integer", Tree::Number(text)) => {
                    self.go_on(value::steps_of_a_number(text)) && Decimal::parse(text).is_whole()
                }
                _ => false,
            },
            _ => true,
        }
    }

    fn combined(
        &mut self,
        schema: &'a Map,
        keyword: &str,
        argument: &'a Tree,
        data: &'a Tree,
    ) -> bool {
        let schemas = argument.as_list().unwrap_or_default();
        match keyword {
            // All are checked, so that all faults are reported.
            "allOf" => schemas.iter().filter(|one| !self.schema(one, data)).count() == 0,
            "anyOf" => {
                schemas.iter().any(|one| self.holds(one, data))
                    || self.wrong(|| "satisfies none of the schemas under `anyOf`".into())
            }
            "oneOf" => match schemas.iter().filter(|one| self.holds(one, data)).take(2).count() {
                1 => true,
                0 => self.wrong(|| "satisfies none of the schemas under `oneOf`".into()),
                _ => self.wrong(|| "satisfies more than one of the schemas under `oneOf`".into()),
            },
            "not" => {
                !self.holds(argument, data)
                    || self.wrong(|| "satisfies the schema under `not`".into())
            }
            _ => {
                let branch = if self.holds(argument, data) { "then" } else { "else" };
                schema.get(branch).is_none_or(|branch| self.schema(branch, data))
            }
        }
    }
}

fn types(types: &Tree) -> String {
    match types {
        Tree::List(list) => list.iter().filter_map(Tree::as_text).collect::<Vec<_>>().join(" or "),
        other => other.as_text().unwrap_or_default().to_owned(),
    }
}
