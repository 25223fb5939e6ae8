//! The order in which a fair queue delivers messages.
//!
//! A standard queue whose messages have a `MessageGroupId` is fair between groups. AWS describes it
//! ("How Amazon SQS fair queues work"): a group is a *noisy neighbour* when it has more than 10 %
//! of all messages in flight and at least 30 of them, or more than 10 % of the time recently spent
//! on messages; and it is no longer one when it has no message left to receive. While others have
//! messages, a noisy group waits; between noisy groups the one with the fewest messages in flight
//! comes first. No message is delayed when no other group has one. A message without a group is in
//! a separate group.
//!
//! AWS leaves some points open. Assumptions: between quiet groups the oldest message comes first,
//! *recently* is the last minute, and a neighbour is found noisy at once.

use grapnel_domain::time::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

/// A group with less than this part of everything is quiet: one tenth.
const SHARE: u128 = 10;

/// With fewer messages in flight, a group is not noisy because of them.
const FEW_IN_FLIGHT: usize = 30;

/// How long time that was spent on messages counts.
const RECENT: Duration = Duration::from_secs(60);

/// The groups of a queue.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: BTreeMap<String, Group>,
    /// The groups with messages to receive.
    waiting: BTreeSet<String>,
    due: BTreeSet<u64>,
    /// Messages in flight, and when they were received.
    in_flight: BTreeMap<u64, Timestamp>,
    /// The time that was recently spent on messages, with its group.
    finished: VecDeque<(Timestamp, String, u128)>,
    spent: u128,
}

#[derive(Debug, Default)]
struct Group {
    due: BTreeSet<u64>,
    in_flight: usize,
    /// Milliseconds.
    spent: u128,
}

impl Groups {
    /// A message can be received.
    pub(super) fn due(&mut self, group: &str, number: u64) {
        self.due.insert(number);
        let entry = self.groups.entry(group.to_owned()).or_default();
        if entry.due.is_empty() {
            self.waiting.insert(group.to_owned());
        }
        entry.due.insert(number);
    }

    /// A message was received.
    pub(super) fn received(&mut self, group: &str, number: u64, now: Timestamp) {
        self.in_flight.insert(number, now);
        self.groups.entry(group.to_owned()).or_default().in_flight += 1;
    }

    /// A message can no longer be received, or is no longer in flight.
    pub(super) fn gone(&mut self, group: &str, number: u64, now: Timestamp) {
        let Some(entry) = self.groups.get_mut(group) else { return };
        self.due.remove(&number);
        if entry.due.remove(&number) && entry.due.is_empty() {
            self.waiting.remove(group);
        }
        if let Some(since) = self.in_flight.remove(&number) {
            entry.in_flight -= 1;
            let spent = since.until(now).as_millis();
            entry.spent += spent;
            self.spent += spent;
            self.finished.push_back((now, group.to_owned(), spent));
        }
    }

    /// How many messages are in flight: received, and neither removed nor due again.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    pub(super) fn any_due(&self) -> bool {
        !self.due.is_empty()
    }

    /// All due messages, in the order of sending.
    pub(super) fn all_due(&self) -> impl Iterator<Item = u64> {
        self.due.iter().copied()
    }

    /// The message that a fair queue delivers next.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<u64> {
        self.forget(now);
        let waiting =
            || self.waiting.iter().filter_map(|name| Some((name, self.groups.get(name)?)));
        let head = |group: &Group| group.due.first().copied();
        let quiet = waiting().filter(|(name, group)| !self.is_noisy(name, group));
        quiet.filter_map(|(_, group)| head(group)).min().or_else(|| {
            let first = waiting().min_by_key(|(_, group)| (group.in_flight, head(group)));
            first.and_then(|(_, group)| head(group))
        })
    }

    fn is_noisy(&self, name: &str, group: &Group) -> bool {
        let share = |part: u128, of: u128| part * SHARE > of;
        !name.is_empty()
            && (group.in_flight >= FEW_IN_FLIGHT
                && share(group.in_flight as u128, self.in_flight.len() as u128)
                || share(group.spent, self.spent))
    }

    /// Time that was spent long ago no longer counts.
    fn forget(&mut self, now: Timestamp) {
        while let Some((at, name, spent)) = self.finished.front()
            && at.plus(RECENT) < now
        {
            self.spent -= spent;
            if let Some(group) = self.groups.get_mut(name) {
                group.spent -= spent;
            }
            self.finished.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::time::Timestamp;

    const fn second(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    /// Receives the next message.
    fn take(groups: &mut Groups, of: impl Fn(u64) -> &'static str, now: Timestamp) -> Option<u64> {
        let number = groups.next(now)?;
        groups.gone(of(number), number, now);
        groups.received(of(number), number, now);
        Some(number)
    }

    #[test]
    fn a_quiet_group_comes_before_one_with_many_messages_in_flight() {
        let of = |number| if number == 1000 { "quiet" } else { "noisy" };
        let mut groups = Groups::default();
        (0..1000).for_each(|number| groups.due("noisy", number));
        // A group that is alone has everything.
        for number in 0..40 {
            assert_eq!(take(&mut groups, of, second(0)), Some(number));
        }
        groups.due("quiet", 1000);
        assert_eq!(take(&mut groups, of, second(0)), Some(1000));
        assert_eq!(take(&mut groups, of, second(0)), Some(40));
    }

    #[test]
    fn with_few_messages_in_flight_nobody_is_noisy() {
        let of = |number| if number == 1000 { "quiet" } else { "other" };
        let mut groups = Groups::default();
        (0..FEW_IN_FLIGHT as u64).for_each(|number| groups.due("other", number));
        groups.due("quiet", 1000);
        for number in 0..FEW_IN_FLIGHT as u64 {
            assert_eq!(take(&mut groups, of, second(0)), Some(number));
        }
    }

    #[test]
    fn a_hundred_groups_with_a_hundredth_each_are_quiet() {
        const NAMES: [&str; 20] = [
            "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
            "r", "s", "t",
        ];
        let of = |number| if number == 5000 { "z" } else { NAMES[number as usize % NAMES.len()] };
        let mut groups = Groups::default();
        (0..5000).for_each(|number| groups.due(of(number), number));
        for number in 0..1000 {
            assert_eq!(take(&mut groups, of, second(0)), Some(number));
        }
        groups.due("z", 5000);
        assert_eq!(take(&mut groups, of, second(0)), Some(1000), "the oldest comes first");
    }

    #[test]
    fn time_spent_on_messages_counts_for_a_minute() {
        let of = |number| if number < 10 { "slow" } else { "quick" };
        let mut groups = Groups::default();
        groups.due("slow", 0);
        assert_eq!(take(&mut groups, of, second(0)), Some(0));
        groups.gone("slow", 0, second(30));
        groups.due("slow", 1);
        groups.due("quick", 10);
        assert_eq!(groups.next(second(80)), Some(10));
        assert_eq!(groups.next(second(91)), Some(1));
    }
}
