//! Waiting for a condition, with a deadline.

use anyhow::bail;
use std::{fmt, time::Duration};
use tokio::time::{Instant, sleep};

/// The first pause between two looks. Each later pause is longer by half.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause: many tests look at the same time, and one emulator answers them all, some 200
/// calls a second.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The result of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look<T> {
    Found(T),
    /// Another state, which is shown if the deadline passes.
    NotYet(String),
}

impl<T> Look<T> {
    /// Not the awaited state, but this.
    pub fn not_yet(seen: impl fmt::Debug) -> Self {
        Self::NotYet(format!("{seen:?}"))
    }
}

/// Repeats `look` until it finds the awaited state.
///
/// # Errors
/// The error of a look, at once; and after `deadline` a sentence with `what` was awaited and the
/// last state.
pub async fn until<T>(
    what: &str,
    deadline: Duration,
    mut look: impl AsyncFnMut() -> anyhow::Result<Look<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + deadline;
    let mut pause = FIRST_PAUSE;
    loop {
        match look().await? {
            Look::Found(found) => return Ok(found),
            Look::NotYet(seen) if Instant::now() >= end => {
                bail!("waited {deadline:?} for {what}; last seen: {seen}")
            }
            Look::NotYet(_) => {}
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_ends_with_what_was_found() -> anyhow::Result<()> {
        let mut looks = 0;
        let found = until("the second look", Duration::from_secs(5), async || {
            looks += 1;
            Ok(if looks == 2 { Look::Found(looks) } else { Look::not_yet(looks) })
        });
        assert_eq!(found.await?, 2);
        Ok(())
    }

    #[tokio::test]
    async fn a_missed_deadline_says_what_was_awaited_and_what_was_seen() {
        let missed =
            until("rain", Duration::ZERO, async || Ok(Look::<()>::NotYet("sun".into()))).await;
        let text = missed.expect_err("never found").to_string();
        assert_eq!(text, "waited 0ns for rain; last seen: sun");
    }
}
