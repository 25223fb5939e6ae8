//! The issuer's keys as they are remembered, and when to ask for them again.

use super::keys::IssuerKeySet;
use grapnel_domain::time::Timestamp;
use std::time::Duration;

/// For how long keys are used without another look. Within it a key that the issuer withdrew is
/// still believed.
const FRESH: Duration = Duration::from_secs(3600);
/// For how long they are used at most, if the issuer cannot be reached.
const USABLE: Duration = Duration::from_secs(86_400);
/// Shortest time between two looks because of a key that is not known: anybody can name one.
const PAUSE_UNKNOWN: Duration = Duration::from_secs(300);
/// The same because the keys are no longer fresh.
const PAUSE_STALE: Duration = Duration::from_secs(60);
/// The same because there are none.
const PAUSE_NONE: Duration = Duration::from_secs(10);

/// What is known of the issuer's keys.
#[derive(Default)]
pub(super) struct Cache {
    known: Option<(IssuerKeySet, Timestamp)>,
    tried_at: Option<Timestamp>,
}

/// What to do about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Go on with the keys that there are, whether or not it is among them.
    Use,
    /// Ask the issuer first.
    Fetch,
    /// There are none, and it is too early to ask again.
    Wait,
}

impl Cache {
    /// The keys, if they may still be used.
    pub(super) fn keys(&self, now: Timestamp) -> Option<&IssuerKeySet> {
        let (keys, fetched_at) = self.known.as_ref()?;
        (fetched_at.until(now) < USABLE).then_some(keys)
    }

    /// What to do when a token names this key.
    pub(super) fn plan(&self, key_id: &str, now: Timestamp) -> Plan {
        let age = self.known.as_ref().map(|(_, fetched_at)| fetched_at.until(now));
        let is_known = self.keys(now).map(|keys| keys.contain(key_id));
        let since_try = self.tried_at.map(|tried_at| tried_at.until(now));
        plan(age, is_known, since_try)
    }

    /// Remembers that the issuer was asked, whatever comes of it.
    pub(super) fn tried(&mut self, now: Timestamp) {
        self.tried_at = Some(now);
    }

    /// Takes what the issuer answered in place of what was known.
    pub(super) fn fetched(&mut self, keys: IssuerKeySet, now: Timestamp) {
        self.known = Some((keys, now));
    }
}

/// `age` of the keys, whether the one that is asked for `is_known` among usable ones, and the time
/// `since` the last `try` to fetch them.
fn plan(age: Option<Duration>, is_known: Option<bool>, since_try: Option<Duration>) -> Plan {
    let (pause, otherwise) = match is_known {
        None => (PAUSE_NONE, Plan::Wait),
        Some(false) => (PAUSE_UNKNOWN, Plan::Use),
        Some(true) if age.is_some_and(|age| age < FRESH) => return Plan::Use,
        Some(true) => (PAUSE_STALE, Plan::Use),
    };
    if since_try.is_some_and(|since| since < pause) { otherwise } else { Plan::Fetch }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing_yet(None, None, None, Plan::Fetch)]
    #[case::just_failed(None, None, Some(9), Plan::Wait)]
    #[case::failed_a_while_ago(None, None, Some(10), Plan::Fetch)]
    #[case::fresh(Some(3599), Some(true), Some(3599), Plan::Use)]
    #[case::no_longer_fresh(Some(3600), Some(true), Some(3600), Plan::Fetch)]
    #[case::stale_and_just_failed(Some(7200), Some(true), Some(59), Plan::Use)]
    #[case::stale_and_failed_a_while_ago(Some(7200), Some(true), Some(60), Plan::Fetch)]
    #[case::unknown_key_after_a_look(Some(299), Some(false), Some(299), Plan::Use)]
    #[case::unknown_key(Some(300), Some(false), Some(300), Plan::Fetch)]
    #[case::unknown_key_in_stale_keys(Some(7200), Some(false), Some(10), Plan::Use)]
    #[case::too_old(Some(86_400), None, Some(10), Plan::Fetch)]
    #[case::too_old_and_just_failed(Some(86_400), None, Some(3), Plan::Wait)]
    fn the_issuer_is_asked_when_it_helps_and_not_too_often(
        #[case] age: Option<u64>,
        #[case] is_known: Option<bool>,
        #[case] since_try: Option<u64>,
        #[case] expected: Plan,
    ) {
        let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        assert_eq!(plan(seconds(age), is_known, seconds(since_try)), expected);
    }
}
