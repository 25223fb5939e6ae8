//! Matches data in one walk through its text.

use super::{
    condition::Present,
    index::Index,
    plan::{Field, Kind, Plan, Plans, Tally},
    scope::Outcome,
};
use crate::{
    decimal::Decimal,
    json::{Cursor, DamagedData, Scalar},
};

/// Why matching ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// A part of the data that was read is not JSON.
    #[error(transparent)]
    Damaged(#[from] DamagedData),
    /// The limit of steps was exceeded. This cannot happen to a filter that was checked when it was
    /// saved.
    #[error("the filter takes more steps than one event may")]
    OutOfSteps,
}

/// The results of all questions, and the steps that were used.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) steps: usize,
}

/// Evaluates all plans on the data. A step is to walk over a byte, or a similar amount of work.
pub(super) fn ask(plans: &Plans, data: &str, most_steps: usize) -> Result<Answers, Halt> {
    let mut run = Run {
        plans: plans.all(),
        states: plans.all().iter().map(State::new).collect(),
        steps: 0,
        most_steps,
        found: Vec::new(),
    };
    let mut cursor = Cursor::new(data);
    let whole = run.plans.len() - 1;
    if cursor.peek()? == b'{' {
        run.object(whole, &mut cursor)?;
    }
    let of = |root: &usize| run.states[whole].outcomes[*root];
    let outcomes = run.plans[whole].roots.iter().map(of).collect();
    Ok(Answers { outcomes, steps: run.steps + cursor.position() })
}

/// The state of a plan for its current object. There is only one current object: an object of a
/// list is left before the next is entered.
struct State {
    outcomes: Vec<Outcome>,
    tallies: Vec<Tally>,
    fields: Vec<Found>,
    /// Leaves, groups and fields that must be reset.
    changed_leaves: Vec<usize>,
    changed_groups: Vec<(usize, usize)>,
    changed_fields: Vec<usize>,
    /// Questions whose answer changed.
    changed_roots: Vec<usize>,
}

#[derive(Clone)]
struct Found {
    /// Whether there is a value.
    any: bool,
    /// The groups that were found.
    groups: Vec<bool>,
}

impl State {
    fn new(plan: &Plan) -> Self {
        let found = |field: &Field| Found { any: false, groups: vec![false; field.groups.len()] };
        Self {
            outcomes: plan.nodes.iter().map(|node| node.outcome).collect(),
            tallies: plan.nodes.iter().map(|node| node.initial).collect(),
            fields: plan.fields.iter().map(found).collect(),
            changed_leaves: Vec::new(),
            changed_groups: Vec::new(),
            changed_fields: Vec::new(),
            changed_roots: Vec::new(),
        }
    }

    /// Changes the outcome of a leaf and of the nodes above it.
    fn set(&mut self, plan: &Plan, leaf: usize, outcome: Outcome) -> usize {
        let (mut at, mut new, mut steps) = (leaf, outcome, 0);
        loop {
            steps += 1;
            let old = std::mem::replace(&mut self.outcomes[at], new);
            if old == new {
                return steps;
            }
            let node = &plan.nodes[at];
            if node.kind == Kind::Leaf {
                self.changed_leaves.push(at);
            }
            if let Some(root) = node.root {
                self.changed_roots.push(root);
            }
            let Some(parent) = node.parent else { return steps };
            self.tallies[parent].replace(old, new);
            new = self.tallies[parent].outcome(plan.nodes[parent].kind);
            at = parent;
        }
    }
}

struct Run<'a> {
    plans: &'a [Plan],
    states: Vec<State>,
    /// Steps in addition to the bytes that were walked over.
    steps: usize,
    most_steps: usize,
    /// The groups that a value found.
    found: Vec<usize>,
}

impl<'a> Run<'a> {
    fn spend(&mut self, cursor: &Cursor<'_>, steps: usize) -> Result<(), Halt> {
        self.steps += steps;
        if self.steps + cursor.position() > self.most_steps {
            return Err(Halt::OutOfSteps);
        }
        Ok(())
    }

    /// Walks through an object. Its results are in the state of its plan.
    fn object(&mut self, at: usize, cursor: &mut Cursor<'_>) -> Result<(), Halt> {
        let plans: &'a [Plan] = self.plans;
        let plan = &plans[at];
        cursor.enter_object()?;
        while let Some(name) = cursor.next_key()? {
            // A name with escapes is decoded into a new text.
            self.spend(cursor, 1 + 2 * name.len())?;
            let Some(field) = plan.names.get(name.as_ref()) else {
                cursor.skip()?;
                continue;
            };
            cursor.for_each_element(|cursor, first| {
                self.spend(cursor, 1)?;
                match (first, plan.fields[*field].objects) {
                    (b'{', Some(objects)) => {
                        self.object(objects, cursor)?;
                        self.leave(at, *field, objects, cursor)
                    }
                    (b'{', None) => Ok(cursor.skip()?),
                    _ => self.value(at, *field, cursor),
                }
            })?;
        }
        Ok(())
    }

    /// Copies the results of an object to the parent, and resets the plan for the next object.
    fn leave(
        &mut self,
        at: usize,
        field: usize,
        objects: usize,
        cursor: &Cursor<'_>,
    ) -> Result<(), Halt> {
        let plans: &'a [Plan] = self.plans;
        let (plan, inner) = (&plans[at], &plans[objects]);
        let mut steps = 0;
        for root in std::mem::take(&mut self.states[objects].changed_roots) {
            let outcome = self.states[objects].outcomes[inner.roots[root]];
            let leaf = plan.fields[field].object_leaves[root];
            let state = &mut self.states[at];
            // One object of a list that has something is enough. If only absence is required, it
            // must be absent from all.
            if outcome != Outcome::ByAbsence && state.outcomes[leaf] != Outcome::ByPresence {
                steps += state.set(plan, leaf, outcome);
            }
        }
        let state = &mut self.states[objects];
        for leaf in std::mem::take(&mut state.changed_leaves) {
            steps += state.set(inner, leaf, inner.nodes[leaf].outcome);
        }
        for (field, group) in state.changed_groups.drain(..) {
            state.fields[field].groups[group] = false;
        }
        for field in state.changed_fields.drain(..) {
            state.fields[field].any = false;
        }
        state.changed_leaves.clear();
        state.changed_roots.clear();
        self.spend(cursor, steps)
    }

    /// Compares a value with the conditions of a field.
    fn value(&mut self, at: usize, field: usize, cursor: &mut Cursor<'_>) -> Result<(), Halt> {
        let plans: &'a [Plan] = self.plans;
        let plan = &plans[at];
        let asked = &plan.fields[field];
        if !asked.has_values {
            return Ok(cursor.skip()?);
        }
        let scalar = cursor.scalar()?;
        let mut steps = 0;
        let value = match &scalar {
            Scalar::Null => Present::Null,
            Scalar::Bool(value) => Present::Bool(*value),
            Scalar::Number(text) if asked.index.has_numbers() => {
                steps += Index::reading_steps(text);
                Present::Number(Decimal::parse(text))
            }
            Scalar::Number(_) => Present::Number(Decimal::default()),
            Scalar::Text(text) => Present::Text(text),
        };
        let state = &mut self.states[at];
        if !std::mem::replace(&mut state.fields[field].any, true) {
            state.changed_fields.push(field);
            for leaf in &asked.absent {
                if state.outcomes[*leaf] == Outcome::ByAbsence {
                    steps += state.set(plan, *leaf, Outcome::No);
                }
            }
        }
        self.found.clear();
        let settled = &state.fields[field].groups;
        steps += asked.index.find(&value, settled, &mut self.found);
        for group in self.found.drain(..) {
            if std::mem::replace(&mut state.fields[field].groups[group], true) {
                continue;
            }
            state.changed_groups.push((field, group));
            for leaf in &asked.groups[group] {
                steps += state.set(plan, *leaf, Outcome::ByPresence);
            }
        }
        // A text with escapes was decoded into a new text.
        if let Scalar::Text(text) = &scalar {
            steps += text.len();
        }
        self.spend(cursor, steps)
    }
}
