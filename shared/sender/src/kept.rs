//! Connections that wait for the next request to their receiver.
//!
//! Lambda freezes an instance between invocations. A connection that its receiver closes meanwhile
//! still looks open, and a request on it is lost without a trace of whether it arrived. So a
//! connection waits at most [`LONGEST_IDLE`], measured by the wall clock, which goes on while an
//! instance is frozen.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use grapnel_domain::ids::UserId;

/// Longest time that a connection waits. Servers close idle connections after 2 s (gunicorn), 5 s
/// (Node.js, uvicorn) or more, by their own documentation.
pub(crate) const LONGEST_IDLE: Duration = Duration::from_secs(1);

/// Maximum number of connections that wait. The oldest makes room.
const MOST_KEPT: usize = 64;

/// The owner and the place of a connection. Another user's request to the same receiver gets another connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) user_id: UserId,
    pub(crate) is_https: bool,
    /// As in the URL: the name that the certificate was checked for.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// A connection that may be kept.
pub(crate) trait Keep {
    /// The address it goes to.
    fn address(&self) -> IpAddr;

    /// Whether it can take a request now, as far as is known. It may still be at the last one.
    fn is_ready(&self) -> bool;

    /// Whether it has ended.
    fn is_closed(&self) -> bool;
}

/// The connections that wait, the oldest first.
pub(crate) struct Kept<C>(Mutex<VecDeque<Waiting<C>>>);

struct Waiting<C> {
    peer: Peer,
    since: SystemTime,
    connection: C,
}

impl<C> Default for Kept<C> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C: Keep> Kept<C> {
    /// Takes the connection to `peer` that waited least, if it goes to one of the addresses that were
    /// checked just now. Closes every connection that waited too long.
    pub(crate) fn take(&self, peer: &Peer, checked: &[IpAddr], now: SystemTime) -> Option<C> {
        let mut waiting = self.lock();
        waiting.retain(|it| is_fresh(it.since, now) && !it.connection.is_closed());
        let suits = |it: &Waiting<C>| {
            it.peer == *peer
                && it.connection.is_ready()
                && checked.contains(&it.connection.address())
        };
        let place = waiting.iter().rposition(suits)?;
        waiting.remove(place).map(|it| it.connection)
    }

    /// Lets a connection wait.
    pub(crate) fn put(&self, peer: Peer, connection: C, now: SystemTime) {
        let mut waiting = self.lock();
        waiting.retain(|it| is_fresh(it.since, now));
        if waiting.len() == MOST_KEPT {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { peer, since: now, connection });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Waiting<C>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time that goes on while an instance is frozen, which the clock of timers may not.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing that is stored or sent depends on it; tests of `Kept` pass their own"
)]
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// Whether a connection may still be used. If the clock was set back, nobody knows how long it waited.
fn is_fresh(since: SystemTime, now: SystemTime) -> bool {
    now.duration_since(since).is_ok_and(|idle| idle <= LONGEST_IDLE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[derive(Debug, PartialEq, Eq)]
    struct Fake(u32, State);

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum State {
        Ready,
        Busy,
        Closed,
    }

    fn ready(number: u32) -> Fake {
        Fake(number, State::Ready)
    }

    impl Keep for Fake {
        fn address(&self) -> IpAddr {
            HERE
        }

        fn is_ready(&self) -> bool {
            self.1 == State::Ready
        }

        fn is_closed(&self) -> bool {
            self.1 == State::Closed
        }
    }

    fn peer() -> Peer {
        let user_id = UserId::parse("acme").expect("a user's id");
        Peer { user_id, is_https: true, host: "hook.example".into(), port: 443 }
    }

    fn at(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000) + Duration::from_millis(millis)
    }

    fn number(taken: Option<Fake>) -> Option<u32> {
        taken.map(|fake| fake.0)
    }

    #[rstest]
    #[case::at_once(0, true)]
    #[case::after_a_second(1_000, true)]
    #[case::too_late(1_001, false)]
    fn a_connection_waits_for_a_second(#[case] millis: u64, #[case] is_taken: bool) {
        let kept = Kept::default();
        kept.put(peer(), ready(1), at(0));
        assert_eq!(kept.take(&peer(), &[HERE], at(millis)).is_some(), is_taken);
        assert_eq!(kept.take(&peer(), &[HERE], at(0)), None, "it was taken or closed");
    }

    #[test]
    fn a_clock_that_was_set_back_closes_what_waits() {
        let kept = Kept::default();
        kept.put(peer(), ready(1), at(500));
        assert_eq!(kept.take(&peer(), &[HERE], at(499)), None);
    }

    #[test]
    fn only_the_same_peer_at_a_checked_address_gets_it() {
        let kept = Kept::default();
        kept.put(peer(), ready(1), at(0));
        let others = [
            Peer { user_id: UserId::parse("other").expect("a user's id"), ..peer() },
            Peer { is_https: false, ..peer() },
            Peer { host: "HOOK.example".into(), ..peer() },
            Peer { port: 8443, ..peer() },
        ];
        for other in others {
            assert_eq!(kept.take(&other, &[HERE], at(0)), None, "{other:?}");
        }
        assert_eq!(kept.take(&peer(), &[THERE], at(0)), None);
        assert_eq!(kept.take(&peer(), &[], at(0)), None);
        assert_eq!(number(kept.take(&peer(), &[THERE, HERE], at(0))), Some(1));
    }

    #[test]
    fn the_one_that_waited_least_is_taken_and_one_that_cannot_take_a_request_never() {
        let kept = Kept::default();
        for (fake, millis) in
            [(ready(1), 0), (ready(2), 1), (Fake(3, State::Busy), 2), (Fake(4, State::Closed), 3)]
        {
            kept.put(peer(), fake, at(millis));
        }
        assert_eq!(number(kept.take(&peer(), &[HERE], at(3))), Some(2));
        assert_eq!(number(kept.take(&peer(), &[HERE], at(3))), Some(1));
        assert_eq!(kept.take(&peer(), &[HERE], at(3)), None);
    }

    #[test]
    fn the_number_of_waiting_connections_is_bounded() {
        let kept = Kept::default();
        for n in 0..=64 {
            kept.put(peer(), ready(n), at(0));
        }
        let mut left = Vec::new();
        while let Some(fake) = kept.take(&peer(), &[HERE], at(0)) {
            left.push(fake.0);
        }
        assert_eq!(left, (1..=64).rev().collect::<Vec<_>>());
    }
}
