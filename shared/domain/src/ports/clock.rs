use crate::{
    ids::{EchoId, KeyId, ReplayId, WebhookId},
    signature::Secret,
    time::Timestamp,
};
use std::time::Duration;

/// Fresh ids and secrets.
pub trait GenerateIds: Send + Sync {
    /// An id for a new webhook; later ids sort after earlier ones.
    fn webhook_id(&self) -> WebhookId;
    /// An id for a new API key; later ids sort after earlier ones.
    fn key_id(&self) -> KeyId;
    /// An id for a new replay; later ids sort after earlier ones.
    fn replay_id(&self) -> ReplayId;
    /// An id for a new echo.
    fn echo_id(&self) -> EchoId;
    /// A new signing secret.
    fn secret(&self) -> Secret;
    /// 32 bytes for a new API key, or any other token that must not be guessed.
    fn token(&self) -> [u8; 32];
}

/// The present, and how to let it pass.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Waits for a random time of at most `longest`, so that those who failed together do not try
    /// again together.
    fn pause(&self, longest: Duration) -> impl Future<Output = ()> + Send;
}
