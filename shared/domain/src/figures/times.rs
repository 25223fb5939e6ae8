use grapnel_wire::limits::RECEIVER_TIME_BOUNDS;
use serde::{Deserialize, Serialize};

/// How many ranges there are: one more than bounds.
const RANGES: usize = RECEIVER_TIME_BOUNDS.len() + 1;

/// How many answers took how long: a count for each range of [`RECEIVER_TIME_BOUNDS`], and one for what took longer.
/// Empty without an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Times(Vec<u64>);

impl Times {
    /// Counts one answer.
    pub fn add(&mut self, millis: u64) {
        let range = RECEIVER_TIME_BOUNDS.partition_point(|bound| *bound < millis);
        self.0.resize(RANGES.max(self.0.len()), 0);
        self.0[range] += 1;
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    /// The ranges that have answers: the upper bound in milliseconds, `None` for the last range, and the count.
    pub fn ranges(&self) -> impl Iterator<Item = (Option<u64>, u64)> {
        let bounds = RECEIVER_TIME_BOUNDS.into_iter().map(Some).chain([None]);
        bounds.zip(self.0.iter().copied()).filter(|(_, count)| *count > 0)
    }

    /// The upper bound of the range within which this percentage of the answers came: they took no longer.
    /// `None` without answers, or if the range has no bound.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u64 = self.0.iter().sum();
        let wanted = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.ranges().find(|(_, count)| {
            seen += count;
            seen >= wanted
        });
        found.and_then(|(bound, _)| bound)
    }
}
