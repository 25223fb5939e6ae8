//! Logs and metrics of the functions, as lines on standard output.
//!
//! A log line is one JSON object that can be read alone: message, level, and dotted fields such as
//! `webhook.id`. What must never be in one is the callers' duty, helped by types: secrets, payloads
//! and requests hide themselves from `Debug`.
//!
//! A metric is a line in CloudWatch's embedded metric format: no call and no permission is needed.

mod metrics;

pub use metrics::Metrics;
use tracing_subscriber::fmt::format::FmtSpan;

/// Starts logging at `level` and above. Call it once, first thing in `main`; a second call has no
/// effect.
pub fn init(level: tracing::Level) {
    let started = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_span_events(FmtSpan::NONE)
        .with_max_level(level)
        .with_ansi(false)
        .try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
