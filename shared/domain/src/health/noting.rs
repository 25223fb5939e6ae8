//! The health notes that Grapnel is behind with the webhook.

use super::{Behind, Change, Health, Outcome};
use crate::time::Timestamp;
use std::time::Duration;

impl Health {
    /// How far Grapnel is behind now.
    #[must_use]
    pub fn behind_at(&self, now: Timestamp) -> Option<Behind> {
        self.behind.filter(|noted| !noted.is_past(now))
    }

    /// Adds to the outcome whether Grapnel is behind. `age` is that of the oldest event; `None` if no
    /// attempt has one. The platform gets a notice, once, when a second note confirms the first: one late
    /// event may have many causes.
    #[must_use]
    pub fn noting(
        &self,
        outcome: Option<Outcome>,
        age: Option<Duration>,
        now: Timestamp,
    ) -> Option<Outcome> {
        let Some(age) = age else { return outcome };
        let behind = Behind::after(self.behind, age, now);
        if behind == self.behind {
            return outcome;
        }
        let unchanged = || Outcome { health: self.written(), changes: Vec::new() };
        let Outcome { mut health, mut changes } = outcome.unwrap_or_else(unchanged);
        health.behind = behind;
        let is_news = behind.is_some_and(|behind| {
            behind.is_confirmed() && !self.notified.was_told(Change::Behind, behind.since)
        });
        if is_news && health.notified.may_tell(Change::Behind, now) {
            health.notified.told(Change::Behind, now);
            changes.push(Change::Behind);
        }
        Some(Outcome { health, changes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{CircuitRules, Evidence};

    const START: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const RULES: CircuitRules =
        CircuitRules { failures: 10, first_interval: Duration::from_secs(60) };

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    /// The health after a success with an event of this age, and whether it was written.
    fn sent(health: Health, at: u64, age: u64) -> (Health, Vec<Change>) {
        let outcome = health.after(&[Evidence::Success], &RULES, after(at));
        match health.noting(outcome, Some(Duration::from_secs(age)), after(at)) {
            None => (health, Vec::new()),
            Some(outcome) => {
                assert_eq!(outcome.health.version, health.version + 1);
                (outcome.health, outcome.changes)
            }
        }
    }

    #[test]
    fn fresh_attempts_of_a_healthy_endpoint_write_nothing() {
        let health = Health::default();
        for age in [0, 119] {
            assert_eq!(sent(health, 0, age), (health, vec![]));
        }
        assert_eq!(health.noting(None, None, START), None);
    }

    #[test]
    fn a_late_attempt_says_since_when_and_by_how_much_and_tells_the_platform_once() {
        let (health, told) = sent(Health::default(), 0, 121);
        assert_eq!(told, [], "not for one late event");
        let noted = Behind { since: START, age_seconds: 121, noted_at: START };
        assert_eq!(health.behind, Some(noted));
        assert_eq!(sent(health, 59, 300), (health, vec![]), "at most one note a minute");
        let (later, told) = sent(health, 60, 180);
        assert_eq!(told, [Change::Behind]);
        let renewed = Behind { since: START, age_seconds: 180, noted_at: after(60) };
        assert_eq!(later.behind, Some(renewed));
        let (later, told) = sent(later, 120, 180);
        assert_eq!(told, []);
        // It is over, and begins again within the hour.
        let (over, _) = sent(later, 600, 1);
        assert_eq!(over.behind, None);
        let (mut again, told) = sent(over, 700, 190);
        assert_eq!(told, []);
        assert_eq!(again.behind.map(|behind| behind.since), Some(after(700)));
        let mut notices = Vec::new();
        for at in (760..10_000).step_by(60) {
            let (next, told) = sent(again, at, 190);
            again = next;
            notices.extend(told.iter().map(|_| at));
        }
        assert_eq!(notices, [3_700], "an hour after the last one");
    }

    #[test]
    fn a_note_goes_when_only_fresh_events_were_sent_for_eight_minutes() {
        let (health, _) = sent(Health::default(), 0, 200);
        for at in [0, 60, 479] {
            assert_eq!(sent(health, at, 2).0.behind, health.behind, "{at}");
        }
        assert_eq!(sent(health, 480, 2).0.behind, None);
    }

    #[test]
    fn a_note_that_nothing_renewed_is_not_shown_and_does_not_count() {
        let (health, _) = sent(Health::default(), 0, 200);
        assert_eq!(health.behind_at(after(899)), health.behind);
        assert_eq!(health.behind_at(after(900)), None);
        let (later, _) = sent(health, 1000, 200);
        assert_eq!(later.behind.map(|behind| behind.since), Some(after(1000)));
        assert_eq!(sent(health, 1000, 1).0.behind, None);
    }

    #[test]
    fn what_happens_to_the_endpoint_does_not_end_it_and_both_are_one_write() {
        let (health, _) = sent(Health::default(), 0, 200);
        let failure = Evidence::Failure {
            at: after(30),
            counts: true,
            failed_before: None,
            exhausted: false,
        };
        let failed = health.after(&[failure], &RULES, after(30)).expect("a change").health;
        assert_eq!((failed.behind, failed.failures), (health.behind, 1));
        let outcome = failed.after(&[Evidence::Success], &RULES, after(70));
        let outcome = failed.noting(outcome, Some(Duration::from_secs(140)), after(70));
        let both = outcome.expect("a change").health;
        assert_eq!(both.version, failed.version + 1);
        assert_eq!((both.failures, both.behind.map(|it| it.age_seconds)), (0, Some(140)));
        assert_eq!(health.restarted(), None, "an owner who sets it to active does not end it");
    }
}
