//! When rows may expire: late enough for what they wait for, and never earlier than before.

use super::{Key, Ledger, name};
use grapnel_domain::{delivery::Delivery, event::Retention, time::Timestamp};
use std::time::Duration;

/// Expiries are whole seconds, and the clocks of two machines differ by one second.
const TOLERANCE: Duration = Duration::from_secs(2);

/// The longest time of a write, from reading the clock to its effect.
const WRITE: Duration = Duration::from_secs(400);

/// The longest wait for the next attempt: a day, a tenth of it as jitter, and rounding to a minute.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400 * 11 / 10 + 90);

impl Ledger {
    /// A delivery was written and has this new state. Its function had read the expiry `read`, if
    /// it read the row: it could not know what others wrote meanwhile.
    pub(crate) fn check_expiry(
        &mut self,
        row: &Delivery,
        read: Option<Timestamp>,
        retention: Retention,
        now: Timestamp,
    ) {
        let key: Key = super::key(row.key());
        let nearer = |before: &&Delivery| {
            read.is_some_and(|read| row.expires_at < read.min(before.expires_at))
        };
        if let Some(before) = self.rows.get(&key).filter(nearer) {
            let (was, is) = (before.expires_at, row.expires_at);
            self.broken(format!("{}: its expiry came nearer: {was} became {is}", name(key)));
        }
        if let Some(fault) = fault(self.rows.get(&key), row, retention, now) {
            self.broken(format!("{}: {fault}", name(key)));
        }
    }
}

fn fault(
    before: Option<&Delivery>,
    row: &Delivery,
    retention: Retention,
    now: Timestamp,
) -> Option<String> {
    let expires_at = row.expires_at;
    let last = retention.last_delivery_expiry(row.id.event_stored_at());
    if last.plus(TOLERANCE) < expires_at {
        return Some(format!("it outlives its event: {expires_at}, not {last}"));
    }
    let ended = before.is_some_and(|before| !before.status.is_settled()) && row.status.is_settled();
    let ended = ended.then(|| before_write(now));
    let waits = [row.next_attempt_at, row.parked_until, row.slot.map(|slot| slot.at)];
    let known = waits.into_iter().chain([row.last_attempted_at(), ended]).flatten().max()?;
    let least = retention.delivery_expiry(known, row.id.event_stored_at());
    if expires_at.plus(TOLERANCE) < least {
        return Some(format!("it expires at {expires_at}, before {least}"));
    }
    let too_late = |due: &Timestamp| now.plus(LONGEST_WAIT) < *due;
    let due = row.next_attempt_at.filter(too_late)?;
    Some(format!("its next attempt is due at {due}, more than a day away"))
}

fn before_write(now: Timestamp) -> Timestamp {
    let millis = i64::try_from(WRITE.as_millis()).unwrap_or_default();
    Timestamp::from_millis(now.as_millis() - millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_testing::{builders::a_delivery, clock::START};

    const RETENTION: Retention = Retention { days: 30 };
    const DAY: Duration = Duration::from_secs(86_400);

    fn due_in(wait: Duration) -> Delivery {
        let due = START.plus(wait);
        let row = a_delivery().retrying_at(due).build();
        Delivery { expires_at: row.expiry(RETENTION, due), ..row }
    }

    #[test]
    fn a_row_lives_for_a_retention_beyond_what_it_waits_for() {
        let row = due_in(DAY);
        assert_eq!(fault(None, &row, RETENTION, START), None);
        let early = Delivery { expires_at: START.plus(DAY * 30), ..row };
        assert!(fault(None, &early, RETENTION, START).is_some());
    }

    #[test]
    fn a_row_never_outlives_its_event() {
        let immortal = Delivery { expires_at: START.plus(DAY * 60), ..due_in(DAY) };
        assert!(fault(None, &immortal, RETENTION, START).is_some());
    }

    #[test]
    fn an_expiry_never_comes_nearer_than_what_was_read() {
        let later = due_in(DAY);
        let sooner = Delivery { expires_at: due_in(DAY / 2).expires_at, ..later.clone() };
        let sooner = Delivery { next_attempt_at: Some(START), ..sooner };
        let verdict = |read: &Delivery| {
            let mut ledger = Ledger::default();
            ledger.written(later.clone());
            ledger.check_expiry(&sooner, Some(read.expires_at), RETENTION, START);
            ledger.first_broken().is_none()
        };
        assert!(!verdict(&later));
        assert!(verdict(&sooner), "somebody else moved it on meanwhile");
    }

    #[test]
    fn nothing_is_due_in_more_than_a_day() {
        assert_eq!(fault(None, &due_in(DAY * 11 / 10), RETENTION, START), None);
        assert!(fault(None, &due_in(DAY * 2), RETENTION, START).is_some());
    }
}
