//! A second matcher for tests: it compares each value with each condition, one after another. It
//! shares the meaning of a filter (`scope`) with the real matcher, and no part of the search.

use super::{
    condition::{Bound, Condition, Interval},
    scope::{Field, Outcome, Scope, Test},
};
use crate::{decimal::Decimal, json::tree::Tree};
use std::net::IpAddr;

/// The outcome for the whole data.
pub(super) fn outcome(scope: &Scope, data: &Tree) -> Outcome {
    let of = |index: usize| of_field(&scope.fields[index], data);
    scope.formula.outcome(&of)
}

fn of_field(field: &Field, data: &Tree) -> Outcome {
    let mut elements = Vec::new();
    if let Some(value) = data.as_object().and_then(|fields| fields.get(&field.name)) {
        flatten(value, &mut elements);
    }
    let outcomes: Vec<Outcome> = match &field.test {
        Test::Values(values) => {
            let scalars = elements.iter().filter(|element| element.as_object().is_none());
            let holds = |value: &Tree| values.conditions.iter().any(|one| one.holds(value));
            scalars
                .map(|value| if holds(value) { Outcome::ByPresence } else { Outcome::No })
                .collect()
        }
        Test::Object(scope) => {
            let objects = elements.iter().filter(|element| element.as_object().is_some());
            objects.map(|object| outcome(scope, object)).collect()
        }
    };
    if outcomes.contains(&Outcome::ByPresence) {
        Outcome::ByPresence
    } else if outcomes.contains(&Outcome::No) {
        Outcome::No
    } else {
        field.test.of_nothing()
    }
}

fn flatten<'a>(value: &'a Tree, into: &mut Vec<&'a Tree>) {
    match value {
        Tree::List(list) => list.iter().for_each(|item| flatten(item, into)),
        other => into.push(other),
    }
}

fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

impl Condition {
    fn holds(&self, value: &Tree) -> bool {
        match (self, value) {
            (Self::Exists, _) | (Self::Null, Tree::Null) => true,
            (Self::AnythingBut(others), value) => !others.iter().any(|other| other.holds(value)),
            (Self::Bool(expected), Tree::Bool(value)) => expected == value,
            (Self::Number(expected), Tree::Number(text)) => *expected == Decimal::parse(text),
            (Self::Numeric(interval), Tree::Number(text)) => {
                interval.contains(&Decimal::parse(text))
            }
            (condition, Tree::Text(text)) => condition.holds_of_text(text),
            _ => false,
        }
    }

    fn holds_of_text(&self, text: &str) -> bool {
        match self {
            Self::Text(expected) => expected == text,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::PrefixIgnoringCase(prefix) => folded(text).starts_with(&folded(prefix)),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::SuffixIgnoringCase(suffix) => folded(text).ends_with(&folded(suffix)),
            Self::EqualsIgnoringCase(expected) => folded(expected) == folded(text),
            Self::Wildcard(wildcard) => wildcard.matches(text, &mut 0),
            Self::Cidr(network) => {
                text.parse::<IpAddr>().is_ok_and(|address| network.contains(&address))
            }
            _ => false,
        }
    }
}

impl Interval {
    pub(super) fn contains(&self, number: &Decimal) -> bool {
        let above = |low: &Bound| *number > low.value || (low.inclusive && *number == low.value);
        let below =
            |high: &Bound| *number < high.value || (high.inclusive && *number == high.value);
        self.low.as_ref().is_none_or(above) && self.high.as_ref().is_none_or(below)
    }
}
