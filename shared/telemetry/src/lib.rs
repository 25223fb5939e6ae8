//! A function's log lines and metrics. Both are JSON on standard output, which Lambda collects
//! without a call of ours.
//!
//! [`init`] sets up the log. [`Metrics`] is one line in CloudWatch's embedded metric format:
//! CloudWatch makes metrics of it when it stores the line.

mod logs;
pub mod metrics;

pub use logs::{init, init_to};
pub use metrics::Metrics;
