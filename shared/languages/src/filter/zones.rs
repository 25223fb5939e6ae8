//! Many ranges of numbers, found with one search.

use super::condition::Interval;
use crate::decimal::Decimal;

/// The bounds of all ranges divide the numbers into zones: below the first bound, the bound itself,
/// between it and the next, and so on. All numbers of a zone are in the same ranges.
#[derive(Debug, Default)]
pub(super) struct Zones {
    bounds: Vec<Decimal>,
    /// The group of each zone. There are twice as many zones as bounds, plus one.
    groups: Vec<Option<usize>>,
}

impl Zones {
    /// `group` makes a group of the ranges that contain a zone.
    pub(super) fn new<T: Copy>(
        ranges: &[(Interval, T)],
        mut group: impl FnMut(Vec<T>) -> usize,
    ) -> Self {
        let both = |range: &(Interval, T)| [range.0.low.clone(), range.0.high.clone()];
        let mut bounds: Vec<Decimal> =
            ranges.iter().flat_map(both).flatten().map(|bound| bound.value).collect();
        bounds.sort();
        bounds.dedup();
        if ranges.is_empty() {
            return Self::default();
        }
        let zone_count = 2 * bounds.len() + 1;
        let mut zones: Vec<Vec<T>> = (0..zone_count).map(|_| Vec::new()).collect();
        let place = |value: &Decimal| bounds.binary_search(value).unwrap_or_default();
        for (range, target) in ranges {
            let first = range
                .low
                .as_ref()
                .map_or(0, |low| 2 * place(&low.value) + if low.inclusive { 1 } else { 2 });
            let last = range.high.as_ref().map_or(zone_count - 1, |high| {
                2 * place(&high.value) + usize::from(high.inclusive)
            });
            for zone in zones.iter_mut().take(last + 1).skip(first) {
                zone.push(*target);
            }
        }
        let groups =
            zones.into_iter().map(|zone| (!zone.is_empty()).then(|| group(zone))).collect();
        Self { bounds, groups }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Comparisons of one search.
    pub(super) fn comparisons(&self) -> usize {
        (usize::BITS - self.bounds.len().leading_zeros()) as usize
    }

    pub(super) fn group(&self, number: &Decimal) -> Option<usize> {
        let zone = match self.bounds.binary_search(number) {
            Ok(at) => 2 * at + 1,
            Err(at) => 2 * at,
        };
        self.groups.get(zone).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::condition::Bound;
    use proptest::prelude::*;

    fn bound() -> impl Strategy<Value = Option<Bound>> {
        let value = (-3..4_i64).prop_map(|number| Decimal::parse(&number.to_string()));
        proptest::option::of((value, any::<bool>()))
            .prop_map(|bound| bound.map(|(value, inclusive)| Bound { value, inclusive }))
    }

    proptest! {
        #[test]
        fn a_number_finds_the_ranges_that_contain_it(
            ranges in proptest::collection::vec((bound(), bound()), 0..5),
            halves in -8..9_i64,
        ) {
            let number = Decimal::parse(&format!("{}", halves as f64 / 2.0));
            let ranges: Vec<(Interval, usize)> = ranges
                .into_iter()
                .enumerate()
                .map(|(at, (low, high))| (Interval { low, high }, at))
                .collect();
            let mut groups = Vec::new();
            let zones = Zones::new(&ranges, |targets| {
                groups.push(targets);
                groups.len() - 1
            });
            let found = zones.group(&number).map_or(Vec::new(), |group| groups[group].clone());
            let expected: Vec<usize> = ranges
                .iter()
                .filter(|(range, _)| range.contains(&number))
                .map(|(_, target)| *target)
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
