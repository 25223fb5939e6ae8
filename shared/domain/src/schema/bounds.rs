//! How much a schema comes to once its references are followed, and what it must not use.

use super::{MAX_TOLD, MAX_VALUES, shortened};
use crate::fault::{Faults, FieldFault};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Deepest that schemas may lie within each other, those that are referred to included: following
/// them takes stack.
const MAX_DEPTH: usize = 64;
/// Most patterns of a schema. Each is a program.
const MAX_PATTERNS: usize = 50;

/// The one draft.
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What a schema holds under these is a schema,
const ONE: &[&str] = &[
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// under these a list of them,
const LIST: &[&str] = &["allOf", "anyOf", "oneOf", "prefixItems"];
/// and under these a map of them.
const MAP: &[&str] =
    &["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// What would make it another question where a reference leads, or whether it ever ends.
const REFUSED: &[&str] = &[
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "dependencies",
];

/// What a schema comes to.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    values: usize,
    depth: usize,
}

impl Size {
    fn add(&mut self, inner: Self) {
        self.values = self.values.saturating_add(inner.values);
        self.depth = self.depth.max(inner.depth);
    }
}

/// A walk through a schema.
struct Walk<'a> {
    root: &'a Value,
    field: &'a str,
    /// What was referred to, with its size; `None` while it is being walked through.
    targets: HashMap<&'a str, Option<Size>>,
    patterns: usize,
    faults: Faults,
    told: usize,
}

/// The values in data: it, and all in it.
pub(super) fn values(data: &Value) -> usize {
    match data {
        Value::Array(list) => 1 + list.iter().map(values).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(values).sum::<usize>(),
        _ => 1,
    }
}

/// Walks through a schema that is one by its form, and answers how many values it comes to.
///
/// # Errors
/// Where it goes beyond its bounds, or uses what it must not.
pub(super) fn check(schema: &Value, field: &str) -> Result<usize, Vec<FieldFault>> {
    let mut walk = Walk {
        root: schema,
        field,
        targets: HashMap::new(),
        patterns: 0,
        faults: Faults::default(),
        told: 0,
    };
    let size = walk.schema(schema, "", 0);
    if size.values > MAX_VALUES {
        let message = format!(
            "comes to {} values, where what is referred to counts each time; it may have {MAX_VALUES}",
            size.values
        );
        walk.fault("", message);
    }
    if walk.patterns > MAX_PATTERNS {
        walk.fault("", format!("may have {MAX_PATTERNS} patterns, not {}", walk.patterns));
    }
    if walk.faults.is_empty() { Ok(size.values) } else { Err(walk.faults.into_vec()) }
}

impl<'a> Walk<'a> {
    fn fault(&mut self, at: &str, message: impl Into<String>) {
        self.told += 1;
        if self.told <= MAX_TOLD {
            self.faults.add(format!("{}{}", self.field, shortened(at)), message);
        }
    }

    fn schema(&mut self, schema: &'a Value, at: &str, depth: usize) -> Size {
        let Value::Object(map) = schema else { return Size { values: values(schema), depth: 1 } };
        if depth >= MAX_DEPTH {
            self.fault(at, format!("schemas may lie {MAX_DEPTH} deep within each other"));
            return Size::default();
        }
        self.refuse(map, at);
        let mut size = Size { values: 1, depth: 0 };
        for (keyword, value) in map {
            let at = format!("{at}/{}", escaped(keyword));
            let inner = match (keyword.as_str(), value) {
                ("$ref", Value::String(target)) => self.reference(target, &at, depth),
                // Nothing in it is looked at unless something refers to it.
                ("$defs" | "definitions", Value::Object(map)) => {
                    for (name, schema) in map {
                        self.schema(schema, &format!("{at}/{}", escaped(name)), depth + 1);
                    }
                    Size::default()
                }
                (_, Value::Array(list)) if LIST.contains(&keyword.as_str()) => {
                    let mut size = Size::default();
                    for (index, schema) in list.iter().enumerate() {
                        size.add(self.schema(schema, &format!("{at}/{index}"), depth + 1));
                    }
                    size
                }
                (_, Value::Object(map)) if MAP.contains(&keyword.as_str()) => {
                    let mut size = Size::default();
                    for (name, schema) in map {
                        size.add(self.schema(
                            schema,
                            &format!("{at}/{}", escaped(name)),
                            depth + 1,
                        ));
                    }
                    size
                }
                (_, schema) if ONE.contains(&keyword.as_str()) => {
                    self.schema(schema, &at, depth + 1)
                }
                _ => Size { values: values(value), depth: 0 },
            };
            match keyword.as_str() {
                "pattern" => self.patterns += 1,
                "patternProperties" => self.patterns += value.as_object().map_or(0, Map::len),
                _ => {}
            }
            size.add(inner);
        }
        size.depth += 1;
        size
    }

    fn refuse(&mut self, map: &Map<String, Value>, at: &str) {
        for keyword in map.keys() {
            let place = format!("{at}/{}", escaped(keyword));
            if REFUSED.contains(&keyword.as_str()) {
                self.fault(&place, "is not supported here");
            } else if keyword == "$id" && !at.is_empty() {
                self.fault(&place, "is supported at the top only");
            } else if keyword == "$schema" && map[keyword].as_str().is_none_or(|it| !is_draft(it)) {
                self.fault(&place, format!("must be {DRAFT}, or left out"));
            }
        }
    }

    /// The size of what is referred to.
    fn reference(&mut self, target: &'a str, at: &str, depth: usize) -> Size {
        if !(target == "#" || target.starts_with("#/")) {
            self.fault(at, "must refer to a place in this schema: `#/…`. Nothing is fetched");
            return Size::default();
        }
        match self.targets.get(target) {
            Some(None) => {
                self.fault(at, "refers to what refers back here: a schema must come to an end");
                return Size::default();
            }
            Some(Some(size)) => {
                let size = *size;
                if depth + size.depth >= MAX_DEPTH {
                    self.fault(at, format!("schemas may lie {MAX_DEPTH} deep within each other"));
                }
                return size;
            }
            None => {}
        }
        let Some(found) = decoded(target).and_then(|pointer| self.root.pointer(&pointer)) else {
            self.fault(at, "refers to nothing in this schema");
            return Size::default();
        };
        self.targets.insert(target, None);
        let size = self.schema(found, at, depth + 1);
        self.targets.insert(target, Some(size));
        size
    }
}

fn is_draft(uri: &str) -> bool {
    uri.trim_end_matches('#') == DRAFT
}

/// The pointer of a fragment (RFC 6901 section 6).
fn decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.strip_prefix('#')?.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// A name as a part of a pointer.
fn escaped(name: &str) -> String {
    let shown: String = name.chars().take(64).collect();
    shown.replace('~', "~0").replace('/', "~1")
}
