//! Ending before the end: on Ctrl-C, on a refusal, and where nobody reads what is printed.

use crate::failure::Failure;
use tokio::sync::watch;

/// Why a check did not come to its verdict.
#[derive(Debug)]
pub(crate) enum Break {
    /// Somebody wants the doctor to end.
    Stopped,
    /// The API refused, or did not answer: the check has failed.
    Refused(Failure),
    /// Nobody reads what is printed.
    Unread(Failure),
}

impl From<grapnel_client::Error> for Break {
    fn from(error: grapnel_client::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// Tells whether somebody wants the doctor to end.
#[derive(Debug, Clone)]
pub(crate) struct StopFlag(watch::Receiver<bool>);

impl StopFlag {
    /// A flag, and what raises it.
    pub(crate) fn new() -> (watch::Sender<bool>, Self) {
        let (raise, flag) = watch::channel(false);
        (raise, Self(flag))
    }

    /// Does the work, or gives it up as soon as the flag is raised. Not for a call that makes something:
    /// what it made would be unknown.
    ///
    /// # Errors
    /// [`Break::Stopped`].
    pub(crate) async fn or_stop<T>(&self, work: impl Future<Output = T>) -> Result<T, Break> {
        let mut flag = self.0.clone();
        tokio::select! {
            biased;
            Ok(_) = flag.wait_for(|raised| *raised) => Err(Break::Stopped),
            done = work => Ok(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_given_up_once_the_flag_is_raised() {
        let (raise, flag) = StopFlag::new();
        assert_eq!(flag.or_stop(async { 1 }).await.expect("done"), 1);
        let waiting = flag.or_stop(std::future::pending::<()>());
        let (waited, _) = tokio::join!(waiting, async { raise.send(true) });
        assert!(matches!(waited, Err(Break::Stopped)));
        assert!(matches!(flag.or_stop(async { 1 }).await, Err(Break::Stopped)));
    }

    #[tokio::test]
    async fn work_goes_on_where_nobody_can_raise_the_flag_any_more() {
        let (raise, flag) = StopFlag::new();
        drop(raise);
        assert_eq!(flag.or_stop(async { 1 }).await.expect("done"), 1);
    }
}
