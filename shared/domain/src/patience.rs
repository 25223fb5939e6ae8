//! Calls that are tried again for a time, because others depend on them.

use crate::{
    ports::{Clock, PortError},
    time::Timestamp,
};
use std::time::Duration;

/// The longest pause after the first failed try; [`Clock::pause`] is random up to it. For each later pause it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Makes a call, and makes it again while it is throttled or not answered. After `last_try`, no further
/// try begins; there is always a first one.
///
/// # Errors
/// The last try's.
pub async fn with_patience<T, F>(
    clock: &impl Clock,
    last_try: Timestamp,
    mut call: impl FnMut() -> F,
) -> Result<T, PortError>
where
    F: Future<Output = Result<T, PortError>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match call().await {
            Err(PortError::Throttled(_) | PortError::Unavailable(_))
                if clock.now().plus(pause) <= last_try => {}
            done => return done,
        }
        clock.pause(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
