//! The keywords for one kind of value.

use super::{Run, STEPS_OF_A_PATTERN, Step, value};
use crate::{
    decimal::Decimal,
    json::tree::{Map, Tree},
    schema::pointer::escaped,
};
use std::collections::HashSet;

/// Steps to look up a text in a set, for any length.
const STEPS_OF_A_SET: usize = 4;

impl<'a> Run<'a> {
    pub(super) fn number(&mut self, keyword: &str, argument: &Tree, text: &str) -> bool {
        let Tree::Number(bound_text) = argument else { return true };
        if !self.go_on(value::steps_of_a_number(text) + value::steps_of_a_number(bound_text)) {
            return false;
        }
        let (number, bound) = (Decimal::parse(text), Decimal::parse(bound_text));
        let (holds, what) = match keyword {
            "maximum" => (number <= bound, "at most"),
            "minimum" => (number >= bound, "at least"),
            "exclusiveMaximum" => (number < bound, "less than"),
            "exclusiveMinimum" => (number > bound, "more than"),
            "multipleOf" => {
                let steps = number.digits_to_divide(&bound);
                (self.go_on(steps) && number.is_multiple_of(&bound), "a multiple of")
            }
            _ => return true,
        };
        holds || self.wrong(|| format!("must be {what} {bound_text}"))
    }

    pub(super) fn text(&mut self, keyword: &str, argument: &Tree, text: &str) -> bool {
        match keyword {
            "maxLength" | "minLength" => {
                self.go_on(text.len() / 16);
                self.size(keyword, argument, text.chars().count(), "characters")
            }
            "pattern" => {
                argument.as_text().is_none_or(|pattern| self.matches(pattern, text))
                    || self.wrong(|| "does not match the pattern".into())
            }
            _ => true,
        }
    }

    /// Compares a count with `min…` or `max…`.
    fn size(&mut self, keyword: &str, argument: &Tree, count: usize, what: &str) -> bool {
        let bound = self.bound(argument);
        if keyword.starts_with("max") {
            count <= bound || self.wrong(|| format!("may have {bound} {what}, not {count}"))
        } else {
            count >= bound
                || self.wrong(|| format!("must have {bound} {what} at least, not {count}"))
        }
    }

    pub(super) fn list(
        &mut self,
        schema: &'a Map,
        keyword: &str,
        argument: &'a Tree,
        list: &'a [Tree],
    ) -> bool {
        let first = schema.get("prefixItems").and_then(Tree::as_list).map_or(0, <[Tree]>::len);
        match keyword {
            "maxItems" | "minItems" => self.size(keyword, argument, list.len(), "items"),
            "prefixItems" => {
                let schemas = argument.as_list().unwrap_or_default();
                let pairs = schemas.iter().zip(list).enumerate();
                pairs.fold(true, |holds, (index, (schema, item))| {
                    self.below(Step::Index(index), schema, item) && holds
                })
            }
            "items" => {
                let mut holds = true;
                for (index, item) in list.iter().enumerate().skip(first) {
                    holds &= self.below(Step::Index(index), argument, item);
                    if !holds && (self.quiet || self.exhausted) {
                        break;
                    }
                }
                holds
            }
            "contains" => {
                let count = list.iter().filter(|item| self.holds(argument, item)).count();
                let least = schema.get("minContains").map_or(1, |least| self.bound(least));
                let most = schema.get("maxContains").map_or(usize::MAX, |most| self.bound(most));
                (least..=most).contains(&count)
                    || self.wrong(|| format!("has {count} items as `contains` asks for"))
            }
            "uniqueItems" if argument == &Tree::Bool(true) => {
                let mut seen = HashSet::new();
                let distinct = list.iter().all(|item| {
                    let mut text = String::new();
                    value::canonical(item, &mut text, &mut |steps| self.go_on(steps))
                        && self.go_on(STEPS_OF_A_SET + value::steps_of_a_text(&text))
                        && seen.insert(text)
                });
                distinct || self.wrong(|| "must have no item twice".into())
            }
            _ => true,
        }
    }

    pub(super) fn object(
        &mut self,
        schema: &'a Map,
        keyword: &str,
        argument: &'a Tree,
        (data, map): (&'a Tree, &'a Map),
    ) -> bool {
        let entries = argument.as_object().into_iter().flatten();
        match keyword {
            "maxProperties" | "minProperties" => self.size(keyword, argument, map.len(), "fields"),
            "required" => self.has(argument, map),
            "dependentRequired" => entries.fold(true, |holds, (name, names)| {
                (!self.has_field(map, name) || self.has(names, map)) && holds
            }),
            "dependentSchemas" => entries.fold(true, |holds, (name, schema)| {
                (!self.has_field(map, name) || self.schema(schema, data)) && holds
            }),
            "properties" => {
                let mut holds = true;
                for (name, schema) in entries {
                    if !self.go_on(1 + value::steps_of_a_text(name)) {
                        return false;
                    }
                    if let Some((name, value)) = map.get_key_value(name) {
                        holds &= self.below(Step::Name(name), schema, value);
                    }
                }
                holds
            }
            "patternProperties" => {
                let mut holds = true;
                for (pattern, schema) in entries {
                    for (name, value) in map {
                        if self.matches(pattern, name) {
                            holds &= self.below(Step::Name(name), schema, value);
                        }
                    }
                }
                holds
            }
            "additionalProperties" => {
                let mut holds = true;
                for (name, value) in map {
                    if !self.is_named(schema, name) {
                        holds &= self.below(Step::Name(name), argument, value);
                    }
                    if !holds && (self.quiet || self.exhausted) {
                        break;
                    }
                }
                holds
            }
            "propertyNames" => map.keys().fold(true, |holds, name| {
                let is_name = self.name(argument, name);
                (is_name
                    || self.wrong(|| format!("must not have a field named `{}`", escaped(name))))
                    && holds
            }),
            _ => true,
        }
    }

    fn has(&mut self, names: &'a Tree, map: &Map) -> bool {
        let names = names.as_list().into_iter().flatten().filter_map(Tree::as_text);
        names.fold(true, |holds, name| {
            let is_there = self.has_field(map, name);
            (is_there || self.wrong(|| format!("must have a field `{}`", escaped(name)))) && holds
        })
    }

    fn has_field(&mut self, map: &Map, name: &str) -> bool {
        self.go_on(1 + value::steps_of_a_text(name)) && map.contains_key(name)
    }

    /// Whether a field's name is valid; records no faults.
    fn name(&mut self, schema: &Tree, name: &str) -> bool {
        if !self.go_on(2 + value::steps_of_a_text(name)) {
            return false;
        }
        let text = Tree::Text(name.to_owned());
        let mut run = Run { quiet: true, depth: self.depth, ..Run::new(self.checker, self.budget) };
        let holds = run.schema(schema, &text);
        self.budget = run.budget;
        self.exhausted |= run.exhausted;
        holds
    }

    fn matches(&mut self, pattern: &str, text: &str) -> bool {
        // The look-up of a pattern compares its text.
        let steps = (text.len() + 1).saturating_mul(STEPS_OF_A_PATTERN);
        self.go_on(steps + value::steps_of_a_text(pattern))
            && self.checker.patterns.get(pattern).is_some_and(|regex| regex.is_match(text))
    }

    /// Whether `properties` or `patternProperties` apply to a field.
    fn is_named(&mut self, schema: &'a Map, name: &str) -> bool {
        let within = |keyword: &str| schema.get(keyword).and_then(Tree::as_object);
        within("properties").is_some_and(|map| self.has_field(map, name))
            || within("patternProperties")
                .is_some_and(|map| map.keys().any(|pattern| self.matches(pattern, name)))
    }

    /// A limit as a count.
    fn bound(&mut self, argument: &Tree) -> usize {
        match argument {
            Tree::Number(text) if self.go_on(value::steps_of_a_number(text)) => {
                Decimal::parse(text).count().unwrap_or(usize::MAX)
            }
            _ => usize::MAX,
        }
    }
}
