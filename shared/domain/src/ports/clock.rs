use crate::{
    ids::{EchoId, KeyId, ReplayId, WebhookId},
    signature::Secret,
    time::Timestamp,
};
use std::time::Duration;

/// New ids and secrets.
pub trait GenerateIds: Send + Sync {
    /// Later ids sort after earlier ones.
    fn webhook_id(&self) -> WebhookId;
    /// Later ids sort after earlier ones.
    fn key_id(&self) -> KeyId;
    /// Later ids sort after earlier ones.
    fn replay_id(&self) -> ReplayId;
    fn echo_id(&self) -> EchoId;
    fn secret(&self) -> Secret;
    /// 32 random bytes for a new API key or another token that must not be guessed.
    fn token(&self) -> [u8; 32];
}

/// The present, and pauses.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Waits for a random time of at most `longest`, so that processes that failed together do not
    /// retry together.
    fn pause(&self, longest: Duration) -> impl Future<Output = ()> + Send;

    /// Waits for this time.
    fn wait(&self, time: Duration) -> impl Future<Output = ()> + Send;
}
