//! The maximum cost of plans for any data.
//!
//! Each byte of the data belongs to at most one name of one plan, so the most expensive place of
//! the filter gives the cost of a byte. Work that is done once for the whole data is counted
//! separately.

use super::{Field, Plan, Plans};
use std::{cmp::Reverse, collections::BTreeSet};

/// Steps of a byte that is only walked over: the walk, the decoding of escapes, and the look-up of
/// a name. The look-up takes one step more for each name, and a name has at least four bytes
/// including its quotes and colon.
const STEPS_OF_THE_WALK: f64 = 3.25;

/// The maximum cost of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::filter) struct Cost {
    /// Steps for each byte of the data.
    pub(in crate::filter) per_byte: f64,
    /// The most expensive place: the names of fields, from the outermost.
    pub(in crate::filter) dearest: Vec<String>,
    /// Whether the number of conditions on objects in a list makes that place expensive, rather
    /// than the comparison of values.
    pub(in crate::filter) for_objects: bool,
    /// Steps for the whole data, in addition.
    pub(in crate::filter) fixed: usize,
}

impl Plans {
    pub(in crate::filter) fn cost(&self) -> Cost {
        let mut cost =
            Cost { per_byte: STEPS_OF_THE_WALK, dearest: Vec::new(), for_objects: false, fixed: 0 };
        if let Some((root, _)) = self.0.split_last() {
            cost.fixed = root.fields.iter().map(|field| field.everything(root)).sum();
            self.visit(root, true, &mut Vec::new(), &mut cost);
        }
        cost
    }

    fn visit(&self, plan: &Plan, is_whole: bool, path: &mut Vec<String>, cost: &mut Cost) {
        for field in &plan.fields {
            path.push(field.name.clone());
            let of_values = field.index.steps_per_byte();
            // The whole data is one object, whose leaves change once.
            let of_objects = if is_whole { 0.0 } else { field.changes_per_byte(plan) };
            let per_byte = STEPS_OF_THE_WALK + of_values + of_objects;
            if per_byte > cost.per_byte {
                cost.per_byte = per_byte;
                cost.dearest.clone_from(path);
                cost.for_objects = of_objects > of_values;
            }
            if let Some(objects) = field.objects.and_then(|objects| self.0.get(objects)) {
                self.visit(objects, false, path, cost);
            }
            path.pop();
        }
    }
}

impl Plan {
    /// Steps to change a leaf, to change it back, and to copy the result of the whole object.
    fn steps_of_a_change(&self, leaf: usize) -> usize {
        2 * self.nodes[leaf].height + 1
    }
}

impl Field {
    fn weight(&self, plan: &Plan, leaves: &[usize]) -> usize {
        1 + leaves.iter().map(|leaf| plan.steps_of_a_change(*leaf)).sum::<usize>()
    }

    /// The steps if everything changes that can.
    fn everything(&self, plan: &Plan) -> usize {
        let groups = self.groups.iter().map(|leaves| self.weight(plan, leaves));
        let objects = 2 * self.weight(plan, &self.object_leaves);
        self.weight(plan, &self.absent) + objects + groups.sum::<usize>()
    }

    /// The maximum cost of changes in one object, for each of its bytes. The shortest object with
    /// this field has its name and seven bytes more with a comma: `{"":0},`. Everything else that
    /// it finds takes at least one more byte, and a leaf that is true is not changed again.
    fn changes_per_byte(&self, plan: &Plan) -> f64 {
        let beside: BTreeSet<usize> = self.index.groups_found_beside_others().collect();
        let mut steps =
            self.weight(plan, &self.absent) + 2 * self.weight(plan, &self.object_leaves);
        let mut others = Vec::new();
        for (group, leaves) in self.groups.iter().enumerate() {
            if beside.contains(&group) {
                steps += self.weight(plan, leaves);
            } else {
                others.push(leaves);
            }
        }
        others.sort_unstable_by_key(|leaves| Reverse(self.weight(plan, leaves)));
        let leaves: BTreeSet<usize> = others.iter().flat_map(|leaves| *leaves).copied().collect();
        let mut unchanged: usize = leaves.iter().map(|leaf| plan.steps_of_a_change(*leaf)).sum();
        let shortest = self.name.len() + 7;
        let mut most = steps as f64 / shortest as f64;
        for (more, leaves) in others.into_iter().enumerate() {
            let changes = unchanged.min(self.weight(plan, leaves));
            unchanged -= changes;
            steps += changes + 1 + leaves.len();
            most = most.max(steps as f64 / (shortest + more) as f64);
        }
        most
    }
}
