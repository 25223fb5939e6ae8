//! Tables in `docs/reliability.md` and `docs/scale.md`. Tests compare them with the results of the simulation.

use grapnel_testing::document::{generated_part, with_generated_part};
use std::{fmt::Display, thread};

/// Results as a part of the document.
pub trait Part: Display {
    /// The name of the part in the document.
    const NAME: &'static str;

    /// Whether a document has exactly these results.
    fn is_in(&self, document: &str) -> bool {
        generated_part(document, Self::NAME) == Some(self.to_string().trim())
    }

    /// The document with these results; `None` if it has no place for them.
    fn written_into(&self, document: &str) -> Option<String> {
        with_generated_part(document, Self::NAME, &self.to_string())
    }
}

/// Runs the cases side by side. Returns the results in the order of the cases.
///
/// # Errors
/// The first broken promise.
pub(crate) fn side_by_side<C: Send, R: Send>(
    cases: impl IntoIterator<Item = C>,
    run: impl Fn(C) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    let run = &run;
    let results: Vec<Result<R, String>> = thread::scope(|scope| {
        let runs: Vec<_> = cases.into_iter().map(|case| scope.spawn(move || run(case))).collect();
        let panicked = |_| Err("a run panicked".to_owned());
        runs.into_iter().map(|run| run.join().unwrap_or_else(panicked)).collect()
    });
    results.into_iter().collect()
}
