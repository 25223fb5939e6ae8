use super::{ID, STANDARD_SIGNATURE, TIMESTAMP, check_age, parse_time, standard_digests};
use crate::{signature::Secret, time::Timestamp};
use std::time::Duration;

/// The three headers of Standard Webhooks, well formed: what can be told of a request before its
/// secret is known. [`verify`](super::verify) says more about a request that does not fit, and takes
/// longer.
#[derive(Debug)]
pub struct StandardHeaders<'a> {
    id: &'a str,
    time: i64,
    digests: Vec<Vec<u8>>,
}

impl<'a> StandardHeaders<'a> {
    /// Takes them out of a request; `None` if one is missing or malformed. `header` answers a header's
    /// value by its name in lower case.
    pub fn read(header: impl Fn(&'static str) -> Option<&'a str>) -> Option<Self> {
        let (id, time) = (header(ID)?, parse_time(header(TIMESTAMP)?).ok()?);
        let digests = standard_digests(header(STANDARD_SIGNATURE)?);
        (!digests.is_empty()).then_some(Self { id, time, digests })
    }

    /// `webhook-id`.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.id
    }

    /// Whether the request says that it was signed at most `tolerance` before or after `now`.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp, tolerance: Duration) -> bool {
        check_age(self.time, now, tolerance).is_ok()
    }

    /// Whether one of the signatures is made of this body with this secret.
    #[must_use]
    pub fn fit(&self, body: &[u8], secret: &Secret) -> bool {
        secret.signed_standard(self.id, self.time, body, &self.digests)
    }
}
