//! How often the SDK tries a call.

use std::sync::atomic::{AtomicI64, Ordering};

/// At most.
pub(super) const SDK_TRIES: u32 = 3;

/// The SDK's retry quota of an instance: a retry takes five tokens of five hundred, and a call that
/// succeeds gives one back. So long throttling ends retries.
#[derive(Debug)]
pub(crate) struct RetryTokens(AtomicI64);

impl RetryTokens {
    const ALL: i64 = 500;
    const OF_A_RETRY: i64 = 5;

    pub(super) fn take(&self) -> bool {
        let left = self.0.load(Ordering::Relaxed) - Self::OF_A_RETRY;
        if left >= 0 {
            self.0.store(left, Ordering::Relaxed);
        }
        left >= 0
    }

    pub(super) fn give_back(&self) {
        let tokens = self.0.load(Ordering::Relaxed) + 1;
        self.0.store(tokens.min(Self::ALL), Ordering::Relaxed);
    }
}

impl Default for RetryTokens {
    fn default() -> Self {
        Self(AtomicI64::new(Self::ALL))
    }
}
