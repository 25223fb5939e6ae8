//! How often a user may ask, counted here and, now and then, together with other instances.
//!
//! Each answer to a user says where they stand, in the fields of the IETF's draft
//! "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-10): `RateLimit-Policy`
//! is `"user";q=<requests>;w=60`, `RateLimit` is `"user";r=<requests left>;t=<seconds>`. Admins have no
//! quota: they ask for all users. What nobody is allowed to exceed together is API Gateway's to refuse.
//!
//! A second that an answer waits counts as a request.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use grapnel_domain::{
    ids::UserId,
    ports::Keys,
    quota::{Quota, Standing, Tallies, Untold, WINDOW},
    time::{Minute, Timestamp},
};
use std::sync::{Mutex, MutexGuard, PoisonError};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Each user's quota, if there is one, and what this instance has counted.
#[derive(Debug, Default)]
pub struct Quotas {
    quota: Option<Quota>,
    tallies: Mutex<Tallies>,
}

impl Quotas {
    /// This quota for each user; `None` sets no bound.
    #[must_use]
    pub fn new(quota: Option<Quota>) -> Self {
        Self { quota, tallies: Mutex::default() }
    }

    /// Judges a request of the user; `None` if there is no quota. A count that cannot be told to the
    /// others stops nobody.
    pub(crate) async fn take(
        &self,
        counts: &impl Keys,
        user: &UserId,
        now: Timestamp,
    ) -> Option<Standing> {
        let (standing, untold) = self.tallies().take(self.quota?, user, now);
        if let Some(untold) = untold {
            self.tell_others(counts, user, untold).await;
        }
        Some(standing)
    }

    /// Counts a wait of up to `wanted` seconds before it begins. Answers how many of them the user's
    /// quota holds; `None` if there is no quota.
    pub(crate) async fn reserve(
        &self,
        counts: &impl Keys,
        user: &UserId,
        now: Timestamp,
        wanted: u32,
    ) -> Option<u32> {
        let quota = self.quota?;
        let (reserved, untold) = self.tallies().reserve(quota, user, now, wanted);
        if reserved == 0 {
            return Some(0);
        }
        self.tell_others(counts, user, untold).await;
        Some(self.tallies().granted(quota, user, now, reserved))
    }

    /// Gives back the seconds of a wait, begun at `began`, that were granted and not waited. Answers
    /// where the user stands; `None` if there is no quota.
    pub(crate) fn give_back(
        &self,
        user: &UserId,
        began: Timestamp,
        seconds: u32,
        now: Timestamp,
    ) -> Option<Standing> {
        let mut tallies = self.tallies();
        tallies.give_back(user, Minute::at_or_before(began), seconds);
        Some(tallies.standing(self.quota?, user, now))
    }

    async fn tell_others(&self, counts: &impl Keys, user: &UserId, untold: Untold) {
        match counts.count_requests(user, untold.minute, untold.requests).await {
            Ok(total) => self.tallies().heard(user, untold.minute, total),
            Err(error) => {
                self.tallies().not_told(user, untold);
                tracing::warn!(%error, user.id = user.as_str(), "requests were not counted");
            }
        }
    }

    /// Held only between two awaits.
    fn tallies(&self) -> MutexGuard<'_, Tallies> {
        self.tallies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says where a user stands.
pub(crate) fn tell(standing: &Standing, headers: &mut HeaderMap) {
    let (quota, left) = (standing.quota.per_minute(), standing.remaining);
    let (window, seconds) = (WINDOW.as_secs(), standing.resets_in.as_secs());
    let fields = [
        (POLICY, format!("\"user\";q={quota};w={window}")),
        (LIMIT, format!("\"user\";r={left};t={seconds}")),
    ];
    for (name, text) in fields {
        // Digits and plain signs are a header's value.
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
