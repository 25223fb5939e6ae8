//! Waiting for an attempt that the answer is about.

use crate::{
    ports::{Api, Ports},
    request::auth::Permit,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use grapnel_domain::{
    delivery::{AttemptNumber, Delivery, DeliveryKey},
    ports::Deliveries,
};
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, sleep_until, timeout_at};

/// How long an answer waits for the attempt at most.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// The first pause between two looks; each is half as long again as the one before,
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How a wait ended.
pub(super) struct Waited {
    pub(super) seen: Seen,
    /// How long it could have been: as long as was asked, or less where the caller's quota held no more.
    pub(super) longest: Duration,
}

/// What was seen of a delivery in the time given.
pub(super) enum Seen {
    /// The attempt is on record, or none is to come.
    Attempted(Delivery),
    /// The delivery is there without it.
    Waiting(Delivery),
    /// No delivery.
    Nothing,
}

/// Waits until attempt `number` is on record, or the delivery is settled with fewer; for `patience` at
/// most, and not longer than the caller's quota holds, of which each second takes one request.
pub(super) async fn wait_for_attempt<P: Ports>(
    api: &Api<P>,
    permit: &Permit,
    key: DeliveryKey,
    number: AttemptNumber,
    patience: Duration,
) -> Waited {
    let wait = permit.begin_wait(api, patience).await;
    let began = Instant::now();
    let seen = look(api, key, number, wait.longest).await;
    permit.end_wait(api, wait, began.elapsed());
    Waited { seen, longest: wait.longest }
}

/// Looks at the delivery from time to time. What was asked for is on its way, so a look that fails is
/// no reason to fail: the next may succeed, and 202 stays true.
async fn look<P: Ports>(
    api: &Api<P>,
    key: DeliveryKey,
    number: AttemptNumber,
    patience: Duration,
) -> Seen {
    let deadline = Instant::now() + patience;
    let mut pause = FIRST_PAUSE;
    let mut seen = Seen::Nothing;
    loop {
        let next_look = Instant::now() + pause;
        if next_look > deadline {
            return seen;
        }
        sleep_until(next_look).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        match timeout_at(deadline, api.deliveries.delivery(key)).await {
            Ok(Ok(Some(found))) if number.is_among(found.attempt_count()) => {
                return Seen::Attempted(found);
            }
            // A first attempt that was not made: the delivery ended without one.
            Ok(Ok(Some(found))) if number == AttemptNumber::FIRST && found.status.is_settled() => {
                return Seen::Attempted(found);
            }
            Ok(Ok(Some(found))) => seen = Seen::Waiting(found),
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "a look at a delivery failed"),
            Err(_) => return seen,
        }
    }
}

/// How long a caller would like to wait: `Prefer: wait=<seconds>` (RFC 7240 section 4.3). A
/// preference that is not understood is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PreferWait(pub(super) Option<Duration>);

impl PreferWait {
    fn of(headers: &HeaderMap) -> Self {
        let lists = headers.get_all("prefer").iter().filter_map(|line| line.to_str().ok());
        let mut preferences = lists.flat_map(|list| list.split(','));
        // The first of several counts (section 2).
        let seconds = preferences.find_map(|preference| {
            let (name, value) = preference.split(';').next()?.split_once('=')?;
            let is_wait = name.trim().eq_ignore_ascii_case("wait");
            is_wait.then(|| value.trim().trim_matches('"').parse::<u32>().ok())?
        });
        Self(seconds.map(|seconds| Duration::from_secs(u64::from(seconds)).min(PATIENCE)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PreferWait {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&["wait=5"], Some(5))]
    #[case(&["respond-async, wait=3"], Some(3))]
    #[case(&["respond-async", "WAIT = 3"], Some(3))]
    #[case(&["wait=\"4\"; for=me"], Some(4))]
    #[case(&["wait=0"], Some(0))]
    #[case(&["wait=100"], Some(10))]
    #[case(&["wait=2, wait=9"], Some(2))]
    #[case(&["wait"], None)]
    #[case(&["wait=-1"], None)]
    #[case(&["wait=soon"], None)]
    #[case(&["wait=99999999999999"], None)]
    #[case(&["return=minimal"], None)]
    #[case(&[], None)]
    fn a_preference_is_read(#[case] lines: &[&'static str], #[case] seconds: Option<u64>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", axum::http::HeaderValue::from_static(line));
        }
        assert_eq!(PreferWait::of(&headers), PreferWait(seconds.map(Duration::from_secs)));
    }
}
