//! Checks that a schema is valid and uses only supported keywords.

use super::{
    checker::MAX_TOLD,
    pointer::{escaped, pointer},
};
use crate::{
    decimal::{Decimal, MAX_DIVISOR_DIGITS},
    fault::Faults,
    json::tree::{Map, Tree},
};
use regex_lite::{Regex, RegexBuilder};
use std::collections::{HashMap, HashSet};

/// Maximum nesting of schemas.
const MAX_DEPTH: usize = 64;
/// Maximum number of patterns in a schema.
const MAX_PATTERNS: usize = 50;
/// Maximum size of one compiled pattern.
const PATTERN_BYTES: usize = 16 * 1024;
/// Maximum nesting of groups in one pattern.
const PATTERN_DEPTH: u32 = 32;

/// The only supported draft.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

const TYPES: &[&str] = &["null", "boolean", "object", "array", "number", "string", "integer"];

/// Refused keywords: their meaning depends on more than one place of the schema.
const REFUSED: &[&str] = &[
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "dependencies",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// The form of a keyword's argument.
#[derive(Clone, Copy)]
enum Form {
    Schema,
    Schemas,
    SchemaMap,
    PatternMap,
    Reference,
    Type,
    List,
    Names,
    NamesMap,
    Number,
    Positive,
    Count,
    Flag,
    Text,
    Pattern,
    Anything,
}

fn form(keyword: &str) -> Form {
    match keyword {
        "additionalProperties"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "items"
        | "not"
        | "propertyNames"
        | "then" => Form::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Form::Schemas,
        "$defs" | "definitions" | "dependentSchemas" | "properties" => Form::SchemaMap,
        "patternProperties" => Form::PatternMap,
        "$ref" => Form::Reference,
        "type" => Form::Type,
        "enum" | "examples" => Form::List,
        "required" => Form::Names,
        "dependentRequired" => Form::NamesMap,
        "maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum" => Form::Number,
        "multipleOf" => Form::Positive,
        "maxLength" | "minLength" | "maxItems" | "minItems" | "maxContains" | "minContains"
        | "maxProperties" | "minProperties" => Form::Count,
        "deprecated" | "readOnly" | "uniqueItems" | "writeOnly" => Form::Flag,
        "$comment" | "$id" | "contentEncoding" | "contentMediaType" | "description" | "format"
        | "title" => Form::Text,
        "pattern" => Form::Pattern,
        _ => Form::Anything,
    }
}

struct Walk<'a> {
    root: &'a Tree,
    field: &'a str,
    faults: &'a mut Faults,
    told: usize,
    /// The parts that were checked, by their address: a reference may lead to any part.
    seen: HashSet<*const Tree>,
    patterns: HashMap<String, Regex>,
    pattern_count: usize,
}

/// Checks a schema, notes its faults, and returns its compiled patterns.
pub(super) fn check(schema: &Tree, field: &str, faults: &mut Faults) -> HashMap<String, Regex> {
    let mut walk = Walk {
        root: schema,
        field,
        faults,
        told: 0,
        seen: HashSet::new(),
        patterns: HashMap::new(),
        pattern_count: 0,
    };
    walk.schema(schema, "", 0);
    if walk.pattern_count > MAX_PATTERNS {
        walk.fault("", format!("may have {MAX_PATTERNS} patterns, not {}", walk.pattern_count));
    }
    walk.patterns
}

impl<'a> Walk<'a> {
    fn fault(&mut self, at: &str, message: impl Into<String>) {
        self.told += 1;
        if self.told <= MAX_TOLD {
            self.faults.add(format!("{}{at}", self.field), message);
        }
    }

    fn schema(&mut self, schema: &'a Tree, at: &str, depth: usize) {
        if !self.seen.insert(schema) {
            return;
        }
        if depth >= MAX_DEPTH {
            self.fault(at, format!("schemas may lie {MAX_DEPTH} deep within each other"));
            return;
        }
        match schema {
            Tree::Bool(_) => {}
            Tree::Object(map) => self.keywords(map, at, depth),
            _ => self.fault(at, "must be a schema: an object, true or false"),
        }
    }

    fn keywords(&mut self, map: &'a Map, at: &str, depth: usize) {
        for (keyword, value) in map {
            let place = format!("{at}/{}", escaped(keyword));
            match keyword.as_str() {
                word if REFUSED.contains(&word) => self.fault(&place, "is not supported here"),
                "$schema"
                    if value.as_text().is_none_or(|uri| uri.trim_end_matches('#') != DRAFT) =>
                {
                    self.fault(&place, format!("must be {DRAFT}, or left out"));
                }
                "$id" if !at.is_empty() => self.fault(&place, "is supported at the top only"),
                word => self.keyword(form(word), value, &place, depth),
            }
        }
    }

    fn keyword(&mut self, form: Form, value: &'a Tree, at: &str, depth: usize) {
        let expected = match form {
            Form::Anything => return,
            Form::Schema => return self.schema(value, at, depth + 1),
            Form::Schemas => match value.as_list().filter(|list| !list.is_empty()) {
                Some(list) => {
                    for (index, schema) in list.iter().enumerate() {
                        self.schema(schema, &format!("{at}/{index}"), depth + 1);
                    }
                    return;
                }
                None => "must be a list of schemas, of at least one",
            },
            Form::SchemaMap | Form::PatternMap => match value.as_object() {
                Some(map) => {
                    for (name, schema) in map {
                        let place = format!("{at}/{}", escaped(name));
                        if matches!(form, Form::PatternMap) {
                            self.pattern(name, &place);
                        }
                        self.schema(schema, &place, depth + 1);
                    }
                    return;
                }
                None => "must be an object of schemas",
            },
            Form::Reference => return self.reference(value, at, depth),
            Form::Pattern => match value.as_text() {
                Some(pattern) => return self.pattern(pattern, at),
                None => "must be a pattern: a string",
            },
            Form::Type if is_type(value) => return,
            Form::Type => {
                "must be `null`, `boolean`, `object`, `array`, `number`, `integer` or `string`, or a list of some of them"
            }
            Form::List if value.as_list().is_some() => return,
            Form::List => "must be a list",
            Form::Names if is_names(value) => return,
            Form::Names => "must be a list of names, none twice",
            Form::NamesMap if value.as_object().is_some_and(|map| map.values().all(is_names)) => {
                return;
            }
            Form::NamesMap => "must be an object of lists of names",
            Form::Number if matches!(value, Tree::Number(_)) => return,
            Form::Number => "must be a number",
            Form::Positive => match value {
                Tree::Number(text) if is_divisor(text) => return,
                _ => return self.fault(at, divisor_expected()),
            },
            Form::Count if is_count(value) => return,
            Form::Count => "must be a whole number, 0 or more",
            Form::Flag if matches!(value, Tree::Bool(_)) => return,
            Form::Flag => "must be true or false",
            Form::Text if value.as_text().is_some() => return,
            Form::Text => "must be a string",
        };
        self.fault(at, expected);
    }

    fn reference(&mut self, value: &'a Tree, at: &str, depth: usize) {
        let Some(pointer) = value.as_text().and_then(pointer) else {
            self.fault(at, "must refer to a place in this schema: `#/…`. Nothing is fetched");
            return;
        };
        match self.root.pointer(&pointer) {
            // The target's faults are reported under the target's place.
            Some(target) => self.schema(target, &pointer, depth.min(1)),
            None => self.fault(at, "refers to nothing in this schema"),
        }
    }

    fn pattern(&mut self, pattern: &str, at: &str) {
        self.pattern_count += 1;
        if self.pattern_count > MAX_PATTERNS || self.patterns.contains_key(pattern) {
            return;
        }
        let compiled =
            RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).nest_limit(PATTERN_DEPTH).build();
        match compiled {
            Ok(regex) => {
                self.patterns.insert(pattern.to_owned(), regex);
            }
            Err(error) => self.fault(at, format!("is no pattern that can be used: {error}")),
        }
    }
}

fn is_type(value: &Tree) -> bool {
    let known = |value: &Tree| value.as_text().is_some_and(|name| TYPES.contains(&name));
    match value {
        Tree::List(list) => !list.is_empty() && list.iter().all(known) && !has_repeats(list),
        value => known(value),
    }
}

fn is_names(value: &Tree) -> bool {
    value
        .as_list()
        .is_some_and(|list| list.iter().all(|name| name.as_text().is_some()) && !has_repeats(list))
}

fn has_repeats(list: &[Tree]) -> bool {
    let distinct: HashSet<Option<&str>> = list.iter().map(Tree::as_text).collect();
    distinct.len() < list.len()
}

fn is_count(value: &Tree) -> bool {
    matches!(value, Tree::Number(text) if Decimal::parse(text).count().is_some())
}

fn is_divisor(text: &str) -> bool {
    let number = Decimal::parse(text);
    number.is_positive() && number.significant_digits() <= MAX_DIVISOR_DIGITS
}

fn divisor_expected() -> String {
    format!("must be a number over 0 with at most {MAX_DIVISOR_DIGITS} significant digits")
}
