//! Determines what to look for in one pass over an object.
//!
//! A [`Scope`] is about one object: the fields that matter, and a formula over their outcomes. The
//! branches of a `$or` are in the same scope as the fields next to it, because they are about the
//! same object.
//!
//! There is one difficulty. Conditions on fields of objects in a list must be true of *one* of
//! these objects, even if they come from different places of the filter: one from a field next to a
//! `$or`, the other from a branch. So where a `$or` names a field that is also named next to it,
//! the `$or` is multiplied out, and the conditions below that field are merged for each
//! combination.

use super::read::{All, Pattern, Values};
use crate::fault::Faults;
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

/// Maximum number of fields after multiplying out.
const MAX_FIELDS: usize = 500;

/// The conditions on one object.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) fields: Vec<Field>,
    pub(super) formula: Formula,
    /// The outcome for an object without any of the fields, and for a missing object.
    pub(super) of_nothing: Outcome,
}

/// A field and its condition.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) test: Test,
}

/// The condition on a field.
#[derive(Debug)]
pub(super) enum Test {
    Values(Arc<Values>),
    Object(Box<Scope>),
}

/// How the fields of a scope are combined.
#[derive(Debug)]
pub(super) enum Formula {
    /// The field with this index.
    Field(usize),
    All(Vec<Formula>),
    Any(Vec<Formula>),
}

/// The outcome of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    /// It is false.
    No,
    /// It is true, and only because something is absent.
    ByAbsence,
    /// It is true of something that is present.
    ByPresence,
}

impl Formula {
    pub(super) fn outcome(&self, of: &impl Fn(usize) -> Outcome) -> Outcome {
        match self {
            Self::Field(index) => of(*index),
            Self::All(parts) => {
                let mut together = Outcome::ByAbsence;
                for part in parts {
                    match part.outcome(of) {
                        Outcome::No => return Outcome::No,
                        outcome => together = together.max(outcome),
                    }
                }
                together
            }
            Self::Any(parts) => {
                parts.iter().map(|part| part.outcome(of)).max().unwrap_or(Outcome::No)
            }
        }
    }
}

impl Test {
    pub(super) fn of_nothing(&self) -> Outcome {
        match self {
            Self::Values(values) if values.accept_absence() => Outcome::ByAbsence,
            Self::Values(_) => Outcome::No,
            Self::Object(scope) => scope.of_nothing,
        }
    }
}

impl Values {
    pub(super) fn accept_absence(&self) -> bool {
        self.conditions.contains(&super::condition::Condition::Missing)
    }
}

/// Makes the scope of a filter that was read without faults.
///
/// # Errors
/// Notes contradictions, and filters that become too large when they are multiplied out.
pub(super) fn lower(all: &All, place: &str, faults: &mut Faults) -> Option<Scope> {
    let mut lowering =
        Lowering { place, fields: 0, conflicts: HashSet::new(), faults, too_many: false };
    let scope = lowering.scope(&[all]);
    let failed = lowering.too_many || !lowering.conflicts.is_empty();
    (!failed).then_some(scope)
}

struct Lowering<'a> {
    place: &'a str,
    fields: usize,
    /// Places that already have a fault.
    conflicts: HashSet<String>,
    faults: &'a mut Faults,
    too_many: bool,
}

impl Lowering<'_> {
    fn scope(&mut self, alls: &[&All]) -> Scope {
        let mut fields = Vec::new();
        let formula = self.formula(alls, &mut fields);
        let of_nothing = formula.outcome(&|index: usize| {
            fields.get(index).map_or(Outcome::No, |field: &Field| field.test.of_nothing())
        });
        Scope { fields, formula, of_nothing }
    }

    /// The combined condition of all of these on one object.
    fn formula(&mut self, alls: &[&All], fields: &mut Vec<Field>) -> Formula {
        let ors: Vec<&Vec<All>> = alls.iter().flat_map(|all| &all.ors).collect();
        let plain: BTreeSet<&str> =
            alls.iter().flat_map(|all| &all.fields).map(|(name, _)| name.as_str()).collect();
        let names: Vec<BTreeSet<&str>> = ors.iter().map(|or| names(or)).collect();
        let collides = |index: usize| {
            let others = names.iter().enumerate().filter(|(other, _)| *other != index);
            !names[index].is_disjoint(&plain)
                || others.into_iter().any(|(_, other)| !names[index].is_disjoint(other))
        };
        if let Some(index) = (0..ors.len()).find(|index| collides(*index)) {
            return self.multiply_out(alls, ors[index], fields);
        }
        let mut parts = Vec::new();
        for name in plain {
            parts.extend(self.field(name, alls, fields));
        }
        for or in ors {
            let branches = or.iter().map(|branch| self.formula(&[branch], fields)).collect();
            parts.push(Formula::Any(branches));
        }
        Formula::All(parts)
    }

    /// One formula for each branch of `or`, merged with all other conditions.
    fn multiply_out(&mut self, alls: &[&All], or: &[All], fields: &mut Vec<Field>) -> Formula {
        // The other conditions, without this `$or`. Its address distinguishes it from an equal
        // `$or`.
        let rest: Vec<All> = alls
            .iter()
            .map(|all| All {
                fields: all.fields.clone(),
                ors: all
                    .ors
                    .iter()
                    .filter(|other| !std::ptr::eq(other.as_slice(), or))
                    .cloned()
                    .collect(),
            })
            .collect();
        let mut combinations = Vec::with_capacity(or.len());
        for branch in or {
            if self.too_many {
                break;
            }
            let merged: Vec<&All> = rest.iter().chain([branch]).collect();
            combinations.push(self.formula(&merged, fields));
        }
        Formula::Any(combinations)
    }

    fn field(&mut self, name: &str, alls: &[&All], fields: &mut Vec<Field>) -> Option<Formula> {
        let patterns: Vec<&Pattern> = alls
            .iter()
            .flat_map(|all| &all.fields)
            .filter(|(other, _)| other == name)
            .map(|(_, pattern)| pattern)
            .collect();
        let lists = patterns.iter().filter_map(|pattern| match pattern {
            Pattern::Values(values) => Some(values),
            Pattern::Object(_) => None,
        });
        let lists: Vec<&Arc<Values>> = lists.collect();
        let test = match lists.as_slice() {
            [] => {
                let objects: Vec<&All> = patterns
                    .iter()
                    .filter_map(|pattern| match pattern {
                        Pattern::Object(all) => Some(all),
                        Pattern::Values(_) => None,
                    })
                    .collect();
                Test::Object(Box::new(self.scope(&objects)))
            }
            [only] if patterns.len() == 1 => Test::Values(Arc::clone(only)),
            [.., last] => {
                if self.conflicts.insert(last.place.clone()) {
                    self.faults.add(
                        last.place.clone(),
                        "this field has conditions in another place that must hold together with \
                         these",
                    );
                }
                return None;
            }
        };
        self.fields += 1;
        if self.fields > MAX_FIELDS {
            if !self.too_many {
                self.faults.add(self.place, "its `$or`s have too many combinations");
            }
            self.too_many = true;
            return None;
        }
        fields.push(Field { name: name.to_owned(), test });
        Some(Formula::Field(fields.len() - 1))
    }
}

/// The fields of the object itself that the branches name, at any depth of `$or`.
fn names(or: &[All]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for branch in or {
        found.extend(branch.fields.iter().map(|(name, _)| name.as_str()));
        found.extend(branch.ors.iter().flat_map(|or| names(or)));
    }
    found
}
