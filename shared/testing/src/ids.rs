//! Ids and secrets that are the same in every run.

use grapnel_domain::{
    ids::{EchoId, KeyId, ReplayId, WebhookId},
    ports::GenerateIds,
    signature::Secret,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use uuid::{Builder, Uuid};

/// A counter: the first value is number 1. Clones share the counter.
#[derive(Debug, Clone, Default)]
pub struct SequentialIds {
    made: Arc<AtomicU64>,
}

impl SequentialIds {
    /// A generator at its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn next(&self) -> u64 {
        self.made.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A UUID v7 with the number as its time: later ids sort after earlier ones.
    fn uuid(&self) -> Uuid {
        Builder::from_unix_timestamp_millis(self.next(), &[0; 10]).into_uuid()
    }

    fn bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[24..].copy_from_slice(&self.next().to_be_bytes());
        bytes
    }
}

impl GenerateIds for SequentialIds {
    fn webhook_id(&self) -> WebhookId {
        WebhookId::from_uuid(self.uuid())
    }

    fn key_id(&self) -> KeyId {
        KeyId::from_uuid(self.uuid())
    }

    fn replay_id(&self) -> ReplayId {
        ReplayId::from_uuid(self.uuid())
    }

    fn echo_id(&self) -> EchoId {
        EchoId::from_uuid(self.uuid())
    }

    fn secret(&self) -> Secret {
        Secret::from_random(self.bytes())
    }

    fn token(&self) -> [u8; 32] {
        self.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_generators_make_the_same_ids_in_order() {
        let (a, b) = (SequentialIds::new(), SequentialIds::new());
        let ids: Vec<_> = (0..300).map(|_| a.webhook_id()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids, (0..300).map(|_| b.webhook_id()).collect::<Vec<_>>());
        assert_ne!(a.secret(), a.secret());
    }
}
