//! Arranges scopes so that one walk through the data evaluates them.
//!
//! A [`Scope`] has a field for each place of the filter that names it: a `$or` of a hundred
//! branches may name the same field a hundred times. A [`Plan`] has each name once. All conditions
//! on its values are in one [`Index`], and all conditions on its objects are in one plan for these
//! objects, which answers several questions at once.
//!
//! A question is a tree of `all` and `any` over *leaves*, one leaf for each field of the scope. The
//! data changes leaves, and a change goes up the tree only as far as it makes a difference. So the
//! cost of an object depends on what the object holds, not on the size of the filter.

mod cost;

use super::{
    condition::Condition,
    index::{Builder, Index},
    scope::{Formula, Outcome, Scope, Test},
};
use std::collections::HashMap;

/// How to walk through the objects in one place of the data.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) names: HashMap<String, usize>,
    pub(super) fields: Vec<Field>,
    pub(super) nodes: Vec<Node>,
    /// The node that answers each question.
    pub(super) roots: Vec<usize>,
}

/// The conditions under one name.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) name: String,
    /// Whether there are conditions on values.
    pub(super) has_values: bool,
    pub(super) index: Index,
    /// For each group of the index, the leaves that become true when a value finds the group.
    pub(super) groups: Vec<Vec<usize>>,
    /// The leaves that are true as long as there is no value.
    pub(super) absent: Vec<usize>,
    /// The plan for the objects under this name, as an index into all plans.
    pub(super) objects: Option<usize>,
    /// The leaves that the answers of that plan change, in order.
    pub(super) object_leaves: Vec<usize>,
}

/// A part of a question.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// The node above, unless this is the root of a question.
    pub(super) parent: Option<usize>,
    /// The question, if this is its root.
    pub(super) root: Option<usize>,
    /// The outcomes of its parts before anything is found.
    pub(super) initial: Tally,
    pub(super) outcome: Outcome,
    /// The number of nodes from here to the root, including both.
    height: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Leaf,
    All,
    Any,
}

/// How many parts of a node have which outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    counts: [usize; 3],
}

impl Tally {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.counts[outcome as usize] += 1;
    }

    pub(super) fn replace(&mut self, old: Outcome, new: Outcome) {
        self.counts[old as usize] -= 1;
        self.counts[new as usize] += 1;
    }

    pub(super) fn outcome(&self, kind: Kind) -> Outcome {
        let [no, absence, presence] = self.counts;
        match kind {
            Kind::All if no > 0 => Outcome::No,
            Kind::All if presence == 0 => Outcome::ByAbsence,
            Kind::Any if presence == 0 && absence == 0 => Outcome::No,
            Kind::Any if presence == 0 => Outcome::ByAbsence,
            _ => Outcome::ByPresence,
        }
    }
}

/// The plans of a filter. The last is the plan for the whole data.
#[derive(Debug)]
pub(super) struct Plans(Vec<Plan>);

impl Plans {
    /// The plans that evaluate these scopes on the whole data.
    pub(super) fn of(scopes: &[&Scope]) -> Self {
        let mut plans = Vec::new();
        add(scopes, &mut plans);
        Self(plans)
    }

    pub(super) fn all(&self) -> &[Plan] {
        &self.0
    }
}

fn add(scopes: &[&Scope], plans: &mut Vec<Plan>) -> usize {
    let mut plan =
        Plan { names: HashMap::new(), fields: Vec::new(), nodes: Vec::new(), roots: Vec::new() };
    let mut drafts = Vec::new();
    for (question, scope) in scopes.iter().enumerate() {
        let root = plan.add_formula(scope, &scope.formula, None, &mut drafts);
        plan.nodes[root].root = Some(question);
        plan.roots.push(root);
    }
    for (field, Draft { index, objects }) in plan.fields.iter_mut().zip(drafts) {
        (field.index, field.groups) = index.finish();
        if !objects.is_empty() {
            field.objects = Some(add(&objects, plans));
        }
    }
    plans.push(plan);
    plans.len() - 1
}

/// A field while its plan is made.
struct Draft<'a> {
    index: Builder<usize>,
    objects: Vec<&'a Scope>,
}

impl Plan {
    fn add_formula<'a>(
        &mut self,
        scope: &'a Scope,
        formula: &Formula,
        parent: Option<usize>,
        drafts: &mut Vec<Draft<'a>>,
    ) -> usize {
        let height = 1 + parent.map_or(0, |parent| self.nodes[parent].height);
        let at = self.nodes.len();
        let kind = match formula {
            Formula::Field(_) => Kind::Leaf,
            Formula::All(_) => Kind::All,
            Formula::Any(_) => Kind::Any,
        };
        let (initial, outcome) = (Tally::default(), Outcome::No);
        self.nodes.push(Node { kind, parent, root: None, initial, outcome, height });
        let outcome = match formula {
            Formula::Field(index) => {
                let field = &scope.fields[*index];
                self.add_leaf(at, &field.name, &field.test, drafts);
                field.test.of_nothing()
            }
            Formula::All(parts) | Formula::Any(parts) => {
                let mut tally = Tally::default();
                for part in parts {
                    let part = self.add_formula(scope, part, Some(at), drafts);
                    tally.add(self.nodes[part].outcome);
                }
                self.nodes[at].initial = tally;
                tally.outcome(kind)
            }
        };
        self.nodes[at].outcome = outcome;
        at
    }

    fn add_leaf<'a>(
        &mut self,
        leaf: usize,
        name: &str,
        test: &'a Test,
        drafts: &mut Vec<Draft<'a>>,
    ) {
        let next = self.fields.len();
        let at = *self.names.entry(name.to_owned()).or_insert(next);
        if at == next {
            self.fields.push(Field { name: name.to_owned(), ..Field::default() });
            drafts.push(Draft { index: Builder::new(), objects: Vec::new() });
        }
        let (field, draft) = (&mut self.fields[at], &mut drafts[at]);
        match test {
            Test::Values(values) => {
                field.has_values = true;
                for condition in &values.conditions {
                    draft.index.add(condition, leaf);
                }
                if values.conditions.contains(&Condition::Missing) {
                    field.absent.push(leaf);
                }
            }
            Test::Object(scope) => {
                draft.objects.push(scope);
                field.object_leaves.push(leaf);
            }
        }
    }
}
