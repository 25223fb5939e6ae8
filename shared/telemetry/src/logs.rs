//! Log lines: one JSON object each, with the event's fields next to `level`, `target` and
//! `timestamp`.

use tracing::{Level, Subscriber};
use tracing_subscriber::{
    Layer, filter::Targets, fmt::MakeWriter, layer::SubscriberExt, registry::LookupSpan,
    util::SubscriberInitExt,
};

/// The targets of our crates begin with this.
const OURS: &str = "grapnel";

/// The target of the span around an invocation, which has the request's id. Below `info`, its crate
/// prints payloads.
const RUNTIME: &str = "lambda_runtime";

/// Sends log lines of this level and above to standard output. Other crates' lines are logged from
/// `warn` on, at any level: the debug lines of the SDK and the HTTP client repeat headers and
/// bodies, which must not reach a log.
///
/// A second call does nothing.
pub fn init(level: Level) {
    init_to(level, std::io::stdout);
}

/// Like [`init`], with another writer.
pub fn init_to<W>(level: Level, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let subscriber = tracing_subscriber::registry().with(layer(level, writer));
    // A subscriber exists already, for example in a test: it stays.
    let _ = subscriber.try_init();
}

fn layer<S, W>(level: Level, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // `Level` orders by verbosity: a smaller level logs less.
    let others = level.min(Level::WARN);
    let filter = Targets::new()
        .with_default(others)
        .with_target(RUNTIME, level.min(Level::INFO))
        .with_target(OURS, level);
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_ansi(false)
        .with_writer(writer)
        .with_filter(filter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(level: Level, log: impl FnOnce()) -> Vec<serde_json::Value> {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = tracing_subscriber::registry().with(layer(level, move || writer.clone()));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = captured.0.lock().expect("not poisoned").clone();
        let text = String::from_utf8(bytes).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("one JSON object")).collect()
    }

    #[test]
    fn a_line_is_one_flat_json_object() {
        let lines = lines(Level::INFO, || {
            let span =
                tracing::info_span!(target: "lambda_runtime::layers", "invoke", requestId = "r-1");
            let _entered = span.enter();
            tracing::info!(status = 200, duration_ms = 12, "answered\nin two lines");
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["message"], "answered\nin two lines");
        assert_eq!(lines[0]["level"], "INFO");
        assert_eq!(lines[0]["status"], 200);
        assert_eq!(lines[0]["duration_ms"], 12);
        assert_eq!(lines[0]["span"]["requestId"], "r-1");
        assert!(lines[0]["timestamp"].is_string());
    }

    #[test]
    fn other_crates_are_heard_from_warnings_on_even_when_we_debug() {
        let lines = lines(Level::DEBUG, || {
            tracing::debug!("ours");
            tracing::debug!(target: "aws_smithy_runtime", body = "payload", "theirs");
            tracing::debug!(target: "lambda_runtime", body = "payload", "theirs");
            tracing::info!(target: "hyper_util::client", "theirs");
            tracing::warn!(target: "hyper_util::client", "theirs, and it matters");
        });
        let messages: Vec<&serde_json::Value> = lines.iter().map(|line| &line["message"]).collect();
        assert_eq!(messages, ["ours", "theirs, and it matters"]);
    }

    #[test]
    fn the_level_also_silences_others() {
        let lines = lines(Level::ERROR, || {
            tracing::warn!("ours");
            tracing::warn!(target: "hyper_util::client", "theirs");
            tracing::error!(target: "hyper_util::client", "theirs");
        });
        assert_eq!(lines.len(), 1);
    }
}
