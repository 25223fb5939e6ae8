//! All conditions on one field, arranged so that a value is compared with all of them at once.
//!
//! Conditions that are true of the same values share a *group*. The cost of a value does not grow
//! with the number of conditions, except for wildcards and `anything-but`, which are tried one by
//! one. [`Index::steps_per_byte`] returns the maximum cost.

use super::{
    condition::{Condition, Interval, Present},
    networks::Networks,
    text::{Wildcard, folded_bytes, folded_bytes_reversed},
    trie::Trie,
    zones::Zones,
};
use ipnet::IpNet;

/// Steps to read a number, and how many bytes of it take one more step.
const NUMBER_STEPS: usize = 4;
const NUMBER_BYTES: usize = 4;

/// The conditions of one field.
#[derive(Debug, Default)]
pub(super) struct Index {
    always: Option<usize>,
    null: Option<usize>,
    bools: [Option<usize>; 2],
    numbers: Zones,
    /// Whole texts and prefixes; the same for suffixes; and both without regard to case.
    forward: Trie,
    backward: Trie,
    folded: Trie,
    folded_backward: Trie,
    networks: Networks,
    wildcards: Vec<(Wildcard, usize)>,
    /// `anything-but`: true if the inner index finds nothing.
    others: Vec<(Index, usize)>,
}

/// Fills an index. `T` identifies the owner of a condition.
#[derive(Debug)]
pub(super) struct Builder<T> {
    index: Index,
    ranges: Vec<(Interval, T)>,
    networks: Vec<(IpNet, usize)>,
    anything_but: Vec<(Vec<Condition>, usize)>,
    groups: Vec<Vec<T>>,
}

impl<T: Copy> Builder<T> {
    pub(super) fn new() -> Self {
        Self {
            index: Index::default(),
            ranges: Vec::new(),
            networks: Vec::new(),
            anything_but: Vec::new(),
            groups: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, condition: &Condition, target: T) {
        let index = &mut self.index;
        let place = match condition {
            // No value satisfies it.
            Condition::Missing => return,
            Condition::Number(value) => {
                self.ranges.push((Interval::of(value), target));
                return;
            }
            Condition::Numeric(interval) => {
                self.ranges.push((interval.clone(), target));
                return;
            }
            Condition::Exists => &mut index.always,
            Condition::Null => &mut index.null,
            Condition::Bool(value) => &mut index.bools[usize::from(*value)],
            Condition::Text(text) => index.forward.whole(text.bytes()),
            Condition::Prefix(text) => index.forward.beginning(text.bytes()),
            Condition::Suffix(text) => index.backward.beginning(text.bytes().rev()),
            Condition::EqualsIgnoringCase(text) => index.folded.whole(folded_bytes(text)),
            Condition::PrefixIgnoringCase(text) => index.folded.beginning(folded_bytes(text)),
            Condition::SuffixIgnoringCase(text) => {
                index.folded_backward.beginning(folded_bytes_reversed(text))
            }
            Condition::Cidr(network) => {
                let group = self.group_of_network(*network);
                self.groups[group].push(target);
                return;
            }
            Condition::Wildcard(wildcard) => {
                let group = self.group_of_wildcard(wildcard);
                self.groups[group].push(target);
                return;
            }
            Condition::AnythingBut(conditions) => {
                let group = self.group_of_others(conditions);
                self.groups[group].push(target);
                return;
            }
        };
        let group = *place.get_or_insert(self.groups.len());
        if group == self.groups.len() {
            self.groups.push(Vec::new());
        }
        self.groups[group].push(target);
    }

    fn new_group(&mut self) -> usize {
        self.groups.push(Vec::new());
        self.groups.len() - 1
    }

    fn group_of_network(&mut self, network: IpNet) -> usize {
        if let Some((_, group)) = self.networks.iter().find(|(other, _)| *other == network) {
            return *group;
        }
        let group = self.new_group();
        self.networks.push((network, group));
        group
    }

    fn group_of_wildcard(&mut self, wildcard: &Wildcard) -> usize {
        let known = self.index.wildcards.iter().find(|(other, _)| other == wildcard);
        if let Some((_, group)) = known {
            return *group;
        }
        let group = self.new_group();
        self.index.wildcards.push((wildcard.clone(), group));
        group
    }

    fn group_of_others(&mut self, conditions: &[Condition]) -> usize {
        if let Some((_, group)) = self.anything_but.iter().find(|(other, _)| other == conditions) {
            return *group;
        }
        let mut inner = Builder::new();
        for condition in conditions {
            inner.add(condition, ());
        }
        let group = self.new_group();
        self.index.others.push((inner.finish().0, group));
        self.anything_but.push((conditions.to_vec(), group));
        group
    }

    /// Returns the index, and the owners of the conditions of each group.
    pub(super) fn finish(self) -> (Index, Vec<Vec<T>>) {
        let Self { mut index, ranges, networks, mut groups, .. } = self;
        index.networks = Networks::new(&networks);
        index.numbers = Zones::new(&ranges, |targets| {
            groups.push(targets);
            groups.len() - 1
        });
        (index, groups)
    }
}

impl Index {
    /// Adds the groups that a value satisfies to `found`, and returns the steps that this took.
    /// Wildcards and `anything-but` of groups that are `settled` are not tried again.
    pub(super) fn find(
        &self,
        value: &Present<'_>,
        settled: &[bool],
        found: &mut Vec<usize>,
    ) -> usize {
        let before = found.len();
        found.extend(self.always);
        let mut steps = 1;
        match value {
            Present::Null => found.extend(self.null),
            Present::Bool(value) => found.extend(self.bools[usize::from(*value)]),
            Present::Number(number) => {
                if !self.numbers.is_empty() {
                    steps += self.numbers.comparisons();
                    found.extend(self.numbers.group(number));
                }
            }
            Present::Text(text) => steps += self.find_text(text, settled, found),
        }
        for (others, group) in &self.others {
            if is_settled(settled, *group) {
                continue;
            }
            // The excluded groups are appended to `found` and removed again: to make a new list
            // would take longer than the search.
            let end = found.len();
            steps += others.find(value, &[], found);
            if found.len() == end {
                found.push(*group);
            } else {
                found.truncate(end);
            }
        }
        steps + found.len() - before
    }

    fn find_text(&self, text: &str, settled: &[bool], found: &mut Vec<usize>) -> usize {
        let mut steps = 0;
        if !self.forward.is_empty() {
            steps += 1 + self.forward.walk(text.bytes(), found);
        }
        if !self.backward.is_empty() {
            steps += 1 + self.backward.walk(text.bytes().rev(), found);
        }
        if !self.folded.is_empty() {
            steps += 1 + self.folded.walk(folded_bytes(text), found);
        }
        if !self.folded_backward.is_empty() {
            steps += 1 + self.folded_backward.walk(folded_bytes_reversed(text), found);
        }
        if !self.networks.is_empty() {
            steps += 1 + self.networks.find(text, found);
        }
        for (wildcard, group) in &self.wildcards {
            if !is_settled(settled, *group) && wildcard.matches(text, &mut steps) {
                found.push(*group);
            }
        }
        steps
    }

    /// Whether a number must be parsed for the search.
    pub(super) fn has_numbers(&self) -> bool {
        !self.numbers.is_empty() || self.others.iter().any(|(others, _)| others.has_numbers())
    }

    /// The steps to read a number.
    pub(super) fn reading_steps(text: &str) -> usize {
        NUMBER_STEPS + text.len() / NUMBER_BYTES
    }

    /// Maximum steps of [`Index::find`] for each byte that a value has in the data, including the
    /// comma: a number has at least two bytes, a text three.
    pub(super) fn steps_per_byte(&self) -> f64 {
        let reading = if self.has_numbers() {
            NUMBER_STEPS as f64 / 2.0 + 1.0 / NUMBER_BYTES as f64
        } else {
            0.0
        };
        f64::max(reading + self.steps_of_a_number() as f64 / 2.0, self.steps_of_a_text())
    }

    /// For the shortest number.
    fn steps_of_a_number(&self) -> usize {
        let others = self.others.iter().map(|(others, _)| others.steps_of_a_number() + 1);
        let search = self.numbers.comparisons() + usize::from(!self.numbers.is_empty());
        1 + usize::from(self.always.is_some()) + search + others.sum::<usize>()
    }

    /// For each byte of a text of the most expensive length.
    fn steps_of_a_text(&self) -> f64 {
        let tries = [
            (&self.forward, 1.0),
            (&self.backward, 1.0),
            (&self.folded, MOST_BYTES_OF_A_FOLDED_BYTE),
            (&self.folded_backward, MOST_BYTES_OF_A_FOLDED_BYTE),
        ];
        let of_tries = tries.iter().filter(|(trie, _)| !trie.is_empty()).map(|(trie, grows)| {
            // A step and perhaps a find for each byte, up to the longest text.
            let depth = (trie.depth() + 1) as f64;
            (2.0 + 2.0 * depth) / (depth / grows + 3.0)
        });
        let of_networks =
            self.networks.steps_per_byte() + if self.networks.is_empty() { 0.0 } else { 1.0 / 3.0 };
        let of_wildcards = self.wildcards.iter().map(|(wildcard, _)| wildcard.steps_per_byte());
        let of_others = self.others.iter().map(|(others, _)| others.steps_of_a_text() + 1.0 / 3.0);
        let always = (1.0 + f64::from(u8::from(self.always.is_some()))) / 3.0;
        always
            + of_tries.sum::<f64>()
            + of_networks
            + of_wildcards.sum::<f64>()
            + of_others.sum::<f64>()
    }

    /// The groups that a value can find in addition to others without being longer.
    pub(super) fn groups_found_beside_others(&self) -> impl Iterator<Item = usize> {
        let wildcards = self.wildcards.iter().map(|(_, group)| *group);
        let others = self.others.iter().map(|(_, group)| *group);
        self.always.into_iter().chain(wildcards).chain(others).chain(self.networks.groups())
    }
}

fn is_settled(settled: &[bool], group: usize) -> bool {
    settled.get(group).copied().unwrap_or_default()
}

/// A character of two bytes may become three characters of two bytes each.
const MOST_BYTES_OF_A_FOLDED_BYTE: f64 = 3.0;
