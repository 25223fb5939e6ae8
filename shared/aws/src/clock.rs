//! The clock and the random numbers of this machine.

use grapnel_domain::{
    ids::{EchoId, KeyId, ReplayId, WebhookId},
    ports::{Clock, GenerateIds},
    signature::{SECRET_BYTES, Secret},
    time::Timestamp,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 was never set. Zero keeps the arithmetic valid.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    async fn pause(&self, longest: Duration) {
        let random = u32::from_le_bytes(random_bytes());
        tokio::time::sleep(longest.mul_f64(f64::from(random) / f64::from(u32::MAX))).await;
    }

    async fn wait(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// Ids and secrets from the operating system's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl GenerateIds for RandomIds {
    fn webhook_id(&self) -> WebhookId {
        WebhookId::from_uuid(Uuid::now_v7())
    }

    fn key_id(&self) -> KeyId {
        KeyId::from_uuid(Uuid::now_v7())
    }

    fn replay_id(&self) -> ReplayId {
        ReplayId::from_uuid(Uuid::now_v7())
    }

    fn echo_id(&self) -> EchoId {
        EchoId::from_uuid(Uuid::now_v7())
    }

    fn secret(&self) -> Secret {
        Secret::from_random(random_bytes::<SECRET_BYTES>())
    }

    fn token(&self) -> [u8; 32] {
        random_bytes()
    }
}

/// # Panics
/// If the operating system has no random numbers: a guessable secret is worse than a failed
/// request.
fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gave no random bytes: {error}");
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_webhooks_sort_after_earlier_ones() {
        let ids: Vec<String> = (0..1000).map(|_| RandomIds.webhook_id().to_string()).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn no_two_secrets_or_tokens_are_alike() {
        assert_ne!(RandomIds.secret(), RandomIds.secret());
        assert_ne!(RandomIds.token(), RandomIds.token());
    }

    #[test]
    fn the_clock_tells_this_century() {
        let earliest: Timestamp = "2026-01-01T00:00:00Z".parse().expect("valid");
        assert!(SystemClock.now() > earliest);
    }
}
