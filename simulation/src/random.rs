//! Random numbers from a seed.

use std::ops::RangeInclusive;

/// SplitMix64 (Steele, Lea and Flood, 2014): one word of state, the same on every machine, and good
/// enough for choices.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A separate source of random numbers: drawing from it does not change this one.
    pub(crate) fn aside(&self) -> Self {
        Self::new(self.clone().next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A uniform choice from the range.
    pub(crate) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        let width = high.saturating_sub(low).saturating_add(1);
        low + self.next() % width
    }

    /// A choice from the range in which each power of two is equally likely: often small numbers,
    /// sometimes large ones. The range begins at 1 or later.
    pub(crate) fn spread(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        let power = self.within(u64::from(low.ilog2())..=u64::from(high.ilog2()));
        self.within(1 << power..=(2 << power) - 1).clamp(low, high)
    }

    /// True `permille` times in a thousand.
    pub(crate) fn chance(&mut self, permille: u32) -> bool {
        permille > 0 && self.within(0..=999) < u64::from(permille)
    }

    /// One of the choices. There must be at least one.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let last = choices.len().saturating_sub(1) as u64;
        let index = usize::try_from(self.within(0..=last)).unwrap_or(0);
        &choices[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_published_ones() {
        let mut random = Random::new(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| random.next()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn choices_stay_within_their_bounds() {
        let mut random = Random::new(7);
        for _ in 0..10_000 {
            assert!((3..=5).contains(&random.within(3..=5)));
            assert!((10..=86_400).contains(&random.spread(10..=86_400)));
        }
        assert!(!random.chance(0));
        assert!(random.chance(1000));
    }
}
