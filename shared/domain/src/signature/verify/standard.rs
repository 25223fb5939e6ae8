use super::{ID, STANDARD_SIGNATURE, TIMESTAMP, check_age, parse_time, standard_digests};
use crate::{signature::Secret, time::Timestamp};
use std::time::Duration;

/// The three headers of Standard Webhooks, if they are well formed: the part of a check that does
/// not need the secret. [`verify`](super::verify) explains a failure, and takes longer.
#[derive(Debug)]
pub struct StandardHeaders<'a> {
    id: &'a str,
    time: i64,
    digests: Vec<Vec<u8>>,
}

impl<'a> StandardHeaders<'a> {
    /// Reads them from a request; `None` if one is missing or malformed. `header` returns the value
    /// of a header by its name in lower case.
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

    /// Whether one of the signatures is right for this body and this secret.
    #[must_use]
    pub fn fit(&self, body: &[u8], secret: &Secret) -> bool {
        secret.signed_standard(self.id, self.time, body, &self.digests)
    }
}
