//! Requests, and their records.

use super::{
    Key, Ledger,
    account::{Answer, Fate, OnRecord, Request, Sending},
    name,
};
use crate::{counts::Count, receiver::Wish, task::TaskId};
use grapnel_domain::{
    delivery::{AttemptNumber, AttemptRecord},
    time::Timestamp,
    time_budget::TimeBudget,
};
use std::time::Duration;

/// The maximum difference between the clocks of two machines.
pub(super) const SKEW: Duration = Duration::from_secs(1);

/// The longest pause between two tries of a record.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Request {
    /// For how long its record was tried, if that was less than the available time.
    fn given_up_early(&self, budget: &TimeBudget, deadline: Timestamp) -> Option<Duration> {
        let (first_try, failed_at) = (self.first_try?, self.failed_at?);
        let last_try = budget.last_record_try(first_try, deadline);
        (failed_at.plus(LONGEST_PAUSE + SKEW) < last_try).then(|| first_try.until(failed_at))
    }
}

impl Ledger {
    /// A request is sent. Returns its index among the requests of its delivery, and the reason if
    /// it is repeated.
    pub(crate) fn sends(&mut self, sending: Sending) -> (usize, Option<Count>) {
        let Sending { key, number, read, .. } = sending;
        self.check_data_may_be_sent(key, read);
        let mut again = None;
        if let Some(number) = number.filter(|_| sending.reaches) {
            let recorded = self.on_record.get(&(key, number)).map(|record| record.step);
            if recorded.is_some_and(|step| step <= read) {
                self.broken(format!("{}: attempt {number} sent, though on record", name(key)));
            }
            let before = self.requests.get(&key).into_iter().flatten();
            let mut same = before.filter(|r| r.sending.reaches && r.sending.number == Some(number));
            again = same.next_back().map(|request| match request.fate {
                Fate::Dead => Count::RepeatedAfterDeath,
                Fate::RecordFailed => Count::RepeatedAfterFailure,
                Fate::UnderWay | Fate::Recorded | Fate::Refused => Count::RepeatedAtOnce,
            });
        }
        let requests = self.requests.entry(key).or_default();
        requests.push(Request {
            sending,
            fate: Fate::UnderWay,
            answer: None,
            claimed: false,
            first_try: None,
            failed_at: None,
        });
        let place = requests.len() - 1;
        self.under_way.entry(sending.task).or_default().push((key, place));
        (place, again)
    }

    /// A request ended.
    pub(crate) fn answered(&mut self, key: Key, place: usize, status: Option<u16>, wish: Wish) {
        if let Some(request) = self.requests.get_mut(&key).and_then(|all| all.get_mut(place)) {
            request.answer = Some(Answer { status, wish });
        }
    }

    /// A function sends the record of an attempt. Returns its request.
    pub(crate) fn records(
        &mut self,
        task: TaskId,
        record: &AttemptRecord,
        now: Timestamp,
    ) -> Option<usize> {
        let key = super::key(record.key);
        let attempt = &record.attempt;
        let is_it = |request: &Request| {
            request.sending.task == task
                && request.sending.began == attempt.attempted_at
                && !request.claimed
                && request.sending.number.is_none_or(|n| n == attempt.attempt_number)
                && request.answer.is_some_and(|answer| answer.status == attempt.status_code)
        };
        let requests = self.requests.entry(key).or_default();
        // A request that reached nobody may have begun at the same time. It is recorded only after
        // an hour without a name server's answer.
        let reached = |request: &Request| request.sending.reaches && is_it(request);
        let place = requests.iter().position(reached).or(requests.iter().position(is_it));
        match place {
            Some(place) => {
                requests[place].claimed = true;
                requests[place].first_try.get_or_insert(now);
                requests[place].sending.number = Some(attempt.attempt_number);
            }
            None => {
                let number = attempt.attempt_number;
                self.broken(format!("{}: attempt {number} recorded, but not made", name(key)));
            }
        }
        place
    }

    /// The record failed. Its function may try it again.
    pub(crate) fn record_failed(&mut self, key: Key, place: usize, now: Timestamp) {
        self.settle(key, place, Fate::RecordFailed);
        let Some(requests) = self.requests.get_mut(&key) else { return };
        let Some(request) = requests.get_mut(place) else { return };
        request.claimed = false;
        request.failed_at = Some(now);
        // If a function began two requests of one delivery in the same millisecond, nothing tells their
        // records apart.
        let (task, began) = (request.sending.task, request.sending.began);
        for twin in requests {
            let is_twin = twin.sending.task == task && twin.sending.began == began;
            twin.failed_at = twin.failed_at.map(|at| if is_twin { now } else { at });
        }
    }

    /// Whether the record of this request has failed before.
    pub(crate) fn has_failed_before(&self, key: Key, place: usize) -> bool {
        let request = self.requests.get(&key).and_then(|requests| requests.get(place));
        request.is_some_and(|request| request.failed_at.is_some())
    }

    /// In this run records may be given up at any time.
    pub(crate) fn expects_records_to_be_given_up(&mut self) {
        self.records_may_be_given_up = true;
    }

    /// The record was refused. Unless the attempt is already recorded, its function must still
    /// record it.
    pub(crate) fn refused(&mut self, key: Key, place: usize, number: AttemptNumber) {
        if self.on_record.contains_key(&(key, number)) {
            self.settle(key, place, Fate::Refused);
        } else if let Some(request) = self.requests.get_mut(&key).and_then(|r| r.get_mut(place)) {
            request.claimed = false;
        }
    }

    fn settle(&mut self, key: Key, place: usize, fate: Fate) {
        if let Some(request) = self.requests.get_mut(&key).and_then(|all| all.get_mut(place))
            && (request.fate == Fate::UnderWay
                // Another function recorded it while its function tried again.
                || (request.fate, fate) == (Fate::RecordFailed, Fate::Refused))
        {
            request.fate = fate;
        }
    }

    /// An attempt was recorded. `delay` is the shortest delay before the next attempt that its
    /// function may have read.
    pub(crate) fn recorded(
        &mut self,
        step: u64,
        place: usize,
        record: &AttemptRecord,
        delay: Duration,
        smooth: bool,
    ) {
        let key = super::key(record.key);
        let attempt = &record.attempt;
        let number = attempt.attempt_number;
        let wish = match self.requests.get_mut(&key).and_then(|all| all.get_mut(place)) {
            Some(request) => {
                request.fate = Fate::Recorded;
                request.answer.map(|answer| answer.wish).unwrap_or_default()
            }
            None => Wish::default(),
        };
        let began = attempt.attempted_at;
        // A replay starts the schedule again: its first attempt is due at once.
        let row = self.rows.get(&key);
        let first = row.is_some_and(|row| number.attempts_before() == row.schedule_from());
        let before = AttemptNumber::new(number.attempts_before());
        let before = before.and_then(|before| self.on_record.get(&(key, before)));
        let before = before.filter(|_| !first);
        // An attempt that does not change the status does not change the schedule either.
        let beside =
            before.filter(|_| record.status.is_none()).map(|record| record.next_not_before);
        let beside = beside.or((first && record.status.is_none()).then_some(began));
        if let Some(before) = before.filter(|_| !attempt.manual) {
            let due = before.next_not_before;
            if began.plus(SKEW) < due {
                let early = began.until(due).as_millis();
                self.broken(format!("{}: attempt {number} came {early} ms early", name(key)));
            } else if smooth && began > before.next_not_after && !self.was_postponed(key, number) {
                let late = before.next_not_after.until(began).as_millis();
                self.broken(format!("{}: attempt {number} came {late} ms late", name(key)));
            }
        }
        let ended = began.plus(Duration::from_millis(attempt.duration));
        let least = delay.max(wish.delay.min(Duration::from_secs(86_400)));
        // A tenth of jitter, rounding to a minute, half a minute of margin, and the time of the
        // calls.
        let most = least + least / 10 + Duration::from_secs(90 + 15);
        let on_record = OnRecord {
            step,
            next_not_before: beside
                .unwrap_or(wish.until.into_iter().fold(ended.plus(least), Timestamp::max)),
            next_not_after: wish.until.into_iter().fold(ended, Timestamp::max).plus(most),
        };
        if self.on_record.insert((key, number), on_record).is_some() {
            self.broken(format!("{}: attempt {number} recorded twice", name(key)));
        }
    }

    /// Whether an attempt was postponed because of a name server.
    fn was_postponed(&self, key: Key, number: AttemptNumber) -> bool {
        self.requests
            .get(&key)
            .into_iter()
            .flatten()
            .any(|request| request.sending.number == Some(number) && !request.sending.reaches)
    }

    /// A function died: what it had not recorded is lost. A function that had ended loses nothing.
    pub(crate) fn died(&mut self, task: TaskId) {
        for (key, place) in self.under_way.remove(&task).unwrap_or_default() {
            self.settle(key, place, Fate::Dead);
        }
    }

    /// A function ended normally, before its deadline.
    pub(crate) fn finished(&mut self, task: TaskId, budget: &TimeBudget, deadline: Timestamp) {
        let places = self.under_way.get(&task).into_iter().flatten();
        let faults = places.filter_map(|(key, place)| {
            let request = self.requests.get(key)?.get(*place)?;
            if !request.sending.reaches {
                return None;
            }
            match request.fate {
                Fate::UnderWay => {
                    Some(format!("{}: a request was made and not recorded", name(*key)))
                }
                Fate::RecordFailed if self.records_may_be_given_up => None,
                Fate::RecordFailed => {
                    let tried = request.given_up_early(budget, deadline)?;
                    let millis = tried.as_millis();
                    Some(format!("{}: its record was given up after {millis} ms", name(*key)))
                }
                Fate::Recorded | Fate::Refused | Fate::Dead => None,
            }
        });
        if let Some(what) = faults.collect::<Vec<_>>().into_iter().next() {
            self.broken(what);
        }
    }

    /// Requests that reached a receiver, and how many of them were repeated.
    pub(super) fn repeated(&self) -> usize {
        let numbers = |requests: &Vec<Request>| {
            let reached = requests.iter().filter(|request| request.sending.reaches);
            let mut numbers: Vec<_> = reached.map(|request| request.sending.number).collect();
            let all = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            all - numbers.len()
        };
        self.requests.values().map(numbers).sum()
    }
}
